/* What every program with bsock.h does: look at each result, and tell
 * what is wrong in words. Nobody listens at the port it asks for. */
#include <bsock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    struct sockaddr_in server;
    char why[512];
    int fd, code;

    fd = bsock_socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        fprintf(stderr, "socket: %s\n", bsock_strerror(fd));
        return 1;
    }
    memset(&server, 0, sizeof server);
    server.sin_family = AF_INET;
    server.sin_port = htons(1);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    code = bsock_connect(fd, (const struct sockaddr *)&server,
                         sizeof server);
    if (code < 0) {
        printf("%s is the code %d\n", bsock_err_name(code), code);
        bsock_explain(why, sizeof why);
        printf("%s\n", why);
    }
    bsock_close(fd);
    return 0;
}
