/* Exercise: the client of the timestamp server: asks once, reads the answer until the server closes.
 * Mistake: none.
 * Usage: ./client PORT */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    struct addrinfo hints = {0}, *found;
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    int error = getaddrinfo("127.0.0.1", argv[1], &hints, &found);
    if (error != 0) {
        fprintf(stderr, "%s\n", gai_strerror(error));
        return 1;
    }
    int client = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (client < 0 || connect(client, found->ai_addr, found->ai_addrlen) < 0) {
        perror("connect");
        return 1;
    }
    freeaddrinfo(found);

    const char *command = "timestamp\n";
    size_t sent = 0;
    while (sent < strlen(command)) {
        ssize_t n = send(client, command + sent, strlen(command) - sent, 0);
        if (n < 0) {
            perror("send");
            return 1;
        }
        sent += n;
    }
    char text[128];
    size_t used = 0;
    ssize_t n;
    while (used < sizeof(text) - 1 && (n = recv(client, text + used, sizeof(text) - 1 - used, 0)) != 0) {
        if (n < 0) {
            perror("recv");
            return 1;
        }
        used += n;
    }
    text[used] = '\0';
    if (used > 0)
        printf("current timestamp: %s", text);
    else
        printf("get timestamp failed\n");
    close(client);
    return used > 0 ? 0 : 1;
}
