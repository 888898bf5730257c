"""Calls with results behind pointers, as functions with results. Codes are answered as they are."""

from __future__ import annotations

from ctypes import byref, c_int, c_uint64, create_string_buffer, sizeof
from typing import Optional

from .signatures import (
    Address,
    Pcb,
    PollFd,
    bsock_explain,
    bsock_getsockopt,
    bsock_pcb_get,
    bsock_pcb_list,
    bsock_poll,
    bsock_resolve,
    bsock_service_name,
    bsock_setsockopt,
    bsock_socketpair,
    bsock_tcp_state_name,
    socklen_t,
)

_EXPLANATION_BYTES, _SERVICE_BYTES = 1024, 256


def poll(fd: int, events: int, milliseconds: int) -> int:
    """1 if the descriptor is ready, 0 if the time is over, or a code."""
    return int(bsock_poll(byref(PollFd(fd, events, 0)), 1, milliseconds))


def socketpair(family: int, type: int, protocol: int) -> tuple[int, int, int]:
    """0 and two descriptors, or a code."""
    pair = (c_int * 2)()
    return bsock_socketpair(family, type, protocol, pair), pair[0], pair[1]


def option_number(fd: int, level: int, option: int) -> tuple[int, int]:
    """0 and the number, or a code."""
    value, length = c_int(), socklen_t(4)
    return bsock_getsockopt(fd, level, option, byref(value), byref(length)), value.value


def option_large_number(fd: int, level: int, option: int) -> tuple[int, int]:
    """The same for a number of 64 bits."""
    value, length = c_uint64(), socklen_t(8)
    return bsock_getsockopt(fd, level, option, byref(value), byref(length)), value.value


def option_bytes(fd: int, level: int, option: int, size: int) -> tuple[int, bytes]:
    """0 and the value, or a code."""
    data, length = create_string_buffer(size), socklen_t(size)
    return bsock_getsockopt(fd, level, option, data, byref(length)), data.raw[: length.value]


def set_option_number(fd: int, level: int, option: int, value: int) -> int:
    """0 or a code."""
    return int(bsock_setsockopt(fd, level, option, byref(c_int(value)), 4))


def set_option_large_number(fd: int, level: int, option: int, value: int) -> int:
    """The same for a number of 64 bits."""
    return int(bsock_setsockopt(fd, level, option, byref(c_uint64(value)), 8))


def resolve_one(host: bytes, family: int, type: int) -> tuple[int, int, bytes]:
    """How many addresses a host has, or a code; the family of the first and its address as in C."""
    found = Address()
    code = bsock_resolve(host, None, family, type, 0, byref(found), 1)
    return code, found.family, bytes(found)[: found.length]


def service_name(port: int, protocol: Optional[bytes]) -> tuple[int, str]:
    """The length and the name, or a code."""
    name = create_string_buffer(_SERVICE_BYTES)
    return bsock_service_name(port, protocol, name, _SERVICE_BYTES), name.value.decode()


def explain() -> str:
    """What bsock_explain tells about this thread."""
    text = create_string_buffer(_EXPLANATION_BYTES)
    bsock_explain(text, _EXPLANATION_BYTES)
    return text.value.decode(errors="replace")


def pcb(fd: int) -> tuple[int, Pcb]:
    """0 and the block, or a code."""
    block = Pcb()
    return bsock_pcb_get(fd, byref(block), sizeof(block)), block


def pcbs() -> tuple[int, list[Pcb]]:
    """How many sockets there are and their blocks, or a code."""
    room = 16
    while True:
        blocks = (Pcb * room)()
        found = bsock_pcb_list(blocks, room, sizeof(Pcb))
        if found <= room:
            return found, list(blocks[: max(found, 0)])
        room = found + 16


def pcb_addresses(block: Pcb) -> tuple[bytes, bytes]:
    """The two addresses of a block, as in C."""
    raw = bytes(block)
    local, remote = Pcb.local.offset, Pcb.remote.offset
    return raw[local : local + block.local_length], raw[remote : remote + block.remote_length]


def tcp_state_name(state: int) -> str:
    """The name of a TCP state."""
    return str(bsock_tcp_state_name(state).decode())
