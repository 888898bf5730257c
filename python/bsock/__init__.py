"""The BSD socket API of libbsock, in the manner of Python's `socket` module.

    import bsock

    with bsock.socket() as client:
        client.connect(("127.0.0.1", 8989))
        client.send("你好\\n".encode())
        print(client.recv(1024).decode())

Only IPv4 addresses so far. Differences from `socket`: no timeouts, and host names are not looked up.
"""

import ctypes
import sys
from socket import AF_INET, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_DGRAM, SOCK_STREAM, inet_aton, inet_ntoa

from ._errors import raise_for
from ._loader import VERSION as __version__
from ._loader import load

__all__ = [
    "AF_INET", "SHUT_RD", "SHUT_RDWR", "SHUT_WR", "SOCK_DGRAM", "SOCK_STREAM", "explain", "socket",
]

# Each function is bound once: looking it up in the library costs more than the call.
_library = load()
_socket = _library.bsock_socket
_bind = _library.bsock_bind
_listen = _library.bsock_listen
_accept = _library.bsock_accept
_connect = _library.bsock_connect
_send = _library.bsock_send
_recv = _library.bsock_recv
_shutdown = _library.bsock_shutdown
_close = _library.bsock_close
_strerror = _library.bsock_strerror
_explain = _library.bsock_explain
_size_t = ctypes.c_size_t
_buffer = ctypes.create_string_buffer

_ADDRESS_BYTES = 16  # sizeof(struct sockaddr_in)
_EXPLANATION_BYTES = 1024


def _pack(address):
    """A (host, port) pair as the bytes of a struct sockaddr_in."""
    host, port = address
    if not 0 <= port <= 65535:
        raise OverflowError("port must be 0-65535")
    packed = inet_aton(host or "0.0.0.0")
    return AF_INET.to_bytes(2, sys.byteorder) + port.to_bytes(2, "big") + packed + bytes(8)


def _unpack(raw):
    """The (host, port) pair in the bytes of a struct sockaddr_in."""
    return inet_ntoa(raw[4:8]), int.from_bytes(raw[2:4], "big")


def _check(code):
    """The result of a call, or its error as an exception."""
    if code < 0:
        raise_for(code, _strerror)
    return code


def explain():
    """What the last call that failed in this thread was asked, why it failed, what to do."""
    text = _buffer(_EXPLANATION_BYTES)
    _check(_explain(text, _size_t(_EXPLANATION_BYTES)))
    return text.value.decode()


class socket:
    """A socket. Closed by `close`, at the end of a `with`, or when nobody refers to it any more."""

    def __init__(self, family=AF_INET, type=SOCK_STREAM, proto=0, fileno=None):
        self._fd = -1
        self._fd = _check(_socket(int(family), int(type), proto)) if fileno is None else fileno

    def fileno(self):
        """The descriptor, -1 once closed."""
        return self._fd

    def bind(self, address):
        """Gives the socket the address (host, port)."""
        _check(_bind(self._fd, _pack(address), _ADDRESS_BYTES))

    def listen(self, backlog=128):
        """Lets clients connect."""
        _check(_listen(self._fd, backlog))

    def accept(self):
        """Waits for a client; answers its connection and its address."""
        raw, length = _buffer(_ADDRESS_BYTES), ctypes.c_uint32(_ADDRESS_BYTES)
        fd = _check(_accept(self._fd, raw, ctypes.byref(length)))
        return socket(fileno=fd), _unpack(raw.raw)

    def connect(self, address):
        """Connects to the address (host, port)."""
        _check(_connect(self._fd, _pack(address), _ADDRESS_BYTES))

    def send(self, data, flags=0):
        """Sends bytes; answers how many were taken."""
        data = data if isinstance(data, bytes) else bytes(data)
        sent = _send(self._fd, data, _size_t(len(data)), flags)
        if sent < 0:
            raise_for(sent, _strerror)
        return sent

    def recv(self, bufsize, flags=0):
        """Receives at most bufsize bytes; none says that the peer has ended the stream."""
        into = _buffer(bufsize)
        got = _recv(self._fd, into, _size_t(bufsize), flags)
        if got < 0:
            raise_for(got, _strerror)
        return into.raw[:got]

    def shutdown(self, how):
        """Ends one or both directions of the connection."""
        _check(_shutdown(self._fd, how))

    def close(self):
        """Closes the socket; once more does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            _check(_close(fd))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __del__(self):
        # Not close(): an exception here could only be printed. At the interpreter's end the names may be gone already.
        if self._fd >= 0 and _close is not None:
            _close(self._fd)

    def __repr__(self):
        return f"<bsock.socket fd={self._fd}>"
