/*
 * bsock.h - the BSD socket API with error codes. Link with -lbsock.
 *
 * EACH FUNCTION that is named for one of POSIX takes its arguments, and every
 * function returns 0 or more for success, or a negative code that says why it
 * failed.
 *
 *     int fd = bsock_socket(AF_INET, SOCK_STREAM, 0);
 *     if (fd < 0) {
 *         fprintf(stderr, "socket: %s\n", bsock_strerror(fd));
 *         return 1;
 *     }
 *     struct sockaddr_in server;
 *     memset(&server, 0, sizeof server);
 *     server.sin_family = AF_INET;
 *     server.sin_port = htons(8989);
 *     server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
 *     int code = bsock_connect(fd, (const struct sockaddr *)&server,
 *                              sizeof server);
 *     if (code < 0) {
 *         char why[512];
 *         bsock_explain(why, sizeof why);
 *         fprintf(stderr, "%s\n", why);
 *     }
 *
 * (The cast in bsock_connect is needed. Some compilers let it be left out for
 * libc's connect().)
 *
 * CODES. -1 ... -4095 is exactly -errno; enum bsock_error gives each a name, and
 * strerror(-code) works, too. -10000 and below are this library's own, among
 * them -11000 - n for the resolver's EAI error n (without its sign); EAI_SYSTEM
 * is not among them, but becomes the -errno that it stands for. Codes are added
 * and never renumbered. errno is unchanged by a call that succeeds, and equal to
 * -code after a code in -1 ... -4095; after other codes it means nothing.
 *
 * WRITE `< 0`, NEVER `== -1`. Here -1 is only one of the codes, BSOCK_EPERM, so
 * `if (bsock_connect(...) == -1)` compiles and misses all the other failures. A
 * program that is written with `== -1` wants bsock_posix.h instead, which keeps
 * POSIX's results.
 *
 * DESCRIPTORS are the system's own. They work with read, write, poll, epoll,
 * fdopen and every other library, and other descriptors work here.
 *
 * IN FEWER STEPS: bsock_listen_on and bsock_connect_to make a server's and a
 * client's socket from names, bsock_sendall and bsock_read_line move messages.
 *
 *     int fd = bsock_connect_to("localhost", "8989", 10.0);
 *     if (fd >= 0 && bsock_sendall(fd, "hello\n", 6, 0, NULL) == 0) ...
 *
 * Such functions make several calls and keep the rules above as one: errno,
 * codes, close-on-exec, no SIGPIPE. When one fails, nothing is half done, or it
 * says how far it came, and no descriptor is left behind. bsock_explain then tells
 * about the one of the calls that failed (socket, bind, connect, getaddrinfo,
 * ...), or what the function itself has refused.
 *
 * POINTERS to what is sent, received or is an address are handed to the system
 * as they are, whatever their value. Where it cannot read or write there, the
 * code is BSOCK_EFAULT, and NULL with length 0 is as good as in libc. Pointers
 * that the library itself reads or writes through (strings, structures, where to
 * store a result) are checked for NULL and otherwise trusted: that they are valid
 * is the caller's promise, and stands under "Promise".
 *
 * TIME LIMITS are in seconds, with fractions. 0 or less, and infinity, is no
 * limit; what is not a number is BSOCK_EINVAL.
 *
 * THREADS may call everything at any time. All functions are async-signal-safe
 * but bsock_explain and those that look up names (bsock_resolve,
 * bsock_service_port, bsock_service_name, bsock_listen_on, bsock_connect_to),
 * which are also the only ones for which memory is allocated, by libc and until
 * they return. "Cancellation point" is meant as in POSIX.
 *
 * TRY AGAIN? bsock_is_try_again, bsock_is_in_progress and bsock_is_interrupted
 * sort the codes that are no real failures. They take a result as it is.
 *
 * DIFFERENCES from libc, all of them:
 *   no SIGPIPE: bsock_send, bsock_sendto, bsock_sendmsg, bsock_sendmmsg adds
 *     MSG_NOSIGNAL to the flags (AX.25, NET/ROM, ROSE, X.25 and RDS refuse it);
 *     hidden from results: nothing;
 *     to do without it: call libc's, or raise(SIGPIPE) on BSOCK_EPIPE.
 *   no SIGPIPE from write: bsock_write is send() with MSG_NOSIGNAL, and write()
 *     where that is refused with ENOTSOCK or EFAULT;
 *     hidden from results: the refusal and its errno;
 *     to do without it: call write().
 *   no end of record from write: bsock_write leaves out MSG_EOR, which write()
 *     implies on SOCK_SEQPACKET (seen by AF_VSOCK and SCTP peers);
 *     hidden from results: nothing;
 *     to do without it: call bsock_send() with MSG_EOR.
 *   close-on-exec, new sockets: bsock_socket, bsock_socketpair adds
 *     SOCK_CLOEXEC to the type;
 *     hidden from results: nothing;
 *     to do without it: fcntl(fd, F_SETFD, 0).
 *   close-on-exec, accepted connections: bsock_accept, bsock_accept4 calls
 *     accept4() with SOCK_CLOEXEC added to the flags;
 *     hidden from results: nothing;
 *     to do without it: fcntl(fd, F_SETFD, 0).
 *   close-on-exec, received descriptors (SCM_RIGHTS): bsock_recvmsg,
 *     bsock_recvmmsg adds MSG_CMSG_CLOEXEC to the flags;
 *     hidden from results: MSG_CMSG_CLOEXEC in msg_flags, unless the caller had
 *       asked for it;
 *     to do without it: fcntl(fd, F_SETFD, 0).
 *
 * Flags, families and options that this library does not know go to the system
 * unchanged.
 *
 * SYSTEM CALLS. Each function makes the one that it is named for (bsock_accept
 * makes accept4; bsock_write makes sendto and, if that is no socket, write), or
 * those that its description names. A failed bind, connect, sendto or sendmsg
 * also makes process_vm_readv(2) on the process itself, to keep the address for
 * bsock_explain: a seccomp filter has to allow it, or to refuse it with an errno.
 * bsock_explain itself reads files under /proc and asks about the socket.
 */


#ifndef BSOCK_H
#define BSOCK_H

/* Made by `make header` from src/capi/. Do not edit. */

#include <stddef.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <poll.h>

/** The version of this header: major * 10000 + minor * 100 + patch. */
#define BSOCK_VERSION 100
/** The version of this header, as text. */
#define BSOCK_VERSION_STRING "0.1.0"
/** The version of this header, first part. */
#define BSOCK_VERSION_MAJOR 0
/** The version of this header, second part. */
#define BSOCK_VERSION_MINOR 1
/** The version of this header, third part. */
#define BSOCK_VERSION_PATCH 0

/* The system's headers define these only where feature-test macros ask for it. */
struct mmsghdr;
struct timespec;

/* Names with two underscores are private: they make the compiler warn about
 * results that nobody looks at and buffers that are too small. (Addresses have
 * no such mark: gcc would count their length in whole struct sockaddr.) */
#if defined(__GNUC__)
#define BSOCK__WUR __attribute__((warn_unused_result))
#else
#define BSOCK__WUR
#endif
#if defined(__has_attribute)
#if __has_attribute(access)
#define BSOCK__READS_2_3 __attribute__((access(read_only, 2, 3)))
#define BSOCK__READS_4_5 __attribute__((access(read_only, 4, 5)))
#define BSOCK__WRITES_2_3 __attribute__((access(write_only, 2, 3)))
#define BSOCK__WRITES_1_2 __attribute__((access(write_only, 1, 2)))
#define BSOCK__WRITES_3_4 __attribute__((access(write_only, 3, 4)))
#endif
#endif
#if !defined(BSOCK__READS_2_3)
#define BSOCK__READS_2_3
#define BSOCK__READS_4_5
#define BSOCK__WRITES_2_3
#define BSOCK__WRITES_1_2
#define BSOCK__WRITES_3_4
#endif

/**
 * The codes. The type is for names only: functions take and return int.
 */
