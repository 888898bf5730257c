import bsock as socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 8989))
server.listen(5)
print("ready", flush=True)
conn, addr = server.accept()
while True:
    data = conn.recv(1024).decode()
    if data:
        if data == "q":
            conn.close()
            break
        conn.send(("复读机: " + data).encode())
