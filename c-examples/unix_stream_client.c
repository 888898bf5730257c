/* Sends each line of standard input over a UNIX stream and prints the line that
 * the server answers.
 *     unix_stream_client ADDRESS        (unix:/PATH, or unix:@NAME)
 * From here on a UNIX stream is a stream as any other. The line "q" ends both.
 */
#include <stdio.h>
#include <string.h>

#include "bsock.h"

#define LONGEST_LINE 65536
#define SECONDS 10.0

static int fail(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "unix_stream_client: %s\n", why);
    return 1;
}

int main(int argc, char **argv)
{
    static char line[LONGEST_LINE], buffer[LONGEST_LINE + 64];
    struct bsock_line_reader answers;
    struct sockaddr_storage server;
    socklen_t server_length;
    char *answer;
    size_t length;
    if (argc != 2 || bsock_address_parse(argv[1], &server, &server_length) < 0 || server.ss_family != AF_UNIX) {
        fprintf(stderr, "usage: unix_stream_client unix:/PATH | unix:@NAME\n");
        return 2;
    }
    int code, fd = bsock_socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return fail();
    code = bsock_connect_timeout(fd, (const struct sockaddr *)&server, server_length, SECONDS);
    if (code < 0)
        return fail();
    bsock_line_reader_init(&answers, fd, buffer, sizeof buffer);

    while (fgets(line, sizeof line - 1, stdin) != NULL) {
        length = strlen(line);
        if (length == 0 || line[length - 1] != '\n') /* the last line may lack its end */
            line[length++] = '\n';
        if ((code = bsock_sendall(fd, line, length, 0, NULL)) < 0)
            return fail();
        if (length == 2 && line[0] == 'q')
            break;
        if ((code = bsock_read_line(&answers, &answer, &length)) <= 0)
            return fail();
        fwrite(answer, 1, length, stdout);
        fflush(stdout);
    }
    bsock_close(fd);
    return 0;
}
