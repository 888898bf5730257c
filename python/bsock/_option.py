"""Socket options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from ._c import calls
from ._c.memory import readable
from ._c.signatures import bsock_setsockopt
from ._constants import CONSTANTS
from ._errors import checked, error_of
from ._numbers import c_int, c_unsigned, in_range

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_AF_VSOCK = CONSTANTS.get("AF_VSOCK")
_LONGEST = 1024
_MISSING: Any = object()


def option_number(fd: int, level: int, option: int) -> int:
    """An option that is a number of C's int."""
    number: int = _checked(*calls.option_number(fd, level, option))
    return number


def _checked(code: int, value: Any) -> Any:
    if code < 0:
        raise error_of(code)
    return value


class Options:
    """The part of class `socket` about its options."""

    __slots__ = ()

    _fd: int
    _family: int

    def getsockopt(self, level: int, option: int, buflen: int = 0, /) -> Any:
        """An option: a number, or with `buflen` as many bytes, which `struct.unpack` can take apart.

        >>> import bsock
        >>> with bsock.socket() as s: s.getsockopt(bsock.SOL_SOCKET, bsock.SO_TYPE) == bsock.SOCK_STREAM
        True
        """
        level, option, buflen = c_int(level), c_int(option), c_int(buflen)
        if buflen == 0 and self._family == _AF_VSOCK:
            return _checked(*calls.option_large_number(self._fd, level, option))
        if buflen == 0:
            return option_number(self._fd, level, option)
        if not 0 < buflen <= _LONGEST:
            raise OSError("getsockopt buflen out of range")
        return _checked(*calls.option_bytes(self._fd, level, option, buflen))

    def setsockopt(
        self, level: int, option: int, value: Union[int, ReadableBuffer, None], optlen: int = _MISSING, /
    ) -> None:
        """Sets an option to a number or to bytes; or, for options that want a length and no value, (None, length)."""
        if optlen is not _MISSING:
            self._set_length(level, option, value, optlen)
            return
        level, option = c_int(level), c_int(option)
        if value is None:
            raise TypeError("socket.setsockopt() requires 4 arguments when the third argument is None")
        if hasattr(value, "__index__"):
            self._set_number(level, option, value)
        else:
            with readable(value) as view:
                checked(bsock_setsockopt(self._fd, level, option, view.pointer(), view.length))

    def _set_length(self, level: int, option: int, value: Any, optlen: int) -> None:
        if value is not None:
            raise TypeError(f"setsockopt() argument 3 must be None, not {type(value).__name__}")
        try:
            level, option = c_int(level), c_int(option)
        except OverflowError as failure:
            raise TypeError(str(failure)) from None  # The standard module takes it for a wrong number of arguments.
        checked(bsock_setsockopt(self._fd, level, option, None, c_unsigned(optlen)))

    def _set_number(self, level: int, option: int, value: Any) -> None:
        if self._family == _AF_VSOCK:
            number = in_range(value, 0, 2**64 - 1, "unsigned integer")
            checked(calls.set_option_large_number(self._fd, level, option, number))
        else:
            checked(calls.set_option_number(self._fd, level, option, c_int(value)))
