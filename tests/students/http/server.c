/* Exercise: a small HTTP server: GET / answers with a page, POST with a word of thanks.
 * Mistake: the server reads once and believes that to be the request. The rest of a longer one is unread when it
 * closes, so the connection is reset, and the client may lose the answer.
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void respond(int conn, const char *status, const char *page)
{
    char response[1024];
    int length = snprintf(response, sizeof(response),
                          "HTTP/1.0 %s\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n\r\n%s",
                          status, strlen(page), page);
    int sent = 0;
    while (sent < length) {
        ssize_t n = send(conn, response + sent, length - sent, 0);
        if (n < 0) {
            perror("send");
            return;
        }
        sent += n;
    }
}

static void serve(int conn)
{
#ifndef MENDED
    char request[1024];
    ssize_t n = recv(conn, request, sizeof(request) - 1, 0);
    if (n <= 0)
        return;
    request[n] = '\0';
#else
    char request[8192];
    size_t used = 0, wanted = sizeof(request) - 1;
    while (used < wanted) {
        ssize_t n = recv(conn, request + used, wanted - used, 0);
        if (n <= 0)
            return;
        used += n;
        request[used] = '\0';
        char *body = strstr(request, "\r\n\r\n"), *length = strstr(request, "Content-Length: ");
        if (body != NULL)
            wanted = body + 4 - request + (length != NULL && length < body ? atoi(length + 16) : 0);
        if (wanted >= sizeof(request))
            return;
    }
#endif
    if (strncmp(request, "GET / ", 6) == 0)
        respond(conn, "200 OK", "<h1>Hello</h1>\n");
    else if (strncmp(request, "POST ", 5) == 0)
        respond(conn, "200 OK", "<p>Thank you.</p>\n");
    else
        respond(conn, "404 Not Found", "<p>There is no such page.</p>\n");
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
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
    for (;;) {
        int conn = accept(server, NULL, NULL);
        if (conn < 0) {
            perror("accept");
            continue;
        }
        serve(conn);
        /* found: close-with-unread */
        close(conn);
    }
}
