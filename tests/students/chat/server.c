/* Exercise: a chat room with select(): what one says, all the others hear.
 * Mistake: recv() == 0 is not seen as the end, so that the server turns in circles over who has left; and it goes on
 * sending to that one, which ends it by SIGPIPE.
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

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
    fd_set all;
    FD_ZERO(&all);
    FD_SET(server, &all);
    int highest = server;
    char words[1024];
    for (;;) {
        fd_set readable = all;
        if (select(highest + 1, &readable, NULL, NULL, NULL) < 0) {
            perror("select");
            return 1;
        }
        for (int fd = 0; fd <= highest; fd++) {
            if (!FD_ISSET(fd, &readable))
                continue;
            if (fd == server) {
                int conn = accept(server, NULL, NULL);
                if (conn < 0)
                    continue;
                FD_SET(conn, &all);
                if (conn > highest)
                    highest = conn;
                send(conn, "welcome\n", 8, 0);
                continue;
            }
            /* found: recv-zero-ignored */
            ssize_t n = recv(fd, words, sizeof(words), 0);
#ifndef MENDED
            if (n < 0) {
#else
            if (n <= 0) {
#endif
                printf("%d leaves\n", fd);
                close(fd);
                FD_CLR(fd, &all);
                continue;
            }
            for (int other = 0; other <= highest; other++) {
                if (n > 0 && other != fd && other != server && FD_ISSET(other, &all))
#ifndef MENDED
                    /* found: sigpipe-death */
                    send(other, words, n, 0);
#else
                    send(other, words, n, MSG_NOSIGNAL);
#endif
            }
        }
    }
}
