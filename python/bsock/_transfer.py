"""Sending and receiving bytes. `send` and `recv` are what programs call most, and are written for speed: the usual case
comes first and calls nothing in Python; everything else is in a second method.
"""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, Optional

from ._address import pack, unpack
from ._c.memory import (
    SCRATCH_BYTES,
    Scratch,
    give_scratch,
    new_bytes,
    new_long_bytes,
    pop_scratch,
    readable,
    size,
    take_scratch,
    writable,
)
from ._c.signatures import bsock_recv, bsock_recvfrom, bsock_send, bsock_sendto
from ._errors import INTERRUPTED, error_of
from ._numbers import INT_MAX, c_int, c_size
from ._timeout import POLLIN, POLLOUT, patiently, until

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

# Compared by `is`, which is fastest; an equal number of another type goes the long way and is checked there.
_NO_FLAGS = 0


class Transfer:
    """The part of class `socket` that moves bytes."""

    __slots__ = ()

    _fd: int
    _family: int
    _proto: int
    _timeout: Optional[float]

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """Sends bytes; answers how many were taken, which can be fewer than there are: see `sendall`."""
        if type(data) is bytes and flags is _NO_FLAGS and not self._timeout and len(data) <= INT_MAX:
            sent: int = bsock_send(self._fd, data, len(data), 0)
            if sent >= 0:
                return sent
            if sent != INTERRUPTED:
                raise error_of(sent)
        return self._send(data, flags)

    def _send(self, data: ReadableBuffer, flags: int) -> int:
        with readable(data) as view:
            arguments = (self._fd, view.pointer(), size(view.length), c_int(flags))
            return patiently(self._fd, POLLOUT, self._timeout, bsock_send, *arguments)

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        """Sends all the bytes, by as many sends as it takes. The timeout is that of the whole."""
        if type(data) is bytes and flags is _NO_FLAGS and not self._timeout and len(data) <= INT_MAX:
            sent: int = bsock_send(self._fd, data, len(data), 0)
            if sent == len(data):
                return
            if sent >= 0:
                self._sendall(data, 0, sent)
                return
            if sent != INTERRUPTED:
                raise error_of(sent)
        self._sendall(data, flags, 0)

    def _sendall(self, data: ReadableBuffer, flags: int, sent: int) -> None:
        """Sends what is behind the first `sent` bytes."""
        deadline = monotonic() + self._timeout if self._timeout else None
        with readable(data) as view:
            number = c_int(flags)
            while True:
                rest = (self._fd, view.pointer(sent), size(view.length - sent), number)
                if deadline is None:
                    sent += patiently(self._fd, POLLOUT, None, bsock_send, *rest)
                else:
                    sent += until(self._fd, POLLOUT, deadline, bsock_send, *rest)
                if sent >= view.length:
                    return

    def sendto(self, data: ReadableBuffer, *flags_and_address: Any) -> int:
        """Sends a datagram: sendto(data, address) or sendto(data, flags, address)."""
        if not 1 <= len(flags_and_address) <= 2:
            raise TypeError(f"sendto() takes 2 or 3 arguments ({1 + len(flags_and_address)} given)")
        *flags, address = flags_and_address
        with readable(data) as view:
            number = c_int(flags[0]) if flags else 0
            raw = pack(self._family, self._proto, address, "sendto")
            sys.audit("socket.sendto", self, address)
            arguments = (self._fd, view.pointer(), size(view.length), number, raw, len(raw))
            return patiently(self._fd, POLLOUT, self._timeout, bsock_sendto, *arguments)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receives at most so many bytes, as soon as there are some. None says that the peer has ended the stream."""
        if flags is _NO_FLAGS and not self._timeout and type(bufsize) is int and 0 < bufsize <= SCRATCH_BYTES:
            try:
                scratch = pop_scratch()
            except IndexError:
                scratch = Scratch()
            data = scratch.data
            got = bsock_recv(self._fd, data, bufsize, 0)
            if got >= 0:
                received: bytes = data[:got]
                give_scratch(scratch)
                return received
            give_scratch(scratch)
            if got != INTERRUPTED:
                raise error_of(got)
        elif flags is _NO_FLAGS and not self._timeout and type(bufsize) is int and 0 < bufsize <= INT_MAX:
            into: bytes = new_long_bytes(None, bufsize)
            got = bsock_recv(self._fd, into, bufsize, 0)
            if got >= 0:
                return into if got == bufsize else into[:got]
            if got != INTERRUPTED:
                raise error_of(got)
        return self._recv(bufsize, flags)

    def _recv(self, bufsize: int, flags: int) -> bytes:
        length, flags = c_size(bufsize), c_int(flags)
        if length < 0:
            raise ValueError("negative buffersize in recv")
        if length == 0:
            return b""
        into = new_bytes(length)
        got = patiently(self._fd, POLLIN, self._timeout, bsock_recv, self._fd, into, size(length), flags)
        return into if got == len(into) else into[: min(got, length)]

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """Receives into a buffer, at most `nbytes` bytes (0: as many as fit); answers how many."""
        with writable(buffer) as view:
            number, room = c_int(flags), _room(view.length, nbytes, "recv_into")
            arguments = (self._fd, view.pointer(), size(room), number)
            return patiently(self._fd, POLLIN, self._timeout, bsock_recv, *arguments) if room else 0

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        """Receives a datagram, of which at most so many bytes are kept: (bytes, the sender's address)."""
        length, flags = c_size(bufsize), c_int(flags)
        if length < 0:
            raise ValueError("negative buffersize in recvfrom")
        if length > SCRATCH_BYTES:
            into = new_bytes(length)
            got, address = self._recvfrom(into, length, flags)
            return into[: min(got, length)], address
        scratch = take_scratch()
        got, address = self._recvfrom(scratch.data, length, flags)
        data: bytes = scratch.data[: min(got, length)]
        give_scratch(scratch)
        return data, address

    def recvfrom_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        """Receives a datagram into a buffer: (how many bytes, the sender's address)."""
        with writable(buffer) as view:
            number, room = c_int(flags), _room(view.length, nbytes, "recvfrom_into")
            return self._recvfrom(view.pointer(), room, number)

    def _recvfrom(self, into: Any, length: int, flags: int) -> tuple[int, Any]:
        scratch = take_scratch()
        scratch.expect_address()
        arguments = (self._fd, into, size(length), flags, scratch.address, scratch.address_length)
        got = patiently(self._fd, POLLIN, self._timeout, bsock_recvfrom, *arguments)
        raw = scratch.received_address()
        give_scratch(scratch)
        return got, unpack(raw, self._proto)


def _room(length: int, wanted: Any, caller: str) -> int:
    """How many bytes may be written into a buffer."""
    number = c_size(wanted)
    if number < 0:
        raise ValueError(f"negative buffersize in {caller}")
    if number > length:
        message = "nbytes is greater than the length of the buffer" if caller == "recvfrom_into" else (
            "buffer too small for requested bytes"
        )
        raise ValueError(message)
    return number or length
