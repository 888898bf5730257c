"""What the system knows about sockets: their protocol control blocks."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ._address import unpack
from ._c import calls
from ._constants import AddressFamily, SocketKind
from ._descriptor import named
from ._errors import checked
from ._numbers import c_int


class Pcb(NamedTuple):
    """A socket as the system sees it. Numbers that are not known are None."""

    fd: int
    family: Any
    type: Any
    proto: int
    listening: bool
    tcp_state: str
    """ESTABLISHED, LISTEN, CLOSE_WAIT, ...; NONE of a socket that is not TCP's."""
    unread: Optional[int]
    """Bytes that have arrived and were not received."""
    unsent: Optional[int]
    """Bytes that were sent and are still here."""
    backlog: Optional[int]
    """How many connections may wait to be accepted."""
    waiting: Optional[int]
    """How many wait now."""
    local: Any
    """The socket's own address."""
    remote: Any
    """The peer's address; None if there is no peer."""


def pcb(sock: Any) -> Pcb:
    """What the system knows about a socket, given as an object or as a descriptor.

    >>> from bsock import create_server
    >>> with create_server(("127.0.0.1", 0)) as server: pcb(server).tcp_state
    'LISTEN'
    """
    fd = sock.fileno() if hasattr(sock, "fileno") else sock
    code, block = calls.pcb(c_int(fd))
    checked(code)
    return _pcb(block)


def pcbs() -> list[Pcb]:
    """What the system knows about each socket of this process, in the order of the descriptors."""
    code, blocks = calls.pcbs()
    checked(code)
    return [_pcb(block) for block in blocks]


def _pcb(block: Any) -> Pcb:
    numbers = (block.unread, block.unsent, block.backlog, block.waiting)
    unread, unsent, backlog, waiting = (None if number < 0 else number for number in numbers)
    local, remote = calls.pcb_addresses(block)
    return Pcb(
        fd=block.fd,
        family=named(block.family, AddressFamily),
        type=named(block.type, SocketKind),
        proto=block.protocol,
        listening=bool(block.listening),
        tcp_state=calls.tcp_state_name(block.tcp_state),
        unread=unread,
        unsent=unsent,
        backlog=backlog,
        waiting=waiting,
        local=unpack(local, block.protocol),
        remote=unpack(remote, block.protocol),
    )
