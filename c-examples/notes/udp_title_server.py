import socket
ip_port = ("127.0.0.1",8000)
udp_server = socket.socket(socket.AF_INET,socket.SOCK_DGRAM) #创建服务端套接字
udp_server.bind(ip_port) #绑定本地地址
print("the server has started")
while True:
    data,addr = udp_server.recvfrom(1024) #关闭接收(或发送)
    print(data)
    udp_server.sendto(data.title(),addr) #关闭发送(或接受)
