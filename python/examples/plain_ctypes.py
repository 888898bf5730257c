"""libbsock from Python without any package: one line to the repeater and back.

    LD_LIBRARY_PATH=target/release python3 python/examples/plain_ctypes.py PORT [LINE]

Results are 0 or more, or a negative code; no errno is needed. The two ssize_t functions must be told apart from int.
"""

import ctypes
import socket
import struct
import sys

lib = ctypes.CDLL("libbsock.so")
lib.bsock_send.restype = ctypes.c_ssize_t
lib.bsock_recv.restype = ctypes.c_ssize_t
lib.bsock_strerror.restype = ctypes.c_char_p


def check(code):
    if code < 0:
        sys.exit(lib.bsock_strerror(code).decode())
    return code


port = int(sys.argv[1])
line = sys.argv[2] if len(sys.argv) > 2 else "你好"
message = line.encode() + b"\n"

# struct sockaddr_in: family, port and address in network byte order, padding.
address = struct.pack("=H2s4s8x", socket.AF_INET, struct.pack("!H", port), socket.inet_aton("127.0.0.1"))

fd = check(lib.bsock_socket(socket.AF_INET, socket.SOCK_STREAM, 0))
check(lib.bsock_connect(fd, address, len(address)))

while message:
    sent = check(lib.bsock_send(fd, message, ctypes.c_size_t(len(message)), 0))
    message = message[sent:]

answer = b""
buffer = ctypes.create_string_buffer(1024)
while not answer.endswith(b"\n"):
    got = check(lib.bsock_recv(fd, buffer, ctypes.c_size_t(len(buffer)), 0))
    if got == 0:
        sys.exit("the server has closed the connection")
    answer += buffer.raw[:got]

sys.stdout.buffer.write(answer)
check(lib.bsock_close(fd))
