/*
 * Addresses that have less room than they take: 4 bytes, at the end of a page behind which there is nothing, and alone in a
 * block of their own. Whoever reads as much as the kernel says that an address has reads what is not there.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 4 };

/* Where the room is, and where its length stands: at the end of what there is. */
struct place {
    const char *name;
    unsigned char *room;
    socklen_t *length;
};

static void show(const struct place *place, const char *call, long result)
{
    int error = errno;
    printf("%s, %s: %ld, errno %d, %u:", place->name, call, result < 0 ? -1 : result, result < 0 ? error : 0, *place->length);
    /* The family, and the beginning of the port or path, which is another one each time. */
    for (int i = 0; i < 2; i++)
        printf(" %02x", place->room[i]);
    printf("\n");
    *place->length = ROOM;
    memset(place->room, 0, ROOM);
}

#define SHOW(call) show(place, #call, (long)(call))
#define NAME (struct sockaddr *)place->room, place->length

static void names(const struct place *place, int family)
{
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&inet : (struct sockaddr *)&local;
    /* Of AF_UNIX the kernel chooses a name that is as short as a family; both ends have one. */
    socklen_t length = family == AF_INET ? sizeof inet : sizeof local.sun_family, whole = sizeof local;
    struct sockaddr_storage chosen;
    int listener = socket(family, SOCK_STREAM, 0), client = socket(family, SOCK_STREAM, 0), server = -1;
    if (bind(listener, address, length) != 0 || listen(listener, 5) != 0)
        exit(2);
    if (bind(client, address, length) != 0 || getsockname(listener, (struct sockaddr *)&chosen, &whole) != 0)
        exit(2);
    SHOW(getsockname(listener, NAME));
    for (int i = 0; i < 2; i++) {
        if (i == 1) {
            close(client);
            client = socket(family, SOCK_STREAM, 0);
        }
        if (connect(client, (struct sockaddr *)&chosen, whole) != 0)
            exit(2);
        SHOW((server = i == 0 ? accept(listener, NAME) : accept4(listener, NAME, SOCK_CLOEXEC)) < 0);
        SHOW(getpeername(server, NAME));
        SHOW(getpeername(client, NAME));
        close(server);
    }
    close(client);
    close(listener);
}

static void datagrams(const struct place *place)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char byte;
    struct iovec part = {&byte, 1};
    struct mmsghdr messages[1] = {{.msg_hdr = {.msg_name = place->room, .msg_namelen = ROOM, .msg_iov = &part, .msg_iovlen = 1}}};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        exit(2);
    for (int i = 0; i < 3; i++)
        if (sendto(fd, "x", 1, 0, (struct sockaddr *)&address, length) != 1)
            exit(2);
    SHOW(recvfrom(fd, &byte, 1, 0, NAME));
    SHOW(recvmsg(fd, &messages[0].msg_hdr, 0));
    messages[0].msg_hdr.msg_namelen = ROOM;
    SHOW(recvmmsg(fd, messages, 1, 0, NULL));
    close(fd);
}

/* The last bytes of a page whose next one is not there. */
static unsigned char *at_the_end(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *both = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (both == MAP_FAILED || munmap(both + page, page) != 0)
        exit(2);
    return both + page - bytes;
}

int main(void)
{
    struct place places[] = {
        {"at the end of a page", at_the_end(ROOM), (socklen_t *)(void *)at_the_end(sizeof(socklen_t))},
        {"in a block", malloc(ROOM), malloc(sizeof(socklen_t))},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        *places[i].length = ROOM;
        memset(places[i].room, 0, ROOM);
        names(&places[i], AF_INET);
        names(&places[i], AF_UNIX);
        datagrams(&places[i]);
    }
    free(places[1].room);
    free(places[1].length);
    return 0;
}
