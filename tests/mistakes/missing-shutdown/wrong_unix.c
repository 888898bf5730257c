/* run: @bsock-{port}; with: peer_unix.c @bsock-{port} */
/* As wrong_client.c, over AF_UNIX, where the client has no name. The alarm stands for the user who loses patience. */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un server = {.sun_family = AF_UNIX};
    const char *request = "how long is this?\n";
    char answer[64];
    if (argc != 2 || strlen(argv[1]) >= sizeof server.sun_path)
        return 2;
    strcpy(server.sun_path, argv[1]);
    if (argv[1][0] == '@')
        server.sun_path[0] = 0;
    alarm(1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]));
    if (connect(fd, (struct sockaddr *)&server, length) < 0)
        return 1;
    send(fd, request, strlen(request), 0);
    ssize_t n = recv(fd, answer, sizeof answer, 0); /* HERE */
    close(fd);
    return n <= 0;
}
