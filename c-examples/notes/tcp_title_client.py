import socket
tcp_client = socket.socket(socket.AF_INET,socket.SOCK_STREAM) #创建客户端套接字
tcp_client.connect(("127.0.0.1",8000)) #连接服务器
while True:
    msg = input("Please input your message:").strip()
    if not msg:continue
    tcp_client.send(msg.encode("utf-8")) #会话接收(或发送)
    data = tcp_client.recv(1024)
    print("reply is",data.decode("utf-8"))
tcp_client.close() #关闭客户端套接字
