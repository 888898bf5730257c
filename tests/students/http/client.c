/* Exercise: an HTTP client: posts a form with a long text, then fetches the page.
 * Mistake: none here; see server.c.
 * Usage: ./client PORT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int port, const char *request, size_t length)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        return -1;
    }
    while (length > 0) {
        ssize_t n = send(client, request, length, MSG_NOSIGNAL);
        if (n < 0) {
            perror("send");
            close(client);
            return -1;
        }
        request += n;
        length -= n;
    }
    char data[512];
    ssize_t n;
    while ((n = recv(client, data, sizeof(data), 0)) > 0)
        fwrite(data, 1, n, stdout);
    if (n < 0)
        perror("recv");
    close(client);
    return n < 0 ? -1 : 0;
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int port = atoi(argv[1]);
    char text[2000], post[3000];
    memset(text, 'x', sizeof(text));
    int length = snprintf(post, sizeof(post),
                          "POST /guestbook HTTP/1.0\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%.*s",
                          sizeof(text), (int)sizeof(text), text);
    ask(port, post, length);

    const char *get = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";
    ask(port, get, strlen(get));
    return 0;
}
