"""The C functions of libbsock with their types: structures, a table, and the functions bound to it.

`tests/test_signatures.py` holds the table against include/bsock.h. The functions in `UNDECLARED` are bound without
argument types, since each declared one costs some 100 ns a call: they may only be given ints of C's int, bytes, and
objects of ctypes. An address must never be passed to them as a bare int, which would be cut to 32 bits.
"""

from __future__ import annotations

from ctypes import (
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int,
    c_long,
    c_short,
    c_size_t,
    c_ssize_t,
    c_uint,
    c_uint32,
    c_void_p,
)
from typing import Any

from .loader import load
from .recorder import telling

socklen_t = c_uint32
ADDRESS_BYTES = 128  # sizeof(struct sockaddr_storage)
# How `from_param` is told that any address will do: bytes, arrays, byref() and None pass as they are.
pointer = c_void_p


class IoVec(Structure):
    """struct iovec"""

    _fields_ = [("base", c_void_p), ("length", c_size_t)]


class MsgHdr(Structure):
    """struct msghdr"""

    _fields_ = [
        ("name", c_void_p),
        ("name_length", socklen_t),
        ("iov", POINTER(IoVec)),
        ("iov_length", c_size_t),
        ("control", c_void_p),
        ("control_length", c_size_t),
        ("flags", c_int),
    ]


class MMsgHdr(Structure):
    """struct mmsghdr"""

    _fields_ = [("header", MsgHdr), ("length", c_uint)]


class PollFd(Structure):
    """struct pollfd"""

    _fields_ = [("fd", c_int), ("events", c_short), ("revents", c_short)]


class TimeSpec(Structure):
    """struct timespec"""

    _fields_ = [("seconds", c_long), ("nanoseconds", c_long)]


class Address(Structure):
    """struct bsock_address"""

    _fields_ = [
        ("address", c_char * ADDRESS_BYTES),
        ("length", socklen_t),
        ("family", c_int),
        ("type", c_int),
        ("protocol", c_int),
    ]


class Pcb(Structure):
    """struct bsock_pcb"""

    _fields_ = [
        ("fd", c_int),
        ("family", c_int),
        ("type", c_int),
        ("protocol", c_int),
        ("listening", c_int),
        ("tcp_state", c_int),
        ("unread", c_int),
        ("unsent", c_int),
        ("backlog", c_int),
        ("waiting", c_int),
        ("local_length", socklen_t),
        ("remote_length", socklen_t),
        ("local", c_char * ADDRESS_BYTES),
        ("remote", c_char * ADDRESS_BYTES),
    ]


# name: (result, arguments). c_void_p stands for every pointer but that to a string.
SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "bsock_socket": (c_int, [c_int, c_int, c_int]),
    "bsock_socketpair": (c_int, [c_int, c_int, c_int, pointer]),
    "bsock_shutdown": (c_int, [c_int, c_int]),
    "bsock_close": (c_int, [c_int]),
    "bsock_bind": (c_int, [c_int, pointer, socklen_t]),
    "bsock_listen": (c_int, [c_int, c_int]),
    "bsock_accept": (c_int, [c_int, pointer, pointer]),
    "bsock_connect": (c_int, [c_int, pointer, socklen_t]),
    "bsock_getsockname": (c_int, [c_int, pointer, pointer]),
    "bsock_getpeername": (c_int, [c_int, pointer, pointer]),
    "bsock_send": (c_ssize_t, [c_int, pointer, c_size_t, c_int]),
    "bsock_recv": (c_ssize_t, [c_int, pointer, c_size_t, c_int]),
    "bsock_sendto": (c_ssize_t, [c_int, pointer, c_size_t, c_int, pointer, socklen_t]),
    "bsock_recvfrom": (c_ssize_t, [c_int, pointer, c_size_t, c_int, pointer, pointer]),
    "bsock_sendmsg": (c_ssize_t, [c_int, pointer, c_int]),
    "bsock_recvmsg": (c_ssize_t, [c_int, pointer, c_int]),
    "bsock_sendmmsg": (c_int, [c_int, pointer, c_uint, c_int]),
    "bsock_recvmmsg": (c_int, [c_int, pointer, c_uint, c_int, pointer]),
    "bsock_getsockopt": (c_int, [c_int, c_int, c_int, pointer, pointer]),
    "bsock_setsockopt": (c_int, [c_int, c_int, c_int, pointer, socklen_t]),
    "bsock_poll": (c_int, [pointer, c_size_t, c_int]),
    "bsock_resolve": (c_int, [c_char_p, c_char_p, c_int, c_int, c_int, pointer, c_size_t]),
    "bsock_service_port": (c_int, [c_char_p, c_char_p]),
    "bsock_service_name": (c_int, [c_int, c_char_p, pointer, c_size_t]),
    "bsock_set_blocking": (c_int, [c_int, c_int]),
    "bsock_get_error": (c_int, [c_int]),
    "bsock_pcb_get": (c_int, [c_int, pointer, c_size_t]),
    "bsock_pcb_list": (c_int, [pointer, c_size_t, c_size_t]),
    "bsock_tcp_state_name": (c_char_p, [c_int]),
    "bsock_strerror": (c_char_p, [c_int]),
    "bsock_err_name": (c_char_p, [c_int]),
    "bsock_explain": (c_int, [pointer, c_size_t]),
}

UNDECLARED = {"bsock_send", "bsock_recv", "bsock_sendto", "bsock_recvfrom"}

_library = load()


def _bound(name: str) -> Any:
    """A function of the library. Each is bound once: looking it up costs more than calling it."""
    function = getattr(_library, name)
    function.restype, arguments = SIGNATURES[name]
    if name not in UNDECLARED:
        function.argtypes = arguments
    return telling(function)


bsock_socket = _bound("bsock_socket")
bsock_socketpair = _bound("bsock_socketpair")
bsock_shutdown = _bound("bsock_shutdown")
bsock_close = _bound("bsock_close")
bsock_bind = _bound("bsock_bind")
bsock_listen = _bound("bsock_listen")
bsock_accept = _bound("bsock_accept")
bsock_connect = _bound("bsock_connect")
bsock_getsockname = _bound("bsock_getsockname")
bsock_getpeername = _bound("bsock_getpeername")
bsock_send = _bound("bsock_send")
bsock_recv = _bound("bsock_recv")
bsock_sendto = _bound("bsock_sendto")
bsock_recvfrom = _bound("bsock_recvfrom")
bsock_sendmsg = _bound("bsock_sendmsg")
bsock_recvmsg = _bound("bsock_recvmsg")
bsock_sendmmsg = _bound("bsock_sendmmsg")
bsock_recvmmsg = _bound("bsock_recvmmsg")
bsock_getsockopt = _bound("bsock_getsockopt")
bsock_setsockopt = _bound("bsock_setsockopt")
bsock_poll = _bound("bsock_poll")
bsock_resolve = _bound("bsock_resolve")
bsock_service_port = _bound("bsock_service_port")
bsock_service_name = _bound("bsock_service_name")
bsock_set_blocking = _bound("bsock_set_blocking")
bsock_get_error = _bound("bsock_get_error")
bsock_pcb_get = _bound("bsock_pcb_get")
bsock_pcb_list = _bound("bsock_pcb_list")
bsock_tcp_state_name = _bound("bsock_tcp_state_name")
bsock_strerror = _bound("bsock_strerror")
bsock_err_name = _bound("bsock_err_name")
bsock_explain = _bound("bsock_explain")
