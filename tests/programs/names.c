/*
 * Connections of which a recorder may ask for names that the program does not ask for, made so that a program which looks
 * can tell whether it did: prints what each call leaves behind, errno above all. Ports differ from run to run and are not
 * printed; who is connected to whom, the recording tells.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The result, as none or one, and errno, which was 77 before. */
static int say(const char *what, int result)
{
    printf("%s %d, errno %d\n", what, result < 0 ? -1 : 0, errno);
    errno = 77;
    return result;
}

static struct sockaddr_in anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int main(void)
{
    struct sockaddr_in server = anywhere(), peer = anywhere();
    struct sockaddr *to_server = (struct sockaddr *)&server;
    socklen_t length = sizeof server, room = sizeof peer;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bind(listener, to_server, length);
    listen(listener, 8);
    getsockname(listener, to_server, &length);
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    errno = 77;

    say("accept nothing, nowhere", accept(listener, NULL, NULL));
    say("accept4 nothing", accept4(listener, (struct sockaddr *)&peer, &room, SOCK_CLOEXEC));
    printf("untouched: %d %d\n", room == sizeof peer, peer.sin_port == 0);
    say("accept what is none", accept(-1, NULL, NULL));

    int client = socket(AF_INET, SOCK_STREAM, 0);
    say("connect", connect(client, to_server, length));
    poll(&ready, 1, -1);
    int accepted = say("accept nowhere", accept(listener, NULL, NULL));
    say("connect again", connect(client, to_server, length));

    int later = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    say("connect without waiting", connect(later, to_server, length));
    poll(&ready, 1, -1);
    int named = say("accept", accept(listener, (struct sockaddr *)&peer, &room));
    printf("named: %d %d\n", room == sizeof peer, peer.sin_port != 0);

    int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    say("connect datagrams", connect(datagrams, to_server, length));

    int all[] = {client, accepted, later, named, datagrams, listener};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        close(all[i]);
    return 0;
}
