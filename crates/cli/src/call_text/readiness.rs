//! Who waits for what: the sets of `select`, the entries of `poll`, the events of epoll. Before the call and after it.

use std::fmt::{self, Formatter};

use bsock_recording::event::{Call, Outcome};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::values::{Pointed, list};
use crate::call_names;

pub(super) fn polled(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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

pub(super) fn select(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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

pub(super) fn epoll_ctl(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let [operation, about, _] = call.args.map(|word| word as i32);
    write!(f, "{}, {}, {about}, ", call.fd, call_names::epoll_operation(operation))?;
    match (call.more(0), call.more(1)) {
        (Some(events), Some(data)) => write!(f, "{{{}, {data:#x}}}", call_names::epoll(events as u32)),
        _ => write!(f, "{}", Pointed(call.args[2], None)),
    }
}

pub(super) fn epoll_wait(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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
