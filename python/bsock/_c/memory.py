"""Memory that C functions read and write: reused buffers, and the inside of Python's objects."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterator

from .signatures import ADDRESS_BYTES, socklen_t

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

SCRATCH_BYTES = 8192
"""What is received in one piece up to this size goes through a reused buffer; more is received in place."""


class Scratch:
    """Buffers for one call: the data, an address, the address's length."""

    __slots__ = ("address", "address_length", "data", "length")

    def __init__(self) -> None:
        self.data: Any = ctypes.create_string_buffer(SCRATCH_BYTES)
        self.address = ctypes.create_string_buffer(ADDRESS_BYTES)
        self.length = socklen_t(ADDRESS_BYTES)
        self.address_length = ctypes.byref(self.length)

    def expect_address(self) -> None:
        """Makes the buffer ready for an address of any length."""
        self.length.value = ADDRESS_BYTES

    def received_address(self) -> bytes:
        """The address that the call has stored."""
        address: Any = self.address  # What ctypes answers for a slice of char is bytes.
        return bytes(address[: min(self.length.value, ADDRESS_BYTES)])


# The free buffers. pop and append are atomic, so that no two threads ever have the same one; who is interrupted by an
# exception does not give his back, and another is made.
_free: list[Scratch] = []
give_scratch = _free.append
pop_scratch = _free.pop


def take_scratch() -> Scratch:
    """A buffer that nobody else has until `give_scratch`."""
    try:
        return pop_scratch()
    except IndexError:
        return Scratch()


class _PyBuffer(ctypes.Structure):
    """Py_buffer, which is a part of CPython's stable ABI."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_void_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


size = ctypes.c_size_t
"""A count of bytes for a function that is bound without argument types."""

_INT_MAX = 2**31 - 1
_PYBUF_SIMPLE, _PYBUF_WRITABLE = 0, 1

# CPython's own functions need the interpreter lock, and none of them waits: this is the one use of `pythonapi`, which
# keeps the lock. ctypes itself has no way to the bytes of a read-only buffer but to copy them.
_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.restype = None
new_long_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
"""`new_bytes` without its checks, for `recv`: new_long_bytes(None, a length between 2 and INT_MAX)."""
new_long_bytes.restype = ctypes.py_object


class View:
    """The bytes of an object: where they are and how many. They stay there until `release`."""

    __slots__ = ("_buffer", "address", "length")

    def __init__(self, buffer: Any, flags: int) -> None:
        held = _PyBuffer()
        self._buffer = ctypes.byref(held)
        _get_buffer(ctypes.py_object(buffer), self._buffer, flags)
        self.address: int = held.buf or 0
        self.length: int = held.len

    def release(self) -> None:
        """Lets the object be changed again."""
        _release_buffer(self._buffer)

    @classmethod
    def of_own(cls, new: bytes, length: int) -> View:
        """The bytes that `new_bytes` has made, of which so many are to be filled in."""
        view = cls(new, _PYBUF_SIMPLE)
        view.length = length
        return view

    def copy(self) -> bytes:
        """The bytes."""
        return ctypes.string_at(self.address, self.length)

    def pointer(self, offset: int = 0) -> ctypes.c_void_p:
        """An argument for a C function."""
        return ctypes.c_void_p(self.address + offset)

    def __enter__(self) -> View:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def readable(buffer: ReadableBuffer) -> View:
    """The bytes of a bytes-like object, without a copy. A TypeError if it is none, as in the standard module.

    >>> with readable(memoryview(b"hello")[1:]) as view:
    ...     view.length
    4
    """
    return View(buffer, _PYBUF_SIMPLE)


def writable(buffer: WriteableBuffer) -> View:
    """The bytes of a bytes-like object, to be written to.

    >>> writable(b"constant")
    Traceback (most recent call last):
        ...
    TypeError: a read-write bytes-like object is required, not bytes
    """
    try:
        return View(buffer, _PYBUF_WRITABLE)
    except BufferError:
        name = type(buffer).__name__
        raise TypeError(f"a read-write bytes-like object is required, not {name}") from None


def new_bytes(length: int) -> bytes:
    """Bytes with whatever is in them, for a C function to fill in before anybody else has seen them.

    From length 2 on: CPython keeps the shorter ones for everybody.
    """
    result: bytes = new_long_bytes(None, length if 2 <= length <= _INT_MAX else size(max(length, 2)))
    return result


@contextmanager
def views(buffers: Any, make: Any) -> Iterator[list[View]]:
    """The bytes of several objects."""
    taken: list[View] = []
    try:
        for buffer in buffers:
            taken.append(make(buffer))
        yield taken
    finally:
        for view in taken:
            view.release()
