/* Exercise: the client of the file server: asks for files and writes what comes, until the end, to copies of them.
 * Mistake: none here; see server.c.
 * Usage: ./client PORT NAME... */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers how many bytes came, or -1. */
static long fetch(int port, const char *name)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        return -1;
    }
    char request[300], copy[300], data[4096];
    int length = snprintf(request, sizeof(request), "%s\n", name);
    if (send(client, request, length, 0) != length) {
        perror("send");
        return -1;
    }
    snprintf(copy, sizeof(copy), "%s.copy", name);
    FILE *into = fopen(copy, "wb");
    if (into == NULL) {
        perror(copy);
        return -1;
    }
    long total = 0;
    ssize_t n;
    while ((n = recv(client, data, sizeof(data), 0)) > 0) {
        fwrite(data, 1, n, into);
        total += n;
    }
    if (n < 0)
        perror("recv");
    fclose(into);
    close(client);
    return total;
}

int main(int argc, char *argv[])
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s PORT NAME...\n", argv[0]);
        return 2;
    }
    for (int i = 2; i < argc; i++)
        printf("%s: %ld bytes\n", argv[i], fetch(atoi(argv[1]), argv[i]));
    return 0;
}
