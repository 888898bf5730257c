/* Asks a host for echoes by ICMP, the protocol beside TCP and UDP.
 *     ping HOST [COUNT]
 * A raw socket receives whole IP packets, all of ICMP's, those of other programs
 * as well; and it takes a privilege. The datagram socket of ICMP receives only
 * the answers to itself; it takes none if the administrator's
 * net.ipv4.ping_group_range has the user's group. This tries both, in this order.
 */
#define _DEFAULT_SOURCE /* for struct timespec, where the compiler is told -std=c99 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bsock.h"

#define SECONDS 5.0

/* A request as it is sent: header and some data. */
struct echo {
    struct icmphdr header;
    char data[56];
};

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "ping: %s\n", why);
    return 1;
}

/* RFC 1071: the complement of the sum of all 16-bit words, carries added. */
static unsigned short checksum(const void *bytes, size_t length)
{
    unsigned long sum = 0;
    for (size_t i = 0; i < length; i += 2) {
        unsigned short word;
        memcpy(&word, (const char *)bytes + i, sizeof word);
        sum += word;
    }
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (unsigned short)~sum;
}

static int open_socket(int *is_raw)
{
    int fd = bsock_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    *is_raw = fd >= 0;
    if (fd == BSOCK_EPERM || fd == BSOCK_EACCES) {
        fail();
        fd = bsock_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    }
    return fd;
}

/* Receives until the answer with this number is there. Returns the bytes of ICMP in it, or a code. */
static ssize_t receive_answer(int fd, int is_raw, const struct echo *request)
{
    char packet[2048];
    for (;;) {
        struct icmphdr answer;
        ssize_t length = bsock_recv(fd, packet, sizeof packet, 0);
        if (length < 0)
            return length;
        /* Behind the header of IP, which counts its own length in words of four bytes. */
        size_t start = is_raw ? 4 * (size_t)(packet[0] & 15) : 0;
        if ((size_t)length < start + sizeof answer)
            continue;
        memcpy(&answer, packet + start, sizeof answer);
        /* The datagram socket has an identifier that the system chose, and looks at it itself. */
        if (answer.type == ICMP_ECHOREPLY && answer.un.echo.sequence == request->header.un.echo.sequence &&
            (!is_raw || answer.un.echo.id == request->header.un.echo.id))
            return length - (ssize_t)start;
    }
}

int main(int argc, char **argv)
{
    struct bsock_address host;
    struct timespec sent, received;
    char address[80];
    int is_raw, code;
    int count = argc == 3 ? atoi(argv[2]) : 3;
    if (argc < 2 || argc > 3 || count < 1) {
        fprintf(stderr, "usage: ping HOST [COUNT]\n");
        return 2;
    }
    /* SOCK_RAW is not among the types that a name can be looked up for; the type plays no part here. */
    if ((code = bsock_resolve(argv[1], NULL, AF_INET, SOCK_DGRAM, 0, &host, 1)) < 0)
        return fail();
    int fd = open_socket(&is_raw);
    if (fd < 0)
        return fail();
    if ((code = bsock_connect(fd, (const struct sockaddr *)&host.address, host.length)) < 0 ||
        (code = bsock_set_timeout(fd, SECONDS)) < 0)
        return fail();
    inet_ntop(AF_INET, &((const struct sockaddr_in *)&host.address)->sin_addr, address, sizeof address);
    printf("ping %s with a %s socket\n", address, is_raw ? "raw" : "datagram");

    for (int number = 1; number <= count; number++) {
        struct echo request;
        memset(&request, 0, sizeof request);
        request.header.type = ICMP_ECHO;
        request.header.un.echo.id = htons((unsigned short)getpid());
        request.header.un.echo.sequence = htons((unsigned short)number);
        request.header.checksum = checksum(&request, sizeof request);
        clock_gettime(CLOCK_MONOTONIC, &sent);
        ssize_t length = bsock_send(fd, &request, sizeof request, 0);
        if (length >= 0)
            length = receive_answer(fd, is_raw, &request);
        if (length < 0)
            return fail();
        clock_gettime(CLOCK_MONOTONIC, &received);
        double seconds = (double)(received.tv_sec - sent.tv_sec) + 1e-9 * (double)(received.tv_nsec - sent.tv_nsec);
        printf("%d bytes from %s, number %d, %.3f ms\n", (int)length, address, number, 1e3 * seconds);
    }
    bsock_close(fd);
    return 0;
}
