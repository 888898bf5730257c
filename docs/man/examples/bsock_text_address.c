/* From text to an address, and back. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    struct sockaddr_storage address;
    socklen_t length;
    char text[128];
    int code;

    code = bsock_address_parse("[::1]:8989", &address, &length);
    if (code < 0) {
        fprintf(stderr, "%s\n", bsock_strerror(code));
        return 1;
    }
    code = bsock_address_format((const struct sockaddr *)&address,
                                length, text, sizeof text);
    if (code < 0)
        return 1;
    printf("%s\n", text);
    code = bsock_address_parse("no address", &address, &length);
    return code >= 0;
}
