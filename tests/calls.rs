//! The calls through the C functions: results, errno, hostile pointers, the words of `bsock_explain`.
#![allow(unsafe_code)] // Calls what C calls.

mod support;

use bsock::capi::connection::{bsock_accept, bsock_bind, bsock_connect, bsock_listen};
use bsock::capi::errors::bsock_explain;
use bsock::capi::socket::{bsock_close, bsock_shutdown, bsock_socket};
use bsock::capi::transfer::{bsock_recv, bsock_send};
use bsock::error::ENULL;
use libc::SOCK_STREAM;
use std::ffi::{c_char, c_int};
use std::ptr::{null, null_mut, without_provenance, without_provenance_mut};
use support::call::{LENGTH, bound, connection, explanation, fails, generic, loopback, marked, stream, succeeds};

#[test]
fn a_conversation_leaves_errno_alone() {
    let (client, server) = connection();
    let mut buffer = [0_u8; 16];
    let mut receive = || {
        // SAFETY: the buffer is ours and as long as said.
        succeeds(|| unsafe { bsock_recv(server, buffer.as_mut_ptr().cast(), 16, 0) as i64 })
    };
    let sent = succeeds(|| bsock_send(client, c"hello".as_ptr().cast(), 5, 0) as i64);
    assert_eq!((sent, receive()), (5, 5));
    succeeds(|| bsock_shutdown(client, libc::SHUT_WR));
    assert_eq!(receive(), 0);
    assert_eq!(&buffer[..5], b"hello");
    for fd in [client, server] {
        succeeds(|| bsock_close(fd));
    }
}

#[test]
fn a_lost_peer_is_a_code_and_no_signal() {
    // Rust's test programs ignore SIGPIPE, which would hide the flag's absence: have it end the program.
    // SAFETY: sets the default action.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let (client, server) = connection();
    succeeds(|| bsock_shutdown(client, libc::SHUT_WR));
    fails(libc::EPIPE, || bsock_send(client, c"x".as_ptr().cast(), 1, 0) as i64);
    assert!(explanation().contains(", 1, 0): EPIPE: broken pipe. The peer has closed"));
    for fd in [client, server] {
        succeeds(|| bsock_close(fd));
    }
}

#[test]
fn descriptors_are_closed_on_exec() {
    let (client, server) = connection();
    for fd in [client, server] {
        // SAFETY: asks for a flag.
        assert_eq!(unsafe { libc::fcntl(fd, libc::F_GETFD) }, libc::FD_CLOEXEC);
        succeeds(|| bsock_close(fd));
    }
}

#[test]
fn a_bad_descriptor_is_ebadf_in_every_call() {
    let address = loopback(1);
    fails(libc::EBADF, || bsock_bind(-1, generic(&address), LENGTH));
    fails(libc::EBADF, || bsock_listen(-1, 1));
    // SAFETY: NULL is no memory that could be overwritten.
    fails(libc::EBADF, || unsafe { bsock_accept(-1, null_mut(), null_mut()) });
    fails(libc::EBADF, || bsock_connect(-1, generic(&address), LENGTH));
    fails(libc::EBADF, || bsock_send(-1, null(), 0, 0) as i64);
    // SAFETY: as above.
    fails(libc::EBADF, || unsafe { bsock_recv(-1, null_mut(), 0, 0) as i64 });
    fails(libc::EBADF, || bsock_shutdown(-1, 0));
    fails(libc::EBADF, || bsock_close(-1));
    assert_eq!(
        explanation(),
        "close(-1): EBADF: bad file descriptor. A negative descriptor is the result of a call that failed earlier: \
         check that result."
    );
}

#[test]
fn hostile_pointers_are_efault() {
    let (client, server) = connection();
    let fd = stream();
    for bad in [0, 1, usize::MAX - 4096] {
        fails(libc::EFAULT, || bsock_bind(fd, without_provenance(bad), LENGTH));
        fails(libc::EFAULT, || bsock_connect(fd, without_provenance(bad), LENGTH));
        fails(libc::EFAULT, || bsock_send(client, without_provenance(bad), 5, 0) as i64);
        succeeds(|| bsock_send(server, c"x".as_ptr().cast(), 1, 0) as i64);
        // SAFETY: nothing is mapped there.
        fails(libc::EFAULT, || unsafe { bsock_recv(client, without_provenance_mut(bad), 5, 0) as i64 });
        assert!(explanation().ends_with("not point to that much usable memory of this process."));
    }
    for fd in [client, server, fd] {
        succeeds(|| bsock_close(fd));
    }
}

