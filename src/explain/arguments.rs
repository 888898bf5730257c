//! The failed call as the program wrote it: `connect(3, 127.0.0.1:8989, 16)`.

use super::address::Address;
use super::names;
use crate::last_call::{Call, FailedCall};
use core::fmt::{self, Write};

/// The call's name and its decoded arguments.
pub(super) fn write_call(text: &mut impl Write, failed: &FailedCall) -> fmt::Result {
    write!(text, "{}(", failed.call.name())?;
    write_arguments(text, failed)?;
    text.write_char(')')
}

fn write_arguments(text: &mut impl Write, failed: &FailedCall) -> fmt::Result {
    let fd = failed.int(0);
    match failed.call {
        Call::Socket => {
            let (kind, protocol) = (names::kind(failed.int(1)), names::protocol(failed.int(2)));
            write!(text, "{}, {kind}, {protocol}", names::family(fd))
        }
        Call::Bind | Call::Connect => {
            write!(text, "{fd}, ")?;
            write_address(text, failed)?;
            write!(text, ", {}", failed.word(2))
        }
        Call::Listen => write!(text, "{fd}, {}", failed.int(1)),
        Call::Accept => {
            write!(text, "{fd}, {}, {}", Pointer(failed.word(1)), Pointer(failed.word(2)))
        }
        Call::Send | Call::Recv => {
            let (length, flags) = (failed.word(2), names::message_flags(failed.int(3)));
            write!(text, "{fd}, {}, {length}, {flags}", Pointer(failed.word(1)))
        }
        Call::Shutdown => write!(text, "{fd}, {}", names::direction(failed.int(1))),
        Call::Close => write!(text, "{fd}"),
    }
}

fn write_address(text: &mut impl Write, failed: &FailedCall) -> fmt::Result {
    match (Address::parse(failed.address()), failed.word(1)) {
        (Some(address), _) => write!(text, "{address}"),
        (None, 0) => text.write_str("NULL"),
        (None, pointer) => write!(text, "{} (not read)", Pointer(pointer)),
    }
}

/// A pointer that nobody follows.
struct Pointer(usize);

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { formatter.write_str("NULL") } else { write!(formatter, "{:#x}", self.0) }
    }
}
