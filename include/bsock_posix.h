/*
 * bsock_posix.h - the POSIX socket functions over bsock, for programs that are
 * not to be changed:
 *
 *     cc -include bsock_posix.h echo.c -lbsock
 *
 * or include it in the first line. From then on the compiler lets every call of
 * the functions below go to libbsock. Results are POSIX's: -1 and errno, so
 * `== -1` is right here, and wrong with bsock.h. Behaviour is exactly libc's,
 * without the differences that bsock.h lists. What a program gains is
 * bsock_explain (declared in bsock.h, which can be included, too): it tells why
 * the last call in this thread failed.
 *
 * It works by renaming symbols and neither defines the functions as macros nor
 * includes anything: structure members and variables named like a call (`bind`,
 * `close`) are untouched, and feature-test macros that the program defines later
 * still work. A `static` function of the program's own keeps its name as well.
 *
 * Calls that are not listed (select, fcntl, readv, ...) stay libc's, which is no
 * problem: descriptors are the same on both sides.
 *
 * With -D_FORTIFY_SOURCE the C library may turn a read, recv, recvfrom or poll
 * whose buffer it knows into its own __read_chk and so on. The behaviour is the
 * same; only bsock_explain does not see such a call.
 */
#ifndef BSOCK_POSIX_H
#define BSOCK_POSIX_H

#ifndef __PRAGMA_REDEFINE_EXTNAME
#error "bsock_posix.h needs a compiler with #pragma redefine_extname (gcc, clang)"
#endif

#pragma redefine_extname socket bsock_posix_socket
#pragma redefine_extname bind bsock_posix_bind
#pragma redefine_extname listen bsock_posix_listen
#pragma redefine_extname accept bsock_posix_accept
#pragma redefine_extname connect bsock_posix_connect
#pragma redefine_extname send bsock_posix_send
#pragma redefine_extname recv bsock_posix_recv
#pragma redefine_extname shutdown bsock_posix_shutdown
#pragma redefine_extname close bsock_posix_close
#pragma redefine_extname socketpair bsock_posix_socketpair
#pragma redefine_extname accept4 bsock_posix_accept4
#pragma redefine_extname read bsock_posix_read
#pragma redefine_extname write bsock_posix_write
#pragma redefine_extname sendto bsock_posix_sendto
#pragma redefine_extname recvfrom bsock_posix_recvfrom
#pragma redefine_extname sendmsg bsock_posix_sendmsg
#pragma redefine_extname recvmsg bsock_posix_recvmsg
#pragma redefine_extname sendmmsg bsock_posix_sendmmsg
#pragma redefine_extname recvmmsg bsock_posix_recvmmsg
#pragma redefine_extname getsockname bsock_posix_getsockname
#pragma redefine_extname getpeername bsock_posix_getpeername
#pragma redefine_extname getsockopt bsock_posix_getsockopt
#pragma redefine_extname setsockopt bsock_posix_setsockopt
#pragma redefine_extname poll bsock_posix_poll

#endif /* BSOCK_POSIX_H */
