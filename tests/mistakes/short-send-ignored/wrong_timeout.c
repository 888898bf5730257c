/* A client with a timeout for sending. Its peer does not read for a while: the upload is cut, and "done" follows. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { UPLOAD = 16 << 20 };

int main(void)
{
    static char upload[UPLOAD], seen[1 << 16];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    struct timeval patience = {.tv_usec = 50000};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int server = accept(listener, NULL, NULL);
    for (size_t i = 0; i < UPLOAD; i += 16)
        snprintf(upload + i, 16, "%014zu", i);
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

    ssize_t sent = write(client, upload, UPLOAD); /* HERE */
    if (sent <= 0)
        return 1;
    for (ssize_t left = sent, got; left > 0; left -= got)
        if ((got = read(server, seen, sizeof seen)) <= 0)
            return 1;
    struct iovec done = {"done\n", 5};
    struct msghdr message = {.msg_iov = &done, .msg_iovlen = 1};
    sendmsg(client, &message, 0);
    close(client);
    close(server);
    close(listener);
    return 0;
}
