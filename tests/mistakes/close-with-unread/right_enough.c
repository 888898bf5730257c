/* A client that has seen enough of a long answer: nothing of its own is under way. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER = 300000 };

static char answer[ANSWER];

/* A connection whose client takes little at a time. */
static int connected(int *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int small = 32768, large = 2 * ANSWER;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(*client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(*client, (struct sockaddr *)&address, length) < 0)
        return -1;
    int fd = accept(listener, NULL, NULL);
    close(listener);
    return fd;
}

int main(void)
{
    int client, fd = connected(&client);
    char status[12];
    if (fd < 0 || send(client, "GET /page", 9, MSG_NOSIGNAL) != 9)
        return 1;
    if (recv(fd, status, 9, MSG_WAITALL) != 9 || send(fd, answer, ANSWER, MSG_NOSIGNAL) != ANSWER)
        return 1;
    if (recv(client, status, sizeof status, MSG_WAITALL) != sizeof status)
        return 1;
    close(client);
    close(fd);
    return 0;
}
