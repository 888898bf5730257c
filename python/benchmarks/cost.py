"""What a call costs: the standard module, bsock, and plain ctypes over libc, in turns, so that a busy machine slows all
of them. They use the same pair of sockets: of two connections one is often half as fast again as the other, for buffers
of the kernel's own.

    PYTHONPATH=python BSOCK_LIBRARY=target/release/libbsock.so python3 python/benchmarks/cost.py

Medians over the turns, and the median of each turn's ratio to the standard module.
"""

import contextlib
import ctypes
import os
import socket
import statistics
import sys
import threading
import time

import bsock
from bsock._c.message import IncomingBatch, OutgoingBatch
from bsock._c.signatures import bsock_recvmmsg, bsock_sendmmsg

TURNS, SECONDS = 31, 0.02
# How many times the standard module's duration. Three times its rate is a third of its duration.
GOALS = {"64 bytes": 1.5, "64 KiB": 1.05, "1 MiB": 1.05, "many": 1 / 3}

libc = ctypes.CDLL(None, use_errno=True)
libc.send.restype = libc.recv.restype = ctypes.c_ssize_t


class Plain:
    """A connected socket over libc, as one would write it with ctypes in a few lines."""

    def __init__(self, fd, room):
        self.fd, self.buffer = fd, ctypes.create_string_buffer(room)

    def send(self, data):
        sent = libc.send(self.fd, data, len(data), 0)
        if sent < 0:
            raise OSError(ctypes.get_errno(), "send")
        return sent

    def recv(self, size):
        got = libc.recv(self.fd, self.buffer, size, 0)
        if got < 0:
            raise OSError(ctypes.get_errno(), "recv")
        return self.buffer[:got]


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        other, _ = server.accept()
    for end in (one, other):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one, other


def of_bsock(pair):
    """The same sockets, as bsock's."""
    return [bsock.socket(fileno=os.dup(end.fileno())) for end in pair]


def ping(one, other, size):
    """Sends once, which fits into the socket's buffers, and receives; the system may bring it in parts."""
    data = bytes(size)

    def run():
        one.send(data)
        got = len(other.recv(size))
        while got < size:
            got += len(other.recv(size - got))

    return run


def stream(one, other, size):
    """Sends and receives a large block, in as many pieces as it takes, with both ends in this thread."""
    data = bytes(size)
    view = memoryview(data)
    one.setblocking(False)

    def run():
        sent = got = 0
        while got < size:
            if sent < size:
                with contextlib.suppress(BlockingIOError):
                    sent += one.send(view[sent:] if sent else data)
            got += len(other.recv(size - got))

    return run


def connect(module):
    server = module.create_server(("127.0.0.1", 0))
    address = server.getsockname()

    def run():
        client = module.socket()
        client.connect(address)
        connection, _ = server.accept()
        connection.close()
        client.close()

    run.kept = server
    return run


BATCH = 64


def udp_pair():
    one, other = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    one.connect(other.getsockname())
    return one, other


def one_by_one(one, other):
    data = bytes(64)

    def run():
        for _ in range(BATCH):
            one.send(data)
        for _ in range(BATCH):
            other.recv(64)

    return run


def many(one, other):
    messages = [bytes(64)] * BATCH

    def run():
        one.send_many(messages)
        other.recv_many(BATCH, 64)

    return run


def system_calls_alone(one, other):
    """What of it is the system's: the two calls with everything prepared. No program gets below it."""
    outgoing, incoming = OutgoingBatch([bytes(64)] * BATCH, None), IncomingBatch(BATCH, 64)
    to, of = one.fileno(), other.fileno()

    def run():
        bsock_sendmmsg(to, outgoing.pointer, BATCH, 0)
        bsock_recvmmsg(of, incoming.pointer, BATCH, 0, None)

    run.kept = outgoing, incoming
    return run


def duration(run, count):
    begin = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - begin) / count


def measure(variants):
    """{variant: (median seconds, median ratio to the first)}."""
    counts = {name: max(1, int(SECONDS / max(duration(run, 3), 1e-7))) for name, run in variants.items()}
    turns = [{name: duration(run, counts[name]) for name, run in variants.items()} for _ in range(TURNS)]
    first = next(iter(variants))
    return {
        name: (
            statistics.median(turn[name] for turn in turns),
            statistics.median(turn[name] / turn[first] for turn in turns),
        )
        for name in variants
    }


def streams():
    """(what, goal, {variant: function}) for bytes."""
    for size, name in ((64, "64 bytes"), (65536, "64 KiB"), (1 << 20, "1 MiB")):
        for make, kind in ((tcp_pair, "TCP"), (socket.socketpair, "UNIX pair")):
            move = stream if size > 65536 else ping
            pair = make()
            variants = {"standard": move(*pair, size), "bsock": move(*of_bsock(pair), size)}
            if move is ping:
                variants["ctypes"] = ping(*(Plain(end.fileno(), size) for end in pair), size)
            yield f"{name} send+recv, {kind}", GOALS[name] if kind == "TCP" else None, variants


def batches():
    """The same for datagrams."""
    for make, kind in ((udp_pair, "UDP"), (lambda: socket.socketpair(type=socket.SOCK_DGRAM), "UNIX")):
        pair = make()
        ours = of_bsock(pair)
        variants = {
            "standard": one_by_one(*pair),
            "bsock, one by one": one_by_one(*ours),
            "bsock, *_many": many(*ours),
            "the two calls alone": system_calls_alone(*ours),
        }
        yield f"{BATCH} datagrams of 64 bytes, {kind}", GOALS["many"] if kind == "UDP" else None, variants


def cases():
    """All of them."""
    yield from streams()
    yield "accept, connect, close", None, {"standard": connect(socket), "bsock": connect(bsock)}
    yield from batches()


def main():
    print(f"Python {sys.version.split()[0]}, {threading.active_count()} thread; medians of {TURNS} turns")
    print(f"{'':44}{'':20}{'µs':>10}{'ratio':>8}")
    for name, goal, variants in cases():
        for variant, (seconds, ratio) in measure(variants).items():
            verdict = ""
            if goal and variant == ("bsock, *_many" if goal == GOALS["many"] else "bsock"):
                missed = f"missed by {100 * (ratio / goal - 1):.0f} %"
                verdict = f"  goal at most {goal:.2f}: {'met' if ratio <= goal else missed}"
            print(f"{name:44}{variant:20}{seconds * 1e6:10.2f}{ratio:8.2f}{verdict}", flush=True)
            name = ""


main()
