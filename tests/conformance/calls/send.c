/* Rows of send(2). */

NO_SOCKETS(send, "x", 1, 0)

static void send_give(int fd, const void *data, size_t length, int flags) { CALL(send, fd, data, length, flags); }

#define THIS send
#define HUGE_LENGTH 0
#define HUGE_DATAGRAM EMSGSIZE
#include "sending.inc"
