/* Each connection is served by a child, which may keep its descriptor as long as it likes. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < 12; number++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client, (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        int fd = accept(listener, NULL, NULL);
        shutdown(client, SHUT_WR);
        if (fork() == 0) {
            char byte;
            close(client);
            recv(fd, &byte, 1, 0);
            send(fd, "bye", 3, MSG_NOSIGNAL);
            _exit(0);
        }
        close(fd);
        char answer[8];
        if (recv(client, answer, sizeof answer, 0) != 3)
            return 1;
        close(client);
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
