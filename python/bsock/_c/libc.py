"""What is called in libc itself, since libbsock has nothing for it. All of it is in this file.

- getaddrinfo: bsock_resolve takes no protocol and tells no canonical name. Names in the addresses of `connect`, `bind`
  and `sendto`, and gethostbyname, are looked up by bsock_resolve.
- getnameinfo, gethostbyname_r, gethostbyaddr_r, getprotobyname: names of addresses and of protocols.
- inet_aton, inet_pton, inet_ntop; if_nameindex, if_nametoindex, if_indextoname; sethostname.
- ioctl(SIOCGIFINDEX, SIOCGIFNAME) is what the two `if_` functions do.

dup, sendfile and the flags of a descriptor are Python's own `os` module.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint, c_void_p
from typing import Any, Iterator, Optional

from .loader import load_libc
from .signatures import socklen_t

_libc = load_libc()


class _AddrInfo(Structure):
    """struct addrinfo"""


_AddrInfo._fields_ = [
    ("flags", c_int),
    ("family", c_int),
    ("type", c_int),
    ("protocol", c_int),
    ("length", socklen_t),
    ("address", c_void_p),
    ("canonical_name", c_char_p),
    ("next", POINTER(_AddrInfo)),
]


class _HostEnt(Structure):
    """struct hostent"""

    _fields_ = [
        ("name", c_char_p),
        ("aliases", POINTER(c_char_p)),
        ("family", c_int),
        ("length", c_int),
        ("addresses", POINTER(c_void_p)),
    ]


class _ProtoEnt(Structure):
    """struct protoent"""

    _fields_ = [("name", c_char_p), ("aliases", POINTER(c_char_p)), ("number", c_int)]


class _NameIndex(Structure):
    """struct if_nameindex"""

    _fields_ = [("index", c_uint), ("name", c_char_p)]


def _bound(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_libc, name)
    function.restype, function.argtypes = result, arguments
    return function


_getaddrinfo = _bound("getaddrinfo", c_int, c_char_p, c_char_p, c_void_p, c_void_p)
_freeaddrinfo = _bound("freeaddrinfo", None, c_void_p)
_gai_strerror = _bound("gai_strerror", c_char_p, c_int)
_hstrerror = _bound("hstrerror", c_char_p, c_int)
_getnameinfo = _bound("getnameinfo", c_int, c_void_p, socklen_t, c_void_p, socklen_t, c_void_p, socklen_t, c_int)
_gethostbyname_r = _bound(
    "gethostbyname_r", c_int, c_char_p, c_void_p, c_void_p, c_size_t, c_void_p, c_void_p
)
_gethostbyaddr_r = _bound(
    "gethostbyaddr_r", c_int, c_void_p, socklen_t, c_int, c_void_p, c_void_p, c_size_t, c_void_p, c_void_p
)
_getprotobyname_r = _bound("getprotobyname_r", c_int, c_char_p, c_void_p, c_void_p, c_size_t, c_void_p)
_inet_aton = _bound("inet_aton", c_int, c_char_p, c_void_p)
_inet_pton = _bound("inet_pton", c_int, c_int, c_char_p, c_void_p)
_inet_ntop = _bound("inet_ntop", c_char_p, c_int, c_void_p, c_void_p, socklen_t)
_if_nameindex = _bound("if_nameindex", POINTER(_NameIndex))
_if_freenameindex = _bound("if_freenameindex", None, c_void_p)
_if_nametoindex = _bound("if_nametoindex", c_uint, c_char_p)
_if_indextoname = _bound("if_indextoname", c_char_p, c_uint, c_void_p)
_sethostname = _bound("sethostname", c_int, c_char_p, c_size_t)

EAI_SYSTEM = -11
_ERANGE = 34
_LONGEST_HOST, _LONGEST_SERVICE, _LONGEST_INTERFACE, _LONGEST_ADDRESS = 1025, 32, 16, 46


def last_errno() -> int:
    """errno of the last function of libc that failed in this thread."""
    return ctypes.get_errno()


def resolver_error_text(number: int) -> str:
    """What one of getaddrinfo's numbers means."""
    return str(_gai_strerror(number).decode())


def host_error_text(number: int) -> str:
    """What one of gethostbyname's numbers means."""
    return str(_hstrerror(number).decode())


