/* A log that is sent record by record to a reader who does not read: when one has no room, the connection is closed. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORD = 100000, RECORDS = 1000 };

int main(void)
{
    static char record[RECORD], seen[65536];
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
        return 1;
    for (int i = 0; i < RECORDS; i++) {
        snprintf(record, sizeof record, "record %d", i);
        if (send(pair[0], record, RECORD, MSG_NOSIGNAL) < RECORD)
            break;
    }
    close(pair[0]);
    while (recv(pair[1], seen, sizeof seen, 0) > 0)
        continue;
    close(pair[1]);
    return 0;
}
