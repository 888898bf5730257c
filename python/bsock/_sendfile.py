"""`sendfile`: a file to the peer, by the system if the file is a real one, else by reading and sending."""

from __future__ import annotations

import io
import os
from errno import EAGAIN
from time import monotonic
from typing import Any, Callable, Optional

from ._constants import CONSTANTS
from ._timeout import POLLOUT, wait

_BLOCK = 8192
_LARGEST = 2**30
"""Bytes of one sendfile(2)."""


class _GiveupOnSendfile(Exception):
    """The file is none of which the system knows."""


class SendFile:
    """The part of class `socket` that sends files."""

    __slots__ = ()

    fileno: Callable[[], int]
    gettimeout: Callable[[], Optional[float]]
    send: Callable[[Any], int]
    type: Any

    def sendfile(self, file: Any, offset: int = 0, count: Optional[int] = None) -> int:
        """Sends a file opened in binary mode, from an offset on, at most `count` bytes. Answers how many were sent.

        >>> import bsock, io
        >>> one, other = bsock.socketpair()
        >>> with one, other: one.sendfile(io.BytesIO(b"hello")), other.recv(100)
        (5, b'hello')
        """
        try:
            return self._sendfile_use_sendfile(file, offset, count)
        except _GiveupOnSendfile:
            return self._sendfile_use_send(file, offset, count)

    def _check_sendfile_params(self, file: Any, offset: int, count: Optional[int]) -> None:
        if "b" not in getattr(file, "mode", "b"):
            raise ValueError("file should be opened in binary mode")
        if not self.type & CONSTANTS["SOCK_STREAM"]:
            raise ValueError("only SOCK_STREAM type sockets are supported")
        if count is not None:
            if not isinstance(count, int):
                raise TypeError(f"count must be a positive integer (got {count!r})")
            if count <= 0:
                raise ValueError(f"count must be a positive integer (got {count!r})")

    def _sendfile_use_sendfile(self, file: Any, offset: int = 0, count: Optional[int] = None) -> int:
        self._check_sendfile_params(file, offset, count)
        fd, size = _file_descriptor(file)
        if not size:
            return 0
        timeout = self.gettimeout()
        if timeout == 0:
            raise ValueError("non-blocking sockets are not supported")
        sent = 0
        try:
            while count is None or sent < count:
                block = min(_LARGEST, size if count is None else count - sent)
                taken = self._sendfile_once(fd, offset + sent, block, timeout, sent)
                if taken == 0:
                    break
                sent += taken
        finally:
            if sent > 0 and hasattr(file, "seek"):
                file.seek(offset + sent)
        return sent

    def _sendfile_once(self, fd: int, offset: int, block: int, timeout: Optional[float], sent: int) -> int:
        """How many bytes one sendfile(2) has sent; 0 at the file's end."""
        while True:
            wait(self.fileno(), POLLOUT, None if timeout is None else monotonic() + timeout)
            try:
                return os.sendfile(self.fileno(), fd, offset, block)
            except BlockingIOError:
                continue
            except OSError as failure:
                if sent == 0:
                    # Nothing is lost yet: a file that the system cannot send may still be read.
                    raise _GiveupOnSendfile(failure) from failure
                raise

    def _sendfile_use_send(self, file: Any, offset: int = 0, count: Optional[int] = None) -> int:
        self._check_sendfile_params(file, offset, count)
        if self.gettimeout() == 0:
            raise ValueError("non-blocking sockets are not supported")
        if offset:
            file.seek(offset)
        sent = 0
        try:
            while count is None or sent < count:
                block = memoryview(file.read(_BLOCK if count is None else min(count - sent, _BLOCK)))
                if not block:
                    break
                while block:
                    taken = self._send_some(block)
                    sent += taken
                    block = block[taken:]
        finally:
            if sent > 0 and hasattr(file, "seek"):
                file.seek(offset + sent)
        return sent

    def _send_some(self, block: Any) -> int:
        while True:
            try:
                return self.send(block)
            except OSError as failure:
                if failure.errno != EAGAIN:
                    raise


def _file_descriptor(file: Any) -> tuple[int, int]:
    """The descriptor and the size of a real file."""
    try:
        fd = file.fileno()
    except (AttributeError, io.UnsupportedOperation) as failure:
        raise _GiveupOnSendfile(failure) from failure
    try:
        return fd, os.fstat(fd).st_size
    except OSError as failure:
        raise _GiveupOnSendfile(failure) from failure
