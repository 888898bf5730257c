/* Clients of a UNIX socket have no name, so 2 bytes are left in the length, and 2 bytes are enough for the next. */
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_un own = {.sun_family = AF_UNIX}, client;
    int name = snprintf(own.sun_path + 1, sizeof own.sun_path - 1, "unnamed-%ld", (long)getpid());
    socklen_t own_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) + (socklen_t)name, length = sizeof client;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, own_length) < 0 || listen(listener, 5) < 0)
        return 1;
    for (int number = 0; number < 3; number++) {
        int peer = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(peer, (struct sockaddr *)&own, own_length) < 0)
            return 1;
        int fd = accept(listener, (struct sockaddr *)&client, &length);
        if (fd < 0 || length != sizeof(sa_family_t))
            return 1;
        close(fd);
        close(peer);
    }
    close(listener);
    return 0;
}
