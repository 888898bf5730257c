//! The calls that a recording can hold, in one table: number in the record, name, and what the argument words mean.
//! Hooks, trace and model all speak of a call by its [`Function`].

macro_rules! functions {
    ($($(#[doc = $doc:literal])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// A recorded call. The numbers are part of the recording format: append, never renumber.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Function {
            $($(#[doc = $doc])* $variant = $number,)*
        }

        impl Function {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The function of a record's kind, if this version knows it.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name by which C programs call it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

functions! {
    /// args: domain, type, protocol. The result is the descriptor.
    Socket = 1, "socket";
    /// args: address pointer, its length; section ADDRESS.
    Bind = 2, "bind";
    /// args: backlog.
    Listen = 3, "listen";
    /// args: address pointer, the length's value before the call ([`UNREAD`](crate::event::UNREAD) if NULL or unreadable);
    /// sections ADDRESS_RESULT, OWN_NAME, PEER_NAME, PEER_PROCESS.
    Accept = 4, "accept";
    /// As [`Accept`](Self::Accept), and the flags.
    Accept4 = 5, "accept4";
    /// As [`Bind`](Self::Bind), and section OWN_NAME.
    Connect = 6, "connect";
    /// args: buffer, length, flags.
    Send = 7, "send";
    /// args: buffer, length, flags.
    Recv = 8, "recv";
    /// args: buffer, length.
    Write = 9, "write";
    /// args: buffer, length.
    Read = 10, "read";
    /// args: how.
    Shutdown = 11, "shutdown";
    /// No args.
    Close = 12, "close";
    /// The result is the child; recorded by the parent.
    Fork = 13, "fork";
    /// args: path pointer, 1 if the environment passed does not lead to the recorder; section PATH. Recorded when it begins (unfinished), and again should it return, which it does only to fail.
    Execve = 14, "execve";
    /// args: status. Unfinished: it does not return.
    Exit = 15, "exit";
    /// As [`Exit`](Self::Exit), without handlers.
    UnderscoreExit = 16, "_exit";

    // Endpoints and their properties.
    /// args: domain, type, protocol; section DESCRIPTORS: the two.
    Socketpair = 17, "socketpair";
    /// As [`Accept`](Self::Accept).
    Getsockname = 18, "getsockname";
    /// As [`Accept`](Self::Accept).
    Getpeername = 19, "getpeername";
    /// args: level, option, length before; section VALUE_RESULT, whose claimed length is the length after.
    Getsockopt = 20, "getsockopt";
    /// args: level, option, length; section VALUE.
    Setsockopt = 21, "setsockopt";
    /// No args.
    Sockatmark = 22, "sockatmark";
    /// args: the type asked about.
    Isfdtype = 23, "isfdtype";
    /// args: address pointer; section ADDRESS, as the call left it.
    Bindresvport = 24, "bindresvport";

    // Bytes and messages.
    /// args: buffer, length, flags; section ADDRESS.
    Sendto = 25, "sendto";
    /// args: buffer, length, flags; sections ADDRESS_RESULT, MORE (the room for the address, where one was asked for).
    Recvfrom = 26, "recvfrom";
    /// args: message pointer, bytes of all buffers, flags; sections ADDRESS, VECTOR, CONTROL, DESCRIPTORS and COOKIES of
    /// what was passed.
    Sendmsg = 27, "sendmsg";
    /// args: message pointer, bytes of all buffers, flags; sections ADDRESS_RESULT, VECTOR, CONTROL_RESULT, DESCRIPTORS and
    /// COOKIES of what was passed, MORE (room for the address, room for control messages), AFTER (`msg_flags`).
    Recvmsg = 28, "recvmsg";
    /// args: vector of messages, how many, flags; sections MESSAGES, and ADDRESS, VECTOR of the first.
    Sendmmsg = 29, "sendmmsg";
    /// As [`Sendmmsg`](Self::Sendmmsg), with ADDRESS_RESULT.
    Recvmmsg = 30, "recvmmsg";
    /// args: vector of buffers, bytes of all, how many; section VECTOR.
    Writev = 31, "writev";
    /// As [`Writev`](Self::Writev).
    Readv = 32, "readv";
    /// On the descriptor written to. args: the one read from, offset before, count.
    Sendfile = 33, "sendfile";
    /// On the descriptor read from. args: the one written to, length, flags.
    Splice = 34, "splice";
    /// As [`Splice`](Self::Splice).
    Tee = 35, "tee";
    /// args: vector of buffers, how many, flags.
    Vmsplice = 36, "vmsplice";
    /// As [`Splice`](Self::Splice).
    CopyFileRange = 37, "copy_file_range";
    /// Recorded only where it fails with ESPIPE, as it does on every socket. args: buffer, length, offset.
    Pread = 38, "pread";
    /// As [`Pread`](Self::Pread).
    Pwrite = 39, "pwrite";
    /// As [`Pread`](Self::Pread). args: vector of buffers, how many, offset.
    Preadv = 40, "preadv";
    /// As [`Preadv`](Self::Preadv).
    Pwritev = 41, "pwritev";

    // Descriptors.
    /// The result is the new one.
    Dup = 42, "dup";
    /// args: the new one.
    Dup2 = 43, "dup2";
    /// args: the new one, flags.
    Dup3 = 44, "dup3";
    /// args: command, argument.
    Fcntl = 45, "fcntl";
    /// Only requests that mean something on sockets. args: request, argument; sections MORE (the int before, of requests that
    /// pass one), AFTER (the int that the kernel gave).
    Ioctl = 46, "ioctl";
    /// args: first, last, flags.
    CloseRange = 47, "close_range";
    /// args: first.
    Closefrom = 48, "closefrom";
    /// On the stream's descriptor.
    Fclose = 49, "fclose";
    /// Every stream's.
    Fcloseall = 50, "fcloseall";
    /// On the descriptor that the stream had; the result is the one that it has now.
    Freopen = 51, "freopen";
    /// From here on a stream buffers what passes. The result is the stream.
    Fdopen = 52, "fdopen";
    /// On the stream's descriptor.
    Pclose = 53, "pclose";

    // Readiness.
    /// args: array, how many, timeout in milliseconds; section POLLED, with what was asked for and what was returned.
    Poll = 54, "poll";
    /// args: array, how many, signal mask; sections POLLED, MORE (the timeout's seconds and nanoseconds, if there is one).
    Ppoll = 55, "ppoll";
    /// args: nfds, timeout pointer; sections MORE (the three sets' pointers, then the timeout's seconds and microseconds if
    /// there is one), AFTER (seconds and microseconds), the six *_SET*.
    Select = 56, "select";
    /// As [`Select`](Self::Select), with nanoseconds and no AFTER.
    Pselect = 57, "pselect";
    /// args: size. The result is the descriptor.
    EpollCreate = 58, "epoll_create";
    /// args: flags. The result is the descriptor.
    EpollCreate1 = 59, "epoll_create1";
    /// On the epoll descriptor. args: operation, the descriptor it is about, event pointer; section MORE (events, data).
    EpollCtl = 60, "epoll_ctl";
    /// On the epoll descriptor. args: array, how many fit, timeout in milliseconds; section EVENTS.
    EpollWait = 61, "epoll_wait";
    /// As [`EpollWait`](Self::EpollWait).
    EpollPwait = 62, "epoll_pwait";
    /// As [`EpollWait`](Self::EpollWait), but for the third argument, a pointer; section MORE (seconds and nanoseconds).
    EpollPwait2 = 63, "epoll_pwait2";
    /// `FD_SET` of a hardened program with a descriptor that no set has room for: the program dies. args: the descriptor.
    FdeltChk = 64, "__fdelt_chk";

    // Processes.
    /// As [`Fork`](Self::Fork), without handlers.
    UnderscoreFork = 65, "_Fork";
    /// The result is the child. args and section as of [`Execve`](Self::Execve).
    PosixSpawn = 66, "posix_spawn";
    /// As [`PosixSpawn`](Self::PosixSpawn); the path is a name to be searched for.
    PosixSpawnp = 67, "posix_spawnp";
    /// As [`Execve`](Self::Execve); the path is a name to be searched for. Of `execlp` a failure is not recorded.
    Execvp = 68, "execvp";
    /// On the program's descriptor; as [`Execve`](Self::Execve).
    Fexecve = 69, "fexecve";
    /// As [`Execve`](Self::Execve), relative to the descriptor.
    Execveat = 70, "execveat";
    /// Section PATH: the command.
    System = 71, "system";
    /// Section PATH: the command. The result is the stream.
    Popen = 72, "popen";
    /// args: nochdir, noclose.
    Daemon = 73, "daemon";
    /// The result is the child.
    Forkpty = 74, "forkpty";
    /// Descriptors 0, 1 and 2 become the terminal.
    LoginTty = 75, "login_tty";
    /// As [`Exit`](Self::Exit).
    QuickExit = 76, "quick_exit";

    // Names and addresses. A result is 0 or, the sign turned, the `EAI_*` code.
    /// args: flags, family, type; sections HOST, SERVICE.
    Getaddrinfo = 77, "getaddrinfo";
    /// args: list.
    Freeaddrinfo = 78, "freeaddrinfo";
    /// args: flags; sections ADDRESS, HOST_RESULT, SERVICE_RESULT.
    Getnameinfo = 79, "getnameinfo";
    /// Section HOST. The result is 1, or 0 if nothing was found.
    Gethostbyname = 80, "gethostbyname";
    /// As [`Gethostbyname`](Self::Gethostbyname). args: family.
    Gethostbyname2 = 81, "gethostbyname2";
    /// args: family; section VALUE: the address.
    Gethostbyaddr = 82, "gethostbyaddr";
    /// Section HOST. The result is 0 or an error code.
    GethostbynameR = 83, "gethostbyname_r";

    // What leads past the recorder.
    /// A system call that makes, moves or ends descriptors, made without libc's function. args: its number, its first two
    /// arguments. Told before it is made; its result is not known.
    Syscall = 84, "syscall";
    /// Only with RTLD_DEEPBIND: the object's calls go to libc. args: flags; section PATH.
    Dlopen = 85, "dlopen";
    /// A namespace of its own, with a libc of its own. args: namespace, flags; section PATH.
    Dlmopen = 86, "dlmopen";
}

impl Function {
    /// The number that stands in [`Line::kind`](crate::layout::Line::kind).
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// True of the calls that wait until somebody else connects, sends or closes. Those that wait for somebody to take what is sent,
    /// or for a connection of one's own, are not among them: they are in the middle of something.
    #[must_use]
    pub const fn awaits_others(self) -> bool {
        matches!(
            self,
            Self::Accept
                | Self::Accept4
                | Self::Recv
                | Self::Recvfrom
                | Self::Recvmsg
                | Self::Recvmmsg
                | Self::Read
                | Self::Readv
                | Self::Poll
                | Self::Ppoll
                | Self::Select
                | Self::Pselect
                | Self::EpollWait
                | Self::EpollPwait
                | Self::EpollPwait2
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn numbers_lead_back_and_names_are_unique() {
        for (index, function) in Function::ALL.iter().enumerate() {
            assert_eq!(Function::from_number(function.number()), Some(*function));
            assert!(function.number() < 256, "kinds from 256 on are not calls");
            assert!(Function::ALL[..index].iter().all(|other| other.name() != function.name()));
        }
        assert_eq!(Function::from_number(0), None);
    }
}
