//! A call in strace's voice: its name, its arguments decoded, its result.
//!
//! Where the kernel changed an argument, both values stand there: `[16->28]`.

use std::fmt::{self, Display, Formatter};

use bsock_analysis::address::{Address, Printable};
use bsock_recording::event::{Call, Memory, Outcome, UNREAD};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

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

/// What was before, and after if it is another.
fn room(before: u64, after: Option<&Memory>, f: &mut Formatter<'_>) -> fmt::Result {
    match after {
        Some(after) if u64::from(after.claimed) != before => write!(f, ", [{}->{}]", Optional(before), after.claimed),
        None if before == UNREAD => f.write_str(", -"),
        _ => write!(f, ", [{before}]"),
    }
}

fn option(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let (level, name) = words::option(call.args[0] as i32, call.args[1] as i32);
    write!(f, "{}, {level}, {name}, ", call.fd)?;
    let result = call.details.get(section::VALUE_RESULT);
    OptionValue(call, call.details.get(section::VALUE).or(result)).fmt(f)?;
    match call.function {
        Function::Getsockopt => room(call.args[2], result, f),
        _ => write!(f, ", {}", call.args[2]),
    }
}

/// A value of four bytes is a number, of `struct linger` and `struct timeval` two; the error is one of errno's.
struct OptionValue<'a>(&'a Call, Option<&'a Memory>);

impl Display for OptionValue<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(bytes) = self.1.map(|memory| &*memory.bytes).filter(|bytes| !bytes.is_empty()) else {
            return f.write_str("-");
        };
        let [level, option, _] = self.0.args.map(|word| word as i32);
        let int =
            |at: usize| bytes.get(at..at + 4).and_then(|four| four.first_chunk().copied()).map(i32::from_ne_bytes);
        let long =
            |at: usize| bytes.get(at..at + 8).and_then(|eight| eight.first_chunk().copied()).map(i64::from_ne_bytes);
        let of_socket = level == libc::SOL_SOCKET;
        match (option, int(0), bytes.len()) {
            (libc::SO_ERROR, Some(errno @ 1..), 4) if of_socket => write!(f, "[{}]", words::errno(errno).0),
            (libc::SO_TYPE, Some(kind), 4) if of_socket => write!(f, "[{}]", words::kind(kind)),
            (libc::SO_LINGER, Some(on), 8) if of_socket => {
                write!(f, "{{onoff={on}, linger={}}}", int(4).unwrap_or_default())
            }
            (libc::SO_RCVTIMEO | libc::SO_SNDTIMEO, _, 16) if of_socket => {
                write!(f, "{{{}.{:06} s}}", long(0).unwrap_or_default(), long(8).unwrap_or_default())
            }
            (_, Some(number), 4) => write!(f, "[{number}]"),
            _ if bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == 0) => {
                let text = bytes.split(|byte| *byte == 0).next().unwrap_or(bytes);
                write!(f, "\"{}\"", Printable(text))
            }
            _ => hexadecimal(bytes, f),
        }
    }
}

fn hexadecimal(bytes: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("0x")?;
    bytes.iter().take(16).try_for_each(|byte| write!(f, "{byte:02x}"))?;
    f.write_str(if bytes.len() > 16 { "..." } else { "" })
}

/// Where a datagram goes to, or came from.
fn name_of_message(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    match (call.function, &call.address, &call.address_result, call.more(0)) {
        (Function::Sendto, Some(address), ..) => write!(f, "{}, {}", Pointed(UNREAD, Some(address)), address.claimed),
        (Function::Recvfrom, _, result @ Some(_), Some(before)) => {
            write!(f, "{}", Pointed(UNREAD, result.as_ref()))?;
            room(before, result.as_ref(), f)
        }
        (Function::Recvfrom, _, None, Some(before)) => write!(f, "-, [{}]", Optional(before)),
        (Function::Recvfrom, ..) => f.write_str("NULL, NULL"),
        _ => f.write_str("NULL, 0"),
    }
}

