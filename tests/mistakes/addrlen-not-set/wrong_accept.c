/* The length says that there is no room, so the kernel stores nothing, and the server names a client that never was. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET}, client = {0};
    socklen_t own_length = sizeof own, length = 0;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), peer = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, own_length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&own, &own_length) < 0 ||
        connect(peer, (struct sockaddr *)&own, own_length) < 0)
        return 1;
    int fd = accept(listener, (struct sockaddr *)&client, &length); /* HERE */
    printf("a client from %s\n", inet_ntoa(client.sin_addr));
    close(fd);
    close(peer);
    close(listener);
    return 0;
}
