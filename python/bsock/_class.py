"""Class `socket`, put together of its parts."""

from __future__ import annotations

import os
from typing import Any

from ._batch import Batches
from ._connection import Connection
from ._descriptor import Descriptor
from ._files import Files
from ._message import Messages
from ._option import Options
from ._sendfile import SendFile
from ._timeout import getdefaulttimeout
from ._transfer import Transfer


class socket(Transfer, Messages, Batches, Connection, Options, Files, SendFile, Descriptor):
    """A socket. Closed by `close`, at the end of a `with`, or (with a warning) when nobody refers to it any more.

    family: AF_INET (the default), AF_INET6, AF_UNIX, ... type: SOCK_STREAM (the default), SOCK_DGRAM, ...
    fileno: a descriptor to take over; the system then tells what the other arguments leave open.

    >>> with socket() as client:
    ...     client.connect_ex(("127.0.0.1", 1))  # ECONNREFUSED: nobody has this port.
    111
    """

    __slots__ = ()

    def accept(self) -> tuple[socket, Any]:
        """Waits for a client to connect: (a socket for it, its address)."""
        fd, address = self._accept()
        connection = socket(self._family, self._type, self._proto, fileno=fd)
        if getdefaulttimeout() is None and self.gettimeout():
            connection.setblocking(True)
        return connection, address

    def dup(self) -> socket:
        """A second socket object for the same socket, with a descriptor of its own."""
        copy = type(self)(self._family, self._type, self._proto, fileno=os.dup(self._fd))
        copy.settimeout(self.gettimeout())
        return copy

    def __repr__(self) -> str:
        kind = type(self)
        parts = [f"fd={self._fd}, family={self.family!s}, type={self.type!s}, proto={self._proto}"]
        if not self._closed:
            for name, ask in (("laddr", self.getsockname), ("raddr", self.getpeername)):
                try:
                    address = ask()
                except OSError:
                    continue
                if address:
                    parts.append(f"{name}={address!s}")
        closed = " [closed]" if self._closed else ""
        return f"<{kind.__module__}.{kind.__qualname__}{closed} {', '.join(parts)}>"


socket.__module__ = __package__ or __name__
