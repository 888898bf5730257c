import bsock as socket

tcp_server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
tcp_server.bind(("127.0.0.1", 8989))
tcp_server.listen(5)
print("ready", flush=True)
while True:
    conn, addr = tcp_server.accept()
    while True:
        try:
            data = conn.recv(1024)
            if not data:
                break
            conn.send(data.title())
        except Exception:
            break
    conn.close()
