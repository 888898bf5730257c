"""`makefile`: a socket as a file object."""

from __future__ import annotations

import io
from errno import EAGAIN
from typing import TYPE_CHECKING, Any, Optional

from ._constants import timeout

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class SocketIO(io.RawIOBase):
    """The raw file below the buffered ones. Unlike a file made of the descriptor it keeps to the socket's timeout."""

    def __init__(self, sock: Any, mode: str) -> None:
        if mode not in ("r", "w", "rw", "rb", "wb", "rwb"):
            raise ValueError(f"invalid mode: {mode!r}")
        super().__init__()
        self._sock = sock
        self._mode = mode if "b" in mode else mode + "b"
        self._timeout_occurred = False

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed socket.")

    def readinto(self, buffer: WriteableBuffer, /) -> Optional[int]:
        """Receives into a buffer; None if the socket is non-blocking and there is nothing."""
        self._check_open()
        if not self.readable():
            raise io.UnsupportedOperation("File or stream is not readable.")
        if self._timeout_occurred:
            # Part of what was asked for may have been lost in the buffered file above.
            raise OSError("cannot read from timed out object")
        try:
            return int(self._sock.recv_into(buffer))
        except timeout:
            self._timeout_occurred = True
            raise
        except OSError as failure:
            if failure.errno == EAGAIN:
                return None
            raise

    def write(self, data: ReadableBuffer, /) -> Optional[int]:
        """Sends bytes; None if the socket is non-blocking and there is no room."""
        self._check_open()
        if not self.writable():
            raise io.UnsupportedOperation("File or stream is not writable.")
        try:
            return int(self._sock.send(data))
        except OSError as failure:
            if failure.errno == EAGAIN:
                return None
            raise

    def readable(self) -> bool:
        """Whether the file was opened for reading."""
        self._check_open()
        return "r" in self._mode

    def writable(self) -> bool:
        """Whether the file was opened for writing."""
        self._check_open()
        return "w" in self._mode

    def seekable(self) -> bool:
        """Never."""
        self._check_open()
        return super().seekable()

    def fileno(self) -> int:
        """The socket's descriptor."""
        self._check_open()
        return int(self._sock.fileno())

    @property
    def name(self) -> int:
        """The socket's descriptor, -1 once closed."""
        return -1 if self.closed else self.fileno()

    @property
    def mode(self) -> str:
        """How the file was opened."""
        return self._mode

    def close(self) -> None:
        """Closes the file; and the socket, if it was closed before and this was the last file of it."""
        if self.closed:
            return
        super().close()
        self._sock._decref_socketios()
        self._sock = None


class Files:
    """The part of class `socket` that makes files."""

    __slots__ = ()

    _io_refs: int

    def makefile(
        self,
        mode: str = "r",
        buffering: Optional[int] = None,
        *,
        encoding: Optional[str] = None,
        errors: Optional[str] = None,
        newline: Optional[str] = None,
    ) -> Any:
        """The socket as a file: mode r, w or both, with b for bytes; the other arguments are those of `open`.

        >>> import bsock
        >>> one, other = bsock.socketpair()
        >>> with one, other, other.makefile("w") as out, one.makefile() as lines:
        ...     _ = out.write("hello\\n"); out.flush(); lines.readline()
        'hello\\n'
        """
        if not set(mode) <= {"r", "w", "b"}:
            raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
        writing = "w" in mode
        reading = "r" in mode or not writing
        raw = SocketIO(self, "r" * reading + "w" * writing)
        self._io_refs += 1
        if buffering is None or buffering < 0:
            buffering = io.DEFAULT_BUFFER_SIZE
        if buffering == 0:
            if "b" not in mode:
                raise ValueError("unbuffered streams must be binary")
            return raw
        buffered = _buffered(raw, reading, writing, buffering)
        if "b" in mode:
            return buffered
        text = io.TextIOWrapper(buffered, encoding, errors, newline)
        text.mode = mode
        return text


def _buffered(raw: SocketIO, reading: bool, writing: bool, size: int) -> Any:
    if reading and writing:
        return io.BufferedRWPair(raw, raw, size)
    return io.BufferedReader(raw, size) if reading else io.BufferedWriter(raw, size)
