"""The standard library's own servers and clients over bsock, and `ssl`, which needs the standard module below it.

Each test is a Python of its own, in which `socket` is bsock before anything else is imported.
"""

import subprocess
import sys
import unittest

REPLACE = "import sys, bsock; sys.modules['socket'] = bsock\n"


def run(script, before=REPLACE):
    """What a script prints."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", before + script],
        capture_output=True, text=True, timeout=120, check=False,
    )
    assert not done.stderr and done.returncode == 0, done.stderr
    return done.stdout


class StandardLibrary(unittest.TestCase):
    def test_socketserver(self):
        script = """
import socketserver, socket, threading
class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Upper) as server:
    thread = threading.Thread(target=server.serve_forever); thread.start()
    with socket.create_connection(server.server_address) as client, client.makefile("rw") as file:
        file.write("hello\\n"); file.flush(); print(file.readline(), type(client).__module__)
    server.shutdown(); thread.join()
"""
        self.assertEqual(run(script), "HELLO\n bsock\n")

    def test_http(self):
        script = """
import http.server, threading, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))[::-1]
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    thread = threading.Thread(target=server.serve_forever); thread.start()
    url = "http://127.0.0.1:%d/" % server.server_port
    with urllib.request.urlopen(url, data=b"abc" * 100000, timeout=60) as answer:
        print(answer.status, answer.read() == b"cba" * 100000)
    server.shutdown(); thread.join()
"""
        self.assertEqual(run(script), "200 True\n")

    def test_xmlrpc(self):
        script = """
import threading, xmlrpc.client, xmlrpc.server
with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
    server.register_function(lambda one, other: one + other, "add")
    thread = threading.Thread(target=server.serve_forever); thread.start()
    with xmlrpc.client.ServerProxy("http://127.0.0.1:%d/" % server.server_address[1]) as proxy:
        print(proxy.add(10, 20))
    server.shutdown(); thread.join()
"""
        self.assertEqual(run(script), "30\n")

    def test_selectors(self):
        script = """
import selectors, socket
one, other = socket.socketpair()
with one, other, selectors.DefaultSelector() as selector:
    one.setblocking(False); selector.register(one, selectors.EVENT_READ, "one")
    print(selector.select(0))
    other.send(b"hello")
    ((key, events),) = selector.select(60)
    print(key.data, events == selectors.EVENT_READ, key.fileobj.recv(100))
"""
        self.assertEqual(run(script), "[]\none True b'hello'\n")

    def test_asyncio_streams(self):
        script = """
import asyncio, socket
async def upper(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper()); await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(upper, "127.0.0.1", 0, limit=2 ** 22)
    print(type(server.sockets[0]._sock).__module__)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=2 ** 22)
        writer.write(b"x" * 1000000 + b"\\nend\\n"); await writer.drain()
        print(len(await reader.readline()), await reader.readline())
        writer.close(); await writer.wait_closed()
asyncio.run(main())
"""
        self.assertEqual(run(script), "bsock\n1000001 b'END\\n'\n")

    def test_the_standard_ssl_takes_a_socket_of_ours(self):
        script = """
import ssl, socket, bsock
one, other = bsock.socketpair()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); context.check_hostname = False
with context.wrap_socket(one, do_handshake_on_connect=False) as wrapped, other:
    wrapped.setblocking(False)
    try: wrapped.do_handshake()
    except ssl.SSLWantReadError: print(other.recv(1) == b"\\x16", one.fileno())
one, other = bsock.socketpair()
with socket.socket(fileno=one.detach()) as standard, other:
    standard.send(b"hello"); print(other.recv(100))
"""
        self.assertEqual(run(script, ""), "True -1\nb'hello'\n")


if __name__ == "__main__":
    unittest.main()
