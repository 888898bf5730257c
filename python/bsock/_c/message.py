"""struct msghdr, made of Python's objects and read back into them."""

from __future__ import annotations

import ctypes
from array import array
from ctypes import byref, c_char_p, cast, create_string_buffer, sizeof
from itertools import accumulate
from struct import Struct
from typing import Any, Iterable, Optional

from .memory import View
from .signatures import ADDRESS_BYTES, IoVec, MMsgHdr, MsgHdr

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
            self.header.name = _address_of(address)
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
        self._address: Any = create_string_buffer(ADDRESS_BYTES)
        self._control: Any = create_string_buffer(max(control_length, 1))
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
        return bytes(self._address[: min(self.header.name_length, ADDRESS_BYTES)])

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


MOST_MESSAGES = 1024
"""Linux takes no more in one call."""
_HEADER_WORDS = sizeof(MMsgHdr) // 4
_LENGTH_WORD = MMsgHdr.length.offset // 4
_NAME_LENGTH_WORD = MsgHdr.name_length.offset // 4


class Headers:
    """An array of message headers with one buffer each. Filled in with whole slices: a loop in Python over the headers
    would cost more than the system call saves.
    """

    def __init__(self, count: int) -> None:
        self._headers = (MMsgHdr * count)()
        self._vectors = (IoVec * count)()
        self.pointer = byref(self._headers)
        self._words = memoryview(self._headers).cast("B").cast("I")
        self._pointers = memoryview(self._vectors).cast("B").cast("Q")
        first, step = ctypes.addressof(self._vectors), sizeof(IoVec)
        _fill(self._field(MsgHdr.iov.offset), range(first, first + count * step, step))
        _fill(self._field(MsgHdr.iov_length.offset), [1] * count)

    def _field(self, offset: int) -> memoryview:
        """A field of 8 bytes in all headers."""
        return memoryview(self._headers).cast("B").cast("Q")[offset // 8 :: sizeof(MMsgHdr) // 8]

    def set_buffers(self, starts: Iterable[int], lengths: list[int]) -> None:
        """Where the first messages' bytes are."""
        _fill(self._pointers[: 2 * len(lengths) : 2], starts)
        _fill(self._pointers[1 : 2 * len(lengths) : 2], lengths)

    def set_names(self, starts: Iterable[int], count: int, length: int) -> None:
        """Where the first messages' addresses are, each of the same length."""
        _fill(self._field(MsgHdr.name.offset)[:count], starts)
        self.set_name_lengths(count, length)

    def set_name_lengths(self, count: int, length: int) -> None:
        """The addresses' lengths alone, which each receiving call overwrites."""
        self._words[_NAME_LENGTH_WORD::_HEADER_WORDS][:count] = array("I", [length]) * count

    def lengths(self, count: int) -> list[int]:
        """How many bytes of each message the call has moved."""
        return self._words[_LENGTH_WORD::_HEADER_WORDS][:count].tolist()

    def name_lengths(self, count: int) -> list[int]:
        """The lengths of the addresses that the call has stored."""
        return self._words[_NAME_LENGTH_WORD::_HEADER_WORDS][:count].tolist()


def _fill(view: memoryview, values: Iterable[int]) -> None:
    view[:] = array("Q", values)


# Headers that were used last, by their number: making them takes longer than the call. pop makes them one thread's.
_headers: dict[int, Headers] = {}
_MOST_KEPT = 8


def _kept_headers(count: int) -> Optional[Headers]:
    try:
        return _headers.pop(count)
    except KeyError:
        return None


class OutgoingBatch:
    """Messages to be sent, joined: one address to find out instead of one a message."""

    def __init__(self, messages: list[bytes], address: Optional[bytes]) -> None:
        self.count = len(messages)
        self._headers = _kept_headers(self.count) or Headers(self.count)
        self._joined, self._address = b"".join(messages), address
        lengths = list(map(len, messages))
        start = _address_of(self._joined)
        self._headers.set_buffers(accumulate(lengths[:-1], initial=start), lengths)
        self._headers.set_names([_address_of(address) if address else 0] * self.count, self.count, len(address or b""))
        self.pointer = self._headers.pointer

    def give_back(self) -> None:
        """Lets the headers be used again."""
        if len(_headers) < _MOST_KEPT:
            _headers[self.count] = self._headers


def _address_of(data: bytes) -> int:
    return cast(c_char_p(data), ctypes.c_void_p).value or 0


class IncomingBatch:
    """Room for messages, to be used again."""

    def __init__(self, count: int, size: int) -> None:
        self.count, self._size = count, size
        self._data: Any = create_string_buffer(max(count * size, 1))
        self._names: Any = create_string_buffer(count * ADDRESS_BYTES)
        self._headers = Headers(count)
        first = ctypes.addressof(self._data)
        self._headers.set_buffers([first + index * size for index in range(count)], [size] * count)
        first = ctypes.addressof(self._names)
        starts = range(first, first + count * ADDRESS_BYTES, ADDRESS_BYTES)
        self._headers.set_names(starts, count, ADDRESS_BYTES)
        self._starts = range(0, count * size, size) if size else [0] * count
        self.pointer = self._headers.pointer

    def expect(self) -> None:
        """Makes it ready for the next call."""
        self._headers.set_name_lengths(self.count, ADDRESS_BYTES)

    def messages(self, got: int) -> list[bytes]:
        """The bytes of the first messages."""
        data, size = self._data, self._size
        lengths = self._headers.lengths(got)
        raw: bytes = data[: got * size]
        if lengths and lengths.count(lengths[0]) == got and size:
            # Usually all have the same length. Taking them apart is then one loop in C.
            length = min(lengths[0], size)
            return [message for (message,) in Struct(f"{length}s{size - length}x").iter_unpack(raw)]
        return [raw[start : start + min(length, size)] for start, length in zip(self._starts, lengths)]

    def addresses(self, got: int) -> list[bytes]:
        """The addresses of the first messages, as in C."""
        starts = range(0, got * ADDRESS_BYTES, ADDRESS_BYTES)
        return [self._names[start : start + length] for start, length in zip(starts, self._headers.name_lengths(got))]