enum bsock_error {
    /** operation not permitted */
    BSOCK_EPERM = -1,
    /** no such file or directory */
    BSOCK_ENOENT = -2,
    /** no such process */
    BSOCK_ESRCH = -3,
    /** interrupted by a signal */
    BSOCK_EINTR = -4,
    /** input/output error */
    BSOCK_EIO = -5,
    /** no such device or address */
    BSOCK_ENXIO = -6,
    /** argument list too long */
    BSOCK_E2BIG = -7,
    /** not an executable format */
    BSOCK_ENOEXEC = -8,
    /** bad file descriptor */
    BSOCK_EBADF = -9,
    /** no child process */
    BSOCK_ECHILD = -10,
    /** temporarily unavailable, try again */
    BSOCK_EAGAIN = -11,
    /** out of memory */
    BSOCK_ENOMEM = -12,
    /** permission denied */
    BSOCK_EACCES = -13,
    /** bad address */
    BSOCK_EFAULT = -14,
    /** not a block device */
    BSOCK_ENOTBLK = -15,
    /** device or resource busy */
    BSOCK_EBUSY = -16,
    /** file exists */
    BSOCK_EEXIST = -17,
    /** link across file systems */
    BSOCK_EXDEV = -18,
    /** no such device */
    BSOCK_ENODEV = -19,
    /** not a directory */
    BSOCK_ENOTDIR = -20,
    /** is a directory */
    BSOCK_EISDIR = -21,
    /** invalid argument */
    BSOCK_EINVAL = -22,
    /** too many open files in the system */
    BSOCK_ENFILE = -23,
    /** too many open files in the process */
    BSOCK_EMFILE = -24,
    /** device does not support this ioctl */
    BSOCK_ENOTTY = -25,
    /** program file is being executed */
    BSOCK_ETXTBSY = -26,
    /** file too large */
    BSOCK_EFBIG = -27,
    /** no space left on device */
    BSOCK_ENOSPC = -28,
    /** cannot seek */
    BSOCK_ESPIPE = -29,
    /** read-only file system */
    BSOCK_EROFS = -30,
    /** too many links */
    BSOCK_EMLINK = -31,
    /** broken pipe */
    BSOCK_EPIPE = -32,
    /** argument outside the domain of the function */
    BSOCK_EDOM = -33,
    /** result out of range */
    BSOCK_ERANGE = -34,
    /** would deadlock */
    BSOCK_EDEADLK = -35,
    /** file name too long */
    BSOCK_ENAMETOOLONG = -36,
    /** no lock available */
    BSOCK_ENOLCK = -37,
    /** function not implemented */
    BSOCK_ENOSYS = -38,
    /** directory not empty */
    BSOCK_ENOTEMPTY = -39,
    /** too many levels of symbolic links */
    BSOCK_ELOOP = -40,
    /** no message of the wanted type */
    BSOCK_ENOMSG = -42,
    /** identifier removed */
    BSOCK_EIDRM = -43,
    /** channel number out of range */
    BSOCK_ECHRNG = -44,
    /** level 2 not synchronized */
    BSOCK_EL2NSYNC = -45,
    /** level 3 halted */
    BSOCK_EL3HLT = -46,
    /** level 3 reset */
    BSOCK_EL3RST = -47,
    /** link number out of range */
    BSOCK_ELNRNG = -48,
    /** protocol driver not attached */
    BSOCK_EUNATCH = -49,
    /** no CSI structure available */
    BSOCK_ENOCSI = -50,
    /** level 2 halted */
    BSOCK_EL2HLT = -51,
    /** invalid exchange */
    BSOCK_EBADE = -52,
    /** invalid request descriptor */
    BSOCK_EBADR = -53,
    /** exchange full */
    BSOCK_EXFULL = -54,
    /** no anode */
    BSOCK_ENOANO = -55,
    /** invalid request code */
    BSOCK_EBADRQC = -56,
    /** invalid slot */
    BSOCK_EBADSLT = -57,
    /** bad font file format */
    BSOCK_EBFONT = -59,
    /** device is not a stream */
    BSOCK_ENOSTR = -60,
    /** no data available */
    BSOCK_ENODATA = -61,
    /** timer expired */
    BSOCK_ETIME = -62,
    /** out of stream resources */
    BSOCK_ENOSR = -63,
    /** machine is not on the network */
    BSOCK_ENONET = -64,
    /** package not installed */
    BSOCK_ENOPKG = -65,
    /** object is remote */
    BSOCK_EREMOTE = -66,
    /** link has been severed */
    BSOCK_ENOLINK = -67,
    /** advertise error */
    BSOCK_EADV = -68,
    /** mounted by a remote machine */
    BSOCK_ESRMNT = -69,
    /** communication error on send */
    BSOCK_ECOMM = -70,
    /** protocol error */
    BSOCK_EPROTO = -71,
    /** multihop attempted */
    BSOCK_EMULTIHOP = -72,
    /** RFS error */
    BSOCK_EDOTDOT = -73,
    /** bad message */
    BSOCK_EBADMSG = -74,
    /** value too large for its type */
    BSOCK_EOVERFLOW = -75,
    /** name not unique on the network */
    BSOCK_ENOTUNIQ = -76,
    /** file descriptor in a bad state */
    BSOCK_EBADFD = -77,
    /** remote address changed */
    BSOCK_EREMCHG = -78,
    /** cannot use a needed shared library */
    BSOCK_ELIBACC = -79,
    /** shared library is corrupted */
    BSOCK_ELIBBAD = -80,
    /** .lib section of the program is corrupted */
    BSOCK_ELIBSCN = -81,
    /** too many shared libraries */
    BSOCK_ELIBMAX = -82,
    /** a shared library cannot be executed directly */
    BSOCK_ELIBEXEC = -83,
    /** invalid or incomplete multibyte character */
    BSOCK_EILSEQ = -84,
    /** interrupted call should be restarted */
    BSOCK_ERESTART = -85,
    /** stream pipe error */
    BSOCK_ESTRPIPE = -86,
    /** too many users */
    BSOCK_EUSERS = -87,
    /** not a socket */
    BSOCK_ENOTSOCK = -88,
    /** destination address required */
    BSOCK_EDESTADDRREQ = -89,
    /** message too long */
    BSOCK_EMSGSIZE = -90,
    /** wrong protocol for the socket type */
    BSOCK_EPROTOTYPE = -91,
    /** protocol has no such option */
    BSOCK_ENOPROTOOPT = -92,
    /** protocol not supported */
    BSOCK_EPROTONOSUPPORT = -93,
    /** socket type not supported */
    BSOCK_ESOCKTNOSUPPORT = -94,
    /** operation not supported */
    BSOCK_EOPNOTSUPP = -95,
    /** protocol family not supported */
    BSOCK_EPFNOSUPPORT = -96,
    /** address family not supported */
    BSOCK_EAFNOSUPPORT = -97,
    /** address already in use */
    BSOCK_EADDRINUSE = -98,
    /** address not available */
    BSOCK_EADDRNOTAVAIL = -99,
    /** network is down */
    BSOCK_ENETDOWN = -100,
    /** network is unreachable */
    BSOCK_ENETUNREACH = -101,
    /** connection dropped by the network */
    BSOCK_ENETRESET = -102,
    /** connection aborted */
    BSOCK_ECONNABORTED = -103,
    /** connection reset by the peer */
    BSOCK_ECONNRESET = -104,
    /** no buffer space available */
    BSOCK_ENOBUFS = -105,
    /** socket is already connected */
    BSOCK_EISCONN = -106,
    /** socket is not connected */
    BSOCK_ENOTCONN = -107,
    /** socket has been shut down */
    BSOCK_ESHUTDOWN = -108,
    /** too many references */
    BSOCK_ETOOMANYREFS = -109,
    /** timed out */
    BSOCK_ETIMEDOUT = -110,
    /** connection refused */
    BSOCK_ECONNREFUSED = -111,
    /** host is down */
    BSOCK_EHOSTDOWN = -112,
    /** no route to the host */
    BSOCK_EHOSTUNREACH = -113,
    /** operation already in progress */
    BSOCK_EALREADY = -114,
    /** operation now in progress */
    BSOCK_EINPROGRESS = -115,
    /** stale file handle */
    BSOCK_ESTALE = -116,
    /** file system needs cleaning */
    BSOCK_EUCLEAN = -117,
    /** not a XENIX named type file */
    BSOCK_ENOTNAM = -118,
    /** no XENIX semaphore available */
    BSOCK_ENAVAIL = -119,
    /** is a named type file */
    BSOCK_EISNAM = -120,
    /** remote input/output error */
    BSOCK_EREMOTEIO = -121,
    /** disk quota exceeded */
    BSOCK_EDQUOT = -122,
    /** no medium found */
    BSOCK_ENOMEDIUM = -123,
    /** wrong type of medium */
    BSOCK_EMEDIUMTYPE = -124,
    /** operation cancelled */
    BSOCK_ECANCELED = -125,
    /** required key not available */
    BSOCK_ENOKEY = -126,
    /** key has expired */
    BSOCK_EKEYEXPIRED = -127,
    /** key has been revoked */
    BSOCK_EKEYREVOKED = -128,
    /** key was rejected */
    BSOCK_EKEYREJECTED = -129,
    /** previous owner died */
    BSOCK_EOWNERDEAD = -130,
    /** state not recoverable */
    BSOCK_ENOTRECOVERABLE = -131,
    /** radio is switched off */
    BSOCK_ERFKILL = -132,
    /** memory page has a hardware error */
    BSOCK_EHWPOISON = -133,
    /** a pointer that must not be NULL is NULL */
    BSOCK_ENULL = -10000,
    /** the peer closed the connection too early */
    BSOCK_ECLOSED = -10001,
    /** the line does not fit into the buffer */
    BSOCK_ELINE_TOO_LONG = -10002,
    /** invalid flags for the resolver */
    BSOCK_EAI_BADFLAGS = -11001,
    /** unknown host or service name */
    BSOCK_EAI_NONAME = -11002,
    /** the name server has no answer now, try again later */
    BSOCK_EAI_AGAIN = -11003,
    /** the name server has failed for good */
    BSOCK_EAI_FAIL = -11004,
    /** the host has no address */
    BSOCK_EAI_NODATA = -11005,
    /** address family not known to the resolver */
    BSOCK_EAI_FAMILY = -11006,
    /** socket type not known to the resolver */
    BSOCK_EAI_SOCKTYPE = -11007,
    /** service not known for the socket type */
    BSOCK_EAI_SERVICE = -11008,
    /** the host has no address of the family */
    BSOCK_EAI_ADDRFAMILY = -11009,
    /** out of memory in the resolver */
    BSOCK_EAI_MEMORY = -11010,
    /** name too long for the buffer */
    BSOCK_EAI_OVERFLOW = -11012,
    /** name not encodable as an international domain name */
    BSOCK_EAI_IDN_ENCODE = -11105,
    /** another name of BSOCK_EAGAIN */
    BSOCK_EWOULDBLOCK = BSOCK_EAGAIN,
    /** another name of BSOCK_EDEADLK */
    BSOCK_EDEADLOCK = BSOCK_EDEADLK,
    /** another name of BSOCK_EOPNOTSUPP */
    BSOCK_ENOTSUP = BSOCK_EOPNOTSUPP
};


