//! What is set and asked of a descriptor: socket options, `fcntl`, `ioctl`. The arguments say how the value is to be read.

use std::fmt::{self, Display, Formatter};

use bsock_analysis::address::Printable;
use bsock_recording::event::{Call, Memory};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::values::room;
use crate::{call_names, words};

pub(super) fn option(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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

pub(super) fn fcntl(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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

pub(super) fn ioctl(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}, {}", call.fd, call_names::request(call.args[0]))?;
    match call.more(0).or(call.after(0)) {
        Some(value) => write!(f, ", [{}]", value as i32),
        None => Ok(()),
    }
}
