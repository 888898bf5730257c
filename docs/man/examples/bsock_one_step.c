/* A server on any free port, and a client of it. */
#include <bsock.h>
#include <netinet/in.h>
#include <stdio.h>

int main(void)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    char port[8], why[512];
    int client, listener, server;

    listener = bsock_listen_on("127.0.0.1", "0", SOMAXCONN);
    if (listener < 0
        || bsock_getsockname(listener, (struct sockaddr *)&address,
                             &length) < 0) {
        bsock_explain(why, sizeof why);
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    sprintf(port, "%d", ntohs(address.sin_port));
    client = bsock_connect_to("127.0.0.1", port, 5.0);
    server = bsock_accept(listener, NULL, NULL);
    if (client < 0 || server < 0)
        return 1;
    printf("connected\n");
    bsock_close(client);
    bsock_close(server);
    bsock_close(listener);
    return 0;
}
