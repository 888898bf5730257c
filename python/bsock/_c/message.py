"""struct msghdr, made of Python's objects and read back into them."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, cast, create_string_buffer
from struct import Struct
from typing import Any, Iterable, Optional

from .memory import View
from .signatures import ADDRESS_BYTES, IoVec, MMsgHdr, MsgHdr, bsock_recvmmsg, bsock_sendmmsg

_control_header = Struct("@Nii")
_WORD = _control_header.size - 8
"""Control data is aligned to words: those of the length in front of each item."""
CONTROL_HEADER_BYTES = _control_header.size


def aligned(length: int) -> int:
    """A length, rounded up to whole words."""
    return (length + _WORD - 1) & -_WORD


class Message:
    """A header with all that it points to. `pointer` is what C takes."""

    def __init__(self, views: list[View], address: Optional[bytes], control: Any, control_length: int) -> None:
        self.header = MsgHdr()
        self.pointer = byref(self.header)
        self._kept = (views, address, control)  # The header has their addresses, which do not keep them alive.
        if views:
            self.header.iov = (IoVec * len(views))(*((view.address, view.length) for view in views))
            self.header.iov_length = len(views)
        if address is not None:
            self.header.name = cast(address, ctypes.c_void_p)
            self.header.name_length = len(address)
        if control_length:
            self.header.control = cast(control, ctypes.c_void_p)
            self.header.control_length = control_length


def outgoing(views: list[View], address: Optional[bytes], control: bytes) -> Message:
    """A message to be sent."""
    return Message(views, address, control, len(control))


class Incoming(Message):
    """A message to be received."""

    def __init__(self, views: list[View], control_length: int) -> None:
        self._address = create_string_buffer(ADDRESS_BYTES)
        self._control = create_string_buffer(max(control_length, 1))
        super().__init__(views, None, self._control, control_length)
        self.header.name = cast(self._address, ctypes.c_void_p)
        self.header.name_length = ADDRESS_BYTES

    @property
    def flags(self) -> int:
        """What the system says about the message: MSG_TRUNC, ..."""
        return int(self.header.flags)

    @property
    def address(self) -> bytes:
        """Where it came from, as in C."""
        return self._address[: min(self.header.name_length, ADDRESS_BYTES)]

    @property
    def control(self) -> list[tuple[int, int, bytes]]:
        """The control data: (level, type, data)."""
        return list(unpack_control(self._control[: self.header.control_length]))


def pack_control(items: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Control data as in C."""
    raw = b""
    for level, kind, data in items:
        item = _control_header.pack(_control_header.size + len(data), level, kind) + data
        raw += item.ljust(aligned(len(item)), b"\0")
    return raw


def unpack_control(raw: bytes) -> Iterable[tuple[int, int, bytes]]:
    """Control data from C: (level, type, data). The last item may have been cut; what is there of it is told."""
    start = 0
    while start + _control_header.size <= len(raw):
        length, level, kind = _control_header.unpack_from(raw, start)
        if length < _control_header.size:
            return
        yield level, kind, raw[start + _control_header.size : min(start + length, len(raw))]
        start += aligned(length)


class Batch:
    """Many messages in one call: a reused array of headers, each with one buffer and room for one address."""

    def __init__(self, count: int, size: int) -> None:
        self.count, self.size = count, size
        self._headers = (MMsgHdr * count)()
        self._vectors = (IoVec * count)()
        for header, vector in zip(self._headers, self._vectors):
            header.header.iov = ctypes.pointer(vector)
            header.header.iov_length = 1
        self.data = create_string_buffer(max(count * size, 1))
        self.addresses = create_string_buffer(count * ADDRESS_BYTES)
