"""Runs one of the notes' programs, unchanged, on another port than the one written in it.

    python3 on_port.py PORT PROGRAM

A server on port 0 gets any free port. Where a server can be reached is the first line of its output.
"""

import runpy
import socket
import sys

PORT, PROGRAM = int(sys.argv[1]), sys.argv[2]


class SocketOnPort(socket.socket):
    """A socket that keeps the host of each address that it is given, and not the port."""

    is_bound = False

    def bind(self, address):
        self.is_bound = True
        super().bind((address[0], PORT))
        if self.type == socket.SOCK_DGRAM:
            self.announce()

    def listen(self, *backlog):
        super().listen(*backlog)
        self.announce()

    def announce(self):
        print(f"listening on 127.0.0.1:{self.getsockname()[1]}", flush=True)

    def connect(self, address):
        super().connect((address[0], PORT))

    def sendto(self, data, address):
        # A server, which has bound its socket, answers to where a question came from.
        return super().sendto(data, address if self.is_bound else (address[0], PORT))


socket.socket = SocketOnPort
sys.argv = [PROGRAM]
runpy.run_path(PROGRAM, run_name="__main__")
