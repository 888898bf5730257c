"""Socket addresses: what a Python program writes, such as ("127.0.0.1", 80), and the bytes that C takes.

IPv4, IPv6 and UNIX are here; `_address_families` has the rarer ones.
"""

from __future__ import annotations

import os
import sys
from struct import Struct
from typing import Any, Callable

from ._address_families import PACKERS, UNPACKERS
from ._c.libc import inet_ntop
from ._c.memory import readable
from ._constants import CONSTANTS
from ._hosts import packed_host
from ._numbers import c_int, c_unsigned

_AF_INET, _AF_INET6 = int(CONSTANTS["AF_INET"]), int(CONSTANTS["AF_INET6"])
_AF_UNIX = int(CONSTANTS["AF_UNIX"])

_family = Struct("=H")
_inet = Struct("=H2s4s8x")
_inet6 = Struct("=H2s4s16sI")
_PATH_BYTES = 108


def pack(family: int, protocol: int, address: Any, caller: str) -> bytes:
    """An address for a socket of that family and protocol, as in C.

    >>> pack(2, 0, ("127.0.0.1", 80), "connect")[2:8]
    b'\\x00P\\x7f\\x00\\x00\\x01'
    """
    packer = _PACKERS.get(family)
    if packer is None:
        raise OSError(f"{caller}(): bad family")
    return packer(address, caller, protocol)


def unpack(raw: bytes, protocol: int = 0) -> Any:
    """An address as a Python program reads it; None if C stored none.

    >>> unpack(b"\\x02\\x00\\x00P\\x7f\\x00\\x00\\x01" + bytes(8))
    ('127.0.0.1', 80)
    """
    if len(raw) < 2:
        return None
    (family,) = _family.unpack_from(raw)
    unpacker = _UNPACKERS.get(family)
    if unpacker is None:
        return family, raw[2:16].ljust(14, b"\0")
    return unpacker(raw, protocol)


def _host_and_port(address: Any, caller: str, name: str, longest: int, shape: str) -> tuple[Any, int]:
    """The first two elements, checked as far as that goes without looking the host up."""
    if not isinstance(address, tuple):
        raise TypeError(f"{caller}(): {name} address must be tuple, not {type(address).__name__}")
    if not 2 <= len(address) <= longest:
        raise TypeError(f"{name} address must be a {shape}")
    try:
        port = c_int(address[1])
    except OverflowError:
        raise OverflowError(f"{caller}(): port must be 0-65535.") from None
    return address[0], port


def _port_in_c(port: int, caller: str) -> bytes:
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f"{caller}(): port must be 0-65535.")
    return port.to_bytes(2, "big")


def _pack_inet(address: Any, caller: str, protocol: int) -> bytes:
    host, port = _host_and_port(address, caller, "AF_INET", 2, "pair (host, port)")
    packed = packed_host(host, _AF_INET)
    return _inet.pack(_AF_INET, _port_in_c(port, caller), packed)


def _unpack_inet(raw: bytes, protocol: int) -> tuple[str, int]:
    return f"{raw[4]}.{raw[5]}.{raw[6]}.{raw[7]}", raw[2] << 8 | raw[3]


def _pack_inet6(address: Any, caller: str, protocol: int) -> bytes:
    shape = "tuple (host, port[, flowinfo[, scopeid]])"
    host, port = _host_and_port(address, caller, "AF_INET6", 4, shape)
    flow, scope = (*map(c_unsigned, address[2:]), 0, 0)[:2]
    packed = packed_host(host, _AF_INET6)
    in_c = _port_in_c(port, caller)
    if flow > 0xFFFFF:
        raise OverflowError(f"{caller}(): flowinfo must be 0-1048575.")
    return _inet6.pack(_AF_INET6, in_c, flow.to_bytes(4, "big"), packed, scope)


def _unpack_inet6(raw: bytes, protocol: int) -> tuple[str, int, int, int]:
    _, port, flow, packed, scope = _inet6.unpack_from(raw)
    host = inet_ntop(_AF_INET6, packed) or ""
    return host, int.from_bytes(port, "big"), int.from_bytes(flow, "big"), scope


def _pack_unix(address: Any, caller: str, protocol: int) -> bytes:
    """A path, or a name in Linux's abstract namespace: empty, or beginning with a NUL."""
    if isinstance(address, str):
        address = os.fsencode(address)
    with readable(address) as view:
        path = view.copy()
    if path and path[0]:
        path += b"\0"
    if len(path) > _PATH_BYTES:
        raise OSError("AF_UNIX path too long")
    return _family.pack(_AF_UNIX) + path


def _unpack_unix(raw: bytes, protocol: int) -> Any:
    path = raw[2:]
    if path[:1] == b"\0":
        return path
    return os.fsdecode(path.split(b"\0", 1)[0])


_PACKERS: dict[int, Callable[[Any, str, int], bytes]] = {
    _AF_INET: _pack_inet, _AF_INET6: _pack_inet6, _AF_UNIX: _pack_unix, **PACKERS,
}
_UNPACKERS: dict[int, Callable[[bytes, int], Any]] = {
    _AF_INET: _unpack_inet, _AF_INET6: _unpack_inet6, _AF_UNIX: _unpack_unix, **UNPACKERS,
}

assert sys.platform == "linux", "the layouts of the addresses are Linux's"
