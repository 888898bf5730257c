/* The parent keeps its descriptors while the children serve, and says the last word on each connection itself. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 12 };

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int connections[CLIENTS], clients[CLIENTS];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < CLIENTS; number++) {
        clients[number] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(clients[number], (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        connections[number] = accept(listener, NULL, NULL);
        pid_t child = fork();
        if (child == 0) {
            send(connections[number], "welcome", 7, MSG_NOSIGNAL);
            _exit(0);
        }
        char answer[8];
        if (recv(clients[number], answer, sizeof answer, 0) != 7 || waitpid(child, NULL, 0) != child)
            return 1;
    }
    for (int number = 0; number < CLIENTS; number++) {
        send(connections[number], "bye", 3, MSG_NOSIGNAL);
        close(connections[number]);
        close(clients[number]);
    }
    return 0;
}
