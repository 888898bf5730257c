import socket
ip_port = ("127.0.0.1",8000)
udp_client = socket.socket(socket.AF_INET,socket.SOCK_DGRAM) #创建服务端套接字
while True:
    msg = input(">>>").strip()
    udp_client.sendto(msg.encode("utf-8"),ip_port) #发送
    data,addr = udp_client.recvfrom(1024) #接收
    print(data)
udp_client.close() #关闭套接字
