/* A file server: hands out the files in a folder, byte for byte.
 *     file_server PORT FOLDER [SECONDS]        (0 = any free port)
 * A client sends the file's name as a line. The answer is a line, too: "OK 1234",
 * and behind it the 1234 bytes; or "ERROR" and what is wrong, in words. The size
 * comes first because a stream has no borders: the end of the connection alone
 * would not tell a whole file from a server that has died.
 * Each client has a process of its own, which an alarm clock ends when the
 * client sends or takes nothing for SECONDS (10).
 */
#include <signal.h>
#include <unistd.h>

#include "bsock.h"
#include "open_beneath.h"

#define HOST "127.0.0.1"

static unsigned seconds = 10;

static void complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "file_server: %s\n", why);
}

/* Reads the name into `name`. Returns NULL, or what is wrong with it. */
static const char *read_name(int client, char *name, size_t size)
{
    struct bsock_line_reader reader;
    char *line;
    size_t length;
    bsock_line_reader_init(&reader, client, name, size);
    int code = bsock_read_line(&reader, &line, &length);
    if (code < 0)
        return code == BSOCK_ELINE_TOO_LONG ? "the name is too long" : bsock_strerror(code);
    if (code == 0 || line[length - 1] != '\n')
        return "the name ends with a newline";
    if (memchr(line, '\0', length) != NULL)
        return "the name has a zero byte in it";
    line[length - 1] = '\0';
    memmove(name, line, length);
    return NULL;
}

/* Sends `left` bytes of the file, each piece within the time limit. */
static int send_file(int client, int file, long long left)
{
    char piece[65536];
    int code = 0;
    while (code == 0 && left > 0) {
        ssize_t got = bsock_read(file, piece, left < (long long)sizeof piece ? (size_t)left : sizeof piece);
        if (got <= 0) /* the file has become shorter: the client counts, and will see it */
            return 0;
        alarm(seconds);
        code = bsock_sendall(client, piece, (size_t)got, 0, NULL);
        left -= got;
    }
    return code;
}

static void serve(int client, const char *folder)
{
    char name[4096], answer[256];
    struct stat about = {0};
    int file = -1;

    alarm(seconds);
    const char *error = read_name(client, name, sizeof name);
    if (error == NULL && (file = open_beneath(folder, name, &about)) < 0)
        error = bsock_strerror(file);
    else if (error == NULL && S_ISDIR(about.st_mode))
        error = "is a directory";
    alarm(seconds);
    int size = error != NULL ? snprintf(answer, sizeof answer, "ERROR %s\n", error)
                             : snprintf(answer, sizeof answer, "OK %lld\n", (long long)about.st_size);
    int code = bsock_sendall(client, answer, (size_t)size, 0, NULL);
    if (code == 0 && error == NULL)
        code = send_file(client, file, about.st_size);
    if (code < 0)
        complain();
    /* To close while bytes are unread would reset the connection, and the answer
     * could be lost: first read what else the client has sent. */
    bsock_shutdown(client, SHUT_WR);
    while (bsock_recv(client, name, sizeof name, 0) > 0)
        ;
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80], *folder;
    if (argc == 4)
        seconds = (unsigned)atoi(argv[3]);
    if (argc < 3 || argc > 4 || seconds == 0) {
        fprintf(stderr, "usage: file_server PORT FOLDER [SECONDS]\n");
        return 2;
    }
    if ((folder = realpath(argv[2], NULL)) == NULL) {
        fprintf(stderr, "file_server: %s: %s\n", argv[2], bsock_strerror(errno));
        return 1;
    }
    int listener = bsock_listen_on(HOST, argv[1], SOMAXCONN);
    if (listener < 0) {
        complain();
        return 1;
    }
    bsock_pcb_get(listener, &pcb, sizeof pcb);
    bsock_address_format((const struct sockaddr *)&pcb.local, pcb.local_length, address, sizeof address);
    printf("listening on %s\n", address);
    fflush(stdout);

    signal(SIGCHLD, SIG_IGN); /* nobody asks how the children ended */
    for (;;) {
        int client = bsock_accept(listener, NULL, NULL);
        if (client == BSOCK_ECONNABORTED) /* it has gone while it waited */
            continue;
        if (client < 0) {
            complain();
            return 1;
        }
        pid_t child = fork();
        if (child < 0)
            fprintf(stderr, "file_server: fork: %s\n", bsock_strerror(errno));
        if (child == 0) {
            bsock_close(listener);
            serve(client, folder);
            _exit(0);
        }
        bsock_close(client);
    }
}
