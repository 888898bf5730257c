/* Exercise: the UDP client of the notes. Datagrams can be lost, so it sends a line again when no answer comes.
 * Mistake: none here; see server.c.
 * Usage: ./client PORT < lines */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int client = socket(AF_INET, SOCK_DGRAM, 0);
    if (client < 0) {
        perror("socket");
        return 1;
    }
    struct timeval patience = {0, 500000};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    struct sockaddr_in server = {0};
    server.sin_family = AF_INET;
    server.sin_port = htons(atoi(argv[1]));
    server.sin_addr.s_addr = inet_addr("127.0.0.1");

    char line[512], answer[512];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        ssize_t n = -1;
        for (int attempt = 1; attempt <= 5 && n < 0; attempt++) {
            sendto(client, line, strlen(line), 0, (struct sockaddr *)&server, sizeof(server));
            n = recvfrom(client, answer, sizeof(answer), 0, NULL, NULL);
            if (n < 0)
                printf("no answer to attempt %d\n", attempt);
        }
        if (n < 0)
            break;
        printf("%.*s\n", (int)n, answer);
    }
    close(client);
    return 0;
}
