/*
 * Calls every function that the recorder knows and that a socket takes, and says what came of it: the same with the recorder
 * and without. After each call that succeeds errno must be what it was before.
 *
 * Takes the name of a group: sockets, messages, readiness, descriptors, cancelled. Each check that fails is a line that begins so.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BEFORE = 1234 };

/* Arguments that the compiler must not know. */
static void *volatile nowhere = (void *)1;
static volatile int minus_one = -1;

/* The number of this line tells which call it was. */
#define GOOD(call) good(__LINE__, #call, (errno = BEFORE, (long)(call)))
#define BAD(error, call) bad(__LINE__, #call, (errno = BEFORE, (long)(call)), error)

static long good(int line, const char *call, long result)
{
    if (result < 0 || errno != BEFORE)
        printf("line %d: %s = %ld, errno %d\n", line, call, result, errno);
    return result;
}

static void bad(int line, const char *call, long result, int error)
{
    if (result != -1 || errno != error)
        printf("line %d: %s = %ld, errno %d, not %d\n", line, call, result, errno, error);
}

static int tcp(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int bound(int type, struct sockaddr_in *address)
{
    int fd = socket(AF_INET, type, 0);
    socklen_t length = sizeof *address;
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)address, sizeof *address) != 0 || getsockname(fd, (struct sockaddr *)address, &length) != 0)
        perror("bound");
    return fd;
}

/* A pair of connected TCP sockets. */
static void connected(int pair[2])
{
    struct sockaddr_in address;
    int listener = bound(SOCK_STREAM, &address);
    listen(listener, 1);
    pair[0] = tcp();
    if (connect(pair[0], (struct sockaddr *)&address, sizeof address) != 0)
        perror("connect");
    pair[1] = accept(listener, NULL, NULL);
    close(listener);
}

static void sockets(void)
{
    int pair[2] = {-1, -1};
    GOOD(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    printf("socketpair %d %d\n", pair[0], pair[1]);
    BAD(EFAULT, socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere));
    BAD(EAFNOSUPPORT, socketpair(AF_INET + 200, SOCK_STREAM, 0, pair));

    struct sockaddr_in address;
    socklen_t length = 4;
    int fd = bound(SOCK_STREAM, &address);
    GOOD(getsockname(fd, (struct sockaddr *)&address, &length));
    printf("getsockname wants %u\n", length);
    length = sizeof address;
    BAD(ENOTCONN, getpeername(fd, (struct sockaddr *)&address, &length));
    BAD(EFAULT, getsockname(fd, (struct sockaddr *)&address, NULL));
    BAD(EFAULT, getsockname(fd, nowhere, &length));

    int value = 1;
    socklen_t size = sizeof value;
    struct timeval time = {2, 500000};
    struct linger linger = {1, 5};
    GOOD(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
    GOOD(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
    GOOD(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    GOOD(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    BAD(EINVAL, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value));
    BAD(EFAULT, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, nowhere, sizeof value));
    BAD(ENOPROTOOPT, setsockopt(fd, SOL_SOCKET, 9999, &value, sizeof value));
    GOOD(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size));
    printf("SO_TYPE %d\n", value);
    size = 100;
    GOOD(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size));
    printf("SO_LINGER %u bytes\n", size);
    BAD(EFAULT, getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, NULL));
    close(fd);

    connected(pair);
    printf("connected %d %d\n", pair[0], pair[1]);
    printf("sockatmark %ld\n", GOOD(sockatmark(pair[1])));
    int isfdtype(int, int);
    printf("isfdtype %ld\n", GOOD(isfdtype(pair[1], S_IFSOCK)));
    write(pair[0], "unread", 6);
    struct pollfd wait = {pair[1], POLLIN, 0};
    poll(&wait, 1, -1);
    GOOD(shutdown(pair[1], SHUT_WR));
    GOOD(close(pair[1]));
    GOOD(close(pair[0]));
    int bindresvport(int, struct sockaddr_in *);
    fd = tcp();
    BAD(EAFNOSUPPORT, (address.sin_family = AF_INET6, bindresvport(fd, &address)));
}

