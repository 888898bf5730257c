//! A call in strace's voice: its name, its arguments decoded, its result.
//!
//! Where the kernel changed an argument, both values stand there: `[16->28]`.
//!
//! Here is the table of which call has which arguments; what takes more than a line to show is in a file of its own.

mod lookups;
mod messages;
mod readiness;
mod settings;
mod values;

use std::fmt::{self, Display, Formatter};

use bsock_recording::event::{Call, Outcome, UNREAD};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use self::lookups::{getaddrinfo, getnameinfo};
use self::messages::{message, messages, name_of_message};
use self::readiness::{epoll_ctl, epoll_wait, polled, select};
use self::settings::{fcntl, ioctl, option};
use self::values::{Bytes, Held, HeldBy, Optional, Pointed, Text, Vector, list, room};
use crate::{call_names, words};

/// A call with its decoded arguments and its result.
pub(crate) struct Shown<'a>(pub(crate) &'a Call);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let call = self.0;
        write!(f, "{}(", call.function.name())?;
        arguments(call, f)?;
        f.write_str(")")?;
        result(call, f)?;
        f.write_str(if call.injected { " (injected)" } else { "" })?;
        f.write_str(if call.vfork_child { " (vfork child)" } else { "" })
    }
}

fn result(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    use Function::{Fdopen, Getaddrinfo, GethostbynameR, Getnameinfo, Popen};
    match call.outcome {
        Outcome::Unfinished => f.write_str(" = ?"),
        Outcome::Failed(errno) => {
            let (name, text) = words::errno(errno);
            write!(f, " = -1 {name} ({text})")?;
            match call.details.get(section::SIGPIPE) {
                Some(_) => write!(f, " SIGPIPE: {}", call_names::disposition(call.sigpipe().unwrap_or(UNREAD))),
                None => Ok(()),
            }
        }
        Outcome::Returned(code) => match call.function {
            Getaddrinfo | Getnameinfo if code > 0 => write!(f, " = {}", call_names::resolver_code(code)),
            Getaddrinfo | Getnameinfo | GethostbynameR => write!(f, " = {code}"),
            Fdopen | Popen => write!(f, " = {code:#x}"),
            _ => write!(f, " = {code}"),
        },
    }
}

fn arguments(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    use Function as F;
    let Call { fd, args, .. } = call;
    let [first, second, third] = args.map(|word| word as i32);
    match call.function {
        F::Socket => write!(f, "{}, {}, {}", words::family(first), words::kind(second), words::protocol(third)),
        F::Socketpair => socketpair(call, f),
        F::Bind | F::Connect => write!(f, "{fd}, {}, {}", Pointed(args[0], call.address.as_ref()), args[1]),
        F::Bindresvport => write!(f, "{fd}, {}", Pointed(args[0], call.address.as_ref())),
        F::Accept | F::Accept4 | F::Getsockname | F::Getpeername => accept(call, f),
        F::Getsockopt | F::Setsockopt => option(call, f),
        F::Send | F::Recv => {
            write!(f, "{fd}, {}, {}", Bytes(call, args[1]), words::message_flags(third))
        }
        F::Write | F::Read => write!(f, "{fd}, {}", Bytes(call, args[1])),
        F::Sendto | F::Recvfrom => {
            write!(f, "{fd}, {}, {}, ", Bytes(call, args[1]), words::message_flags(third))?;
            name_of_message(call, f)
        }
        F::Sendmsg | F::Recvmsg => message(call, f),
        F::Sendmmsg | F::Recvmmsg => messages(call, f),
        F::Readv | F::Writev => write!(f, "{fd}, {}", Vector(call, args[1])),
        F::Vmsplice => write!(f, "{fd}, {} buffers, {third:#x}", args[1]),
        F::Sendfile => write!(f, "{fd}, {first}, {}, {} bytes", Optional(args[1]), args[2]),
        F::Splice | F::Tee | F::CopyFileRange => write!(f, "{fd}, {first}, {} bytes, {third:#x}", args[1]),
        F::Pread | F::Pwrite => write!(f, "{fd}, {} bytes, {}", args[1], args[2] as i64),
        F::Preadv | F::Pwritev => write!(f, "{fd}, {} buffers, {}", args[1], args[2] as i64),
        F::Listen => write!(f, "{fd}, {first}"),
        F::Isfdtype => write!(f, "{fd}, {}", words::kind(first)),
        F::Shutdown => write!(f, "{fd}, {}{}", words::direction(first), Held(call)),
        F::Close => write!(f, "{fd}{}", Held(call)),
        F::Dup2 => write!(f, "{fd}, {first}"),
        F::Dup3 => write!(f, "{fd}, {first}, {}", call_names::status(second)),
        F::Fcntl => fcntl(call, f),
        F::Ioctl => ioctl(call, f),
        F::CloseRange => write!(f, "{}, {}, {third:#x}", args[0] as u32, args[1] as u32),
        F::Poll | F::Ppoll => polled(call, f),
        F::Select | F::Pselect => select(call, f),
        F::EpollCreate => write!(f, "{first}"),
        F::EpollCreate1 => write!(f, "{}", call_names::status(first)),
        F::EpollCtl => epoll_ctl(call, f),
        F::EpollWait | F::EpollPwait | F::EpollPwait2 => epoll_wait(call, f),
        F::Execve | F::Execvp | F::PosixSpawn | F::PosixSpawnp | F::System | F::Popen => path(call, f),
        F::Fexecve | F::Execveat | F::LoginTty => {
            write!(f, "{fd}")?;
            if call.path.is_some() { f.write_str(", ").and_then(|()| path(call, f)) } else { Ok(()) }
        }
        F::Dlopen => path(call, f).and_then(|()| f.write_str(", RTLD_DEEPBIND")),
        F::Dlmopen => path(call, f),
        F::Exit | F::UnderscoreExit | F::QuickExit => {
            match call.args[0] {
                UNREAD => f.write_str("?")?,
                _ => write!(f, "{first}")?,
            }
            call.queues().try_for_each(|queue| write!(f, ", {}", HeldBy(queue)))
        }
        F::Daemon => write!(f, "{first}, {second}"),
        F::Getaddrinfo => getaddrinfo(call, f),
        F::Getnameinfo => getnameinfo(call, f),
        F::Gethostbyname | F::GethostbynameR => write!(f, "{}", Text(call.details.get(section::HOST))),
        F::Gethostbyname2 => write!(f, "{}, {}", Text(call.details.get(section::HOST)), words::family(first)),
        F::Gethostbyaddr => write!(f, "{}", words::family(first)),
        F::Freeaddrinfo => write!(f, "{:#x}", args[0]),
        F::FdeltChk => write!(f, "{}", args[0] as i64),
        F::Syscall => write!(f, "{}, {:#x}, {:#x}", call_names::system_call(args[0]), args[1], args[2]),
        F::Fork | F::UnderscoreFork | F::Forkpty | F::Fcloseall => Ok(()),
        F::Dup | F::Sockatmark | F::Fclose | F::Fdopen | F::Freopen | F::Pclose => write!(f, "{fd}"),
        F::Closefrom => write!(f, "{first}"),
    }
}

