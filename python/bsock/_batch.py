"""Many datagrams in one call: the standard module has nothing of the kind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Iterable, Optional

from ._address import pack, unpack
from ._c.memory import readable
from ._c.message import MOST_MESSAGES, IncomingBatch, OutgoingBatch
from ._c.signatures import bsock_recvmmsg, bsock_sendmmsg
from ._numbers import c_int, c_size
from ._timeout import POLLIN, POLLOUT, patiently

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MSG_WAITFORONE = 0x10000
_MOST_BYTES = 2**30

# Room that was used last, by number and size of the messages. As in `_c.memory`, pop is what makes it one thread's.
_rooms: dict[tuple[int, int], IncomingBatch] = {}
_MOST_ROOMS = 8


class Batches:
    """The part of class `socket` that sends and receives many datagrams at a time."""

    __slots__ = ()

    _fd: int
    _family: int
    _proto: int
    _timeout: Optional[float]

    def send_many(self, messages: Iterable[ReadableBuffer], address: Any = None, flags: int = 0) -> int:
        """Sends each of the messages as a datagram of its own, to the connected peer or to an address.

        Answers how many were taken: at most 1024, and fewer if something went wrong on the way, which the call with the
        rest will then tell.

        >>> import bsock
        >>> one, other = bsock.socketpair(type=bsock.SOCK_DGRAM)
        >>> with one, other: one.send_many([b"one", b"two"]), other.recv_many(100, 64)
        (2, [b'one', b'two'])
        """
        number = c_int(flags)
        batch = [message if type(message) is bytes else _copied(message) for message in messages]
        if not batch:
            return 0
        raw = None
        if address is not None:
            raw = pack(self._family, self._proto, address, "send_many")
            sys.audit("socket.sendto", self, address)
        outgoing = OutgoingBatch(batch[:MOST_MESSAGES], raw)
        arguments = (self._fd, outgoing.pointer, outgoing.count, number)
        taken = patiently(self._fd, POLLOUT, self._timeout, bsock_sendmmsg, *arguments)
        outgoing.give_back()
        return taken

    def recv_many(self, count: int, bufsize: int, flags: int = 0) -> list[bytes]:
        """Waits for a datagram, and receives it with those that are there as well: at most `count`, of each at most
        `bufsize` bytes.
        """
        room, got = self._receive_many(count, bufsize, flags)
        messages = room.messages(got)
        _give(room, count, bufsize)
        return messages

    def recvfrom_many(self, count: int, bufsize: int, flags: int = 0) -> list[tuple[bytes, Any]]:
        """As `recv_many`, each with its sender's address."""
        room, got = self._receive_many(count, bufsize, flags)
        messages, addresses = room.messages(got), room.addresses(got)
        _give(room, count, bufsize)
        return [(data, unpack(address, self._proto)) for data, address in zip(messages, addresses)]

    def _receive_many(self, count: int, bufsize: int, flags: int) -> tuple[IncomingBatch, int]:
        number, length, flags = c_size(count), c_size(bufsize), c_int(flags)
        if length < 0:
            raise ValueError("negative buffersize in recv_many")
        if not 1 <= number <= MOST_MESSAGES:
            raise ValueError(f"count must be 1-{MOST_MESSAGES} in recv_many")
        if number * length > _MOST_BYTES:
            raise ValueError(f"recv_many makes room for at most {_MOST_BYTES} bytes")
        room = _rooms.pop((number, length), None) or IncomingBatch(number, length)
        room.expect()
        arguments = (self._fd, room.pointer, number, flags | _MSG_WAITFORONE, None)
        return room, patiently(self._fd, POLLIN, self._timeout, bsock_recvmmsg, *arguments)


def _copied(message: Any) -> bytes:
    with readable(message) as view:
        return view.copy()


def _give(room: IncomingBatch, count: int, bufsize: int) -> None:
    if len(_rooms) < _MOST_ROOMS:
        _rooms[count, bufsize] = room
