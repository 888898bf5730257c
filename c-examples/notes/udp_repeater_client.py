import socket# 客户端 发送一个数据，再接收一个数据
client = socket.socket(socket.AF_INET,socket.SOCK_DGRAM) #声明socket类型，同时生成链接对象
while True:
    msg = input("输入要发送给复读机服务器的数据:")
    server=("127.0.0.1",8989)
    client.sendto(msg.encode('utf-8'),server)  #发送一条信息 python3 只接收btye流，所以字符串要encode成比特流
    data = client.recv(1024) #接收一个信息，并指定接收的大小 为1024字节
    print(data.decode()) #输出我接收的信
