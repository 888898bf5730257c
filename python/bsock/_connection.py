"""Binding, listening, accepting, connecting; a socket's own address and its peer's."""

from __future__ import annotations

import os
import sys
from errno import EISCONN
from time import monotonic
from typing import Any, Optional

from ._address import pack, unpack
from ._c.memory import give_scratch, take_scratch
from ._c.signatures import (
    bsock_accept,
    bsock_bind,
    bsock_connect,
    bsock_get_error,
    bsock_getpeername,
    bsock_getsockname,
    bsock_listen,
    bsock_shutdown,
)
from ._constants import timeout
from ._errors import IN_PROGRESS, INTERRUPTED, TRY_AGAIN, checked, error_of
from ._numbers import c_int
from ._timeout import POLLIN, POLLOUT, patiently, wait

_BACKLOG = 128


class Connection:
    """The part of class `socket` about addresses and connections."""

    __slots__ = ()

    _fd: int
    _family: int
    _proto: int
    _timeout: Optional[float]

    def bind(self, address: Any, /) -> None:
        """Gives the socket an address of this machine."""
        raw = pack(self._family, self._proto, address, "bind")
        sys.audit("socket.bind", self, address)
        checked(bsock_bind(self._fd, raw, len(raw)))

    def listen(self, backlog: int = _BACKLOG, /) -> None:
        """Lets clients connect. At most so many wait to be accepted."""
        checked(bsock_listen(self._fd, max(c_int(backlog), 0)))

    def _accept(self) -> tuple[int, Any]:
        """Waits for a client: (its descriptor, its address)."""
        scratch = take_scratch()
        scratch.expect_address()
        fd = patiently(
            self._fd, POLLIN, self._timeout, bsock_accept, self._fd, scratch.address, scratch.address_length
        )
        address = scratch.received_address()
        give_scratch(scratch)
        try:
            return fd, unpack(address, self._proto)
        except BaseException:
            os.close(fd)
            raise

    def connect(self, address: Any, /) -> None:
        """Connects to an address."""
        raw = pack(self._family, self._proto, address, "connect")
        sys.audit("socket.connect", self, address)
        code = self._connect(raw)
        if code < 0:
            raise error_of(code)

    def connect_ex(self, address: Any, /) -> int:
        """As `connect`, but answers an errno (0 for success) instead of raising it.

        >>> import bsock, errno
        >>> with bsock.socket() as s: errno.errorcode[s.connect_ex(("127.0.0.1", 1))]
        'ECONNREFUSED'
        """
        raw = pack(self._family, self._proto, address, "connect_ex")
        sys.audit("socket.connect", self, address)
        try:
            return -self._connect(raw)
        except timeout:
            return -TRY_AGAIN

    def _connect(self, raw: bytes) -> int:
        """0 or a code. After a signal, and with a timeout, the connection is made while we wait for its end."""
        code: int = bsock_connect(self._fd, raw, len(raw))
        if code != INTERRUPTED and not (code == IN_PROGRESS and self._timeout):
            return code
        wait(self._fd, POLLOUT, monotonic() + self._timeout if self._timeout else None)
        code = bsock_get_error(self._fd)
        return 0 if code == -EISCONN else code

    def shutdown(self, how: int, /) -> None:
        """Ends one direction of the connection, or both: SHUT_RD, SHUT_WR, SHUT_RDWR."""
        checked(bsock_shutdown(self._fd, c_int(how)))

    def getsockname(self) -> Any:
        """The socket's own address.

        >>> import bsock
        >>> with bsock.socket() as s: s.getsockname()
        ('0.0.0.0', 0)
        """
        return self._address(bsock_getsockname)

    def getpeername(self) -> Any:
        """The address of the peer."""
        return self._address(bsock_getpeername)

    def _address(self, call: Any) -> Any:
        scratch = take_scratch()
        scratch.expect_address()
        checked(call(self._fd, scratch.address, scratch.address_length))
        raw = scratch.received_address()
        give_scratch(scratch)
        return unpack(raw, self._proto)