#[test]
fn an_address_that_is_never_looked_at_may_be_unreadable() {
    let fd = stream();
    // The descriptor is looked up before the address, and a length above 128 is refused before it.
    fails(libc::EBADF, || bsock_bind(-1, without_provenance(1), 16));
    assert!(explanation().starts_with("bind(-1, 0x1 (not read), 16): EBADF: "));
    fails(libc::EINVAL, || bsock_bind(fd, without_provenance(1), 200));
    assert!(explanation().starts_with(&format!("bind({fd}, 0x1 (not read), 200): EINVAL: ")));
    fails(libc::EINVAL, || bsock_bind(fd, generic(&loopback(8989)), 8));
    assert_eq!(
        explanation(),
        format!(
            "bind({fd}, 127.0.0.1:8989, 8): EINVAL: invalid argument. The length of an IPv4 address is \
             sizeof(struct sockaddr_in), 16."
        )
    );
    succeeds(|| bsock_close(fd));
}

#[test]
fn addresses_in_use_and_refused_connections_are_explained() {
    let (first, address) = bound();
    let port = u16::from_be(address.sin_port);
    let other = stream();
    fails(libc::EADDRINUSE, || bsock_bind(other, generic(&address), LENGTH));
    let expected = format!("bind({other}, 127.0.0.1:{port}, 16): EADDRINUSE: address already in use. Another socket");
    assert!(explanation().starts_with(&expected), "{}", explanation());
    fails(libc::ECONNREFUSED, || bsock_connect(other, generic(&address), LENGTH));
    let expected = format!("connect({other}, 127.0.0.1:{port}, 16): ECONNREFUSED: connection refused. Nobody listens");
    assert!(explanation().starts_with(&expected), "{}", explanation());
    for fd in [first, other] {
        succeeds(|| bsock_close(fd));
    }
}

#[test]
fn arguments_are_told_by_their_names() {
    fails(libc::EAFNOSUPPORT, || bsock_socket(123, SOCK_STREAM | libc::SOCK_NONBLOCK, libc::IPPROTO_TCP));
    let expected = "socket(123, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP): EAFNOSUPPORT: address family not supported. ";
    assert!(explanation().starts_with(expected), "{}", explanation());
    fails(libc::EBADF, || bsock_shutdown(-1, libc::SHUT_WR));
    assert!(explanation().starts_with("shutdown(-1, SHUT_WR): "));
    fails(libc::EBADF, || bsock_send(-1, null(), 0, libc::MSG_DONTWAIT) as i64);
    assert!(explanation().starts_with("send(-1, NULL, 0, MSG_DONTWAIT): "));
    // SAFETY: NULL is no memory that could be overwritten.
    fails(libc::EBADF, || unsafe { bsock_accept(-1, null_mut(), null_mut()) });
    assert!(explanation().starts_with("accept(-1, NULL, NULL): "));
}

#[test]
fn a_thread_in_which_nothing_failed_says_so() {
    let said = std::thread::spawn(|| {
        let first = explanation();
        succeeds(|| bsock_close(stream()));
        (first, explanation())
    });
    let nothing = "no call has failed in this thread".to_owned();
    assert_eq!(said.join().expect("does not panic"), (nothing.clone(), nothing));
}

#[test]
fn a_success_does_not_erase_a_failure() {
    fails(libc::EBADF, || bsock_listen(-1, 5));
    succeeds(|| bsock_close(stream()));
    assert!(explanation().starts_with("listen(-1, 5): EBADF"));
}

#[test]
fn explain_is_like_snprintf() {
    fails(libc::EBADF, || bsock_close(-1));
    let whole = explanation();
    let length = c_int::try_from(whole.len()).unwrap();
    // SAFETY: NULL has no room.
    assert_eq!(unsafe { bsock_explain(null_mut(), 0) }, length);
    // SAFETY: NULL is answered with a code.
    assert_eq!(unsafe { bsock_explain(null_mut(), 1) }, ENULL);
    let mut small: [c_char; 6] = [-1; 6];
    // SAFETY: the buffer is longer than said.
    let explained = succeeds(|| unsafe { bsock_explain(small.as_mut_ptr(), 5) });
    assert_eq!(explained, length);
    assert_eq!(small.map(|byte| byte as u8), [b'c', b'l', b'o', b's', 0, 0xff]);
}

