/* Asks the key-value server: sends each line of standard input, prints the line
 * that comes back.
 *     kv_client PORT
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define HOST "127.0.0.1"
#define SECONDS 10.0
#define LONGEST_LINE 2048

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "kv_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    static char line[LONGEST_LINE], buffer[LONGEST_LINE];
    struct bsock_line_reader answers;
    char *answer;
    size_t length;
    if (argc != 2) {
        fprintf(stderr, "usage: kv_client PORT\n");
        return 2;
    }
    int fd = bsock_connect_to(HOST, argv[1], SECONDS);
    if (fd < 0)
        return fail();
    bsock_set_timeout(fd, SECONDS);
    bsock_line_reader_init(&answers, fd, buffer, sizeof buffer);
    while (fgets(line, sizeof line - 1, stdin) != NULL) {
        length = strlen(line);
        if (length == 0 || line[length - 1] != '\n') {
            if (!feof(stdin)) {
                fprintf(stderr, "kv_client: a line is too long\n");
                return 1;
            }
            line[length++] = '\n'; /* the last line may lack its end */
        }
        if (bsock_sendall(fd, line, length, 0, NULL) < 0)
            return fail();
        int code = bsock_read_line(&answers, &answer, &length);
        if (code < 0)
            return fail();
        if (code == 0) {
            fprintf(stderr, "kv_client: the server has closed the connection\n");
            return 1;
        }
        fwrite(answer, 1, length, stdout);
        fflush(stdout);
    }
    bsock_close(fd);
    return 0;
}
