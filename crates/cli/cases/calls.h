/*
 * The calls under comparison: result, name, what its arguments mean, their types. Included with WAY_N defined for calls of N
 * arguments. What an argument means is a letter, by which `bsock compare` prints it (compare/arguments.rs) and Python
 * knows its type (caller.py):
 *
 *   d descriptor      i number           F address family     T socket type     P protocol
 *   h how to shut     f message flags    V option's level     O option          l length of what stands before it
 *   n size of what stands before it      u number of elements
 *   a an address      b bytes that are sent      v an option's value
 *   p a place that is written         L a length's place
 *   m messages        s the set of poll
 */
WAY_3(int, socket, "FTP", int, int, int)
WAY_4(int, socketpair, "FTPp", int, int, int, int *)
WAY_3(int, bind, "dal", int, const struct sockaddr *, socklen_t)
WAY_2(int, listen, "di", int, int)
WAY_3(int, accept, "dpL", int, struct sockaddr *, socklen_t *)
WAY_4(int, accept4, "dpLT", int, struct sockaddr *, socklen_t *, int)
WAY_3(int, connect, "dal", int, const struct sockaddr *, socklen_t)
WAY_4(ssize_t, send, "dbnf", int, const void *, size_t, int)
WAY_6(ssize_t, sendto, "dbnfal", int, const void *, size_t, int, const struct sockaddr *, socklen_t)
WAY_3(ssize_t, sendmsg, "dmf", int, const struct msghdr *, int)
WAY_4(int, sendmmsg, "dmuf", int, struct mmsghdr *, unsigned, int)
WAY_3(ssize_t, write, "dbn", int, const void *, size_t)
WAY_4(ssize_t, recv, "dpnf", int, void *, size_t, int)
WAY_6(ssize_t, recvfrom, "dpnfpL", int, void *, size_t, int, struct sockaddr *, socklen_t *)
WAY_3(ssize_t, recvmsg, "dmf", int, struct msghdr *, int)
WAY_5(int, recvmmsg, "dmufp", int, struct mmsghdr *, unsigned, int, struct timespec *)
WAY_3(ssize_t, read, "dpn", int, void *, size_t)
WAY_3(int, poll, "sni", struct pollfd *, nfds_t, int)
WAY_3(int, getsockname, "dpL", int, struct sockaddr *, socklen_t *)
WAY_3(int, getpeername, "dpL", int, struct sockaddr *, socklen_t *)
WAY_5(int, getsockopt, "dVOpL", int, int, int, void *, socklen_t *)
WAY_5(int, setsockopt, "dVOvl", int, int, int, const void *, socklen_t)
WAY_2(int, shutdown, "dh", int, int)
WAY_1(int, close, "d", int)
