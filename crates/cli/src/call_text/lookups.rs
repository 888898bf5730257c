//! Names and services on their way to addresses and back.

use std::fmt::{self, Formatter};

use bsock_recording::event::{Call, UNREAD};
use bsock_recording::layout::section;

use super::values::{Pointed, Text};
use crate::{call_names, words};

pub(super) fn getaddrinfo(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
    let [flags, family, kind] = call.args.map(|word| word as i32);
    let text = |number| Text(call.details.get(number));
    write!(f, "{}, {}, ", text(section::HOST), text(section::SERVICE))?;
    if call.args[0] == UNREAD {
        return f.write_str("NULL");
    }
    write!(f, "{{{}, {}, {}}}", call_names::hints(flags), words::family(family), words::kind(kind))
}

pub(super) fn getnameinfo(call: &Call, f: &mut Formatter<'_>) -> fmt::Result {
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
