//! The deliberate differences between `bsock.h` and libc, all of them, in one table.
//!
//! The calls take the flags that they add from here; the header's opening comment is printed from here (`build.rs`
//! compiles this very file, which therefore depends on nothing); and a comparison with libc can take from here what it
//! has to expect. Whatever differs and is not in this table is a bug.

/// One way in which a call of `bsock.h` differs from the call of the same name in libc.
pub struct Difference {
    /// What is different, for a reader.
    pub name: &'static str,
    /// The call that differs.
    pub call: &'static str,
    /// How it is done.
    pub mechanism: &'static str,
    /// The flag's number, as the call adds it.
    pub flag: i32,
    /// What the call hides in its results so that the flag does not show.
    pub masked: &'static str,
    /// How a program gets libc's behaviour back.
    pub opt_out: &'static str,
}

/// Writing to a connection that the peer has closed answers `EPIPE` and does not kill the program.
pub const NO_SIGPIPE: Difference = Difference {
    name: "no SIGPIPE",
    call: "bsock_send",
    mechanism: "adds MSG_NOSIGNAL to the flags",
    flag: 0x4000,
    masked: "nothing",
    opt_out: "call send(), or raise(SIGPIPE) on BSOCK_EPIPE",
};

/// A new socket is not inherited by a program that is started with `exec`.
pub const SOCKET_CLOSE_ON_EXEC: Difference = Difference {
    name: "close-on-exec, new socket",
    call: "bsock_socket",
    mechanism: "adds SOCK_CLOEXEC to the type",
    flag: 0o2_000_000,
    masked: "nothing",
    opt_out: "fcntl(fd, F_SETFD, 0)",
};

/// An accepted connection is not inherited by a program that is started with `exec`.
pub const ACCEPT_CLOSE_ON_EXEC: Difference = Difference {
    name: "close-on-exec, accepted connection",
    call: "bsock_accept",
    mechanism: "calls accept4() with SOCK_CLOEXEC",
    flag: 0o2_000_000,
    masked: "nothing",
    opt_out: "fcntl(fd, F_SETFD, 0)",
};

/// Every difference.
pub const DIFFERENCES: &[Difference] = &[NO_SIGPIPE, SOCKET_CLOSE_ON_EXEC, ACCEPT_CLOSE_ON_EXEC];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_those_of_this_system() {
        assert_eq!(NO_SIGPIPE.flag, libc::MSG_NOSIGNAL);
        assert_eq!(SOCKET_CLOSE_ON_EXEC.flag, libc::SOCK_CLOEXEC);
        assert_eq!(ACCEPT_CLOSE_ON_EXEC.flag, libc::SOCK_CLOEXEC);
    }
}
