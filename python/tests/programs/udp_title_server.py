import bsock as socket

udp_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp_server.bind(("127.0.0.1", 8989))
print("ready", flush=True)
while True:
    data, addr = udp_server.recvfrom(1024)
    udp_server.sendto(data.title(), addr)
