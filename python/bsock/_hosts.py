"""The host in an address: a name or a number, as one IPv4 or IPv6 address."""

from __future__ import annotations

from typing import Union

from ._c import calls, libc
from ._constants import CONSTANTS
from ._errors import checked

Host = Union[str, bytes, bytearray]

_AF_INET, _AF_INET6 = int(CONSTANTS["AF_INET"]), int(CONSTANTS["AF_INET6"])
_AF_UNSPEC = int(CONSTANTS["AF_UNSPEC"])
_SOCK_DGRAM = int(CONSTANTS["SOCK_DGRAM"])
_ANY = {_AF_INET: bytes(4), _AF_INET6: bytes(16)}
_ADDRESS_IN_C = {_AF_INET: slice(4, 8), _AF_INET6: slice(8, 24)}


def encoded(host: Host) -> bytes:
    """A host's name as it is asked for: in ASCII, or by the rules of international domain names.

    >>> encoded("bücher.example")
    b'xn--bcher-kva.example'
    """
    if isinstance(host, str):
        try:
            name = host.encode("ascii")
        except UnicodeEncodeError:
            try:
                name = host.encode("idna")
            except UnicodeError:
                raise TypeError("encoding of hostname failed") from None
    elif isinstance(host, (bytes, bytearray)):
        name = bytes(host)
    else:
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if b"\0" in name:
        raise TypeError("host name must not contain null character")
    return name


def packed_host(host: Host, family: int) -> bytes:
    """The address of a host: 4 bytes of IPv4 or 16 of IPv6. An empty host is every address of this machine."""
    name = encoded(host)
    if not name:
        return _ANY[family]
    if name in (b"<broadcast>", b"255.255.255.255"):
        if family != _AF_INET:
            raise OSError("address family mismatched")
        return b"\xff" * 4
    # "127.0.0.1" is what most programs write; asking the resolver for it would cost a hundred times as much.
    known, packed = libc.inet_pton(family, name)
    if known == 1:
        return packed[: len(_ANY[family])]
    return _resolve(name, family)[1]


def any_packed_host(host: Host) -> tuple[int, bytes]:
    """The first address of a host, of either family: (family, the address)."""
    return _resolve(encoded(host), _AF_UNSPEC)


def _resolve(name: bytes, family: int) -> tuple[int, bytes]:
    code, found, raw = calls.resolve_one(name, family, _SOCK_DGRAM)
    checked(code)
    return found, raw[_ADDRESS_IN_C[found]]

