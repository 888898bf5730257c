/* An HTTP server: GET and HEAD of the files in a folder. RFC 9110, RFC 9112.
 *     http_server PORT FOLDER [SECONDS]        (0 = any free port)
 * Step by step: 1. listen, 2. accept, 3. read the request line, 4. read the
 * headers up to the empty line, 5. find the file, 6. answer, 7. close.
 * Each client has a process of its own, so that none waits for another; and an
 * alarm clock, so that a client that sends or takes nothing for SECONDS (10)
 * is not waited for any longer.
 */
#include <ctype.h>
#include <signal.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "bsock.h"
#include "open_beneath.h"

#define HOST "127.0.0.1"
#define LONGEST_LINE 8192
#define MOST_HEADERS 100

struct request {
    int head_only;           /* HEAD: everything but the body */
    char path[LONGEST_LINE]; /* decoded, without the query */
};

static int client, seconds = 10;
static const char *folder;

static void complain(void)
{
    char why[512];
    bsock_explain(why, sizeof why);
    fprintf(stderr, "http_server: %s\n", why);
}

/* The answer's head, and a body of one line for all that is no success. */
static int answer_head(const char *status, const char *type, long long length, const char *more)
{
    char head[512], date[64];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %lld\r\n"
                        "Connection: close\r\n%s\r\n",
                        status, date, type, length, more);
    /* MSG_MORE: the body follows at once, so do not send the head alone. */
    return bsock_sendall(client, head, (size_t)size, length > 0 ? MSG_MORE : 0, NULL);
}

static void refuse(const struct request *request, const char *status)
{
    char body[64];
    int size = snprintf(body, sizeof body, "%s\n", status);
    const char *more = strncmp(status, "405", 3) == 0 ? "Allow: GET, HEAD\r\n" : "";
    if (answer_head(status, "text/plain; charset=utf-8", size, more) == 0 && !request->head_only &&
        bsock_sendall(client, body, (size_t)size, 0, NULL) < 0)
        complain();
}

/* SIGALRM while the request is read. The functions of bsock.h that it calls may
 * be called in a signal handler; those of stdio.h may not. */
