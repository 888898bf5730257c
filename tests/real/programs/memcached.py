"""Clients of memcached: memcached.py PORT."""

import concurrent.futures
import socket
import struct
import sys

address = ("127.0.0.1", int(sys.argv[1]))


def ask(file, text, lines=1):
    file.write(text)
    file.flush()
    return [file.readline() for _ in range(lines)]


def client(number):
    with socket.create_connection(address) as connection, connection.makefile("rwb") as file:
        answers = set()
        for turn in range(300):
            key, value = b"key-%d-%d" % (number, turn), b"x" * (turn * 20)
            answers.update(ask(file, b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value)))
            head, data, end = ask(file, b"get %s\r\n" % key, 3)
            assert data == value + b"\r\n", (key, head)
            answers.add(end)
        pipeline = b"".join(b"incr counter-%d 1\r\n" % number for _ in range(200))
        ask(file, b"set counter-%d 0 0 1\r\n0\r\n" % number)
        answers.add(ask(file, pipeline, 200)[-1])
        return sorted(answers)


with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for answers in pool.map(client, range(8)):
        print(answers)

with socket.create_connection(address) as connection, connection.makefile("rwb") as file:
    print(ask(file, b"nonsense\r\n"), ask(file, b"delete key-1-1\r\n"), ask(file, b"delete key-1-1\r\n"))
    large = b"x" * 2_000_000
    print(ask(file, b"set large 0 0 %d\r\n%s\r\n" % (len(large), large)))
    statistics = {}
    file.write(b"stats\r\n")
    file.flush()
    for line in iter(file.readline, b"END\r\n"):
        _, name, value = line.split()
        statistics[name] = value
    print({name: statistics[name] for name in (b"cmd_get", b"get_hits", b"curr_items", b"threads")})

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
    datagram.connect(address)
    datagram.send(struct.pack("!HHHH", 7, 0, 1, 0) + b"get key-2-2\r\n")
    print(datagram.recv(1500))
