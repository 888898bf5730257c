/* Exercise: a print server for many clients at once: every connection gets a process of its own.
 * A client sends lines; each is printed and answered with its number; an empty line ends the job.
 * Mistake: the parent does not close the connection that it has given to the child. (A few clients are too few to tell
 * that from a parent that closes later: it is found with a dozen.)
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void print_job(int conn)
{
    FILE *in = fdopen(conn, "r");
    char line[256], answer[64];
    int number = 0;
    while (fgets(line, sizeof(line), in) != NULL && strcmp(line, "\n") != 0) {
        printf("[%d] %s", (int)getpid(), line);
        fflush(stdout);
        int length = snprintf(answer, sizeof(answer), "printed line %d\n", ++number);
        if (send(conn, answer, length, MSG_NOSIGNAL) != length)
            break;
    }
    fclose(in);
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGCHLD, SIG_IGN); /* no zombies */
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address;
    bzero(&address, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof(address)) == -1) {
        perror("bind");
        exit(1);
    }
    if (listen(server, 5) == -1) {
        perror("listen");
        exit(1);
    }
    while (1) {
        int conn = accept(server, NULL, NULL);
        if (conn == -1) {
            perror("accept");
            continue;
        }
        /* found: fd-leak */
        pid_t pid = fork();
        if (pid == -1) {
            perror("fork");
            close(conn);
            continue;
        }
        if (pid == 0) {
            close(server);
            print_job(conn);
            exit(0);
        }
        printf("process %d serves the client\n", (int)pid);
#ifdef MENDED
        close(conn);
#endif
    }
}
