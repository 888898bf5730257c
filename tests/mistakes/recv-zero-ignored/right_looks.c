/* Works for a client that has ended its half and waits for the answer. Between two parts of the work it looks, without waiting,
 * whether the client has told it to stop: that there is nothing more to read is no reason to. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int is_told_to_stop(int fd)
{
    char word[16];
    ssize_t n = recv(fd, word, sizeof word, MSG_DONTWAIT);
    if (n < 0)
        return errno != EAGAIN;
    return n >= 4 && memcmp(word, "stop", 4) == 0;
}

int main(void)
{
    int pair[2];
    char answer[8];
    struct timespec part_of_the_work = {.tv_nsec = 3000000};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || shutdown(pair[1], SHUT_WR) < 0)
        return 1;
    for (int part = 0; part < 25; part++) {
        if (is_told_to_stop(pair[0]))
            return 1;
        nanosleep(&part_of_the_work, NULL);
    }
    if (write(pair[0], "done\n", 5) != 5)
        return 1;
    close(pair[0]);
    ssize_t n = read(pair[1], answer, sizeof answer);
    close(pair[1]);
    return n == 5 ? 0 : 1;
}
