import bsock as socket

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect(("127.0.0.1", 8989))
while True:
    msg = input()
    client.send(msg.encode("utf-8"))
    data = client.recv(1024)
    print(data.decode())
    if msg == "q":
        break
