/* Exercise: a client of the key-value store. It sends all its commands first and reads the answers then.
 * Mistake: none. (Commands may arrive together and split: stdio puts the lines together.)
 * Usage: ./client PORT */
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
    if (client < 0) {
        perror("socket");
        return 1;
    }
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        return 1;
    }
    FILE *out = fdopen(dup(client), "w");
    FILE *in = fdopen(client, "r");
    fprintf(out, "SET city Beijing\n");
    fprintf(out, "SET river Yangtze\n");
    fprintf(out, "GET city\n");
    fprintf(out, "GET lake\n");
    fflush(out);
    shutdown(client, SHUT_WR);
    char line[256];
    while (fgets(line, sizeof(line), in) != NULL)
        printf("%s", line);
    fclose(out);
    fclose(in);
    return 0;
}
