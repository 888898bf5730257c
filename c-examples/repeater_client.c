/* A repeater over TCP, client side: sends each line of standard input and prints
 * the line that the server answers.
 *     repeater_client PORT
 * The line "q" ends both sides. At the end of the input only the client ends.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define LONGEST_LINE 65536
#define LONGEST_ANSWER (LONGEST_LINE + 64)
#define SECONDS 10.0

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "repeater_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    static char line[LONGEST_LINE], buffer[LONGEST_ANSWER];
    struct bsock_line_reader answers;
    char *answer;
    size_t length;
    if (argc != 2) {
        fprintf(stderr, "usage: repeater_client PORT\n");
        return 2;
    }
    int fd = bsock_connect_to(HOST, argv[1], SECONDS);
    if (fd < 0)
        return fail();
    bsock_line_reader_init(&answers, fd, buffer, sizeof buffer);

    while (fgets(line, sizeof line - 1, stdin) != NULL) {
        length = strlen(line);
        if (length == 0 || line[length - 1] != '\n') /* the last line may lack its end */
            line[length++] = '\n';
        int code = bsock_sendall(fd, line, length, 0, NULL);
        if (code < 0)
            return fail();
        if (length == 2 && line[0] == 'q')
            break;
        code = bsock_read_line(&answers, &answer, &length);
        if (code < 0)
            return fail();
        if (code == 0) {
            fprintf(stderr, "repeater_client: the server has closed the connection\n");
            return 1;
        }
        fwrite(answer, 1, length, stdout);
        fflush(stdout);
    }
    bsock_close(fd);
    return 0;
}
