/* Clients that have ended their half still wait for their answers, which come when all requests are there. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 20 };

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int client[CLIENTS], served[CLIENTS];
    char byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < CLIENTS; number++) {
        client[number] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client[number], (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        shutdown(client[number], SHUT_WR);
        served[number] = accept(listener, NULL, NULL);
        if (recv(served[number], &byte, 1, 0) != 0)
            return 1;
    }
    for (int number = 0; number < CLIENTS; number++)
        if (send(served[number], "x", 1, 0) != 1 || recv(client[number], &byte, 1, 0) != 1)
            return 1;
    return 0;
}