static void messages(void)
{
    struct sockaddr_in address, from;
    socklen_t length = 8;
    char buffer[64] = "";
    int receiver = bound(SOCK_DGRAM, &address), sender = socket(AF_INET, SOCK_DGRAM, 0);
    volatile size_t four = 4; /* A length that the compiler cannot know. */
    GOOD(sendto(sender, "one", 3, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address));
    GOOD(recvfrom(receiver, buffer, four, 0, (struct sockaddr *)&from, &length));
    printf("recvfrom wants %u\n", length);
    GOOD(sendto(sender, "", 0, 0, (struct sockaddr *)&address, sizeof address));
    printf("empty datagram %ld\n", GOOD(recvfrom(receiver, buffer, four, 0, NULL, NULL)));
    BAD(EDESTADDRREQ, sendto(sender, "x", 1, 0, NULL, 0));
    BAD(EFAULT, sendto(sender, nowhere, 1, 0, (struct sockaddr *)&address, sizeof address));
    BAD(EFAULT, sendto(sender, "x", 1, 0, nowhere, sizeof address));
    BAD(EAGAIN, recvfrom(receiver, buffer, four, MSG_DONTWAIT, (struct sockaddr *)&from, &length));
    GOOD(sendto(sender, "longer", 6, 0, (struct sockaddr *)&address, sizeof address));
    printf("peek %ld\n", GOOD(recv(receiver, buffer, four, MSG_PEEK)));
    printf("truncated %ld\n", GOOD(recv(receiver, buffer, four, MSG_TRUNC)));

    /* A message with a name, three buffers of which one is empty, and a descriptor. */
    int pair[2], got[2] = {-1, -1};
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec buffers[3] = {{"ab", 2}, {NULL, 0}, {"cde", 3}};
    struct msghdr message = {0};
    message.msg_iov = buffers, message.msg_iovlen = 3;
    message.msg_control = &control, message.msg_controllen = sizeof control;
    control.header.cmsg_level = SOL_SOCKET, control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(2 * sizeof(int));
    int rights[2] = {receiver, 0};
    memcpy(CMSG_DATA(&control.header), rights, sizeof rights);
    printf("sendmsg %ld\n", GOOD(sendmsg(pair[0], &message, 0)));
    struct iovec into = {buffer, sizeof buffer};
    memset(&control, 0, sizeof control);
    message.msg_iov = &into, message.msg_iovlen = 1;
    printf("recvmsg %ld\n", GOOD(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC)));
    memcpy(got, CMSG_DATA(&control.header), sizeof got);
    printf("descriptors %d %d, %zu bytes of control, flags %#x\n", got[0], got[1], (size_t)message.msg_controllen, message.msg_flags);
    BAD(EFAULT, sendmsg(pair[0], nowhere, 0));
    BAD(EFAULT, recvmsg(pair[0], nowhere, MSG_DONTWAIT));
    message.msg_iov = nowhere, message.msg_iovlen = 1, message.msg_control = NULL, message.msg_controllen = 0;
    BAD(EFAULT, sendmsg(pair[0], &message, 0));
    message.msg_iovlen = 100000;
    BAD(EMSGSIZE, sendmsg(pair[0], &message, 0));

    struct iovec many[1024];
    for (int i = 0; i < 1024; i++)
        many[i].iov_base = "z", many[i].iov_len = i % 2;
    printf("writev %ld\n", GOOD(writev(pair[0], many, 1024)));
    struct iovec parts[2] = {{buffer, 3}, {buffer + 3, sizeof buffer - 3}};
    printf("readv %ld\n", GOOD(readv(pair[1], parts, 2)));
    BAD(EINVAL, writev(pair[0], many, minus_one));
    BAD(EFAULT, readv(pair[1], nowhere, 1));

    /* Two messages go, the third cannot. */
    struct mmsghdr out[3], in[4];
    char texts[3][8] = {"first", "second", "third"}, room[4][8];
    struct iovec outs[3], ins[4];
    memset(out, 0, sizeof out);
    memset(in, 0, sizeof in);
    for (int i = 0; i < 3; i++) {
        outs[i].iov_base = texts[i], outs[i].iov_len = strlen(texts[i]);
        out[i].msg_hdr.msg_iov = &outs[i], out[i].msg_hdr.msg_iovlen = 1;
        out[i].msg_hdr.msg_name = i == 2 ? nowhere : &address, out[i].msg_hdr.msg_namelen = sizeof address;
    }
    for (int i = 0; i < 4; i++) {
        ins[i].iov_base = room[i], ins[i].iov_len = 5;
        in[i].msg_hdr.msg_iov = &ins[i], in[i].msg_hdr.msg_iovlen = 1;
        in[i].msg_hdr.msg_name = &from, in[i].msg_hdr.msg_namelen = sizeof from;
    }
    printf("sendmmsg %ld\n", GOOD(sendmmsg(sender, out, 3, 0)));
    printf("recvmmsg %ld\n", GOOD(recvmmsg(receiver, in, 4, MSG_WAITFORONE, NULL)));
    printf("lengths %u %u, flags %#x\n", in[0].msg_len, in[1].msg_len, in[1].msg_hdr.msg_flags);
    BAD(EFAULT, sendmmsg(sender, out + 2, 1, 0));
    BAD(EFAULT, sendmmsg(sender, nowhere, 1, 0));

    /* Files into sockets and back, and what sockets do not have. */
    FILE *file = tmpfile();
    fwrite("contents", 1, 8, file);
    fflush(file);
    off_t offset = 3;
    int ends[2];
    printf("sendfile %ld", GOOD(sendfile(pair[0], fileno(file), &offset, 5)));
    printf(", at %ld\n", (long)offset);
    if (pipe(ends) != 0)
        perror("pipe");
    printf("splice %ld\n", GOOD(splice(pair[1], NULL, ends[1], NULL, 5, 0)));
    BAD(ESPIPE, pread(pair[1], buffer, four, 0));
    BAD(ESPIPE, pwrite(pair[0], buffer, four, 0));
    BAD(ESPIPE, preadv(pair[1], parts, 2, 0));
    BAD(ESPIPE, pwritev(pair[0], parts, 2, 0));
    printf("pread of a file %ld\n", GOOD(pread(fileno(file), buffer, four, 0)));
    fclose(file);
    GOOD(write(pair[0], "abc", 3));
    printf("read %ld\n", GOOD(read(pair[1], buffer, four)));
}

