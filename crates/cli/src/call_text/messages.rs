//! Messages with all that goes with them: names, vectors of buffers, control messages.

use std::fmt::{self, Formatter};

use bsock_recording::event::{Call, UNREAD};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::values::{Optional, Pointed, Vector, list, room};
use crate::{call_names, words};

/// Where a datagram goes to, or came from.
pub(super) fn name_of_message(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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
pub(super) fn message(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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

pub(super) fn messages(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}, {} messages", call.fd, call.args[1])?;
    if let Some(name) = call.address.as_ref().or(call.address_result.as_ref()) {
        write!(f, " (first: {})", Pointed(UNREAD, Some(name)))?;
    }
    f.write_str(", ")?;
    list(f, call.messages().map(|message| message.bytes))?;
    write!(f, " bytes, {}", words::message_flags(call.args[2] as i32))
}