/**
 * Reads lines from a stream: which, through which buffer, and how far it is.
 * bsock_line_reader_init fills it in. It holds nothing that would have to be
 * given back, and belongs to one thread at a time.
 */
struct bsock_line_reader {
    /** the socket */
    int fd;
    /** the caller's buffer */
    char *buffer;
    /** how many bytes it has */
    size_t size;
    /** private: the first byte that has not been handed out */
    size_t start;
    /** private: there is no newline before this one */
    size_t searched;
    /** private: behind the last byte that has been received */
    size_t end;
};

/**
 * An address that bsock_resolve has found, and the socket to make for it.
 */
struct bsock_address {
    /** the address, with zeros behind it */
    struct sockaddr_storage address;
    /** how many bytes of it count */
    socklen_t length;
    /** for bsock_socket: the domain */
    int family;
    /** for bsock_socket: the type */
    int type;
    /** for bsock_socket: the protocol */
    int protocol;
};

/**
 * What the system knows about a socket: its protocol control block. The
 * structure may grow at its end in later versions; the size that is passed with
 * it says which version a program was compiled with.
 */
struct bsock_pcb {
    /** the descriptor */
    int fd;
    /** AF_INET, ... */
    int family;
    /** SOCK_STREAM, ... without flags */
    int type;
    /** IPPROTO_TCP, ...; 0 of a family without protocols */
    int protocol;
    /** 1 if it accepts connections, else 0 */
    int listening;
    /** the state of a TCP socket, for bsock_tcp_state_name; 0 of all others */
    int tcp_state;
    /** what has arrived and was not received, in bytes; -1 if unknown */
    int unread;
    /** what was sent and is still here, in bytes; -1 if unknown */
    int unsent;
    /** how many connections may wait to be accepted; -1 if unknown */
    int backlog;
    /** how many wait now; -1 if unknown */
    int waiting;
    /** how many bytes of local count; 0 if the socket has no address */
    socklen_t local_length;
    /** how many bytes of remote count; 0 if the socket has no peer */
    socklen_t remote_length;
    /** the socket's own address, with zeros behind it */
    struct sockaddr_storage local;
    /** the peer's address, with zeros behind it */
    struct sockaddr_storage remote;
};

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/*
 * bsock_socket(3): making, shutting down and closing sockets.
 */

/**
 * Makes a socket, an end of a communication that is still to be set up.
 *
 * domain: the address family: AF_INET, AF_INET6, AF_UNIX, ...
 * type: SOCK_STREAM (TCP), SOCK_DGRAM (UDP), ..., with SOCK_NONBLOCK and
 * SOCK_CLOEXEC or-ed to it if wanted. SOCK_CLOEXEC is always on.
 * protocol: 0 for the one that belongs to domain and type.
 *
 * Returns the new descriptor (0 is a possible one), or a code:
 * BSOCK_EAFNOSUPPORT no such family; BSOCK_EPROTONOSUPPORT,
 * BSOCK_ESOCKTNOSUPPORT no such protocol or type in it; BSOCK_EINVAL wrong
 * flags; BSOCK_EMFILE, BSOCK_ENFILE too many open files; BSOCK_EPERM,
 * BSOCK_EACCES not allowed (raw sockets); BSOCK_ENOBUFS, BSOCK_ENOMEM.
 *
 * POSIX.1-2017 socket(); socket(2); SOCK_NONBLOCK and SOCK_CLOEXEC are Linux's.
 */
BSOCK__WUR int bsock_socket(int domain, int type, int protocol);

/**
 * Makes two sockets that are connected to each other: what is sent into one
 * arrives at the other.
 *
 * domain: AF_UNIX (the only family that has pairs, but for AF_TIPC).
 * type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, with SOCK_NONBLOCK and
 * SOCK_CLOEXEC or-ed to it if wanted. SOCK_CLOEXEC is always on.
 * protocol: 0.
 * sv: an array of two ints, where the descriptors are stored.
 *
 * Returns 0, or a code: BSOCK_EOPNOTSUPP the family has no pairs;
 * BSOCK_EAFNOSUPPORT no such family; BSOCK_EPROTONOSUPPORT,
 * BSOCK_ESOCKTNOSUPPORT no such protocol or type in it; BSOCK_EINVAL wrong
 * flags; BSOCK_EFAULT bad sv; BSOCK_EMFILE, BSOCK_ENFILE too many open files;
 * BSOCK_ENOBUFS, BSOCK_ENOMEM. After a code nothing is open, and what sv holds
 * means nothing.
 *
 * POSIX.1-2017 socketpair(); socketpair(2), unix(7).
 *
 * Promise:
 * The two ints at sv are the caller's to overwrite.
 */
BSOCK__WUR int bsock_socketpair(int domain, int type, int protocol, int *sv);

/**
 * Ends one or both directions of a connection, for every descriptor of it in
 * every process. The descriptor itself stays open and still wants bsock_close.
 *
 * how: SHUT_WR (what was sent still arrives, then the peer reads 0), SHUT_RD,
 * or SHUT_RDWR.
 *
 * Returns 0, or a code: BSOCK_ENOTCONN not connected, or the peer has broken
 * the connection off; BSOCK_EINVAL wrong how; BSOCK_EBADF, BSOCK_ENOTSOCK.
 *
 * POSIX.1-2017 shutdown(); shutdown(2); RFC 9293, 3.6 for TCP.
 */
int bsock_shutdown(int sockfd, int how);

/**
 * Closes a descriptor, of whatever kind. The connection ends when its last
 * descriptor is closed; if received bytes are then still unread, TCP resets it.
 *
 * Returns 0, or a code: BSOCK_EBADF not open; BSOCK_EINTR, BSOCK_EIO, ... The
 * descriptor is closed after any code but BSOCK_EBADF: never call again, its
 * number may already belong to another thread. Cancellation point.
 *
 * POSIX.1-2017 close(); close(2), "Dealing with error returns from close()".
 */
int bsock_close(int fd);

/*
 * bsock_connection(3): addresses of sockets, listening, accepting and
 *   connecting.
 */

/**
 * Gives a socket its own address: the one on which a server is reached.
 *
 * addr: a struct sockaddr_in, sockaddr_in6 or sockaddr_un, whose pointer is
 * cast to (const struct sockaddr *). Port and IPv4 address in it are in network
 * byte order: htons(8989), htonl(INADDR_ANY). Port 0 lets the system choose.
 * addrlen: its size in bytes.
 *
 * Returns 0, or a code: BSOCK_EADDRINUSE the port is taken (or still in
 * TIME_WAIT: set SO_REUSEADDR first), the UNIX path exists;
 * BSOCK_EADDRNOTAVAIL no such address on this machine; BSOCK_EACCES privileged
 * port, or no right to make the UNIX path; BSOCK_EINVAL already bound, or wrong
 * addrlen; BSOCK_EAFNOSUPPORT wrong family; BSOCK_EFAULT bad addr;
 * BSOCK_EBADF, BSOCK_ENOTSOCK; for paths also those of open(2).
 *
 * POSIX.1-2017 bind(); bind(2), ip(7), ipv6(7), unix(7).
 */
BSOCK__WUR
int bsock_bind(int sockfd,
               const struct sockaddr *addr,
               socklen_t addrlen);

/**
 * Makes a stream socket a listening one: from now on clients can connect.
 *
 * backlog: how many connections may wait to be accepted; the system lowers it
 * to /proc/sys/net/core/somaxconn. SOMAXCONN is a good choice.
 *
 * Returns 0, or a code: BSOCK_EADDRINUSE somebody listens on the port;
 * BSOCK_EOPNOTSUPP not a type that makes connections; BSOCK_EINVAL connected,
 * or a UNIX socket that is not bound; BSOCK_EBADF, BSOCK_ENOTSOCK.
 *
 * POSIX.1-2017 listen(); listen(2).
 */
BSOCK__WUR int bsock_listen(int sockfd, int backlog);

