"""Messages of several buffers, with control data (descriptors, credentials, time stamps)."""

from __future__ import annotations

import sys
from struct import pack as pack_numbers
from typing import TYPE_CHECKING, Any, Iterable, Optional

from ._address import pack, unpack
from ._c.memory import View, new_bytes, readable, views, writable
from ._c.message import CONTROL_HEADER_BYTES, Incoming, aligned, outgoing, pack_control
from ._c.signatures import bsock_recvmsg, bsock_sendmsg
from ._constants import CONSTANTS
from ._numbers import c_int, c_size, c_unsigned
from ._timeout import POLLIN, POLLOUT, patiently

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_AF_ALG = CONSTANTS.get("AF_ALG")
_LONGEST_CONTROL = 2**31 - 1
_MISSING: Any = object()


def CMSG_LEN(length: int, /) -> int:
    """The length of an item of control data with so many bytes of data, without padding behind it.

    >>> CMSG_LEN(4)
    20
    """
    number = c_size(length)
    if not 0 <= number <= _LONGEST_CONTROL - CONTROL_HEADER_BYTES:
        raise OverflowError("CMSG_LEN() argument out of range")
    return CONTROL_HEADER_BYTES + number


def CMSG_SPACE(length: int, /) -> int:
    """The room for an item of control data with so many bytes of data, with padding behind it.

    >>> CMSG_SPACE(4)
    24
    """
    number = c_size(length)
    if not 0 <= number <= _LONGEST_CONTROL - CONTROL_HEADER_BYTES - 8:
        raise OverflowError("CMSG_SPACE() argument out of range")
    return CONTROL_HEADER_BYTES + aligned(number)


def _control(items: Iterable[Any]) -> bytes:
    """The control data of `sendmsg` as in C."""
    packed = []
    for item in _iterated(items, "sendmsg() argument 2 must be an iterable"):
        if not isinstance(item, (tuple, list)) or len(item) != 3:
            raise TypeError("[sendmsg() ancillary data items] must be sequences of 3 elements")
        level, kind, data = item
        with readable(data) as view:
            if view.length > _LONGEST_CONTROL - CONTROL_HEADER_BYTES:
                raise OSError("ancillary data item too large")
            packed.append((c_int(level), c_int(kind), view.copy()))
    raw = pack_control(packed)
    if len(raw) > _LONGEST_CONTROL:
        raise OSError("too much ancillary data")
    return raw


def _iterated(items: Any, message: str) -> list[Any]:
    try:
        return list(items)
    except TypeError:
        if hasattr(items, "__iter__"):
            raise
        raise TypeError(message) from None


class Messages:
    """The part of class `socket` that sends and receives messages with control data."""

    __slots__ = ()

    _fd: int
    _family: int
    _proto: int
    _timeout: Optional[float]

    def sendmsg(
        self,
        buffers: Iterable[ReadableBuffer],
        ancdata: Iterable[tuple[int, int, ReadableBuffer]] = (),
        flags: int = 0,
        address: Any = None,
        /,
    ) -> int:
        """Sends bytes from several buffers, with control data, to an address. Answers how many bytes were taken."""
        number = c_int(flags)
        raw = None
        if address is not None:
            raw = pack(self._family, self._proto, address, "sendmsg")
            sys.audit("socket.sendmsg", self, address)
        parts = _iterated(buffers, "sendmsg() argument 1 must be an iterable")
        with views(parts, readable) as data:
            return self._sendmsg(data, _control(ancdata), number, raw)

    def _sendmsg(self, data: list[View], control: bytes, flags: int, address: Optional[bytes]) -> int:
        message = outgoing(data, address, control)
        return patiently(self._fd, POLLOUT, self._timeout, bsock_sendmsg, self._fd, message.pointer, flags)

    def sendmsg_afalg(
        self,
        msg: Iterable[ReadableBuffer] = (),
        *,
        op: int = _MISSING,
        iv: ReadableBuffer = _MISSING,
        assoclen: int = _MISSING,
        flags: int = 0,
    ) -> int:
        """Sends data to the kernel's cryptography (AF_ALG): what to do, the initial vector, the associated length."""
        if self._family != _AF_ALG:
            raise OSError("algset is only supported for AF_ALG")
        if op is _MISSING or c_int(op) < 0:
            raise TypeError("Invalid or missing argument 'op'")
        level = int(CONSTANTS["SOL_ALG"])
        items = [(level, int(CONSTANTS["ALG_SET_OP"]), pack_numbers("=I", c_unsigned(op)))]
        if iv is not _MISSING and iv is not None:
            with readable(iv) as view:
                items.append((level, int(CONSTANTS["ALG_SET_IV"]), pack_numbers("=I", view.length) + view.copy()))
        if assoclen is not _MISSING:
            if c_int(assoclen) < 0:
                raise TypeError("assoclen must be positive")
            items.append((level, int(CONSTANTS["ALG_SET_AEAD_ASSOCLEN"]), pack_numbers("=I", assoclen)))
        with views(_iterated(msg, "sendmsg_afalg() argument 1 must be an iterable"), readable) as data:
            return self._sendmsg(data, pack_control(items), c_int(flags), None)

    def recvmsg(self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /) -> tuple[bytes, list[Any], int, Any]:
        """Receives bytes and control data: (bytes, [(level, type, data)], flags, the sender's address)."""
        length, room, number = c_size(bufsize), c_size(ancbufsize), c_int(flags)
        if length < 0:
            raise ValueError("negative buffer size in recvmsg()")
        into = new_bytes(length)
        with View.of_own(into, length) as view:
            got, control, told, address = self._recvmsg([view], room, number, "recvmsg")
        return into if got == len(into) else into[: min(got, length)], control, told, address

    def recvmsg_into(
        self, buffers: Iterable[WriteableBuffer], ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[int, list[Any], int, Any]:
        """Receives into several buffers: (how many bytes, [(level, type, data)], flags, the sender's address)."""
        room, number = c_size(ancbufsize), c_int(flags)
        parts = _iterated(buffers, "recvmsg_into() argument 1 must be an iterable")
        with views(parts, writable) as into:
            return self._recvmsg(into, room, number, "recvmsg_into")

    def _recvmsg(self, into: list[View], room: int, flags: int, caller: str) -> tuple[int, list[Any], int, Any]:
        if not 0 <= room <= _LONGEST_CONTROL:
            raise ValueError(f"invalid ancillary data buffer length in {caller}()")
        message = Incoming(into, room)
        got = patiently(self._fd, POLLIN, self._timeout, bsock_recvmsg, self._fd, message.pointer, flags)
        return got, message.control, message.flags, unpack(message.address, self._proto)
