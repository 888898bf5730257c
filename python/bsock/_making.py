"""Functions that make sockets, and that send descriptors.

The class and the resolver are looked up in the package when they are needed: a program that puts something of its own
in the place of `bsock.socket` or `bsock.getaddrinfo`, as one does with the standard module, is then obeyed here too.
"""

from __future__ import annotations

import array
import os
import sys
from operator import index
from typing import TYPE_CHECKING, Any, Optional

from ._c import calls
from ._c.signatures import bsock_close
from ._constants import CONSTANTS, error
from ._errors import checked
from ._message import CMSG_LEN
from ._numbers import c_int

if TYPE_CHECKING:
    from ._class import socket

_AF_INET, _AF_INET6, _AF_UNIX = CONSTANTS["AF_INET"], CONSTANTS["AF_INET6"], CONSTANTS["AF_UNIX"]
_SOCK_STREAM = CONSTANTS["SOCK_STREAM"]
_SOL_SOCKET, _SCM_RIGHTS = CONSTANTS["SOL_SOCKET"], CONSTANTS["SCM_RIGHTS"]
_IPPROTO_IPV6, _IPV6_V6ONLY = CONSTANTS["IPPROTO_IPV6"], CONSTANTS["IPV6_V6ONLY"]

_LOCALHOST = "127.0.0.1"
_GLOBAL_DEFAULT_TIMEOUT: Any = object()
"""What `create_connection` takes for: no timeout was given."""


def _package() -> Any:
    return sys.modules[__package__]


def close(fd: int, /) -> None:
    """Closes a descriptor that belongs to no socket object."""
    checked(bsock_close(c_int(fd)))


def dup(fd: int, /) -> int:
    """A second descriptor for the same socket."""
    return os.dup(c_int(fd))


def fromfd(fd: int, family: int, type: int, proto: int = 0) -> socket:
    """A socket object for a copy of a descriptor, which stays as it is."""
    return _package().socket(family, type, proto, os.dup(c_int(fd)))  # type: ignore[no-any-return]


def socketpair(family: Optional[int] = None, type: int = _SOCK_STREAM, proto: int = 0) -> tuple[socket, socket]:
    """Two sockets that are connected to each other.

    >>> one, other = socketpair()
    >>> with one, other: one.send(b"hello"), other.recv(100)
    (5, b'hello')
    """
    kin = c_int(_AF_UNIX if family is None else family)
    type, proto = c_int(type), c_int(proto)
    code, one, other = calls.socketpair(kin, type, proto)
    checked(code)
    make = _package().socket
    return make(kin, type, proto, one), make(kin, type, proto, other)


def create_connection(
    address: tuple[Optional[str], int],
    timeout: Optional[float] = _GLOBAL_DEFAULT_TIMEOUT,
    source_address: Any = None,
    *,
    all_errors: bool = False,
) -> socket:
    """A socket that is connected to (host, port): to the first of the host's addresses that answers.

    If none does, the last error is raised, or with `all_errors` (Python 3.11) an ExceptionGroup of all.
    """
    host, port = address
    failures: list[OSError] = []
    for family, type, proto, _, found in _package().getaddrinfo(host, port, 0, _SOCK_STREAM):
        connection = None
        try:
            connection = _package().socket(family, type, proto)
            if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
                connection.settimeout(timeout)
            if source_address:
                connection.bind(source_address)
            connection.connect(found)
            failures.clear()
            return connection  # type: ignore[no-any-return]
        except error as failure:
            failures.append(failure)
            if connection is not None:
                connection.close()
    try:
        if not failures:
            raise error("getaddrinfo returns an empty list")
        if all_errors:
            raise ExceptionGroup("create_connection failed", failures)  # noqa: F821
        raise failures[-1]
    finally:
        failures.clear()  # Or the exception, its traceback and this list would hold each other.


def has_dualstack_ipv6() -> bool:
    """Whether one socket can serve IPv6 and IPv4."""
    if not CONSTANTS["has_ipv6"]:
        return False
    try:
        with _package().socket(_AF_INET6, _SOCK_STREAM) as probe:
            probe.setsockopt(_IPPROTO_IPV6, _IPV6_V6ONLY, 0)
            return True
    except error:
        return False


def create_server(
    address: Any,
    *,
    family: int = _AF_INET,
    backlog: Optional[int] = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> socket:
    """A listening socket at (host, port).

    >>> with create_server(("127.0.0.1", 0)) as server:
    ...     server.getsockname()[0]
    '127.0.0.1'
    """
    if dualstack_ipv6:
        if not _package().has_dualstack_ipv6():
            raise ValueError("dualstack_ipv6 not supported on this platform")
        if family != _AF_INET6:
            raise ValueError("dualstack_ipv6 requires AF_INET6 family")
    server: socket = _package().socket(family, _SOCK_STREAM)
    try:
        # So that a server which has just ended can be started again.
        server.setsockopt(_SOL_SOCKET, CONSTANTS["SO_REUSEADDR"], 1)
        if reuse_port:
            server.setsockopt(_SOL_SOCKET, CONSTANTS["SO_REUSEPORT"], 1)
        if CONSTANTS["has_ipv6"] and family == _AF_INET6:
            server.setsockopt(_IPPROTO_IPV6, _IPV6_V6ONLY, 0 if dualstack_ipv6 else 1)
        _bind(server, address)
        if backlog is None:
            server.listen()
        else:
            server.listen(backlog)
        return server
    except error:
        server.close()
        raise


def _bind(server: socket, address: Any) -> None:
    """Binds, and says in the exception to what: the same one, which can still be asked for its explanation."""
    try:
        server.bind(address)
    except error as failure:
        failure.strerror = f"{failure.strerror} (while attempting to bind on address {address!r})"
        raise


def send_fds(sock: socket, buffers: Any, fds: Any, flags: int = 0, address: Any = None) -> int:
    """Sends descriptors with some bytes over a UNIX socket."""
    return sock.sendmsg(buffers, [(_SOL_SOCKET, _SCM_RIGHTS, array.array("i", fds))])


def recv_fds(sock: socket, bufsize: int, maxfds: int, flags: int = 0) -> tuple[bytes, list[int], int, Any]:
    """Receives bytes and at most so many descriptors: (bytes, descriptors, flags, the sender's address).

    >>> one, other = socketpair()
    >>> with one, other:
    ...     _ = send_fds(one, [b"mine"], [one.fileno()])
    ...     message, (fd,), _, _ = recv_fds(other, 100, 1)
    >>> message; close(fd)
    b'mine'
    """
    fds = array.array("i")
    message, control, told, address = sock.recvmsg(bufsize, CMSG_LEN(index(maxfds) * fds.itemsize))
    for level, kind, data in control:
        if (level, kind) == (_SOL_SOCKET, _SCM_RIGHTS):
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    return message, list(fds), told, address
