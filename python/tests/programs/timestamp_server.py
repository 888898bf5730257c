import time

import bsock as socket

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp_server:
    tcp_server.bind(("127.0.0.1", 8989))
    tcp_server.listen(10)
    print("ready", flush=True)
    while True:
        tcp_client, client_addr = tcp_server.accept()
        command = str(tcp_client.recv(1024), encoding="utf-8")
        if command == "timestamp":
            tcp_client.send(bytes(time.ctime(0), "utf-8"))
        tcp_client.close()