static void readiness(void)
{
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    write(pair[0], "x", 1);
    struct pollfd two[2] = {{pair[1], POLLIN, 0}, {-5, POLLIN, 0}};
    volatile nfds_t count = 2;
    printf("poll %ld", GOOD(poll(two, count, 1000)));
    printf(", %#x\n", two[0].revents);
    BAD(EFAULT, poll(nowhere, count, 0));
    struct timespec none = {0, 0}, some = {1, 500};
    printf("ppoll %ld\n", GOOD(ppoll(two, count, &some, NULL)));
    printf("ppoll for ever %ld\n", GOOD(ppoll(two, count, NULL, NULL)));

    fd_set read_set, write_set;
    FD_ZERO(&read_set);
    FD_ZERO(&write_set);
    FD_SET(pair[0], &read_set);
    FD_SET(pair[1], &read_set);
    FD_SET(pair[0], &write_set);
    struct timeval time = {3, 0};
    printf("select %ld", GOOD(select(pair[1] + 1, &read_set, &write_set, NULL, &time)));
    printf(", %d %d\n", !!FD_ISSET(pair[0], &read_set), !!FD_ISSET(pair[1], &read_set));
    FD_ZERO(&read_set);
    FD_SET(pair[1], &read_set);
    printf("pselect %ld\n", GOOD(pselect(pair[1] + 1, &read_set, NULL, NULL, &none, NULL)));
    BAD(EFAULT, select(pair[1] + 1, nowhere, NULL, NULL, &time));
    BAD(EINVAL, select(-1, &read_set, NULL, NULL, &time));
    time.tv_sec = 0, time.tv_usec = 1;
    printf("select as a sleep %ld\n", GOOD(select(0, NULL, NULL, NULL, &time)));

    int set = (int)GOOD(epoll_create1(EPOLL_CLOEXEC)), old = (int)GOOD(epoll_create(1));
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 0x1122334455667788}}, out[4];
    GOOD(epoll_ctl(set, EPOLL_CTL_ADD, pair[1], &event));
    BAD(EEXIST, epoll_ctl(set, EPOLL_CTL_ADD, pair[1], &event));
    BAD(EFAULT, epoll_ctl(set, EPOLL_CTL_ADD, pair[0], nowhere));
    printf("epoll_wait %ld\n", GOOD(epoll_wait(set, out, 4, -1)));
    printf("epoll_pwait %ld\n", GOOD(epoll_pwait(set, out, 4, 0, NULL)));
    GOOD(epoll_ctl(set, EPOLL_CTL_MOD, pair[1], &event));
    printf("epoll_pwait2 %ld\n", GOOD(epoll_pwait2(set, out, 4, &some, NULL)));
    GOOD(epoll_ctl(set, EPOLL_CTL_DEL, pair[1], nowhere));
    close(old);
}