/**
 * Takes the first connection that waits at a listening socket, as a new
 * descriptor (always close-on-exec). Waits for one unless the socket is
 * non-blocking. The listening socket goes on listening.
 *
 * addr: where the client's address is stored; NULL if it is not wanted.
 * addrlen: in: the size of *addr in bytes. Out: the address's size, which is
 * larger if it was cut. NULL if addr is.
 *
 * Returns the new descriptor, or a code: BSOCK_EAGAIN nobody waits (or the
 * receive timeout is over); BSOCK_EINVAL not listening; BSOCK_EINTR a signal
 * handler ran; BSOCK_ECONNABORTED the client has gone, take the next;
 * BSOCK_EMFILE, BSOCK_ENFILE too many open files, the client still waits;
 * BSOCK_EOPNOTSUPP not a type that makes connections; BSOCK_EFAULT bad addr or
 * addrlen (the connection is then lost); BSOCK_EBADF, BSOCK_ENOTSOCK,
 * BSOCK_ENOBUFS, BSOCK_ENOMEM; on Linux also errors that the connection already
 * has: BSOCK_EPROTO, BSOCK_ENETDOWN, ... Cancellation point.
 *
 * POSIX.1-2017 accept(); accept(2).
 *
 * Promise:
 * *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_accept(int sockfd,
                 struct sockaddr *addr,
                 socklen_t *addrlen);

/**
 * As bsock_accept, with flags for the new descriptor.
 *
 * addr, addrlen: as in bsock_accept. flags: 0, or SOCK_NONBLOCK (the new
 * descriptor is non-blocking: it does not inherit this from the listening one),
 * SOCK_CLOEXEC. SOCK_CLOEXEC is always on.
 *
 * Returns the new descriptor, or a code: those of bsock_accept, and
 * BSOCK_EINVAL also for an unknown flag. Cancellation point.
 *
 * accept4(2), of Linux and the BSDs.
 *
 * Promise:
 * *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_accept4(int sockfd,
                  struct sockaddr *addr,
                  socklen_t *addrlen,
                  int flags);

/**
 * Connects a socket to a peer: for a stream, makes the connection; for
 * datagrams, sets where to they go and from where they are taken.
 *
 * addr, addrlen: the peer's address, as in bsock_bind.
 *
 * Returns 0, or a code: BSOCK_ECONNREFUSED nobody listens there;
 * BSOCK_ETIMEDOUT no answer; BSOCK_ENETUNREACH, BSOCK_EHOSTUNREACH no way
 * there; BSOCK_EINPROGRESS non-blocking, wait with poll until writable and read
 * SO_ERROR; BSOCK_EALREADY still at the last one; BSOCK_EISCONN already
 * connected; BSOCK_EINTR a signal handler ran, the connection is still being
 * made (do not call again: poll); BSOCK_EADDRNOTAVAIL no free local port;
 * BSOCK_EAFNOSUPPORT, BSOCK_EINVAL wrong family or addrlen; BSOCK_EACCES,
 * BSOCK_EPERM forbidden (broadcast, firewall, UNIX path); BSOCK_EAGAIN a full
 * UNIX queue; BSOCK_EFAULT bad addr; BSOCK_EBADF, BSOCK_ENOTSOCK; for paths
 * also those of open(2). Cancellation point.
 *
 * POSIX.1-2017 connect(); connect(2); RFC 9293, 3.5 for TCP.
 */
BSOCK__WUR
int bsock_connect(int sockfd,
                  const struct sockaddr *addr,
                  socklen_t addrlen);

/**
 * Tells a socket's own address, such as the port that the system has chosen for
 * port 0.
 *
 * addr: where it is stored.
 * addrlen: in: the size of *addr in bytes. Out: the address's size, which is
 * larger if it was cut.
 *
 * A socket that is not bound has the address 0.0.0.0 and port 0, or no path.
 *
 * Returns 0, or a code: BSOCK_EFAULT bad addr or addrlen, or NULL;
 * BSOCK_EINVAL *addrlen is negative; BSOCK_EBADF, BSOCK_ENOTSOCK,
 * BSOCK_ENOBUFS.
 *
 * POSIX.1-2017 getsockname(); getsockname(2).
 *
 * Promise:
 * *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_getsockname(int sockfd,
                      struct sockaddr *addr,
                      socklen_t *addrlen);

/**
 * Tells the address of the peer that a socket is connected to.
 *
 * addr: where it is stored.
 * addrlen: in: the size of *addr in bytes. Out: the address's size, which is
 * larger if it was cut.
 *
 * Returns 0, or a code: BSOCK_ENOTCONN not connected, or not any more;
 * BSOCK_EFAULT bad addr or addrlen, or NULL; BSOCK_EINVAL *addrlen is negative;
 * BSOCK_EBADF, BSOCK_ENOTSOCK, BSOCK_ENOBUFS.
 *
 * POSIX.1-2017 getpeername(); getpeername(2).
 *
 * Promise:
 * *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_getpeername(int sockfd,
                      struct sockaddr *addr,
                      socklen_t *addrlen);

/*
 * bsock_transfer(3): sending and receiving bytes.
 */

/**
 * Sends to the connected peer.
 *
 * buf, len: the bytes. flags: 0, or MSG_DONTWAIT, MSG_MORE, MSG_OOB, ...
 * MSG_NOSIGNAL is always on, so a lost peer is a code and never a SIGPIPE.
 *
 * Returns how many bytes were taken, or a code. On a stream that can be fewer
 * than len (a non-blocking socket, a signal, a timeout): call again with the
 * rest. Taken does not mean arrived.
 * BSOCK_EPIPE the peer has closed, or this side has shut down sending;
 * BSOCK_ECONNRESET the peer has broken the connection off; BSOCK_EAGAIN
 * non-blocking and no room now (or the send timeout is over); BSOCK_EINTR a
 * signal handler ran before anything was taken; BSOCK_ENOTCONN,
 * BSOCK_EDESTADDRREQ no peer; BSOCK_EMSGSIZE larger than a datagram can be;
 * BSOCK_EFAULT bad buf; BSOCK_EOPNOTSUPP flag unknown to the protocol;
 * BSOCK_EBADF, BSOCK_ENOTSOCK, BSOCK_ENOBUFS, BSOCK_ENOMEM; any network error
 * that an earlier send has led to. Cancellation point.
 *
 * POSIX.1-2017 send(); send(2), tcp(7), udp(7).
 */
BSOCK__WUR
ssize_t bsock_send(int sockfd,
                   const void *buf,
                   size_t len,
                   int flags)
BSOCK__READS_2_3;

/**
 * Receives from the connected peer. Waits for at least one byte (or datagram)
 * unless the socket is non-blocking.
 *
 * buf, len: where to, and how many bytes it can take. flags: 0, or
 * MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_TRUNC, ...
 *
 * Returns how many bytes arrived, or a code. A stream has no messages: what the
 * peer sent at once may arrive in parts, or joined with what it sent next.
 * 0: the peer has ended the stream (or the datagram is empty, or len is 0).
 * More than len: MSG_TRUNC was asked for and the datagram was cut.
 * BSOCK_EAGAIN non-blocking and nothing there (or the receive timeout is over);
 * BSOCK_ECONNRESET the peer has broken the connection off; BSOCK_EINTR a signal
 * handler ran before anything arrived; BSOCK_ENOTCONN no peer; BSOCK_ETIMEDOUT
 * the peer has stopped answering; BSOCK_ECONNREFUSED an earlier datagram came
 * back; BSOCK_EFAULT bad buf; BSOCK_EINVAL MSG_OOB and no such byte;
 * BSOCK_EOPNOTSUPP flag unknown to the protocol; BSOCK_EBADF, BSOCK_ENOTSOCK,
 * BSOCK_ENOMEM. Cancellation point.
 *
 * POSIX.1-2017 recv(); recv(2), tcp(7), udp(7).
 *
 * Promise:
 * The len bytes at buf are the caller's to overwrite.
 */
BSOCK__WUR
ssize_t bsock_recv(int sockfd,
                   void *buf,
                   size_t len,
                   int flags)
BSOCK__WRITES_2_3;

/**
 * Sends to an address: a datagram from a socket that need not be connected.
 *
 * buf, len, flags: as in bsock_send; MSG_NOSIGNAL is always on.
 * dest_addr, addrlen: where to, as in bsock_bind. NULL and 0 on a connected
 * socket.
 *
 * Returns how many bytes were taken, or a code: those of bsock_send, and
 * BSOCK_EISCONN connected, and an address given (a stream may ignore it
 * instead); BSOCK_EDESTADDRREQ neither connected nor an address given;
 * BSOCK_EAFNOSUPPORT, BSOCK_EINVAL wrong family or addrlen; BSOCK_EFAULT bad
 * buf or dest_addr; BSOCK_ENETUNREACH, BSOCK_EHOSTUNREACH no way there;
 * BSOCK_EACCES, BSOCK_EPERM forbidden (broadcast without SO_BROADCAST,
 * firewall, UNIX path); BSOCK_ECONNREFUSED nobody receives at that UNIX
 * address; for paths also those of open(2). Cancellation point.
 *
 * POSIX.1-2017 sendto(); sendto(2), udp(7), unix(7).
 */
BSOCK__WUR
ssize_t bsock_sendto(int sockfd,
                     const void *buf,
                     size_t len,
                     int flags,
                     const struct sockaddr *dest_addr,
                     socklen_t addrlen)
BSOCK__READS_2_3;

/**
 * Receives, and tells from whom.
 *
 * buf, len, flags: as in bsock_recv.
 * src_addr: where the sender's address is stored; NULL if it is not wanted. A
 * connected stream stores none, and *addrlen is then 0 or unchanged.
 * addrlen: in: the size of *src_addr in bytes. Out: the address's size, which
 * is larger if it was cut. NULL if src_addr is.
 *
 * Returns how many bytes arrived, or a code: those of bsock_recv, and
 * BSOCK_EFAULT also for a bad src_addr or addrlen; BSOCK_EINVAL also for a
 * negative *addrlen; a datagram can then be lost. Cancellation point.
 *
 * POSIX.1-2017 recvfrom(); recvfrom(2), udp(7), unix(7).
 *
 * Promise:
 * The len bytes at buf; *src_addr, as long as *addrlen says; and *addrlen are
 * the caller's to overwrite.
 */
BSOCK__WUR
ssize_t bsock_recvfrom(int sockfd,
                       void *buf,
                       size_t len,
                       int flags,
                       struct sockaddr *src_addr,
                       socklen_t *addrlen)
BSOCK__WRITES_2_3;

/**
 * Writes to a descriptor of any kind. On a socket this is bsock_send with flags
 * 0, so a lost peer is a code and never a SIGPIPE; elsewhere it is write(), and
 * the reader of a pipe that has gone is a SIGPIPE as usual.
 *
 * buf, count: the bytes.
 *
 * Returns how many bytes were taken, which can be fewer than count, or a code:
 * on a socket those of bsock_send; elsewhere those of write(2). BSOCK_EBADF not
 * open, or not for writing; BSOCK_EFAULT bad buf, or a count beyond SSIZE_MAX.
 * Cancellation point.
 *
 * POSIX.1-2017 write(); write(2), send(2).
 */
