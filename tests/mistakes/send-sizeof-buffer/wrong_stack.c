/* run: {port}; with: peer_text.c {port} */
/* A message of 100 bytes on the stack, of which strcpy sets as many as the text has. All of them are sent. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *port)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    server.sin_port = htons((in_port_t)atoi(port));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        exit(1);
    return fd;
}

/* What any function does: it leaves addresses on the stack. */
static void work(void)
{
    void *volatile visited[64];
    for (int i = 0; i < 64; i++)
        visited[i] = (void *)&visited[i];
}

static void say(int fd, const char *text)
{
    char message[100];
    strcpy(message, text);
    send(fd, message, sizeof message, 0); /* HERE */
}

int main(int argc, char **argv)
{
    const char *texts[] = {"hello", "how", "bye"};
    if (argc != 2)
        return 2;
    int fd = dial(argv[1]);
    for (int i = 0; i < 3; i++) {
        work();
        say(fd, texts[i]);
    }
    close(fd);
    return 0;
}