static void descriptors(void)
{
    int fd = tcp();
    int copy = (int)GOOD(dup(fd)), second = (int)GOOD(dup2(fd, 20)), third = (int)GOOD(dup3(fd, 21, O_CLOEXEC));
    printf("copies %d %d %d\n", copy, second, third);
    printf("the same %ld\n", GOOD(dup2(fd, fd)));
    BAD(EINVAL, dup3(fd, fd, 0));
    BAD(EBADF, dup2(999, 22));
    printf("F_DUPFD %ld\n", GOOD(fcntl(fd, F_DUPFD, 30)));
    printf("F_DUPFD_CLOEXEC %ld\n", GOOD(fcntl(fd, F_DUPFD_CLOEXEC, 31)));
    GOOD(fcntl(fd, F_SETFL, O_NONBLOCK));
    printf("F_GETFL %#lo\n", GOOD(fcntl(fd, F_GETFL)));
    GOOD(fcntl(fd, F_SETFD, FD_CLOEXEC));
    BAD(EBADF, fcntl(999, F_GETFD));
    int value = 1;
    GOOD(ioctl(fd, FIONBIO, &value));
    BAD(EFAULT, ioctl(fd, FIONBIO, nowhere));
    BAD(ENOTTY, ioctl(fd, TCGETS, &value));
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    write(pair[0], "four", 4);
    GOOD(ioctl(pair[1], FIONREAD, &value));
    printf("FIONREAD %d\n", value);
    GOOD(close_range(20, 25, 0));
    GOOD(close_range(30, 31, 4 /* CLOSE_RANGE_CLOEXEC */));
    BAD(EINVAL, close_range(5, 3, 0));
    BAD(EBADF, close(20));
    closefrom(30);
    BAD(EBADF, close(30));

    /* Streams: what they hold back or read ahead is not what the program did. */
    FILE *stream = fdopen(pair[0], "r+");
    fputs("line\n", stream);
    GOOD(fclose(stream));
    char buffer[16];
    printf("one line and what stood before it: %ld\n", GOOD(read(pair[1], buffer, sizeof buffer)));
    BAD(EBADF, close(pair[0]));
    int file = open("/dev/null", O_RDONLY);
    printf("the number again %d, %ld bytes\n", file == pair[0], GOOD(read(file, buffer, sizeof buffer)));
}

