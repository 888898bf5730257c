"""Hosts to addresses, services to ports and back."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn, Optional, Union

from ._address import pack, unpack
from ._c import calls, libc
from ._c.signatures import bsock_service_port
from ._constants import CONSTANTS, AddressFamily, SocketKind, error, herror
from ._descriptor import named
from ._errors import plain_error, resolver_error
from ._hosts import Host, any_packed_host, encoded, packed_host
from ._numbers import c_int, c_unsigned

_AF_INET, _AF_INET6 = int(CONSTANTS["AF_INET"]), int(CONSTANTS["AF_INET6"])
_SOCK_DGRAM = int(CONSTANTS["SOCK_DGRAM"])
_AI_NUMERICHOST = int(CONSTANTS["AI_NUMERICHOST"])
_ANY_PROTOCOL: Any = object()


def getaddrinfo(
    host: Optional[Host],
    port: Union[str, bytes, int, None],
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[tuple[Any, Any, int, str, Any]]:
    """All addresses of a host and a service: [(family, type, protocol, canonical name, address)].

    >>> getaddrinfo("127.0.0.1", 80, type=SocketKind.SOCK_STREAM)[0][4]
    ('127.0.0.1', 80)
    """
    name = None if host is None else _host_name(host)
    service = _service(port)
    family, type, proto, flags = c_int(family), c_int(type), c_int(proto), c_int(flags)
    sys.audit("socket.getaddrinfo", host, port, family, type, proto)
    number, found = libc.getaddrinfo(name, service, family, type, proto, flags)
    if number:
        _fail(number)
    return [
        (named(kin, AddressFamily), named(kind, SocketKind), protocol, canonical, unpack(raw, protocol))
        for kin, kind, protocol, canonical, raw in found
    ]


def _host_name(host: Any) -> bytes:
    """The host in getaddrinfo, which takes less than an address does."""
    if isinstance(host, str):
        name = host.encode("idna")
    elif isinstance(host, bytes):
        name = host
    else:
        raise TypeError("getaddrinfo() argument 1 must be string or None")
    if b"\0" in name:
        # What C would read ends at the NUL.
        name = name.split(b"\0")[0]
    return name


def _service(port: Any) -> Optional[bytes]:
    if port is None:
        return None
    if isinstance(port, int):
        if sys.version_info < (3, 12) and not -(2**63) <= port < 2**63:
            raise OverflowError("Python int too large to convert to C long")
        return b"%d" % port
    if isinstance(port, str):
        return port.encode("utf-8")
    if isinstance(port, bytes):
        return port
    raise OSError("Int or String expected")


def _fail(number: int) -> NoReturn:
    if number == libc.EAI_SYSTEM:
        raise plain_error(libc.last_errno())
    raise resolver_error(number)


def getnameinfo(sockaddr: Any, flags: int, /) -> tuple[str, str]:
    """The host and the service of an address: ("localhost", "http"), or as numbers with NI_NUMERICHOST, NI_NUMERICSERV.

    >>> getnameinfo(("127.0.0.1", 80), CONSTANTS["NI_NUMERICHOST"] | CONSTANTS["NI_NUMERICSERV"])
    ('127.0.0.1', '80')
    """
    number = c_int(flags)
    if not isinstance(sockaddr, tuple):
        raise TypeError("getnameinfo() argument 1 must be a tuple")
    if not 2 <= len(sockaddr) <= 4:
        raise TypeError("getnameinfo(): illegal sockaddr argument")
    host, port, *rest = sockaddr
    if not isinstance(host, str):
        raise TypeError("getnameinfo(): illegal sockaddr argument")
    flow, scope = (*map(c_unsigned, rest), 0, 0)[:2]
    port = c_int(port)
    if flow > 0xFFFFF:
        raise OverflowError("getnameinfo(): flowinfo must be 0-1048575.")
    sys.audit("socket.getnameinfo", sockaddr)
    failed, found = libc.getaddrinfo(_without_nul(host), b"%d" % port, 0, _SOCK_DGRAM, 0, _AI_NUMERICHOST)
    if failed:
        _fail(failed)
    if len(found) > 1:
        raise OSError("sockaddr resolved to multiple addresses")
    family, _, _, _, raw = found[0]
    if family == _AF_INET and rest:
        raise OSError("IPv4 sockaddr must be 2 tuple")
    if family == _AF_INET6:
        raw = pack(family, 0, (*unpack(raw)[:2], flow, scope), "getnameinfo")
    failed, name, service = libc.getnameinfo(raw, number)
    if failed:
        _fail(failed)
    return name, service


def _without_nul(text: str) -> bytes:
    if "\0" in text:
        raise ValueError("embedded null character")
    return text.encode()


def gethostname() -> str:
    """The name of this machine."""
    sys.audit("socket.gethostname")
    return os.uname().nodename


def sethostname(name: Union[str, bytes], /) -> None:
    """Names this machine: for root."""
    if not isinstance(name, (str, bytes)):
        raise TypeError(f"sethostname() argument must be str or bytes, not {type(name).__name__}")
    sys.audit("socket.sethostname", name)
    if not libc.sethostname(os.fsencode(name)):
        raise plain_error(libc.last_errno())


def gethostbyname(hostname: Host, /) -> str:
    """The IPv4 address of a host, as text.

    >>> gethostbyname("127.0.0.1")
    '127.0.0.1'
    """
    name = encoded(hostname)
    sys.audit("socket.gethostbyname", hostname)
    return ".".join(map(str, packed_host(name, _AF_INET)))


def gethostbyname_ex(hostname: Host, /) -> tuple[str, list[str], list[str]]:
    """A host's name, its other names, and its IPv4 addresses."""
    name = encoded(hostname)
    sys.audit("socket.gethostbyname", hostname)
    packed_host(name, _AF_INET)  # The standard module fails here, with another exception.
    number, (official, aliases, addresses) = libc.gethostbyname(name)
    if number:
        raise _host_error(number)
    return official, aliases, [".".join(map(str, address)) for address in addresses]


