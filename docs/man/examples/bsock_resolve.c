/* The addresses of this very host, for a stream. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    struct bsock_address found[8];
    char text[128];
    int count, index;

    count = bsock_resolve("127.0.0.1", "8989", AF_UNSPEC,
                          SOCK_STREAM, 0, found, 8);
    if (count < 0) {
        fprintf(stderr, "%s\n", bsock_strerror(count));
        return 1;
    }
    for (index = 0; index < count && index < 8; index++)
        if (bsock_address_format(
                (const struct sockaddr *)&found[index].address,
                found[index].length, text, sizeof text) >= 0)
            printf("%s\n", text);
    return count < 1;
}
