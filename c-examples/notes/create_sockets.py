import socket
#创建TCP/IP套接字,地址家族AF_INET
tcp_socket = socket.socket(socket.AF_INET,socket.SOCK_STREAM)
#创建UDP/IP套接字,地址家族AF_INET
udp_socket = socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