/// Ports below 1024 are refused to somebody who is not root; as root the test becomes somebody else in a thread.
#[test]
fn a_privileged_port_is_explained() {
    let fd = stream();
    let refused = std::thread::spawn(move || {
        // SAFETY: the raw call changes the identity of this thread alone, which ends with the test.
        unsafe { libc::syscall(libc::SYS_setresuid, -1, 65_534, -1) };
        let (code, _) = marked(|| bsock_bind(fd, generic(&loopback(80)), LENGTH));
        (code, explanation())
    });
    let (code, text) = refused.join().expect("does not panic");
    if code == 0 {
        return; // The administrator has given low ports to everybody (ip_unprivileged_port_start).
    }
    assert_eq!(code, -libc::EACCES);
    assert_eq!(
        text,
        format!(
            "bind({fd}, 127.0.0.1:80, 16): EACCES: permission denied. Ports below 1024 need root or \
             CAP_NET_BIND_SERVICE."
        )
    );
}

#[test]
fn a_thread_can_be_cancelled_inside_every_call_that_waits() {
    let source = r#"
        #define _GNU_SOURCE
        #include <poll.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>
        #include "bsock.h"
        static int ends[2], listener;
        static volatile int cleaned;
        static void on_cancel(void *unused) { (void)unused; cleaned++; }
        static void wait_in(const char *call) {
            static char much[1 << 20];
            struct iovec part = { much, sizeof much };
            struct mmsghdr message;
            struct pollfd waiting = { ends[0], POLLIN, 0 };
            memset(&message, 0, sizeof message);
            message.msg_hdr.msg_iov = &part;
            message.msg_hdr.msg_iovlen = 1;
            int sends = strncmp(call, "send", 4) == 0 || strcmp(call, "write") == 0;
            long result = 0;
            /* Sending waits as soon as the buffer is full. */
            do {
                if (!strcmp(call, "recv")) result = bsock_recv(ends[0], much, 1, 0);
                if (!strcmp(call, "read")) result = bsock_read(ends[0], much, 1);
                if (!strcmp(call, "recvfrom")) result = bsock_recvfrom(ends[0], much, 1, 0, NULL, NULL);
                if (!strcmp(call, "recvmsg")) result = bsock_recvmsg(ends[0], &message.msg_hdr, 0);
                if (!strcmp(call, "recvmmsg")) result = bsock_recvmmsg(ends[0], &message, 1, 0, NULL);
                if (!strcmp(call, "poll")) result = bsock_poll(&waiting, 1, -1);
                if (!strcmp(call, "accept")) result = bsock_accept(listener, NULL, NULL);
                if (!strcmp(call, "accept4")) result = bsock_accept4(listener, NULL, NULL, 0);
                if (!strcmp(call, "send")) result = bsock_send(ends[0], much, sizeof much, 0);
                if (!strcmp(call, "write")) result = bsock_write(ends[0], much, sizeof much);
                if (!strcmp(call, "sendto")) result = bsock_sendto(ends[0], much, sizeof much, 0, NULL, 0);
                if (!strcmp(call, "sendmsg")) result = bsock_sendmsg(ends[0], &message.msg_hdr, 0);
                if (!strcmp(call, "sendmmsg")) result = bsock_sendmmsg(ends[0], &message, 1, 0);
            } while (sends && result >= 0);
            printf("%s returned %ld\n", call, result);
        }
        static void *run(void *call) {
            pthread_cleanup_push(on_cancel, NULL);
            wait_in(call);
            pthread_cleanup_pop(0);
            return NULL;
        }
        int main(int count, char **calls) {
            int failed = 0;
            listener = bsock_socket(AF_INET, SOCK_STREAM, 0);
            if (bsock_listen(listener, 1) < 0)
                return 2;
            for (int i = 1; i < count; i++) {
                pthread_t thread;
                void *result;
                if (bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
                    return 2;
                cleaned = 0;
                pthread_create(&thread, NULL, run, calls[i]);
                usleep(30000);
                pthread_cancel(thread);
                pthread_join(thread, &result);
                if (result != PTHREAD_CANCELED || cleaned != 1)
                    failed = printf("%s was not cancelled\n", calls[i]);
                bsock_close(ends[0]);
                bsock_close(ends[1]);
            }
            return failed ? 1 : 0;
        }"#;
    let mut flags = support::link_flags();
    flags.push("-pthread".into());
    let calls = [
        "recv", "read", "recvfrom", "recvmsg", "recvmmsg", "poll", "accept", "accept4", "send", "write", "sendto",
        "sendmsg", "sendmmsg",
    ];
    let output = support::compile_c_text(source, &flags).command().args(calls).output().expect("runs");
    assert!(output.status.success(), "{output:?}");
}