BSOCK__WUR
ssize_t bsock_write(int fd,
                    const void *buf,
                    size_t count)
BSOCK__READS_2_3;

/**
 * Reads from a descriptor of any kind. On a socket this is bsock_recv with flags
 * 0, but for a count of 0: that returns 0 at once, where bsock_recv waits for a
 * datagram and takes it away.
 *
 * buf, count: where to, and how many bytes it can take.
 *
 * Returns how many bytes arrived, or a code. 0: the end of the stream or file,
 * or an empty datagram. On a socket the codes of bsock_recv, elsewhere those of
 * read(2). BSOCK_EBADF not open, or not for reading; BSOCK_EFAULT bad buf, or a
 * count beyond SSIZE_MAX. Cancellation point.
 *
 * POSIX.1-2017 read(); read(2), recv(2).
 *
 * Promise:
 * The count bytes at buf are the caller's to overwrite.
 */
BSOCK__WUR
ssize_t bsock_read(int fd,
                   void *buf,
                   size_t count)
BSOCK__WRITES_2_3;

/*
 * bsock_message(3): messages of several buffers, with addresses and control
 *   data, one or many at a time.
 */

/**
 * Sends one message: from several buffers, to an address, with control data
 * (descriptors: SCM_RIGHTS).
 *
 * msg: the header. msg_name and msg_namelen: where to, or NULL and 0. msg_iov
 * and msg_iovlen: the buffers, at most 1024. msg_control and msg_controllen: the
 * control data (see cmsg(3)), or NULL and 0. msg_flags is not looked at.
 * flags: as in bsock_send; MSG_NOSIGNAL is always on.
 *
 * Returns how many bytes were taken, without control data, or a code: those of
 * bsock_sendto, and BSOCK_EMSGSIZE also for too many buffers; BSOCK_EINVAL also
 * for malformed control data or buffers of more than SSIZE_MAX bytes;
 * BSOCK_ENOBUFS also for too much control data
 * (/proc/sys/net/core/optmem_max); BSOCK_EFAULT bad msg, or something bad that
 * it points to; BSOCK_EBADF also for a descriptor that is to be sent and not
 * open; BSOCK_ETOOMANYREFS too many descriptors under way; BSOCK_EPERM
 * credentials (SCM_CREDENTIALS) of somebody else. Cancellation point.
 *
 * POSIX.1-2017 sendmsg(); sendmsg(2), cmsg(3), unix(7).
 */
BSOCK__WUR
ssize_t bsock_sendmsg(int sockfd,
                      const struct msghdr *msg,
                      int flags);

/**
 * Receives one message: into several buffers, with the sender's address and
 * control data. Descriptors in it (SCM_RIGHTS) are always close-on-exec.
 *
 * msg: the header. msg_name and msg_namelen: where the address is stored and
 * its size, in and out; or NULL and 0. msg_iov and msg_iovlen: the buffers, at
 * most 1024. msg_control and msg_controllen: where the control data is stored
 * and its size, in and out; or NULL and 0. msg_flags, out: MSG_TRUNC the
 * datagram was cut; MSG_CTRUNC control data was cut, and descriptors in the part
 * cut off are closed; MSG_EOR, MSG_OOB, MSG_ERRQUEUE.
 * flags: as in bsock_recv, and MSG_ERRQUEUE. MSG_CMSG_CLOEXEC is always on; in
 * msg_flags it is seen only by a caller that has asked for it.
 *
 * Returns how many bytes arrived, without control data, or a code: those of
 * bsock_recv, and BSOCK_EMSGSIZE too many buffers; BSOCK_EINVAL also for a
 * negative msg_namelen; BSOCK_EFAULT bad msg, or something bad that it points
 * to. Cancellation point.
 *
 * POSIX.1-2017 recvmsg(); recvmsg(2), cmsg(3), unix(7).
 *
 * Promise:
 * *msg and all that it points to, as long as it says, are the caller's to
 * overwrite.
 */
BSOCK__WUR
ssize_t bsock_recvmsg(int sockfd,
                      struct msghdr *msg,
                      int flags);

/**
 * Sends several messages with one system call.
 *
 * msgvec, vlen: the headers, one after the other, and how many; more than 1024
 * count as 1024. (<sys/socket.h> defines struct mmsghdr if _GNU_SOURCE is
 * defined.) In each msg_hdr is as in bsock_sendmsg, and msg_len, out, how many
 * bytes of it were taken.
 * flags: as in bsock_send, for every message; MSG_NOSIGNAL is always on.
 *
 * Returns how many messages were taken, which can be fewer than vlen, or a code
 * if that is none: the codes of bsock_sendmsg. Why it stopped after the first
 * is not told: call again with the rest. Cancellation point.
 *
 * sendmmsg(2), of Linux.
 *
 * Promise:
 * The vlen headers at msgvec are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_sendmmsg(int sockfd,
                   struct mmsghdr *msgvec,
                   unsigned int vlen,
                   int flags);

/**
 * Receives several messages with one system call. Descriptors in them
 * (SCM_RIGHTS) are always close-on-exec.
 *
 * msgvec, vlen: the headers, one after the other, and how many; more than 1024
 * count as 1024. In each msg_hdr is as in bsock_recvmsg, and msg_len, out, how
 * many bytes arrived.
 * flags: as in bsock_recv, for every message, and MSG_WAITFORONE: wait for the
 * first alone. MSG_CMSG_CLOEXEC is always on; in msg_flags it is seen only by a
 * caller that has asked for it.
 * timeout: seconds and nanoseconds, or NULL for no limit. Linux looks at it
 * only when a message has arrived, so it does not end the waiting for one: use
 * bsock_poll or SO_RCVTIMEO. Out: what is left.
 *
 * Returns how many messages arrived, or a code if that is none: the codes of
 * bsock_recvmsg, and BSOCK_EINVAL also for a timeout that is negative or has
 * more than 999999999 nanoseconds. Cancellation point.
 *
 * recvmmsg(2), of Linux.
 *
 * Promise:
 * The vlen headers at msgvec, all that they point to, and *timeout are the
 * caller's to overwrite.
 */
BSOCK__WUR
int bsock_recvmmsg(int sockfd,
                   struct mmsghdr *msgvec,
                   unsigned int vlen,
                   int flags,
                   struct timespec *timeout);

/*
 * bsock_option(3): reading and setting socket options.
 */

/**
 * Reads a socket option.
 *
 * level, optname: SOL_SOCKET and SO_ERROR, SO_TYPE, SO_RCVBUF, ...; IPPROTO_TCP
 * and TCP_NODELAY, ...; IPPROTO_IP, IPPROTO_IPV6, ...
 * optval: where the value is stored: an int for most, a struct timeval for
 * SO_RCVTIMEO and SO_SNDTIMEO, a struct linger for SO_LINGER.
 * optlen: in: the size of *optval in bytes. Out: the value's size.
 *
 * Returns 0, or a code: BSOCK_ENOPROTOOPT no such option at that level;
 * BSOCK_EOPNOTSUPP no such level in that protocol; BSOCK_EINVAL *optlen is
 * negative or does not suit; BSOCK_EFAULT bad optval or optlen, or NULL;
 * BSOCK_ENOTCONN an option of a connection that is not there; BSOCK_EBADF,
 * BSOCK_ENOTSOCK, BSOCK_EPERM. Reading SO_ERROR resets it.
 *
 * POSIX.1-2017 getsockopt(); getsockopt(2), socket(7), tcp(7), ip(7), ipv6(7).
 *
 * Promise:
 * *optval, as long as *optlen says, and *optlen are the caller's to overwrite;
 * for an option whose value holds an address (TCP_ZEROCOPY_RECEIVE), what lies
 * there, too.
 */
BSOCK__WUR
int bsock_getsockopt(int sockfd,
                     int level,
                     int optname,
                     void *optval,
                     socklen_t *optlen);

/**
 * Sets a socket option.
 *
 * level, optname: as in bsock_getsockopt: SO_REUSEADDR, SO_RCVTIMEO,
 * TCP_NODELAY, IPV6_V6ONLY, ...
 * optval, optlen: the value and its size in bytes: an int for most (not 0 for
 * on), a struct timeval for SO_RCVTIMEO and SO_SNDTIMEO, a struct linger for
 * SO_LINGER.
 *
 * Returns 0, or a code: BSOCK_ENOPROTOOPT no such option at that level;
 * BSOCK_EINVAL wrong value or optlen, or too late for it (some options want to
 * be set before bind or connect); BSOCK_EDOM a timeout with more than 999999
 * microseconds; BSOCK_EFAULT bad optval; BSOCK_EPERM, BSOCK_EACCES a privilege
 * is needed; BSOCK_ENOTCONN, BSOCK_EISCONN an option that wants, or forbids, a
 * connection; BSOCK_EADDRINUSE that group is joined already; BSOCK_ENODEV,
 * BSOCK_EADDRNOTAVAIL no such interface, or no address on it; BSOCK_ENOBUFS too
 * many groups (/proc/sys/net/ipv4/igmp_max_memberships); BSOCK_ENOMEM,
 * BSOCK_EBADF, BSOCK_ENOTSOCK, BSOCK_EOPNOTSUPP.
 *
 * POSIX.1-2017 setsockopt(); setsockopt(2), socket(7), tcp(7), ip(7), ipv6(7).
 *
 * Promise:
 * For an option that gives memory to the system (XDP_UMEM_REG), that memory is
 * the caller's to overwrite for as long as the system keeps it.
 */
BSOCK__WUR
int bsock_setsockopt(int sockfd,
                     int level,
                     int optname,
                     const void *optval,
                     socklen_t optlen)
