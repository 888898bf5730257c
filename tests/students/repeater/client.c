/* Exercise: the client of the repeater: sends a line, prints the answer, until "q".
 * Mistake: neither side uses htons. It works, because both are wrong in the same way, until somebody else's client
 * or a firewall looks for the port.
 * Usage: ./client PORT < lines */
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
    int client = socket(AF_INET, SOCK_STREAM, 0);
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
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        return 1;
    }
    char line[1000];
    char answer[1200];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0')
            continue;
        send(client, line, strlen(line), 0);
        if (strcmp(line, "q") == 0)
            break;
        ssize_t n = recv(client, answer, sizeof(answer) - 1, 0);
        if (n <= 0)
            break;
        answer[n] = '\0';
        printf("%s\n", answer);
    }
    close(client);
    return 0;
}
