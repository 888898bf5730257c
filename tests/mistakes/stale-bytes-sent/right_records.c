/* Records of 64 bytes, received whole and sent back whole. What stands behind a name is the sender's, and comes each time. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const names[] = {"maximilian", "eve", "christopher", "bob"};

static int serve(int fd)
{
    static char record[64];
    if (recv(fd, record, sizeof record, MSG_WAITALL) != sizeof record)
        return 0;
    return send(fd, record, sizeof record, 0) == sizeof record;
}

int main(void)
{
    int pair[2];
    static char record[64];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        strcpy(record, names[i]);
        if (send(pair[0], record, sizeof record, 0) != sizeof record || !serve(pair[1]))
            return 1;
        if (recv(pair[0], record, sizeof record, MSG_WAITALL) != sizeof record)
            return 1;
        printf("%s\n", record);
    }
    close(pair[0]);
    close(pair[1]);
    return 0;
}
