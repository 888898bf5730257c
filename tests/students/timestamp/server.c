/* Exercise: the timestamp server of the notes: a client sends the line "timestamp", the server answers with the time
 * and closes the connection.
 * Mistake: none.
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Reads one line, without its end. Returns -1 if the client goes away before the line is complete. */
static int read_line(int fd, char *line, size_t size)
{
    size_t used = 0;
    while (used < size - 1) {
        ssize_t n = recv(fd, line + used, 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        if (line[used] == '\n')
            break;
        used++;
    }
    line[used] = '\0';
    return 0;
}

static int send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        size -= n;
    }
    return 0;
}

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
    int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 10) < 0) {
        perror("bind or listen");
        return 1;
    }
    for (;;) {
        struct sockaddr_in from;
        socklen_t from_length = sizeof(from);
        int conn = accept(server, (struct sockaddr *)&from, &from_length);
        if (conn < 0) {
            perror("accept");
            continue;
        }
        printf("new client: %s:%d\n", inet_ntoa(from.sin_addr), ntohs(from.sin_port));
        char command[64];
        if (read_line(conn, command, sizeof(command)) == 0 && strcmp(command, "timestamp") == 0) {
            time_t now = time(NULL);
            char *text = ctime(&now);
            if (send_all(conn, text, strlen(text)) < 0)
                perror("send");
        }
        close(conn);
    }
}