BSOCK__READS_4_5;

/*
 * bsock_poll(3): waiting for several descriptors at once.
 */

/**
 * Waits until one of several descriptors, of whatever kind, is ready.
 *
 * fds, nfds: the descriptors and how many. In each events is what is waited
 * for: POLLIN (something to read, or a client to accept), POLLOUT (room to send,
 * or connected), POLLPRI, POLLRDHUP; and revents, out, what is there, also
 * POLLERR, POLLHUP and POLLNVAL (not open) without having been asked for. An
 * entry with a negative fd is skipped.
 * timeout: milliseconds, rounded up by the system; 0 does not wait, a negative
 * one waits without limit.
 *
 * Returns how many entries have something in revents, 0 if the time is over, or
 * a code: BSOCK_EINTR a signal handler ran (the waiting is never begun again,
 * not even with SA_RESTART); BSOCK_EINVAL nfds is above the limit of open files
 * (RLIMIT_NOFILE); BSOCK_EFAULT bad fds; BSOCK_ENOMEM. Cancellation point.
 *
 * POSIX.1-2017 poll(); poll(2).
 *
 * Promise:
 * The nfds structures at fds are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_poll(struct pollfd *fds,
               nfds_t nfds,
               int timeout);

/*
 * bsock_stream(3): sending everything and receiving exactly so much.
 */

/**
 * Sends everything, by as many sends as it takes.
 *
 * buf, len: the bytes. flags: as in bsock_send. sent: where to store how many
 * bytes were taken, also after a failure; NULL if it is not wanted.
 *
 * Returns 0, or a code: those of bsock_send but BSOCK_EINTR. When a signal
 * handler runs, the call goes on afterwards. After any other failure *sent says
 * how far it came, and the rest begins at buf + *sent. BSOCK_EAGAIN: the socket
 * is non-blocking (or its timeout is over) and there is no room now; wait with
 * poll, and call again with the rest. A timeout is counted anew by each send.
 * Makes send(2) at least once, also for no bytes. Cancellation point; *sent is
 * right in a thread that was cancelled, too.
 *
 * After Python's socket.sendall(); send(2).
 *
 * Promise:
 * *sent, unless sent is NULL, is the caller's to overwrite.
 */
BSOCK__WUR
int bsock_sendall(int sockfd,
                  const void *buf,
                  size_t len,
                  int flags,
                  size_t *sent)
BSOCK__READS_2_3;

/**
 * Receives exactly so many bytes, by as many receives as it takes. For streams:
 * of datagrams it would lose the borders.
 *
 * buf, len: where to, and how many. With len 0 nothing is done. flags: as in
 * bsock_recv; MSG_WAITALL lets the system do the waiting. got: where to store
 * how many bytes have arrived, also after a failure; NULL if it is not wanted.
 *
 * Returns 0, or a code: BSOCK_ECLOSED the peer has ended the stream before
 * len bytes (*got is 0 if it ended between two messages); those of bsock_recv
 * but BSOCK_EINTR: when a signal handler runs, the call goes on afterwards;
 * BSOCK_EINVAL also for MSG_PEEK, by which the same bytes would come again.
 * After a failure *got bytes are at buf, and the rest belongs at buf + *got. A
 * timeout is counted anew by each receive. Cancellation point; *got is right in
 * a thread that was cancelled, too.
 *
 * recv(2).
 *
 * Promise:
 * The len bytes at buf and, unless got is NULL, *got are the caller's to
 * overwrite.
 */
BSOCK__WUR
int bsock_recv_exactly(int sockfd,
                       void *buf,
                       size_t len,
                       int flags,
                       size_t *got)
BSOCK__WRITES_2_3;

/*
 * bsock_line_reader(3): lines from a stream.
 */

/**
 * Sets a line reader up. It can be done again at any time, and forgets then
 * what was buffered.
 *
 * reader: the structure to fill in. fd: a stream socket. buffer, size: memory
 * of the caller's, which must live as long as the reader and hold the longest
 * line with its newline. It is filled with zeros here.
 *
 * Returns 0, or a code: BSOCK_ENULL reader or buffer is NULL; BSOCK_EINVAL size
 * is 0, or more than half of what can be addressed. Async-signal-safe.
 *
 *   char buffer[4096], *line;
 *   size_t length;
 *   int code;
 *   struct bsock_line_reader reader;
 *   bsock_line_reader_init(&reader, fd, buffer, sizeof buffer);
 *   while ((code = bsock_read_line(&reader, &line, &length)) > 0)
 *       fwrite(line, 1, length, stdout);
 *
 * Promise:
 * *reader and the size bytes at buffer are the caller's to overwrite.
 */
int bsock_line_reader_init(struct bsock_line_reader *reader,
                           int fd,
                           char *buffer,
                           size_t size);

/**
 * Reads the next line, by as many receives as it takes.
 *
 * reader: one that bsock_line_reader_init has set up. line: where to store the
 * line's first byte; it lies in the reader's buffer, may be overwritten, and is
 * gone with the next call. length: where to store how many bytes it has, with
 * its newline. There is no NUL behind it. Only the last line of a stream can be
 * without a newline.
 *
 * Returns 1 and a line; 0 at the end of the stream (*length is 0 then); or a
 * code: BSOCK_ELINE_TOO_LONG the buffer is full and there is no newline in it
 * (bsock_reader_buffered shows its beginning); those of bsock_recv but
 * BSOCK_EINTR: when a signal handler runs, the call goes on afterwards;
 * BSOCK_ENULL; BSOCK_EINVAL *reader was overwritten. No code loses a byte:
 * after BSOCK_EAGAIN, for example, call again when the socket is readable.
 * Cancellation point.
 *
 * After Python's socket.makefile().readline(); recv(2).
 *
 * Promise:
 * reader was set up by bsock_line_reader_init, and the buffer still lives;
 * *reader, *line and *length are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_read_line(struct bsock_line_reader *reader,
                    char **line,
                    size_t *length);

/**
 * What a line reader has received and not handed out. Who goes on without the
 * reader (a body of binary data behind lines of text, say) begins with these
 * bytes. They stay in the reader.
 *
 * reader: one that bsock_line_reader_init has set up. bytes: where to store the
 * first byte's address, in the reader's buffer; NULL if it is not wanted.
 *
 * Returns how many bytes there are, or a code: BSOCK_ENULL reader is NULL;
 * BSOCK_EINVAL *reader was overwritten. Async-signal-safe.
 *
 * Promise:
 * reader was set up by bsock_line_reader_init, and the buffer still lives;
 * *bytes, unless bytes is NULL, is the caller's to overwrite.
 */
ssize_t bsock_reader_buffered(const struct bsock_line_reader *reader,
                              char **bytes);

/*
 * bsock_timeout(3): how long calls wait.
 */

/**
 * Limits how long bsock_accept, bsock_connect, bsock_send and bsock_recv, and
 * all that is made of them, may wait on a socket.
 *
 * seconds: the limit of each call. 0 or less, or infinity: none. (Not to wait
 * at all is another matter: bsock_set_blocking.)
 *
 * Returns 0, or a code: BSOCK_EINVAL seconds is not a number; BSOCK_EBADF,
 * BSOCK_ENOTSOCK. When a limit is over, the waiting call returns BSOCK_EAGAIN,
 * as on a non-blocking socket, and bsock_connect BSOCK_EINPROGRESS: use
 * bsock_connect_timeout, which returns BSOCK_ETIMEDOUT. bsock_send may also
 * return that a part was taken. Async-signal-safe.
 *
 * Sets SO_SNDTIMEO and SO_RCVTIMEO, socket(7). The system counts in ticks of 1
 * to 10 ms and rounds up. The limits are the socket's, so that every descriptor
 * of it has them; what bsock_accept returns has none. After Python's
 * socket.settimeout().
 */
int bsock_set_timeout(int sockfd, double seconds);

/**
 * The limit that bsock_set_timeout has set.
 *
 * seconds: where to store it; 0 if there is none. Where SO_RCVTIMEO and
 * SO_SNDTIMEO differ, it is the first.
 *
 * Returns 0, or a code: BSOCK_ENULL seconds is NULL; BSOCK_EBADF,
 * BSOCK_ENOTSOCK. Async-signal-safe.
 *
 * SO_RCVTIMEO, socket(7). After Python's socket.gettimeout().
 *
 * Promise:
 * *seconds is the caller's to overwrite.
 */
int bsock_get_timeout(int sockfd, double *seconds);

/**
 * Makes calls on a descriptor wait, or return BSOCK_EAGAIN instead of waiting.
 *
 * blocking: 0 not to wait, anything else to wait.
 *
 * Returns 0, or a code: BSOCK_EBADF. Async-signal-safe.
 *
 * O_NONBLOCK, fcntl(2). The flag belongs to the open file: other descriptors
 * and processes that share it are concerned, too. After Python's
 * socket.setblocking().
 */
int bsock_set_blocking(int fd, int blocking);

/**
 * Whether calls on a descriptor wait.
 *
 * Returns 1 if they do, 0 if not, or a code: BSOCK_EBADF. Async-signal-safe.
 *
 * O_NONBLOCK, fcntl(2). After Python's socket.getblocking().
 */
BSOCK__WUR int bsock_get_blocking(int fd);

