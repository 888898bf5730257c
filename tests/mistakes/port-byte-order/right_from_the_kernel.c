/* run: 8080 */
/* A port that the kernel chose, copied as getsockname gave it: in network byte order already. The argument is no port. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0)
        return 1;
    if (getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return 1;
    if (connect(client, (struct sockaddr *)&address, length) < 0)
        return 1;
    close(client);
    close(listener);
    return 0;
}