/// `sendmsg` and `recvmsg`: the parts of the message that are there.
fn message(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}, {{", call.fd)?;
    if let Some(name) = call.address.as_ref().or(call.address_result.as_ref()) {
        write!(f, "name={}, ", Pointed(UNREAD, Some(name)))?;
    }
    write!(f, "{}", Vector(call, call.args[1]))?;
    control(call, section::CONTROL, f)?;
    control(call, section::CONTROL_RESULT, f)?;
    if let Some(flags) = call.after(0) {
        write!(f, ", flags={}", words::message_flags(flags as i32))?;
    }
    write!(f, "}}, {}", words::message_flags(call.args[2] as i32))
}

fn control(call: &Call, number: u16, f: &mut Formatter<'_>) -> fmt::Result {
    if call.details.get(number).is_none() {
        return Ok(());
    }
    f.write_str(", control=[")?;
    for (index, message) in call.control(number).enumerate() {
        let kind = call_names::control_message(message.level, message.kind);
        write!(f, "{}{kind}", if index > 0 { ", " } else { "" })?;
        if (message.level, message.kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            list(f, message.ints())?;
        } else {
            write!(f, " {} bytes", message.data.len())?;
        }
    }
    f.write_str("]")
}

fn messages(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}, {} messages", call.fd, call.args[1])?;
    if let Some(name) = call.address.as_ref().or(call.address_result.as_ref()) {
        write!(f, " (first: {})", Pointed(UNREAD, Some(name)))?;
    }
    f.write_str(", ")?;
    list(f, call.messages().map(|message| message.bytes))?;
    write!(f, " bytes, {}", words::message_flags(call.args[2] as i32))
}

/// `1 -> 2` items in brackets.
fn list<T: Display>(f: &mut Formatter<'_>, items: impl Iterator<Item = T>) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.enumerate() {
        write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
    }
    f.write_str("]")
}

fn fcntl(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let [command, argument, _] = call.args.map(|word| word as i32);
    write!(f, "{}, {}", call.fd, call_names::command(command))?;
    match command {
        libc::F_GETFD | libc::F_GETFL | libc::F_GETOWN => Ok(()),
        libc::F_SETFL => write!(f, ", {}", call_names::status(argument)),
        libc::F_SETFD if argument == libc::FD_CLOEXEC => f.write_str(", FD_CLOEXEC"),
        libc::F_GETLK | libc::F_SETLK | libc::F_SETLKW => write!(f, ", {:#x}", call.args[1]),
        _ => write!(f, ", {argument}"),
    }
}

fn ioctl(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}, {}", call.fd, call_names::request(call.args[0]))?;
    match call.more(0).or(call.after(0)) {
        Some(value) => write!(f, ", [{}]", value as i32),
        None => Ok(()),
    }
}

fn polled(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let returned = matches!(call.outcome, Outcome::Returned(_));
    f.write_str("[")?;
    let mut shown = 0;
    for entry in call.polled() {
        write!(f, "{}{}: {}", if shown > 0 { ", " } else { "" }, entry.fd, call_names::poll(entry.events))?;
        if returned && entry.returned != 0 {
            write!(f, " -> {}", call_names::poll(entry.returned))?;
        }
        shown += 1;
    }
    write!(f, "{}], {}, ", if shown < call.args[1] { ", ..." } else { "" }, call.args[1])?;
    match call.function {
        Function::Poll => write!(f, "{} ms", call.args[2] as i32),
        _ => match (call.more(0), call.more(1)) {
            (Some(seconds), Some(nanoseconds)) => write!(f, "{}.{nanoseconds:09} s", seconds as i64),
            _ => f.write_str("NULL"),
        },
    }
}

fn select(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}", call.args[0] as i32)?;
    let sets = [
        (section::READ_SET, section::READ_SET_AFTER),
        (section::WRITE_SET, section::WRITE_SET_AFTER),
        (section::EXCEPT_SET, section::EXCEPT_SET_AFTER),
    ];
    for (index, (before, after)) in sets.into_iter().enumerate() {
        f.write_str(", ")?;
        match call.set(before) {
            Some(set) => list(f, set)?,
            None if call.more(index) == Some(0) => f.write_str("NULL")?,
            None => f.write_str("-")?,
        }
        if let Some(set) = call.set(after) {
            f.write_str("->")?;
            list(f, set)?;
        }
    }
    let digits = if call.function == Function::Select { 6 } else { 9 };
    let (Some(seconds), Some(fraction)) = (call.more(3), call.more(4)) else { return f.write_str(", NULL") };
    write!(f, ", {}.{fraction:0digits$} s", seconds as i64)?;
    match (call.after(0), call.after(1)) {
        (Some(seconds), Some(fraction)) => write!(f, "->{}.{fraction:0digits$} s", seconds as i64),
        _ => Ok(()),
    }
}

fn epoll_ctl(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let [operation, about, _] = call.args.map(|word| word as i32);
    write!(f, "{}, {}, {about}, ", call.fd, call_names::epoll_operation(operation))?;
    match (call.more(0), call.more(1)) {
        (Some(events), Some(data)) => write!(f, "{{{}, {data:#x}}}", call_names::epoll(events as u32)),
        _ => write!(f, "{}", Pointed(call.args[2], None)),
    }
}

