import socket   # 导入 socket 模块
# 建立一个服务端
server = socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
server.bind(('0.0.0.0', 8989)) #定要监听的端口
#conn,addr = server.accept() #等待链接
while True:# conn就是客户端链接过来而在服务端为期生成的一个链接实例
    msg = server.recvfrom(1024) #msg信息封装了客户端的消息和地址端口
    data=msg[0].decode()
     #接收数据,并且把接收的字节数据转字符串
    client=msg[1]
    if data:
        if(data=="q"):
            server.close()
            break
        else:
            print('收到从',client,"发送的消息:",data) #打印接收到的数据
            print("发送回复消息")
            return_msg="我是复读机,哈哈，你刚才发送了："+data
            server.sendto(return_msg.encode(),client) #然后再发送数据,数据必须转换为byte
