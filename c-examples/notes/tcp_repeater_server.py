import socket   # 导入 socket 模块
# 建立一个服务端
server = socket.socket(socket.AF_INET,socket.SOCK_STREAM)
server.bind(('0.0.0.0', 8989)) #定要监听的端口
server.listen(5) #开始监听 表示可以使用五个链接排队
conn,addr = server.accept() #等待链接
while True:# conn就是客户端链接过来而在服务端为期生成的一个链接实例
    data = conn.recv(1024).decode()  #接收数据,并且把接收的字节数据转字符串
    if data:
        if(data=="q"): #如果客户端发送q，则服务器端关闭连接并退出
            conn.close()
            break
        else:
            print('收到从',addr,"发送的消息:",data) #打印接收到的数据
            print("发送回复消息")
            return_msg="我是复读机,哈哈，你刚才发送了："+data
            conn.send(return_msg.encode()) #然后再发送数据,数据必须转换为byte
