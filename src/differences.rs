//! The deliberate differences between `bsock.h` and libc, all of them, in one table.
//!
//! The calls take the flags that they add from here; the header's opening comment is printed from here (`build.rs`
//! compiles this very file, which therefore depends on nothing); and a comparison with libc can take from here what it
//! has to expect. Whatever differs and is not in this table is a bug.

/// One way in which calls of `bsock.h` differ from the calls of the same names in libc.
pub struct Difference {
    /// What is different, for a reader.
    pub name: &'static str,
    /// The calls that differ.
    pub calls: &'static [&'static str],
    /// How it is done, as what goes on after "the call".
    pub mechanism: &'static str,
    /// The number of the flag that makes the difference.
    pub flag: i32,
    /// What the call hides in its results so that the flag does not show.
    pub masked: &'static str,
    /// How a program gets libc's behaviour back.
    pub opt_out: &'static str,
}

/// Sending to a connection that the peer has closed answers `EPIPE` and does not kill the program.
pub const NO_SIGPIPE: Difference = Difference {
    name: "no SIGPIPE",
    calls: &["bsock_send", "bsock_sendto", "bsock_sendmsg", "bsock_sendmmsg"],
    mechanism: "adds MSG_NOSIGNAL to the flags (AX.25, NET/ROM, ROSE, X.25 and RDS refuse it)",
    flag: 0x4000,
    masked: "nothing",
    opt_out: "call libc's, or raise(SIGPIPE) on BSOCK_EPIPE",
};

/// The same for `write`, which has no flags.
pub const WRITE_NO_SIGPIPE: Difference = Difference {
    name: "no SIGPIPE from write",
    calls: &["bsock_write"],
    mechanism: "is send() with MSG_NOSIGNAL, and write() where that is refused with ENOTSOCK or EFAULT",
    flag: 0x4000,
    masked: "the refusal and its errno",
    opt_out: "call write()",
};

/// A consequence of the former: the kernel lets `write` end a record, and `send` only if it is told to.
pub const WRITE_NO_RECORD_END: Difference = Difference {
    name: "no end of record from write",
    calls: &["bsock_write"],
    mechanism: "leaves out MSG_EOR, which write() implies on SOCK_SEQPACKET (seen by AF_VSOCK and SCTP peers)",
    flag: 0x80,
    masked: "nothing",
    opt_out: "call bsock_send() with MSG_EOR",
};

/// A new socket is not inherited by a program that is started with `exec`.
pub const SOCKET_CLOSE_ON_EXEC: Difference = Difference {
    name: "close-on-exec, new sockets",
    calls: &["bsock_socket", "bsock_socketpair"],
    mechanism: "adds SOCK_CLOEXEC to the type",
    flag: 0o2_000_000,
    masked: "nothing",
    opt_out: "fcntl(fd, F_SETFD, 0)",
};

/// An accepted connection is not inherited by a program that is started with `exec`.
pub const ACCEPT_CLOSE_ON_EXEC: Difference = Difference {
    name: "close-on-exec, accepted connections",
    calls: &["bsock_accept", "bsock_accept4"],
    mechanism: "calls accept4() with SOCK_CLOEXEC added to the flags",
    flag: 0o2_000_000,
    masked: "nothing",
    opt_out: "fcntl(fd, F_SETFD, 0)",
};

/// A descriptor that came in a message is not inherited by a program that is started with `exec`.
pub const RECEIVED_CLOSE_ON_EXEC: Difference = Difference {
    name: "close-on-exec, received descriptors (SCM_RIGHTS)",
    calls: &["bsock_recvmsg", "bsock_recvmmsg"],
    mechanism: "adds MSG_CMSG_CLOEXEC to the flags",
    flag: 0x4000_0000,
    masked: "MSG_CMSG_CLOEXEC in msg_flags, unless the caller had asked for it",
    opt_out: "fcntl(fd, F_SETFD, 0)",
};

/// Every difference.
pub const DIFFERENCES: &[Difference] = &[
    NO_SIGPIPE,
    WRITE_NO_SIGPIPE,
    WRITE_NO_RECORD_END,
    SOCKET_CLOSE_ON_EXEC,
    ACCEPT_CLOSE_ON_EXEC,
    RECEIVED_CLOSE_ON_EXEC,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_those_of_this_system() {
        assert_eq!(NO_SIGPIPE.flag, libc::MSG_NOSIGNAL);
        assert_eq!(WRITE_NO_SIGPIPE.flag, libc::MSG_NOSIGNAL);
        assert_eq!(WRITE_NO_RECORD_END.flag, libc::MSG_EOR);
        assert_eq!(SOCKET_CLOSE_ON_EXEC.flag, libc::SOCK_CLOEXEC);
        assert_eq!(ACCEPT_CLOSE_ON_EXEC.flag, libc::SOCK_CLOEXEC);
        assert_eq!(RECEIVED_CLOSE_ON_EXEC.flag, libc::MSG_CMSG_CLOEXEC);
    }
}
