"""An HTTP server to try clients against: http_server.py PORT [tls | unix PATH].

Its answers have no date and no version, so that what a client shows is the same in every run.
"""

import hashlib
import http.server
import socketserver
import ssl
import sys
import threading

LARGE = bytes(range(256)) * 16384


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, status=200, **fields):
        self.send_response_only(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        if self.path == "/redirect":
            self.answer(b"", 302, Location="/hello")
        elif self.path == "/large":
            self.answer(LARGE)
        elif self.path == "/never":
            self.rfile.read(1)  # until the client has had enough
            self.close_connection = True
        elif self.path == "/cut":
            self.send_response_only(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"not all of it")
            self.close_connection = True
        elif self.path == "/chunked":
            self.send_response_only(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for number in range(100):
                piece = b"piece %d\n" % number
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.answer(b"you asked for %s\n" % self.path.encode())

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(b"%s %d %s\n" % (self.command.encode(), len(body), hashlib.sha256(body).hexdigest().encode()))

    do_PUT = do_POST

    def address_string(self):
        return "client"

    def log_message(self, form, *arguments):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("client", 0)


port, how = int(sys.argv[1]), sys.argv[2:]
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
if how[:1] == ["tls"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
if how[:1] == ["unix"]:
    threading.Thread(target=UnixServer(how[1], Handler).serve_forever, daemon=True).start()
server.serve_forever()