def gethostbyaddr(ip_address: Host, /) -> tuple[str, list[str], list[str]]:
    """The names and addresses of the host with an address, or with a name."""
    name = encoded(ip_address)
    sys.audit("socket.gethostbyaddr", ip_address)
    family, packed = any_packed_host(name)
    number, (official, aliases, addresses) = libc.gethostbyaddr(packed, family)
    if number:
        raise _host_error(number)
    return official, aliases, [libc.inet_ntop(family, address) or "" for address in addresses]


def _host_error(number: int) -> herror:
    return herror(number, libc.host_error_text(number))


def getfqdn(name: str = "") -> str:
    """The full name of a host, of this one without an argument: the first of its names with a dot in it."""
    name = name.strip()
    if not name or name in ("0.0.0.0", "::"):
        name = gethostname()
    try:
        official, aliases, _ = gethostbyaddr(name)
    except error:
        return name
    return next((known for known in (official, *aliases) if "." in known), official)


def getservbyname(servicename: str, protocolname: str = _ANY_PROTOCOL, /) -> int:
    """The port of a service in /etc/services."""
    name, protocol = _c_text(servicename), _protocol(protocolname)
    sys.audit("socket.getservbyname", servicename, (protocol or b"").decode())
    port: int = bsock_service_port(name, protocol)
    if port < 0:
        raise OSError("service/proto not found")
    return port


def getservbyport(port: int, protocolname: str = _ANY_PROTOCOL, /) -> str:
    """The name of the service at a port in /etc/services."""
    number, protocol = c_int(port), _protocol(protocolname)
    if not 0 <= number <= 0xFFFF:
        raise OverflowError("getservbyport: port must be 0-65535.")
    sys.audit("socket.getservbyport", number, (protocol or b"").decode())
    length, name = calls.service_name(number, protocol)
    if length < 0:
        raise OSError("port/proto not found")
    return name


def _protocol(name: str) -> Optional[bytes]:
    return None if name is _ANY_PROTOCOL else _c_text(name)


def getprotobyname(name: str, /) -> int:
    """The number of a protocol in /etc/protocols."""
    number = libc.getprotobyname(_c_text(name))
    if number is None:
        raise OSError("protocol not found")
    return number


def _c_text(text: Any) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"argument must be str, not {type(text).__name__}")
    return _without_nul(text)
