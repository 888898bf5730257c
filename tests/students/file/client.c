/* Exercise: the client of the file server: asks for a file and writes what comes, until the end, to a file here.
 * Mistake: none here; see server.c.
 * Usage: ./client PORT NAME INTO */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s PORT NAME INTO\n", argv[0]);
        return 2;
    }
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        return 1;
    }
    char request[300];
    int length = snprintf(request, sizeof(request), "%s\n", argv[2]);
    if (send(client, request, length, 0) != length) {
        perror("send");
        return 1;
    }
    FILE *into = fopen(argv[3], "wb");
    if (into == NULL) {
        perror(argv[3]);
        return 1;
    }
    char data[4096];
    long total = 0;
    ssize_t n;
    while ((n = recv(client, data, sizeof(data), 0)) > 0) {
        fwrite(data, 1, n, into);
        total += n;
    }
    if (n < 0)
        perror("recv");
    printf("%s: %ld bytes\n", argv[2], total);
    fclose(into);
    close(client);
    return 0;
}
