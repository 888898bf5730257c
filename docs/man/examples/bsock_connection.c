/* A server and its client in one program: the server lets the system
 * choose a port, and the client asks which. */
#include <bsock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *call, int code)
{
    fprintf(stderr, "%s: %s\n", call, bsock_strerror(code));
    return 1;
}

int main(void)
{
    struct sockaddr_in address;
    struct sockaddr *any = (struct sockaddr *)&address;
    socklen_t length = sizeof address;
    int listener, client, accepted, code;

    listener = bsock_socket(AF_INET, SOCK_STREAM, 0);
    client = bsock_socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || client < 0)
        return failed("socket", listener < 0 ? listener : client);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if ((code = bsock_bind(listener, any, sizeof address)) < 0)
        return failed("bind", code);
    if ((code = bsock_listen(listener, SOMAXCONN)) < 0)
        return failed("listen", code);
    if ((code = bsock_getsockname(listener, any, &length)) < 0)
        return failed("getsockname", code);
    printf("listening on port %d\n", ntohs(address.sin_port));

    if ((code = bsock_connect(client, any, length)) < 0)
        return failed("connect", code);
    length = sizeof address;
    accepted = bsock_accept(listener, any, &length);
    if (accepted < 0)
        return failed("accept", accepted);
    printf("a client from port %d\n", ntohs(address.sin_port));

    bsock_close(accepted);
    bsock_close(client);
    bsock_close(listener);
    return 0;
}
