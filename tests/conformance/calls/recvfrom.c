/* Rows of recvfrom(2). */

static char recvfrom_room[4];
NO_SOCKETS(recvfrom, recvfrom_room, sizeof recvfrom_room, 0, NULL, NULL)

static void recvfrom_take(int fd, void *data, size_t length, int flags)
{
    CALL(recvfrom, fd, data, length, flags, NULL, NULL);
}

#define THIS recvfrom
#define HUGE_LENGTH 0
#define MAY_BE_EMPTY EAGAIN
#include "receiving.inc"

static void recvfrom_at(int fd, socklen_t room)
{
    unsigned char address[256];
    char data[8];
    socklen_t length = room, written;
    memset(address, 0xee, sizeof address);
    CALL(recvfrom, fd, data, sizeof data, 0, (struct sockaddr *)pointer((uintptr_t)address), &length);
    for (written = sizeof address; written > 0 && address[written - 1] == 0xee; written--)
        continue;
    CHECK(written <= room);
    say(" length=%d written=%d family=%d,%d", (int)length, (int)written, address[0], address[1]);
}
static int recvfrom_unix(int named)
{
    struct sockaddr_un where, name;
    int receiver = local(SOCK_DGRAM), sender = local(SOCK_DGRAM);
    socklen_t length = at_name(&where, 0), own = at_name(&name, 1);
    NEED(bind(receiver, AT(where), length) == 0 && (!named || bind(sender, AT(name), own) == 0));
    NEED(sendto(sender, "hello", 5, 0, AT(where), length) == 5);
    return receiver;
}
CASE(recvfrom, the_address, 0) { recvfrom_at(recvfrom_waits(udp_pair, "hello"), 16); }
CASE(recvfrom, more_room_than_needed, 0) { recvfrom_at(recvfrom_waits(udp_pair, "hello"), 200); }
CASE(recvfrom, a_short_address, 0) { recvfrom_at(recvfrom_waits(udp_pair, "hello"), 5); }
CASE(recvfrom, no_room_for_the_address, 0) { recvfrom_at(recvfrom_waits(udp_pair, "hello"), 0); }
CASE(recvfrom, the_address_of_a_stream, 0) { recvfrom_at(recvfrom_waits(tcp_pair, "hello"), 16); }
CASE(recvfrom, the_name_of_a_unix_sender, 0) { recvfrom_at(recvfrom_unix(1), 110); }
CASE(recvfrom, a_unix_sender_without_a_name, 0) { recvfrom_at(recvfrom_unix(0), 110); }
HOSTILE(recvfrom, a_negative_length, EINVAL) { recvfrom_at(recvfrom_waits(udp_pair, "hello"), (socklen_t)-1); }
HOSTILE(recvfrom, the_lowest_length, EINVAL) { recvfrom_at(recvfrom_waits(udp_pair, "hello"), (socklen_t)INT_MIN); }
#define BAD_SENDER(what, address, length)                                                                              \
    HOSTILE(recvfrom, what, EFAULT)                                                                                    \
    {                                                                                                                  \
        struct sockaddr_in where;                                                                                      \
        socklen_t room = sizeof where;                                                                                 \
        int fd = recvfrom_waits(udp_pair, "hello");                                                                    \
        (void)room;                                                                                                    \
        (void)where;                                                                                                   \
        CALL(recvfrom, fd, recvfrom_room, 4, 0, address, length);                                                      \
    }
BAD_SENDER(the_address_one, pointer(1), &room)
BAD_SENDER(an_address_on_the_last_page, pointer(UINTPTR_MAX - 4095), &room)
BAD_SENDER(an_address_on_a_constant_page, (struct sockaddr *)pointer((uintptr_t)page(PROT_READ)), &room)
BAD_SENDER(the_length_one, AT(where), pointer(1))
BAD_SENDER(an_address_without_a_length, AT(where), pointer(0))
HOSTILE(recvfrom, a_length_without_an_address, 0)
{
    int fd = recvfrom_waits(udp_pair, "hello");
    CALL(recvfrom, fd, recvfrom_room, 4, 0, NULL, pointer(1));
}
