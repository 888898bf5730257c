/* Exercise: a log collector on a UNIX socket: programs connect and send messages, it writes each with its number.
 * Nobody waits for an answer. Clients are served one after the other.
 * Mistake: the server takes each recv() for one message. Messages that wait together are printed as one.
 * Usage: ./server PATH */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef MENDED
#define KIND SOCK_STREAM
#else
#define KIND SOCK_SEQPACKET /* one recv() returns what one send() sent */
#endif

static int number;

static void collect(int conn)
{
    char message[1024];
    ssize_t n;
    /* not found: a reader that does not care where messages end does the same */
    while ((n = recv(conn, message, sizeof(message) - 1, 0)) > 0) {
        message[n] = '\0';
        printf("%d: %s\n", ++number, message);
        fflush(stdout);
    }
    if (n < 0)
        perror("recv");
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PATH\n", argv[0]);
        return 2;
    }
    int server = socket(AF_UNIX, KIND, 0);
    if (server < 0) {
        perror("socket");
        return 1;
    }
    struct sockaddr_un address;
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
    unlink(argv[1]);
    if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("bind");
        return 1;
    }
    if (listen(server, 5) < 0) {
        perror("listen");
        return 1;
    }
    for (;;) {
        int conn = accept(server, NULL, NULL);
        if (conn < 0) {
            perror("accept");
            continue;
        }
        collect(conn);
        close(conn);
    }
}
