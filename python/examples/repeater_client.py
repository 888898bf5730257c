"""The repeater's client with the bsock package: sends each line of standard input, prints what the server answers.

    PYTHONPATH=python BSOCK_LIBRARY=target/release/libbsock.so python3 python/examples/repeater_client.py PORT
"""

import sys

import bsock


def send_all(client, data):
    """Sends everything: one send may take less than it was given."""
    while data:
        data = data[client.send(data):]


def receive_line(client):
    """Receives until a line is complete, however many pieces it comes in."""
    line = b""
    while not line.endswith(b"\n"):
        piece = client.recv(4096)
        if not piece:
            raise EOFError("the server has closed the connection")
        line += piece
    return line


def main():
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    with bsock.socket() as client:
        try:
            client.connect(("127.0.0.1", int(sys.argv[1])))
        except OSError:
            sys.exit(bsock.explain())
        for line in sys.stdin:
            line = line.rstrip("\n")
            send_all(client, (line + "\n").encode())
            if line == "q":
                break
            print(receive_line(client).decode(), end="", flush=True)


main()