/**
 * Connects as bsock_connect does, and waits for it at most so long.
 *
 * addr, addrlen: the peer's address, as in bsock_bind.
 * seconds: the limit of the whole. 0 or less, or infinity: none.
 *
 * Returns 0, or a code: BSOCK_ETIMEDOUT the limit is over, or the system itself
 * has given up; BSOCK_EINVAL also that seconds is not a number; those of
 * bsock_connect but BSOCK_EINPROGRESS and BSOCK_EINTR: when a signal handler
 * runs, the call goes on afterwards. After a failure close the socket: the
 * system may still be trying. Whether the socket is blocking is afterwards as
 * it was; it is non-blocking meanwhile, and for ever in a thread that is
 * cancelled here. A full queue of a UNIX server is tried again every 10 ms.
 * Cancellation point.
 *
 * Makes fcntl(2), connect(2), poll(2), and getsockopt(2) for SO_ERROR.
 */
BSOCK__WUR
int bsock_connect_timeout(int sockfd,
                          const struct sockaddr *addr,
                          socklen_t addrlen,
                          double seconds);

/**
 * The error that waits at a socket, and takes it away: how a non-blocking
 * connection ended, or what the network has reported about an earlier datagram.
 *
 * Returns 0 if there is none, or a code: that error (BSOCK_ECONNREFUSED, ...);
 * or BSOCK_EBADF, BSOCK_ENOTSOCK about this call itself. For a connection wait
 * first until the socket is writable: before, there is no error yet.
 * Async-signal-safe.
 *
 * SO_ERROR, socket(7), connect(2). For what Python's socket.connect_ex() tells.
 */
BSOCK__WUR int bsock_get_error(int sockfd);

/*
 * bsock_text_address(3): addresses as people write them.
 */

/**
 * Reads an address that people have written, without asking anybody for names.
 *
 * text: one of these, ended by a NUL:
 *     127.0.0.1:8989          IPv4: the host in four numbers, the port
 *     [::1]:80                IPv6
 *     [fe80::1%eth0]:80       IPv6 with the interface, by name or by number
 *     unix:/run/my socket     the path of a UNIX socket
 *     unix:@name              a UNIX socket with an abstract name
 *     unix:                   a UNIX address without a name
 * In paths and names \5c, a backslash and two hexadecimal digits, is any byte;
 * unix:\40x is the path "@x".
 * address: where to store it, ready for bsock_bind and bsock_connect, with
 * zeros behind it. length: where to store how many bytes of it count.
 *
 * Returns 0, or a code, and has stored nothing then: BSOCK_EINVAL it is none of
 * these; BSOCK_ENODEV no such interface; BSOCK_ENAMETOOLONG the path has more
 * than 108 bytes, the name more than 107; BSOCK_ENULL a pointer is NULL.
 * Async-signal-safe.
 *
 * RFC 4291, 2.2 and RFC 4007, 11 for IPv6; unix(7).
 *
 * Promise:
 * text is a string; *address and *length are the caller's to overwrite.
 */
BSOCK__WUR
int bsock_address_parse(const char *text,
                        struct sockaddr_storage *address,
                        socklen_t *length);

/**
 * Writes an address as bsock_address_parse reads it; what is written reads back
 * as the same address. IPv6 is written as RFC 5952 wants it, and an interface
 * by its name if it still exists. (sin6_flowinfo has no place in it.)
 *
 * addr, addrlen: an address as it came from bsock_accept, getsockname(), ...
 * buffer, size: where the text is written, cut to size - 1 bytes and ended with
 * a NUL. 80 bytes are enough for IPv4 and IPv6, 512 for all. NULL with size 0
 * only asks for the length.
 *
 * Returns the length of the whole text without its NUL, as snprintf() does;
 * size or more means that it was cut. Or a code, and has written nothing then:
 * BSOCK_EAFNOSUPPORT a family that has no such form; BSOCK_EINVAL too short or
 * too long for its family; BSOCK_ENULL addr is NULL, or buffer is and size is
 * not 0. Async-signal-safe.
 *
 * RFC 5952; RFC 4007, 11; unix(7).
 *
 * Promise:
 * addrlen bytes can be read at addr, and the size bytes at buffer are the
 * caller's to overwrite.
 */
int bsock_address_format(const struct sockaddr *addr,
                         socklen_t addrlen,
                         char *buffer,
                         size_t size)
BSOCK__WRITES_3_4;

/*
 * bsock_resolve(3): hosts to addresses, services to ports and back.
 */

/**
 * Looks up a host and a service: all addresses that they have, the best first.
 *
 * host: a name, or an address in numbers; NULL for this machine (all of it with
 * AI_PASSIVE, the loopback interface without). service: a name of
 * /etc/services, or a number; NULL for port 0.
 * family: AF_UNSPEC for all, AF_INET, AF_INET6. type: SOCK_STREAM, SOCK_DGRAM;
 * 0 gives each address once for each type. flags: 0, or AI_PASSIVE,
 * AI_NUMERICHOST, AI_NUMERICSERV, AI_ADDRCONFIG, ... of <netdb.h>.
 * found, room: where to store the addresses, and how many fit. NULL with room 0
 * only counts them.
 *
 * Returns how many addresses there are, at least 1; more than room means that
 * the last ones were left out. Or a code: BSOCK_EAI_NONAME no such host or
 * service, or both are NULL; BSOCK_EAI_AGAIN no answer now, try again later;
 * BSOCK_EAI_FAIL no answer ever; BSOCK_EAI_SERVICE no such service for the
 * type; BSOCK_EAI_FAMILY, BSOCK_EAI_SOCKTYPE, BSOCK_EAI_BADFLAGS wrong
 * arguments; BSOCK_EAI_MEMORY; what the system answered in the place of
 * EAI_SYSTEM: BSOCK_EMFILE, ...; BSOCK_ENULL found is NULL and room is not 0.
 * Nothing is left that would have to be freed. Not async-signal-safe; a thread
 * cannot be cancelled in it.
 *
 * POSIX.1-2017 getaddrinfo(); getaddrinfo(3); RFC 3493, 6.1; RFC 6724 for the
 * order.
 *
 * Promise:
 * host and service are strings or NULL; the room elements at found are the
 * caller's to overwrite.
 */
BSOCK__WUR
int bsock_resolve(const char *host,
                  const char *service,
                  int family,
                  int type,
                  int flags,
                  struct bsock_address *found,
                  size_t room);

/**
 * The port of a service: 80 for "http".
 *
 * name: its name, or one of its other names, in /etc/services. A number is not
 * a name. protocol: "tcp", "udp", ...; NULL for the first that there is.
 *
 * Returns the port, as a plain number (htons it is not), or a code:
 * BSOCK_EAI_SERVICE none of that name; BSOCK_ENULL name is NULL; BSOCK_EMFILE,
 * ... from reading the file. Not async-signal-safe; a thread cannot be
 * cancelled in it.
 *
 * After POSIX.1-2017 getservbyname(), but with threads; getservbyname_r(3),
 * services(5).
 *
 * Promise:
 * name is a string, and protocol is one or NULL.
 */
BSOCK__WUR int bsock_service_port(const char *name, const char *protocol);

/**
 * The name of the service at a port: "http" for 80.
 *
 * port: a plain number (htons it is not). protocol: "tcp", "udp", ...; NULL for
 * the first that there is. buffer, size: where the name is written, cut to
 * size - 1 bytes and ended with a NUL. NULL with size 0 only asks for the
 * length.
 *
 * Returns the length of the whole name without its NUL, as snprintf() does; or
 * a code, and has written nothing then: BSOCK_EAI_SERVICE none is known;
 * BSOCK_EINVAL port is not one of 0 ... 65535; BSOCK_ENULL buffer is NULL and
 * size is not 0; BSOCK_EMFILE, ... from reading the file. Not
 * async-signal-safe; a thread cannot be cancelled in it.
 *
 * After POSIX.1-2017 getservbyport(), but with threads; getservbyport_r(3),
 * services(5).
 *
 * Promise:
 * protocol is a string or NULL, and the size bytes at buffer are the caller's
 * to overwrite.
 */
int bsock_service_name(int port,
                       const char *protocol,
                       char *buffer,
                       size_t size)
BSOCK__WRITES_3_4;

/*
 * bsock_one_step(3): a server or a client from names, in one step.
 */

/**
 * Makes a listening stream socket in one step: looks the name up, makes the
 * socket, binds it and lets it listen.
 *
 * host: a name, or an address in numbers: the first of its addresses that can
 * be had. NULL: every address of this machine, by one socket for IPv6 and IPv4
 * (clients over IPv4 then have addresses like ::ffff:127.0.0.1), or by one for
 * IPv4 where the system has no IPv6.
 * service: a port as a number, or its name in /etc/services. "0": any free
 * port, which getsockname() tells.
 * backlog: as in bsock_listen.
 *
 * Returns the new descriptor, or a code; no descriptor is left behind then:
 * BSOCK_EADDRINUSE the port is taken; BSOCK_EACCES privileged port;
 * BSOCK_EADDRNOTAVAIL the address is not one of this machine's; those of
 * bsock_resolve, bsock_socket, bsock_bind and bsock_listen; BSOCK_ENULL service
 * is NULL. If several addresses were tried, it is the code that says most, and
 * bsock_explain tells about that call. Not async-signal-safe; a thread cannot
 * be cancelled in it.
 *
 * Sets SO_REUSEADDR, so that a server which has just ended can be started
 * again, and close-on-exec; socket(7), ipv6(7) for IPV6_V6ONLY.
 *
 * Promise:
 * host is a string or NULL, and service is a string.
 */
BSOCK__WUR
int bsock_listen_on(const char *host,
                    const char *service,
                    int backlog);