fn socketpair(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let [domain, kind, protocol] = call.args.map(|word| word as i32);
    write!(f, "{}, {}, {}, ", words::family(domain), words::kind(kind), words::protocol(protocol))?;
    list(f, call.descriptors().map(|made| made.fd))
}

/// The address that the kernel gave, and the room it had: `[16]`, or `[16->28]` where it needed more.
fn accept(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}, {}", call.fd, Pointed(call.args[0], call.address_result.as_ref()))?;
    room(call.args[1], call.address_result.as_ref(), f)?;
    if call.function == Function::Accept4 {
        write!(f, ", {}", words::type_flags(call.args[2] as i32))?;
    }
    Ok(())
}

fn path(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}", Text(call.path.as_ref()))
}

#[cfg(test)]
pub(crate) mod tests {
    use bsock_recording::details::Details;
    use bsock_recording::event::Memory;

    use super::*;

    pub(crate) fn call(function: Function, fd: i32, args: [u64; 3], outcome: Outcome) -> Call {
        Call {
            function,
            fd,
            args,
            outcome,
            caller: 0,
            route: 0,
            vfork_child: false,
            injected: false,
            address: None,
            address_result: None,
            stack: Vec::new(),
            path: None,
            details: Details::default(),
        }
    }

    fn memory(claimed: u32) -> Memory {
        Memory { claimed, bytes: vec![2, 0, 0x23, 0x1d, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0] }
    }

    #[test]
    fn calls_read_as_they_were_written() {
        let shown = |call: &Call| Shown(call).to_string();
        let socket = call(Function::Socket, -1, [2, 1, 0], Outcome::Returned(3));
        assert_eq!(shown(&socket), "socket(AF_INET, SOCK_STREAM, 0) = 3");
        let mut bind = call(Function::Bind, 3, [0x7000, 16, 0], Outcome::Failed(libc::EADDRINUSE));
        assert!(shown(&bind).starts_with("bind(3, 0x7000, 16) = -1 EADDRINUSE ("));
        bind.address = Some(memory(16));
        assert!(shown(&bind).starts_with("bind(3, 127.0.0.1:8989, 16) = -1 EADDRINUSE ("));
        let mut accept = call(Function::Accept, 3, [0x7000, 4, 0], Outcome::Returned(4));
        accept.address_result = Some(memory(16));
        assert_eq!(shown(&accept), "accept(3, 127.0.0.1:8989, [4->16]) = 4");
        assert_eq!(shown(&call(Function::Accept, 3, [0, UNREAD, 0], Outcome::Returned(4))), "accept(3, NULL, -) = 4");
        let send = call(Function::Send, 4, [0x7000, 12, 0x4000], Outcome::Returned(12));
        assert_eq!(shown(&send), "send(4, 12 bytes, MSG_NOSIGNAL) = 12");
        let exit = call(Function::Exit, -1, [7, 0, 0], Outcome::Unfinished);
        assert_eq!(shown(&exit), "exit(7) = ?");
    }

    #[test]
    fn every_function_can_be_shown() {
        for function in Function::ALL {
            let text = Shown(&call(*function, 3, [u64::MAX; 3], Outcome::Unfinished)).to_string();
            assert!(text.starts_with(function.name()) && text.ends_with(") = ?"), "{text}");
        }
    }
}
