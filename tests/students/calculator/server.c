/* Exercise: a remote procedure call without a library: a request is a struct, the answer another.
 * Mistake: the client sends sizeof(pointer), 8 bytes of a request of 12; the server takes whatever comes for a whole
 * request and answers with what was in the struct before.
 * Usage: ./server PORT */
#include "protocol.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t calculate(const struct request *request)
{
    uint32_t left = ntohl(request->left), right = ntohl(request->right);
    switch (ntohl(request->operation)) {
    case '+':
        return left + right;
    case '-':
        return left - right;
    case '*':
        return left * right;
    }
    return 0;
}

static void serve(int conn)
{
    struct request request;
    struct answer answer;
    memset(&request, 0, sizeof(request));
#ifndef MENDED
    /* not found: the peer sent no more than that */
    while (recv(conn, &request, sizeof(request), 0) > 0) {
#else
    while (recv(conn, &request, sizeof(request), MSG_WAITALL) == sizeof(request)) {
#endif
        if (request.operation == 0)
            break;
        answer.result = htonl(calculate(&request));
        if (send(conn, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
            break;
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 5) < 0) {
        perror("bind or listen");
        return 1;
    }
    for (;;) {
        int conn = accept(server, NULL, NULL);
        if (conn < 0)
            continue;
        serve(conn);
        close(conn);
    }
}
