"""The repeater's server with the bsock package: answers every line with the line itself, until a client sends "q".

    PYTHONPATH=python BSOCK_LIBRARY=target/release/libbsock.so python3 python/examples/repeater_server.py PORT

0 is any free port.
"""

import sys

import bsock as socket


def serve(connection):
    """Answers line after line; True if the client asks to quit."""
    # A file puts the lines together, in however many pieces they come in.
    with connection, connection.makefile("rwb") as lines:
        for line in lines:
            if line == b"q\n":
                return True
            lines.write("复读机: you said: ".encode() + line)
            lines.flush()
    return False


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
        host, port = server.getsockname()
        print(f"listening on {host}:{port}", flush=True)
        asked_to_quit = False
        while not asked_to_quit:
            connection, _ = server.accept()
            asked_to_quit = serve(connection)


main()
