import socket
tcp_server = socket.socket(socket.AF_INET,socket.SOCK_STREAM) #创建服务器套接字
tcp_server.bind(("127.0.0.1",8000)) #将套接字与地址绑定
tcp_server.listen(5) #建立监听连接
print("The server has started")
while True:
    conn,addr= tcp_server.accept() #接受客户端的连接
    while True:
        try:
            data = conn.recv(1024) #会话的接收(或发送)
            print("msg is",data.decode("utf-8")) #要将收到的会话数据进行解码
            conn.send(data.title()) #会话的发送(或接受)
        except Exception:
            break
    conn.close() #关闭连接
tcp_server.close() #关闭服务器套接字