static void too_slow(int signal_number)
{
    static const char answer[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    (void)signal_number;
    _exit(bsock_sendall(client, answer, sizeof answer - 1, MSG_DONTWAIT, NULL) < 0);
}

/* Turns %41 into A, in place, and ends the path at the query. Returns whether it
 * is a path. */
static int decode(char *path)
{
    const char *from = path;
    path[strcspn(path, "?")] = '\0';
    for (; *from != '\0'; from++) {
        unsigned char byte = (unsigned char)*from;
        if (byte == '%') {
            const char digits[] = {from[1], from[1] != '\0' ? from[2] : '\0', '\0'};
            if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
                return 0;
            byte = (unsigned char)strtoul(digits, NULL, 16);
            from += 2;
        }
        if (byte == '\0') /* what follows would not be looked at by open() */
            return 0;
        *path++ = (char)byte;
    }
    *path = '\0';
    return 1;
}

/* Step 3: "GET /path HTTP/1.1". Returns NULL, or the status that refuses it. */
static const char *read_request_line(struct bsock_line_reader *lines, struct request *request, int *needs_host)
{
    char *line, method[16], target[LONGEST_LINE], minor, end;
    size_t length;
    int code = bsock_read_line(lines, &line, &length);
    if (code == BSOCK_ELINE_TOO_LONG)
        return "414 URI Too Long";
    if (code <= 0 || line[length - 1] != '\n' || memchr(line, '\0', length) != NULL)
        return "400 Bad Request";
    line[length - 1] = '\0';
    if (length > 1 && line[length - 2] == '\r')
        line[length - 2] = '\0';
    if (sscanf(line, "%15[!-~] %8191[!-~] HTTP/1.%c%c", method, target, &minor, &end) != 3 ||
        !isdigit((unsigned char)minor)) {
        int is_other_version = strstr(line, " HTTP/") != NULL && strstr(line, " HTTP/1.") == NULL;
        return is_other_version ? "505 HTTP Version Not Supported" : "400 Bad Request";
    }
    *needs_host = minor >= '1';
    request->head_only = strcmp(method, "HEAD") == 0;
    if (!request->head_only && strcmp(method, "GET") != 0)
        return "405 Method Not Allowed";
    /* A server must also take the form that proxies get: http://host/path. */
    char *path = target;
    if (strncasecmp(path, "http://", 7) == 0)
        path += 7 + strcspn(path + 7, "/");
    if (*path != '/' || !decode(path))
        return "400 Bad Request";
    strcpy(request->path, path);
    return NULL;
}

/* Step 4: "Name: value" up to the empty line. None of them changes the answer;
 * but the answer comes when the question is at its end. */
static const char *read_headers(struct bsock_line_reader *lines, int needs_host)
{
    char *line;
    size_t length;
    int code, hosts = 0;
    for (int count = 0; count <= MOST_HEADERS; count++) {
        if ((code = bsock_read_line(lines, &line, &length)) == BSOCK_ELINE_TOO_LONG)
            break;
        if (code <= 0 || line[length - 1] != '\n')
            return "400 Bad Request";
        if (line[0] == '\n' || (line[0] == '\r' && length == 2))
            return needs_host && hosts != 1 ? "400 Bad Request" : NULL;
        const char *colon = memchr(line, ':', length);
        if (colon == NULL || colon == line || isspace((unsigned char)colon[-1]))
            return "400 Bad Request";
        hosts += colon - line == 4 && strncasecmp(line, "Host", 4) == 0;
    }
    return "431 Request Header Fields Too Large";
}

static const char *content_type(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"}, {".txt", "text/plain; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},   {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},         {".svg", "image/svg+xml"},
        {".png", "image/png"},                 {".jpg", "image/jpeg"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++)
        if (strcasecmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/* Step 5. A folder means its index.html. Without one the answer is no list: what
 * is in the folder is nobody's business. */
static int open_file(struct request *request, struct stat *about)
{
    int fd = open_beneath(folder, request->path, about);
    if (fd < 0 || S_ISREG(about->st_mode))
        return fd;
    bsock_close(fd);
    if (strlen(request->path) + sizeof "/index.html" > sizeof request->path)
        return BSOCK_ENAMETOOLONG;
    strcat(request->path, "/index.html");
    fd = open_beneath(folder, request->path, about);
    if (fd < 0 || S_ISREG(about->st_mode))
        return fd == BSOCK_ENOENT ? BSOCK_EACCES : fd;
    bsock_close(fd);
    return BSOCK_EACCES;
}

/* Step 6. Exactly as many bytes as the head has promised, even if the file grows
 * meanwhile; if it shrinks, the client sees a body that is too short. */
static void answer(struct request *request)
{
    char piece[65536];
    struct stat about;
    int fd = open_file(request, &about);
    if (fd == BSOCK_EACCES || fd == BSOCK_ELOOP) {
        refuse(request, "403 Forbidden");
        return;
    }
    if (fd == BSOCK_ENOENT || fd == BSOCK_ENOTDIR || fd == BSOCK_ENAMETOOLONG) {
        refuse(request, "404 Not Found");
        return;
    }
    if (fd < 0) {
        fprintf(stderr, "http_server: %s: %s\n", request->path, bsock_strerror(fd));
        refuse(request, "500 Internal Server Error");
        return;
    }
    long long left = request->head_only ? 0 : about.st_size;
    int code = answer_head("200 OK", content_type(request->path), about.st_size, "");
    while (code == 0 && left > 0) {
        ssize_t got = bsock_read(fd, piece, left < (long long)sizeof piece ? (size_t)left : sizeof piece);
        if (got <= 0)
            break;
        alarm((unsigned)seconds);
        code = bsock_sendall(client, piece, (size_t)got, 0, NULL);
        left -= got;
    }
    if (code < 0)
        complain();
    bsock_close(fd);
}

static void serve(void)
{
    static char buffer[LONGEST_LINE], rest[4096];
    static struct request request;
    struct bsock_line_reader lines;
    int needs_host = 0;

    signal(SIGALRM, too_slow);
    alarm((unsigned)seconds);
    bsock_line_reader_init(&lines, client, buffer, sizeof buffer);
    const char *refusal = read_request_line(&lines, &request, &needs_host);
    if (refusal == NULL)
        refusal = read_headers(&lines, needs_host);

    signal(SIGALRM, SIG_DFL); /* from here on the alarm just ends the process */
    alarm((unsigned)seconds);
    if (refusal != NULL)
        refuse(&request, refusal);
    else
        answer(&request);
    /* Step 7. To close while bytes of the client are unread would reset the
     * connection, and the answer could be lost: first read what there is. */
    bsock_shutdown(client, SHUT_WR);
    while (bsock_recv(client, rest, sizeof rest, 0) > 0)
        ;
}

int main(int argc, char **argv)
{
    struct bsock_pcb pcb;
    char address[80];
    if (argc == 4)
        seconds = atoi(argv[3]);
    if (argc < 3 || argc > 4 || seconds < 1) {
        fprintf(stderr, "usage: http_server PORT FOLDER [SECONDS]\n");
        return 2;
    }
    if ((folder = realpath(argv[2], NULL)) == NULL) {
        fprintf(stderr, "http_server: %s: %s\n", argv[2], bsock_strerror(errno));
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
        client = bsock_accept(listener, NULL, NULL);
        if (client == BSOCK_ECONNABORTED) /* it has gone while it waited */
            continue;
        if (client < 0) {
            complain();
            return 1;
        }
        pid_t child = fork();
        if (child < 0)
            fprintf(stderr, "http_server: fork: %s\n", bsock_strerror(errno));
        if (child == 0) {
            bsock_close(listener);
            serve();
            _exit(0);
        }
        bsock_close(client);
    }
}
