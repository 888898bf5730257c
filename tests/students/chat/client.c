/* Exercise: tries the chat room: three people enter, talk, the first leaves, a crowd enters, and the others go on.
 * Mistake: none here; see server.c.
 * Usage: ./client PORT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CROWD 12

/* Prints the next line that this person hears; 0 if the room is closed. */
static int hear(int person, const char *name)
{
    char c;
    printf("%s hears: ", name);
    while (recv(person, &c, 1, 0) == 1) {
        putchar(c);
        if (c == '\n')
            return 1;
    }
    printf("nothing any more\n");
    return 0;
}

static int enter(int port, const char *name)
{
    int person = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(person, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("connect");
        exit(1);
    }
    hear(person, name);
    return person;
}

static void say(int person, const char *words)
{
    if (send(person, words, strlen(words), MSG_NOSIGNAL) < 0)
        perror("send");
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int port = atoi(argv[1]);
    int crowd[CROWD];
    int alice = enter(port, "alice"), bob = enter(port, "bob"), carol = enter(port, "carol");
    say(alice, "hello, and goodbye\n");
    if (!hear(bob, "bob") || !hear(carol, "carol"))
        return 1;
    close(alice);
    for (int i = 0; i < CROWD; i++)
        crowd[i] = enter(port, "the crowd");
    for (int round = 0; round < 3; round++) {
        say(bob, "is alice still here?\n");
        if (!hear(carol, "carol"))
            break;
        say(carol, "I do not think so\n");
        if (!hear(bob, "bob"))
            break;
    }
    for (int i = 0; i < CROWD; i++)
        close(crowd[i]);
    close(bob);
    close(carol);
    return 0;
}
