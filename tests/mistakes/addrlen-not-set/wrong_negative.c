/* What a length holds that was never set may be anything. Looked at as a signed number it is negative here, and the datagram
 * is lost. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET}, from;
    socklen_t length = sizeof own, room = 0x80000010;
    char message[16];
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(receiver, (struct sockaddr *)&own, length) < 0 || getsockname(receiver, (struct sockaddr *)&own, &length) < 0 ||
        sendto(sender, "x", 1, 0, (struct sockaddr *)&own, length) != 1)
        return 1;
    if (recvfrom(receiver, message, sizeof message, 0, (struct sockaddr *)&from, &room) < 0) /* HERE */
        perror("recvfrom");
    close(sender);
    close(receiver);
    return 0;
}
