/* A client that refuses what it hears says so in a few bytes, which have arrived when it closes, acknowledged or not. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    char word[16];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
        connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || send(fd, "who are you?", 12, MSG_NOSIGNAL) != 12 || send(client, "goodbye", 7, MSG_NOSIGNAL) != 7)
        return 1;
    close(client);
    ssize_t got = recv(fd, word, sizeof word, 0);
    close(fd);
    close(listener);
    return got == 7 ? 0 : 1;
}
