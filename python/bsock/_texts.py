"""Addresses as text and as bytes; numbers in the network's byte order."""

from __future__ import annotations

import sys
import warnings
from operator import index
from typing import TYPE_CHECKING, Any

from ._c import libc
from ._c.memory import readable
from ._constants import CONSTANTS
from ._errors import plain_error
from ._numbers import INT_MAX, c_int

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LENGTHS = {CONSTANTS["AF_INET"]: 4, CONSTANTS["AF_INET6"]: 16}


def inet_aton(ip_addr: str, /) -> bytes:
    """An IPv4 address as four bytes; also in the old forms with fewer numbers.

    >>> inet_aton("127.1")
    b'\\x7f\\x00\\x00\\x01'
    """
    packed = libc.inet_aton(_text(ip_addr))
    if packed is None:
        raise OSError("illegal IP address string passed to inet_aton")
    return packed


def inet_ntoa(packed_ip: ReadableBuffer, /) -> str:
    """Four bytes as an IPv4 address."""
    with readable(packed_ip) as view:
        if view.length != 4:
            raise OSError("packed IP wrong length")
        return ".".join(map(str, view.copy()))


def inet_pton(address_family: int, ip_string: str, /) -> bytes:
    """An IPv4 or IPv6 address as bytes.

    >>> inet_pton(CONSTANTS["AF_INET6"], "::1").hex()
    '00000000000000000000000000000001'
    """
    family = c_int(address_family)
    known, packed = libc.inet_pton(family, _text(ip_string))
    if known == -1:
        raise plain_error(libc.last_errno())
    if known == 0:
        raise OSError("illegal IP address string passed to inet_pton")
    return packed[: _LENGTHS[family]]


def inet_ntop(address_family: int, packed_ip: ReadableBuffer, /) -> str:
    """Bytes as an IPv4 or IPv6 address.

    >>> inet_ntop(CONSTANTS["AF_INET6"], bytes(15) + b"\\1")
    '::1'
    """
    family = c_int(address_family)
    with readable(packed_ip) as view:
        packed = view.copy()
    if family not in _LENGTHS:
        raise ValueError(f"unknown address family {family}")
    if len(packed) != _LENGTHS[family]:
        raise ValueError("invalid length of packed IP address string")
    return libc.inet_ntop(family, packed) or ""


def _text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"argument must be str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError("embedded null character")
    return value.encode()


def _swapped(value: Any, length: int, name: str) -> int:
    """A number with its bytes in the other order, where the machine's is not the network's."""
    if length == 4 and not isinstance(value, int):
        raise TypeError(f"expected int, {type(value).__name__} found")
    value = index(value)
    if sys.version_info < (3, 10) and length == 2 and 0xFFFF < value <= INT_MAX:
        warnings.warn(f"{name}: Python int too large to convert to C 16-bit unsigned integer", DeprecationWarning, 3)
        value &= 0xFFFF
    if value < 0:
        raise OverflowError(f"{name}: can't convert negative Python int to C {8 * length}-bit unsigned integer")
    if value >= 1 << 8 * length:
        raise OverflowError(f"{name}: Python int too large to convert to C {8 * length}-bit unsigned integer")
    return int.from_bytes(value.to_bytes(length, sys.byteorder), "big")


def htons(x: int, /) -> int:
    """A number of 16 bits, from this machine's byte order to the network's."""
    return _swapped(x, 2, "htons")


def ntohs(x: int, /) -> int:
    """A number of 16 bits, from the network's byte order to this machine's."""
    return _swapped(x, 2, "ntohs")


def htonl(x: int, /) -> int:
    """A number of 32 bits, from this machine's byte order to the network's."""
    return _swapped(x, 4, "htonl")


def ntohl(x: int, /) -> int:
    """A number of 32 bits, from the network's byte order to this machine's."""
    return _swapped(x, 4, "ntohl")
