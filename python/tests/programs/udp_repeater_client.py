import bsock as socket

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server = ("127.0.0.1", 8989)
while True:
    msg = input()
    client.sendto(msg.encode("utf-8"), server)
    if msg == "q":
        break
    data = client.recv(1024)
    print(data.decode())
