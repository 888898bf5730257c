//! The failed call as the program wrote it: `connect(3, 127.0.0.1:8989, 16)`.

use super::address::Address;
use super::{names, options, own};
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
        Call::SocketPair => {
            let (kind, protocol) = (names::kind(failed.int(1)), names::protocol(failed.int(2)));
            write!(text, "{}, {kind}, {protocol}, {}", names::family(fd), Pointer(failed.word(3)))
        }
        Call::Bind | Call::Connect => {
            write!(text, "{fd}, ")?;
            write_address(text, failed, 1)?;
            write!(text, ", {}", failed.word(2))
        }
        Call::Listen => write!(text, "{fd}, {}", failed.int(1)),
        Call::Accept | Call::GetSockName | Call::GetPeerName => {
            write!(text, "{fd}, {}, {}", Pointer(failed.word(1)), Pointer(failed.word(2)))
        }
        Call::Accept4 => {
            let (address, length) = (Pointer(failed.word(1)), Pointer(failed.word(2)));
            write!(text, "{fd}, {address}, {length}, {}", names::type_flags(failed.int(3)))
        }
        Call::Send | Call::Recv => {
            let (length, flags) = (failed.word(2), names::message_flags(failed.int(3)));
            write!(text, "{fd}, {}, {length}, {flags}", Pointer(failed.word(1)))
        }
        Call::SendTo => {
            let (length, flags) = (failed.word(2), names::message_flags(failed.int(3)));
            write!(text, "{fd}, {}, {length}, {flags}, ", Pointer(failed.word(1)))?;
            write_address(text, failed, 4)?;
            write!(text, ", {}", failed.word(5))
        }
        Call::RecvFrom => {
            let (length, flags) = (failed.word(2), names::message_flags(failed.int(3)));
            let (address, address_length) = (Pointer(failed.word(4)), Pointer(failed.word(5)));
            write!(text, "{fd}, {}, {length}, {flags}, {address}, {address_length}", Pointer(failed.word(1)))
        }
        Call::Read | Call::Write => write!(text, "{fd}, {}, {}", Pointer(failed.word(1)), failed.word(2)),
        Call::SendMsg if !failed.address().is_empty() => {
            write!(text, "{fd}, {{to ")?;
            write_address(text, failed, 1)?;
            write!(text, "}}, {}", names::message_flags(failed.int(2)))
        }
        Call::SendMsg | Call::RecvMsg => {
            write!(text, "{fd}, {}, {}", Pointer(failed.word(1)), names::message_flags(failed.int(2)))
        }
        Call::SendMMsg | Call::RecvMMsg => {
            let (count, flags) = (failed.word(2), names::message_flags(failed.int(3)));
            write!(text, "{fd}, {}, {count}, {flags}", Pointer(failed.word(1)))?;
            if failed.call == Call::RecvMMsg { write!(text, ", {}", Pointer(failed.word(4))) } else { Ok(()) }
        }
        Call::GetSockOpt => {
            let (level, option) = options::names(failed.int(1), failed.int(2));
            write!(text, "{fd}, {level}, {option}, {}, {}", Pointer(failed.word(3)), Pointer(failed.word(4)))
        }
        Call::SetSockOpt => {
            let (level, option) = options::names(failed.int(1), failed.int(2));
            write!(text, "{fd}, {level}, {option}, {}, {}", Pointer(failed.word(3)), failed.word(4))
        }
        Call::Poll => write!(text, "{}, {}, {}", Pointer(failed.word(0)), failed.word(1), failed.int(2)),
        Call::Shutdown => write!(text, "{fd}, {}", names::direction(failed.int(1))),
        Call::Close => write!(text, "{fd}"),
        _ => own::write_arguments(text, failed),
    }
}

/// The address that argument `index` points to.
fn write_address(text: &mut impl Write, failed: &FailedCall, index: usize) -> fmt::Result {
    match (Address::parse(failed.address()), failed.word(index)) {
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
