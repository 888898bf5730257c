/* Exercise: the client of the calculator: the call of the remote procedure looks like that of a local one.
 * Mistake: the client sends sizeof(pointer), 8 bytes of a request of 12; the server takes whatever comes for a whole
 * request and answers with what was in the struct before.
 * Usage: ./client PORT */
#include "protocol.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_request(int fd, struct request *request)
{
#ifndef MENDED
    size_t size = sizeof(request);
#else
    size_t size = sizeof(*request);
#endif
    /* not found: it is a whole message to whoever does not know what the pointer points to */
    if (send(fd, request, size, 0) < 0) {
        perror("send");
        exit(1);
    }
}

static uint32_t remote(int fd, char operation, uint32_t left, uint32_t right)
{
    struct request request;
    struct answer answer;
    request.operation = htonl(operation);
    request.left = htonl(left);
    request.right = htonl(right);
    send_request(fd, &request);
    if (recv(fd, &answer, sizeof(answer), MSG_WAITALL) != sizeof(answer)) {
        fprintf(stderr, "the server went away\n");
        exit(1);
    }
    return ntohl(answer.result);
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        return 1;
    }
    printf("10 + 20 = %u\n", remote(client, '+', 10, 20));
    printf("7 * 6 = %u\n", remote(client, '*', 7, 6));
    close(client);
    return 0;
}
