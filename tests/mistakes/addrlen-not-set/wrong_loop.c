/* The length is set once, before the loop. The first message comes from a socket without a name, which leaves 0 in it. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket with an abstract name, or without one. */
static int named(struct sockaddr_un *address, const char *what)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    address->sun_family = AF_UNIX;
    address->sun_path[0] = '\0';
    int length = snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "%s-%ld", what, (long)getpid());
    if (bind(fd, (struct sockaddr *)address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) + (socklen_t)length) < 0)
        perror("bind");
    return fd;
}

int main(void)
{
    struct sockaddr_un service, own, from;
    char message[64];
    int server = named(&service, "service"), second = named(&own, "client"), first = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t service_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(service.sun_path + 1));
    if (sendto(first, "one", 3, 0, (struct sockaddr *)&service, service_length) != 3 ||
        sendto(second, "two", 3, 0, (struct sockaddr *)&service, service_length) != 3)
        return 1;
    socklen_t length = sizeof from;
    for (int number = 0; number < 2; number++) {
        memset(&from, 0, sizeof from);
        if (recvfrom(server, message, sizeof message, 0, (struct sockaddr *)&from, &length) < 0) /* HERE */
            return 1;
        printf("from %s\n", from.sun_path + 1);
    }
    close(first);
    close(second);
    close(server);
    return 0;
}