fn epoll_wait(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}, [", call.fd)?;
    for (index, event) in call.epoll_events().enumerate() {
        let separator = if index > 0 { ", " } else { "" };
        write!(f, "{separator}{{{}, {:#x}}}", call_names::epoll(event.events), event.data)?;
    }
    write!(f, "], {}, ", call.args[1] as i32)?;
    match (call.function, call.more(0), call.more(1)) {
        (Function::EpollPwait2, Some(seconds), Some(fraction)) => write!(f, "{}.{fraction:09} s", seconds as i64),
        (Function::EpollPwait2, ..) => f.write_str("NULL"),
        _ => write!(f, "{} ms", call.args[2] as i32),
    }
}

fn path(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}", Text(call.path.as_ref()))
}

fn getaddrinfo(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let [flags, family, kind] = call.args.map(|word| word as i32);
    let text = |number| Text(call.details.get(number));
    write!(f, "{}, {}, ", text(section::HOST), text(section::SERVICE))?;
    if call.args[0] == UNREAD {
        return f.write_str("NULL");
    }
    write!(f, "{{{}, {}, {}}}", call_names::hints(flags), words::family(family), words::kind(kind))
}

fn getnameinfo(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let text = |number| Text(call.details.get(number));
    write!(
        f,
        "{}, {}, {}, {}",
        Pointed(UNREAD, call.address.as_ref()),
        text(section::HOST_RESULT),
        text(section::SERVICE_RESULT),
        call_names::name_flags(call.args[0] as i32)
    )
}

/// A string of the program's.
struct Text<'a>(Option<&'a Memory>);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("NULL"),
            Some(memory) => write!(f, "\"{}\"", Printable(&memory.bytes)),
        }
    }
}

/// A number that may not be known.
struct Optional(u64);

impl Display for Optional {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 == UNREAD { f.write_str("-") } else { write!(f, "{}", self.0) }
    }
}

/// A buffer: its length, or what it begins with where that was recorded.
struct Bytes<'a>(&'a Call, u64);

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(payload) = self.0.details.get(section::PAYLOAD) {
            let more = if payload.bytes.len() < payload.claimed as usize { "..." } else { "" };
            write!(f, "\"{}\"{more}, ", Printable(&payload.bytes))?;
        }
        match self.0.waiting().filter(|waiting| *waiting > self.1) {
            Some(waiting) => write!(f, "{} bytes /* of a datagram of {waiting} */", self.1),
            None => write!(f, "{} bytes", self.1),
        }
    }
}

/// A vector of buffers: their lengths.
struct Vector<'a>(&'a Call, u64);

impl Display for Vector<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(call, total) = self;
        let count = call.details.get(section::VECTOR).map_or(0, |vector| vector.claimed as usize);
        f.write_str("[")?;
        let mut shown = 0;
        for buffer in call.buffers() {
            write!(f, "{}{}", if shown > 0 { ", " } else { "" }, buffer.length)?;
            shown += 1;
        }
        write!(f, "{}] ", if shown < count { ", ..." } else { "" })?;
        match *total {
            UNREAD => f.write_str("- bytes"),
            total => write!(f, "{}", Bytes(call, total)),
        }
    }
}

/// What a socket held that is given up: nothing is said of one that held nothing.
struct Held<'a>(&'a Call);

impl Display for Held<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let held = |bytes: Option<u32>| bytes.is_some_and(|bytes| bytes > 0);
        match self.0.queues().next().filter(|queue| held(queue.unread) || held(queue.unsent)) {
            Some(queue) => write!(f, " /* {} */", HeldBy(queue)),
            None => Ok(()),
        }
    }
}

struct HeldBy(bsock_recording::details::Queue);

impl Display for HeldBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let known = |bytes: Option<u32>| bytes.map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
        write!(f, "{} holds {} unread, {} unsent", self.0.fd, known(self.0.unread), known(self.0.unsent))
    }
}

/// What a pointer points to, as far as that is known.
struct Pointed<'a>(u64, Option<&'a Memory>);

impl Display for Pointed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.0, self.1.and_then(Address::from_memory)) {
            (_, Some(address)) => write!(f, "{address}"),
            (0, None) => f.write_str("NULL"),
            (UNREAD, None) => f.write_str("-"),
            (pointer, None) => write!(f, "{pointer:#x}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use bsock_recording::details::Details;

    use super::*;

    pub(crate) fn call(function: Function, fd: i32, args: [u64; 3], outcome: Outcome) -> Call {
        Call {
            function,
            fd,
            args,
            outcome,
            caller: 0,
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
