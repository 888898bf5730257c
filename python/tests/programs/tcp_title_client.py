import bsock as socket

tcp_client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
tcp_client.connect(("127.0.0.1", 8989))
while True:
    msg = input().strip()
    if not msg:
        continue
    if msg == "q":
        break
    tcp_client.send(msg.encode("utf-8"))
    data = tcp_client.recv(1024)
    print(data.decode("utf-8"))
tcp_client.close()