/**
 * Makes a connected stream socket in one step: looks the name up and connects
 * to the first address that answers. Addresses of IPv6 and IPv4 take turns;
 * every 250 ms, or as soon as one has failed, the next is tried beside those
 * that have not answered yet.
 *
 * host: a name, or an address in numbers; NULL for the loopback interface.
 * service: a port as a number, or its name in /etc/services.
 * seconds: the limit of all attempts together, but not of the look-up before
 * them. 0 or less, or infinity: none but the system's own.
 *
 * Returns the new descriptor, blocking and close-on-exec, or a code; no
 * descriptor is left behind then: BSOCK_ECONNREFUSED nobody listens there (also
 * where the socket could only have been connected to itself);
 * BSOCK_ETIMEDOUT no answer, or the limit is over; BSOCK_ENETUNREACH,
 * BSOCK_EHOSTUNREACH no way there; BSOCK_EINVAL seconds is not a number; those
 * of bsock_resolve, bsock_socket and bsock_connect; BSOCK_ENULL service is
 * NULL. If several addresses were tried, it is the code that says most, and
 * bsock_explain tells about that call. When a signal handler runs, the call
 * goes on afterwards. Not async-signal-safe; a thread cannot be cancelled in
 * it.
 *
 * RFC 8305 ("Happy Eyeballs"), sections 4 and 5.
 *
 * Promise:
 * host is a string or NULL, and service is a string.
 */
BSOCK__WUR
int bsock_connect_to(const char *host,
                     const char *service,
                     double seconds);

/*
 * bsock_pcb(3): what the system knows about sockets.
 */

/**
 * Tells what the system knows about a socket.
 *
 * out, out_size: where to store it, and sizeof(struct bsock_pcb). A smaller
 * size of an earlier version gets the fields that it had; what a larger one has
 * more is filled with zeros.
 *
 * What unread and unsent mean is the family's affair:
 *   TCP: unread are bytes of the stream; unsent, those that the peer has not
 *     acknowledged yet.
 *   UDP: unread is the size of the first datagram that waits (0 also if it is
 *     empty or none does); unsent, the memory of those that the network card
 *     has not taken yet, with their management.
 *   UNIX: unread are all bytes of a stream, the first of the datagrams
 *     otherwise; unsent is the memory of what the peer has not received yet,
 *     with its management: more than was sent.
 * Of a listening socket both are -1. backlog and waiting are known of listening
 * TCP sockets only.
 *
 * Returns 0, or a code: BSOCK_EBADF, BSOCK_ENOTSOCK; BSOCK_EINVAL out_size is
 * that of no version; BSOCK_ENULL out is NULL. Each field is asked for by
 * itself, and the socket may change in between. Async-signal-safe.
 *
 * socket(7) for SO_TYPE and the like, tcp(7) for TCP_INFO, SIOCINQ and
 * SIOCOUTQ, udp(7), unix(7).
 *
 * Promise:
 * The out_size bytes at out are the caller's to overwrite.
 */
int bsock_pcb_get(int fd, struct bsock_pcb *out, size_t out_size);

/**
 * Tells what the system knows about each socket of this process, in the order
 * of their descriptors.
 *
 * out, room: an array, and how many elements it has. NULL with room 0 only
 * counts the sockets. out_size: sizeof(struct bsock_pcb), as in bsock_pcb_get.
 *
 * Returns how many sockets there are; more than room means that the last ones
 * were left out. Or a code: BSOCK_ENOENT the file system /proc is not there;
 * BSOCK_EMFILE, BSOCK_ENFILE no descriptor is left for reading it; BSOCK_EINVAL
 * out_size is that of no version; BSOCK_ENULL out is NULL and room is not 0. It
 * is no snapshot: other threads may open and close sockets meanwhile.
 * Async-signal-safe; a thread cannot be cancelled in it.
 *
 * /proc/thread-self/fd, proc(5); otherwise as bsock_pcb_get.
 *
 * Promise:
 * The room times out_size bytes at out are the caller's to overwrite.
 */
int bsock_pcb_list(struct bsock_pcb *out, size_t room, size_t out_size);

/**
 * The name of a TCP state: "ESTABLISHED", "LISTEN", "CLOSE_WAIT", ...
 *
 * state: the tcp_state of a struct bsock_pcb. 0 is "NONE": no TCP socket.
 *
 * Returns a string that stays valid for ever; never NULL, whatever the state
 * ("UNKNOWN"). Do not free it. Async-signal-safe.
 *
 * RFC 9293, 3.3.2; CLOSE stands for its CLOSED.
 */
const char *bsock_tcp_state_name(int state);

/*
 * bsock_errors(3): what a code means, and why a call failed.
 */

/**
 * What a code means, in English: "connection refused".
 *
 * code: a code that a function returned. Also takes an errno as it is (the sign
 * does not matter), and 0.
 *
 * Returns a string that stays valid for ever; never NULL, whatever the code. Do
 * not free it. Safe in threads and signal handlers; errno unchanged.
 */
const char *bsock_strerror(int code);

/**
 * The name of a code: "ECONNREFUSED".
 *
 * code: as in bsock_strerror.
 *
 * Returns a string that stays valid for ever; never NULL, whatever the code. Do
 * not free it. Safe in threads and signal handlers; errno unchanged.
 */
const char *bsock_err_name(int code);

/**
 * As bsock_strerror, into a buffer, and with the number of a code that nobody
 * knows: "unknown error code -4000".
 *
 * code: as in bsock_strerror.
 * buffer, size: where the text is written, cut to size - 1 bytes and ended with
 * a NUL. 80 bytes are enough. NULL with size 0 only asks for the length.
 *
 * Returns the length of the whole text without its NUL, as snprintf() does;
 * size or more means that it was cut. BSOCK_ENULL: buffer is NULL and size is
 * not 0. Safe in threads and signal handlers; errno unchanged.
 *
 * Promise:
 * The size bytes at buffer are the caller's to overwrite.
 */
int bsock_strerror_r(int code, char *buffer, size_t size) BSOCK__WRITES_2_3;

/**
 * As bsock_err_name, into a buffer, and with the number of a code that nobody
 * knows: "EUNKNOWN(-4000)".
 *
 * code: as in bsock_strerror.
 * buffer, size: as in bsock_strerror_r. 32 bytes are enough.
 *
 * Returns as bsock_strerror_r. Safe in threads and signal handlers; errno
 * unchanged.
 *
 * Promise:
 * The size bytes at buffer are the caller's to overwrite.
 */
int bsock_err_name_r(int code, char *buffer, size_t size) BSOCK__WRITES_2_3;

/**
 * Whether the call would have had to wait, and the descriptor is non-blocking or
 * its timeout is over: nothing has failed, call again later (bsock_poll tells
 * when).
 *
 * code: a result of a call, as it is; one that is not negative is no code.
 *
 * Returns 1 for BSOCK_EAGAIN (which is BSOCK_EWOULDBLOCK), otherwise 0. Safe in
 * threads and signal handlers; errno unchanged.
 */
int bsock_is_try_again(int code);

/**
 * Whether a non-blocking socket is still being connected: nothing has failed;
 * wait with bsock_poll until it is writable, then read SO_ERROR.
 *
 * code: a result of a call, as it is; one that is not negative is no code.
 *
 * Returns 1 for BSOCK_EINPROGRESS (it has begun) and BSOCK_EALREADY (it had
 * begun before), otherwise 0. Safe in threads and signal handlers; errno
 * unchanged.
 */
int bsock_is_in_progress(int code);

/**
 * Whether a signal handler has ended the waiting: nothing has failed. Call again
 * (but not bsock_connect, which goes on by itself, and not bsock_close).
 *
 * code: a result of a call, as it is; one that is not negative is no code.
 *
 * Returns 1 for BSOCK_EINTR, otherwise 0. Safe in threads and signal handlers;
 * errno unchanged.
 */
int bsock_is_interrupted(int code);

/**
 * Tells about the last call of this library that failed in this thread: what
 * was asked, why it failed and, for the common failures, what to do.
 *
 * bind(3, 0.0.0.0:80, 16): EACCES: permission denied. Ports below 1024 need
 * root or CAP_NET_BIND_SERVICE.
 *
 * Causes are looked up now, not when the call failed: which process holds the
 * port (in /proc/net and /proc/PID/fd, which can take some milliseconds), which
 * limit is reached, which directory of a path is missing.
 *
 * A call that succeeds does not erase it. The wording may change from version
 * to version: show it to people, and let programs look at the code.
 *
 * buffer, size: where the text is written, cut to size - 1 bytes and ended with
 * a NUL. 512 bytes are enough for all but the longest addresses. NULL with size
 * 0 only asks for the length.
 *
 * Returns the length of the whole text without its NUL, as snprintf() does;
 * size or more means that it was cut. BSOCK_ENULL: buffer is NULL and size is
 * not 0. Safe in threads, but not in signal handlers: it opens and reads files
 * (and never allocates). Not a cancellation point; errno unchanged.
 *
 * Promise:
 * The size bytes at buffer are the caller's to overwrite.
 */
int bsock_explain(char *buffer, size_t size) BSOCK__WRITES_1_2;

/*
 * bsock_version(3): which library the program has found at run time.
 */

/**
 * The version of the library that is loaded: major * 10000 + minor * 100 +
 * patch. BSOCK_VERSION is the version of the header in the same form.
 *
 * Returns the number; never fails. Safe in threads and signal handlers.
 */
int bsock_version(void);

/**
 * The version of the library that is loaded, such as "0.1.0".
 * BSOCK_VERSION_STRING is the version of the header in the same form.
 *
 * Returns a string that stays valid for ever; do not free it. Never fails. Safe
 * in threads and signal handlers.
 */
const char *bsock_version_string(void);

#ifdef __cplusplus
}  /* extern "C" */
#endif  /* __cplusplus */

#endif  /* BSOCK_H */
