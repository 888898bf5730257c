/* A number that was closed is given out again, to sockets, files and pipes, and each is used as what it is. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char byte = 0;
    int ends[2];
    for (int round = 0; round < 3; round++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || listen(fd, 1) < 0 || close(fd) < 0)
            return 1;
        fd = open("/dev/null", O_RDWR);
        if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 0 || close(fd) < 0)
            return 1;
        if (pipe(ends) < 0 || write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1)
            return 1;
        close(ends[0]);
        close(ends[1]);
    }
    return 0;
}