/* Calls that wait for ever, each in a thread that is cancelled there: its cleanup handler runs, and so does a second call. */
enum { RECV, RECVFROM, RECVMSG, RECVMMSG, READ, READV, ACCEPT, POLL, PPOLL, SELECT, PSELECT, EPOLL, SPLICE, WAYS };

static volatile size_t room = 8;

static int waiting_fd, epoll_fd, listening_fd, pipe_fd, cleaned;
static volatile pid_t waiter;
static pthread_barrier_t ready;

static void clean(void *nothing)
{
    (void)nothing;
    cleaned++;
}

/* What the kernel says of a thread. */
static int sleeps(pid_t thread)
{
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        perror(path);
    if (file)
        fclose(file);
    return state == 'S';
}

static void *wait_for_ever(void *way)
{
    char buffer[8];
    struct iovec into = {buffer, sizeof buffer};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &into, .msg_iovlen = 1}};
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    struct pollfd wanted = {waiting_fd, POLLIN, 0};
    volatile nfds_t one = 1;
    struct epoll_event event;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(waiting_fd, &set);
    waiter = gettid();
    pthread_cleanup_push(clean, NULL);
    pthread_barrier_wait(&ready);
    switch ((intptr_t)way) {
    case RECV: recv(waiting_fd, buffer, room, 0); break;
    case RECVFROM: recvfrom(waiting_fd, buffer, room, 0, (struct sockaddr *)&address, &length); break;
    case RECVMSG: recvmsg(waiting_fd, &message.msg_hdr, 0); break;
    case RECVMMSG: recvmmsg(waiting_fd, &message, 1, 0, NULL); break;
    case READ: GOOD(read(waiting_fd, buffer, room)); break;
    case READV: GOOD(readv(waiting_fd, &into, 1)); break;
    case ACCEPT: accept(listening_fd, NULL, NULL); break;
    case POLL: poll(&wanted, one, -1); break;
    case PPOLL: ppoll(&wanted, one, NULL, NULL); break;
    case SELECT: select(waiting_fd + 1, &set, NULL, NULL, NULL); break;
    case PSELECT: pselect(waiting_fd + 1, &set, NULL, NULL, NULL, NULL); break;
    case EPOLL: epoll_wait(epoll_fd, &event, 1, -1); break;
    case SPLICE: GOOD(splice(waiting_fd, NULL, pipe_fd, NULL, 8, 0)); break;
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancelled(void)
{
    struct sockaddr_in address;
    int pair[2], ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (pipe(ends) != 0)
        perror("pipe");
    waiting_fd = pair[0], pipe_fd = ends[1], epoll_fd = epoll_create1(0), listening_fd = bound(SOCK_STREAM, &address);
    listen(listening_fd, 1);
    pthread_barrier_init(&ready, NULL, 2);
    for (intptr_t way = 0; way < WAYS; way++) {
        /* The first of two is cancelled at once, the second when it surely waits. */
        for (int late = 0; late < 2; late++) {
            pthread_t thread;
            void *result = NULL;
            cleaned = 0;
            pthread_create(&thread, NULL, wait_for_ever, (void *)way);
            pthread_barrier_wait(&ready);
            while (late && !sleeps(waiter))
                sched_yield();
            pthread_cancel(thread);
            pthread_join(thread, &result);
            printf("way %d: cancelled %d, cleaned %d\n", (int)way, result == PTHREAD_CANCELED, cleaned);
        }
    }
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } groups[] = {{"sockets", sockets}, {"messages", messages}, {"readiness", readiness}, {"descriptors", descriptors}, {"cancelled", cancelled}};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (count == 2 && strcmp(arguments[1], groups[i].name) == 0)
            groups[i].run();
    return 0;
}
