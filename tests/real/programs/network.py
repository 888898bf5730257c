"""What Python programs do with sockets, a part a run: network.py PART. Prints the same each time."""

import asyncio
import concurrent.futures
import contextlib
import http.server
import multiprocessing
import os
import selectors
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


def talk(address, lines):
    with socket.create_connection(address) as connection, connection.makefile("rwb") as file:
        for line in lines:
            file.write(line)
            file.flush()
            yield file.readline()
        connection.shutdown(socket.SHUT_WR)
        assert file.read() == b""


def play_http():
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with open("page.html", "w") as file:
        file.write("<p>a page\n" * 1000)
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)) as (host, port):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        fetch = lambda path: opener.open(f"http://{host}:{port}/{path}").read()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            print(sorted(map(len, pool.map(fetch, ["page.html"] * 50))))
        try:
            fetch("absent")
        except urllib.error.HTTPError as error:
            print(error.code, error.reason)


def play_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    client = ssl.create_default_context(cafile="cert.pem")
    with serving(server) as address:
        with client.wrap_socket(socket.create_connection(address), server_hostname="localhost") as connection:
            print(connection.version(), connection.getpeercert()["subject"])
            for size in (1, 100, 70000):
                connection.sendall(b"x" * size + b"\n")
                received = b""
                while not received.endswith(b"\n"):
                    received += connection.recv(65536)
                print(len(received))
            connection.setblocking(False)
            try:
                connection.recv(1)
            except ssl.SSLWantReadError as error:
                print(type(error).__name__)


def play_asyncio():
    async def serve(reader, writer):
        async for line in reader:
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    async def one(address, number):
        reader, writer = await asyncio.open_connection(*address)
        for turn in range(10):
            writer.write(b"client %d turn %d\n" % (number, turn))
            line = await reader.readline()
        writer.write_eof()
        rest = await reader.read()
        writer.close()
        await writer.wait_closed()
        return line, rest

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        for answer in await asyncio.gather(*(one(address, number) for number in range(100))):
            print(*answer)
        server.close()
        process = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        output, _ = await process.communicate(b"through a child\n" * 10000)
        print(len(output), process.returncode)
        try:
            await asyncio.wait_for(asyncio.open_connection(*address), 5)
        except ConnectionRefusedError as error:
            print(type(error).__name__, error.errno)
        # Cancelled while it waits.
        left, right = socket.socketpair()
        left.setblocking(False)
        task = asyncio.ensure_future(asyncio.get_running_loop().sock_recv(left, 1))
        await asyncio.sleep(0)
        task.cancel()
        print(await asyncio.gather(task, return_exceptions=True))
        left.close(), right.close()

    asyncio.run(main())


def play_processes():
    print(subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True))
    first = subprocess.Popen(["seq", "100000"], stdout=subprocess.PIPE)
    last = subprocess.Popen(["tail", "-1"], stdin=first.stdout, stdout=subprocess.PIPE, close_fds=False)
    first.stdout.close()
    print(last.communicate(), first.wait())
    with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as process:
        process.stdout.read(10)
        process.stdout.close()
        print(process.wait())
    try:
        subprocess.run(["/nonexistent"])
    except FileNotFoundError as error:
        print(error)
    try:
        subprocess.run(["cat"], stdin=subprocess.PIPE, timeout=0.1, input=None)
    except subprocess.TimeoutExpired as error:
        print(type(error).__name__)
    # A socket as a child's standard input and output.
    ours, theirs = socket.socketpair()
    child = subprocess.Popen(["tr", "a-z", "A-Z"], stdin=theirs, stdout=theirs)
    theirs.close()
    ours.sendall(b"over a socket")
    ours.shutdown(socket.SHUT_WR)
    print(ours.makefile().read(), child.wait())
    with multiprocessing.get_context("fork").Pool(4) as pool:
        print(pool.map(abs, range(-20, 0)))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(abs, range(-20, 0)))
    print(os.popen("echo popen").read(), os.system("exit 7"))


def play_forking():
    with serving(socketserver.ForkingTCPServer(("127.0.0.1", 0), Echo)) as address:
        for number in range(20):
            print(list(talk(address, [b"fork %d\n" % number, b"again\n"])))


def play_datagrams():
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(receiver.getsockname())
    for message in (b"", b"short", b"long" * 1000):
        sender.send(message)
    print(receiver.recv(100), receiver.recv(3), receiver.recvmsg(10)[0::2])
    receiver.settimeout(0.05)
    try:
        receiver.recv(1)
    except TimeoutError as error:
        print(type(error).__name__)
    sender.sendmsg([b"one ", b"two ", b"", b"three"])
    print(receiver.recvfrom(100)[0])
    receiver.close()
    sender.send(b"to nobody")
    try:
        sender.send(b"again")
    except ConnectionRefusedError as error:
        print(error)
    try:
        sender.send(b"x" * 70000)
    except OSError as error:
        print(error)


def play_passing():
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        inner, outer = socket.socketpair()
        socket.send_fds(left, [b"here"], [outer.fileno()])
        outer.close()
        print(inner.recv(100), inner.recv(100), flush=True)
        os._exit(0)
    left.close()
    message, descriptors, flags, _ = socket.recv_fds(right, 100, 4)
    passed = socket.socket(fileno=descriptors[0])
    passed.sendall(b"through what was passed")
    passed.close()
    print(os.wait()[1], message, len(descriptors), flags & ~socket.MSG_CMSG_CLOEXEC)


def play_signals():
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    left, right = socket.socketpair()
    total = 8 << 20

    def send():
        right.sendall(b"x" * total)
        right.close()

    thread = threading.Thread(target=send)
    thread.start()
    received = 0
    with selectors.DefaultSelector() as selector:
        selector.register(left, selectors.EVENT_READ)
        while True:
            selector.select()
            piece = left.recv(4096)
            if not piece:
                break
            received += len(piece)
    signal.setitimer(signal.ITIMER_REAL, 0)
    thread.join()
    print(received == total)
    try:
        left.send(b"nobody reads")
    except BrokenPipeError as error:
        print(error)


if __name__ == "__main__":
    globals()["play_" + sys.argv[1]]()
