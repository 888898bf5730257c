import bsock as socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 8989))
print("ready", flush=True)
while True:
    msg = server.recvfrom(1024)
    data = msg[0].decode()
    client = msg[1]
    if data:
        if data == "q":
            server.close()
            break
        server.sendto(("复读机: " + data).encode(), client)
