/* A child serves each client and ends; the parent goes on with the next one, and its own descriptors pile up. */
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
        pid_t child = fork(); /* HERE */
        if (child == 0) {
            close(listener);
            close(client);
            send(fd, "bye", 3, MSG_NOSIGNAL);
            close(fd);
            _exit(0);
        }
        char answer[8];
        if (recv(client, answer, sizeof answer, 0) != 3 || waitpid(child, NULL, 0) != child)
            return 1;
        close(client);
    }
    return 0;
}