def getaddrinfo(
    host: Optional[bytes], service: Optional[bytes], family: int, type: int, protocol: int, flags: int
) -> tuple[int, list[tuple[int, int, int, str, bytes]]]:
    """(0, [(family, type, protocol, canonical name, address as in C)]), or one of the EAI numbers and nothing."""
    hints = _AddrInfo(flags, family, type, protocol)
    first = POINTER(_AddrInfo)()
    number = _getaddrinfo(host, service, byref(hints), byref(first))
    if number:
        return number, []
    try:
        return 0, [
            (
                entry.family,
                entry.type,
                entry.protocol,
                (entry.canonical_name or b"").decode(),
                ctypes.string_at(entry.address, entry.length),
            )
            for entry in _entries(first)
        ]
    finally:
        _freeaddrinfo(first)


def _entries(pointer: Any) -> Iterator[Any]:
    """The elements of a linked list."""
    while pointer:
        yield pointer.contents
        pointer = pointer.contents.next


def getnameinfo(address: bytes, flags: int) -> tuple[int, str, str]:
    """(0, host, service), or one of the EAI numbers."""
    host, service = ctypes.create_string_buffer(_LONGEST_HOST), ctypes.create_string_buffer(_LONGEST_SERVICE)
    number = _getnameinfo(address, len(address), host, len(host), service, len(service), flags)
    return number, host.value.decode(), service.value.decode()


def _with_room(function: Any, *arguments: Any) -> tuple[int, Any, Any]:
    """Calls one of the `_r` functions of hosts with as much room as it needs: (its h_errno, the entry, its memory)."""
    size = 1024
    while True:
        entry, result, memory, number = _HostEnt(), c_void_p(), ctypes.create_string_buffer(size), c_int()
        code = function(*arguments, byref(entry), memory, size, byref(result), byref(number))
        if code != _ERANGE:
            return (0, entry, memory) if result else (number.value or -1, None, None)
        size *= 4


def _host_entry(found: Any) -> tuple[str, list[str], list[bytes]]:
    entry, _memory = found
    aliases, addresses = [], []
    for index in range(1 << 16):
        alias = entry.aliases[index]
        if alias is None:
            break
        aliases.append(alias.decode())
    for index in range(1 << 16):
        address = entry.addresses[index]
        if address is None:
            break
        addresses.append(ctypes.string_at(address, entry.length))
    return entry.name.decode(), aliases, addresses


def gethostbyname(host: bytes) -> tuple[int, tuple[str, list[str], list[bytes]]]:
    """(0, (name, other names, IPv4 addresses as in C)), or an h_errno."""
    number, *found = _with_room(_gethostbyname_r, host)
    return (number, ("", [], [])) if number else (0, _host_entry(found))


def gethostbyaddr(packed: bytes, family: int) -> tuple[int, tuple[str, list[str], list[bytes]]]:
    """The same from an address as in C."""
    number, *found = _with_room(_gethostbyaddr_r, packed, len(packed), family)
    return (number, ("", [], [])) if number else (0, _host_entry(found))


def getprotobyname(name: bytes) -> Optional[int]:
    """The number of a protocol in /etc/protocols."""
    entry, result, memory = _ProtoEnt(), c_void_p(), ctypes.create_string_buffer(8192)
    _getprotobyname_r(name, byref(entry), memory, len(memory), byref(result))
    return entry.number if result else None


def inet_aton(text: bytes) -> Optional[bytes]:
    """An IPv4 address as in C."""
    packed = ctypes.create_string_buffer(4)
    return packed.raw if _inet_aton(text, packed) else None


def inet_pton(family: int, text: bytes) -> tuple[int, bytes]:
    """1 and the address as in C; 0 if the text is none; -1 if the family is unknown."""
    packed = ctypes.create_string_buffer(16)
    return _inet_pton(family, text, packed), packed.raw


def inet_ntop(family: int, packed: bytes) -> Optional[str]:
    """The text of an address as in C."""
    text = ctypes.create_string_buffer(_LONGEST_ADDRESS)
    found = _inet_ntop(family, packed, text, len(text))
    return None if found is None else str(found.decode())


def if_nameindex() -> Optional[list[tuple[int, str]]]:
    """The network interfaces: (index, name)."""
    first = _if_nameindex()
    if not first:
        return None
    try:
        found = []
        for index in range(1 << 16):
            if not first[index].index:
                break
            found.append((first[index].index, first[index].name.decode(errors="surrogateescape")))
        return found
    finally:
        _if_freenameindex(first)


def if_nametoindex(name: bytes) -> int:
    """The index of an interface, 0 if there is none."""
    return int(_if_nametoindex(name))


def if_indextoname(index: int) -> Optional[str]:
    """The name of an interface."""
    name = ctypes.create_string_buffer(_LONGEST_INTERFACE)
    found = _if_indextoname(index, name)
    return None if found is None else str(found.decode(errors="surrogateescape"))


def sethostname(name: bytes) -> bool:
    """Names this machine."""
    return int(_sethostname(name, len(name))) == 0
