/* Twenty connections that stay open between their uses. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 20 };

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int ends[CONNECTIONS][2];
    char byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    for (int number = 0; number < CONNECTIONS; number++) {
        ends[number][0] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(ends[number][0], (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        ends[number][1] = accept(listener, NULL, NULL);
        if (send(ends[number][0], "x", 1, 0) != 1 || recv(ends[number][1], &byte, 1, 0) != 1)
            return 1;
    }
    return 0;
}
