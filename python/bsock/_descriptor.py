"""What a socket object is: a descriptor with its family, type and protocol, and how long its calls wait."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any, Optional, TypeVar

from . import _timeout
from ._c.signatures import bsock_close, bsock_set_blocking, bsock_socket
from ._constants import CONSTANTS, AddressFamily, SocketKind
from ._errors import checked, error_of
from ._numbers import c_int, c_size
from ._option import option_number

_AF_INET, _SOCK_STREAM = int(CONSTANTS["AF_INET"]), int(CONSTANTS["SOCK_STREAM"])
_SOCK_NONBLOCK, _SOCK_CLOEXEC = int(CONSTANTS["SOCK_NONBLOCK"]), int(CONSTANTS["SOCK_CLOEXEC"])
_SO_TYPE, _SO_DOMAIN, _SO_PROTOCOL = int(CONSTANTS["SO_TYPE"]), 39, 38
_ECONNRESET = 104

_Enum = TypeVar("_Enum", AddressFamily, SocketKind)


def named(value: int, names: type[_Enum]) -> Any:
    """A number as the constant that it is, or as it is if it is none.

    >>> named(2, AddressFamily)
    <AddressFamily.AF_INET: 2>
    """
    try:
        return names(value)
    except ValueError:
        return value


class Descriptor:
    """The part of class `socket` that the other parts build upon."""

    __slots__ = ("__weakref__", "_closed", "_family", "_fd", "_io_refs", "_proto", "_timeout", "_type")

    _fd: int
    _timeout: Optional[float]

    def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
        # An object whose __init__ was not called, or failed, is a closed socket.
        self = super().__new__(cls)
        self._fd, self._family, self._type, self._proto, self._timeout = -1, 0, 0, 0, None
        self._io_refs, self._closed = 0, False
        return self

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: Optional[int] = None) -> None:
        family, type, proto = c_int(family), c_int(type), c_int(proto)
        sys.audit("socket.__new__", self, family, type, proto)
        if fileno is None:
            family = _AF_INET if family == -1 else family
            type = _SOCK_STREAM if type == -1 else type
            proto = 0 if proto == -1 else proto
            self._adopt(checked(bsock_socket(family, type, proto)), family, type, proto)
        else:
            self._examine(fileno, family, type, proto)

    def _examine(self, fileno: int, family: int, type: int, proto: int) -> None:
        """Takes a descriptor over; the system tells what the caller does not."""
        if isinstance(fileno, float):
            raise TypeError("integer argument expected, got float")
        fd = c_int(fileno)
        if fd < 0:
            raise ValueError("negative file descriptor")
        kind = option_number(fd, CONSTANTS["SOL_SOCKET"], _SO_TYPE)  # Fails unless it is a socket.
        if family == -1:
            family = option_number(fd, CONSTANTS["SOL_SOCKET"], _SO_DOMAIN)
        if proto == -1:
            proto = option_number(fd, CONSTANTS["SOL_SOCKET"], _SO_PROTOCOL)
        self._adopt(fd, family, kind if type == -1 else type, proto)

    def _adopt(self, fd: int, family: int, type: int, proto: int) -> None:
        self._fd, self._family, self._proto = fd, family, proto
        self._type = type & ~(_SOCK_NONBLOCK | _SOCK_CLOEXEC)
        self._io_refs, self._closed = 0, False
        if type & _SOCK_NONBLOCK:
            self._timeout = 0.0
            return
        self._timeout = _timeout.getdefaulttimeout()
        if self._timeout is not None:
            checked(bsock_set_blocking(fd, 0))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        if not self._closed:
            self.close()

    def __getstate__(self) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __del__(self) -> None:
        if self._fd < 0:
            return
        # At the interpreter's end the names of a module may be gone before its objects are.
        if warnings is not None:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)
        if bsock_close is not None:
            fd, self._fd = self._fd, -1
            bsock_close(fd)

    @property
    def family(self) -> Any:
        """The address family: AF_INET, ..."""
        return named(self._family, AddressFamily)

    @property
    def type(self) -> Any:
        """The type: SOCK_STREAM, ... without the flags that were given with it."""
        return named(self._type, SocketKind)

    @property
    def proto(self) -> int:
        """The protocol."""
        return self._proto

    @property
    def timeout(self) -> Optional[float]:
        """As `gettimeout()`."""
        return self._timeout

    def fileno(self) -> int:
        """The descriptor, -1 once closed."""
        return self._fd

    def detach(self) -> int:
        """Gives the descriptor away, open: this object is closed then, and somebody else has to close the descriptor.

        >>> import bsock, os
        >>> fd = bsock.socket().detach(); os.close(fd)
        """
        self._closed = True
        fd, self._fd = self._fd, -1
        return fd

    def close(self) -> None:
        """Closes the socket, when all files that `makefile` has made are closed, too. Once more does nothing."""
        self._closed = True
        if self._io_refs <= 0:
            self._really_close()

    def _really_close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        code = bsock_close(fd)
        # The peer's reset says nothing about this descriptor, which is closed.
        if code < 0 and code != -_ECONNRESET:
            raise error_of(code)

    def _decref_socketios(self) -> None:
        """A file of `makefile` was closed."""
        if self._io_refs > 0:
            self._io_refs -= 1
        if self._closed:
            self.close()

    def setblocking(self, flag: bool, /) -> None:
        """True waits for ever, False never: settimeout(None) and settimeout(0)."""
        # Python 3.12 takes anything that is true or false; before, it had to be a number.
        wanted = bool(flag) if sys.version_info >= (3, 12) else c_size(flag) != 0
        self._wait_at_most(None if wanted else 0.0)

    def settimeout(self, value: Optional[float], /) -> None:
        """Limits how long each call waits, in seconds. None waits for ever, 0 never.

        >>> import bsock
        >>> with bsock.socket() as s: s.settimeout(0.5); s.timeout, s.getblocking()
        (0.5, True)
        """
        self._wait_at_most(_timeout.checked_timeout(value))

    def _wait_at_most(self, seconds: Optional[float]) -> None:
        # A socket with a timeout is non-blocking too: between poll and the call somebody else may take what was there.
        self._timeout = seconds
        checked(bsock_set_blocking(self._fd, seconds is None))

    def gettimeout(self) -> Optional[float]:
        """The limit in seconds; None waits for ever."""
        return self._timeout

    def getblocking(self) -> bool:
        """False if calls never wait."""
        return self._timeout != 0.0

    def get_inheritable(self) -> bool:
        """Whether programs that are executed get the descriptor."""
        return os.get_inheritable(self._fd)

    def set_inheritable(self, inheritable: bool) -> None:
        """Gives the descriptor to programs that are executed, or not. New sockets are not."""
        os.set_inheritable(self._fd, inheritable)
