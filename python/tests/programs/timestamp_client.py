import bsock as socket

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp_client:
    tcp_client.connect(("127.0.0.1", 8989))
    tcp_client.send(bytes("timestamp", "utf-8"))
    answer = tcp_client.recv(1024)
    print(str(answer, encoding="utf-8") if answer else "no answer")
