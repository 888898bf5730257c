"""The socket API of libbsock, with the interface of Python's standard `socket` module.

    import bsock as socket

A program that changes this line runs as before, on libbsock. What it gets in addition: an exception of a failed call
says why it failed and what to do, below its traceback (Python 3.11) and as its attribute `bsock_explanation`;
`send_many` and `recv_many` move many datagrams in one call; `pcb` and `pcbs` show what the system knows about sockets.

>>> import bsock as socket
>>> with socket.create_server(("127.0.0.1", 0)) as server:
...     with socket.create_connection(server.getsockname()) as client:
...         connection, _ = server.accept()
...         with connection:
...             client.sendall("你好".encode())
...             print(connection.recv(1024).decode())
你好

TLS: the standard `ssl` module wraps sockets of this package as it does its own, as long as it was imported with the
standard `socket` module. Where something insists on the standard class, hand the descriptor over:
`socket.socket(fileno=s.detach())`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _constants
from ._c.loader import VERSION as __version__
from ._class import socket
from ._constants import AddressFamily, AddressInfo, MsgFlag, SocketKind, error, gaierror, herror, timeout
from ._explanation import explain
from ._files import SocketIO
from ._interfaces import if_indextoname, if_nameindex, if_nametoindex
from ._making import (
    _GLOBAL_DEFAULT_TIMEOUT,
    _LOCALHOST,
    close,
    create_connection,
    create_server,
    dup,
    fromfd,
    has_dualstack_ipv6,
    recv_fds,
    send_fds,
    socketpair,
)
from ._message import CMSG_LEN, CMSG_SPACE
from ._names import (
    getaddrinfo,
    getfqdn,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    getprotobyname,
    getservbyname,
    getservbyport,
    sethostname,
)
from ._pcb import Pcb, pcb, pcbs
from ._sendfile import _GiveupOnSendfile
from ._texts import htonl, htons, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs
from ._timeout import getdefaulttimeout, setdefaulttimeout

SocketType = socket

__all__ = [
    "CMSG_LEN", "CMSG_SPACE", "AddressFamily", "AddressInfo", "MsgFlag", "Pcb", "SocketIO", "SocketKind", "SocketType",
    "close", "create_connection", "create_server", "dup", "error", "explain", "fromfd", "gaierror", "getaddrinfo",
    "getdefaulttimeout", "getfqdn", "gethostbyaddr", "gethostbyname", "gethostbyname_ex", "gethostname",
    "getnameinfo", "getprotobyname", "getservbyname", "getservbyport", "has_dualstack_ipv6", "herror", "htonl",
    "htons", "if_indextoname", "if_nameindex", "if_nametoindex", "inet_aton", "inet_ntoa", "inet_ntop", "inet_pton",
    "ntohl", "ntohs", "pcb", "pcbs", "recv_fds", "send_fds", "setdefaulttimeout", "sethostname", "socket",
    "socketpair", "timeout",
]

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """For type checkers: a constant. Which there are depends on Python and the system."""
else:
    globals().update(_constants.CONSTANTS)
    __all__ += _constants.CONSTANTS
