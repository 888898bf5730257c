/* The port of a service and the service of a port, from /etc/services.
 *     service_lookup NAME|PORT [PROTOCOL]        (tcp, udp; else the first that is found)
 * The numbers are plain ones. In the s_port of getservbyname, for which the table
 * is usually asked, the bytes are in network order: printed, it makes 80 a 20480.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bsock.h"

int main(int argc, char **argv)
{
    char name[64], *end;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: service_lookup NAME|PORT [PROTOCOL]\n");
        return 2;
    }
    const char *protocol = argc == 3 ? argv[2] : NULL;
    long port = strtol(argv[1], &end, 10);
    int is_number = end != argv[1] && *end == '\0';
    int code = is_number ? bsock_service_name(port < 0 || port > 65535 ? -1 : (int)port, protocol, name, sizeof name)
                         : bsock_service_port(argv[1], protocol);
    if (code < 0) {
        fprintf(stderr, "service_lookup: %s: %s\n", argv[1], bsock_strerror(code));
        return 1;
    }
    if (is_number)
        printf("port %ld is %s\n", port, name);
    else
        printf("%s is port %d\n", argv[1], code);
    return 0;
}
