/* Rows of recv(2). */

static char recv_room[4];
NO_SOCKETS(recv, recv_room, sizeof recv_room, 0)

static void recv_take(int fd, void *data, size_t length, int flags) { CALL(recv, fd, data, length, flags); }

#define THIS recv
#define HUGE_LENGTH 0
#define MAY_BE_EMPTY EAGAIN
#include "receiving.inc"
