/* Exercise: the repeater of the notes, in C: one client at a time, "q" ends the server.
 * Mistake: neither side uses htons. It works, because both are wrong in the same way, until somebody else's client
 * or a firewall looks for the port.
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0) {
        perror("socket");
        return 1;
    }
    struct sockaddr_in address;
    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = inet_addr("127.0.0.1");
#ifndef MENDED
    address.sin_port = atoi(argv[1]);
#else
    address.sin_port = htons(atoi(argv[1]));
#endif
    /* found: port-byte-order */
    if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("bind");
        return 1;
    }
    if (listen(server, 5) < 0) {
        perror("listen");
        return 1;
    }
    struct sockaddr_in from;
    socklen_t from_length = sizeof(from);
    int conn = accept(server, (struct sockaddr *)&from, &from_length);
    if (conn < 0) {
        perror("accept");
        return 1;
    }
    char data[1024];
    char reply[1100];
    for (;;) {
        ssize_t n = recv(conn, data, sizeof(data) - 1, 0);
        if (n <= 0)
            break;
        data[n] = '\0';
        if (strcmp(data, "q") == 0)
            break;
        printf("from %s: %s\n", inet_ntoa(from.sin_addr), data);
        snprintf(reply, sizeof(reply), "I am a repeater, you said: %s", data);
        send(conn, reply, strlen(reply), 0);
    }
    close(conn);
    close(server);
    return 0;
}
