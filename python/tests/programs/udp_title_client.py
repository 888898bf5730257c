import bsock as socket

ip_port = ("127.0.0.1", 8989)
udp_client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    msg = input().strip()
    if msg == "q":
        break
    udp_client.sendto(msg.encode("utf-8"), ip_port)
    data, addr = udp_client.recvfrom(1024)
    print(data.decode("utf-8"))
udp_client.close()
