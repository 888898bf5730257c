//! The functions that POSIX does not have, and libc's resolver, which stands behind some of them: how a call reads, and
//! what to do when one refuses something by itself.
//!
//! The rule is the one of [advice](super::advice): only what the call proves. A pointer that is NULL is told by the name
//! that the parameter has in the header, not by the arguments, which say nothing.

use super::names;
use super::quoted::Quoted;
use crate::error::code::Code;
use crate::last_call::{Call, FailedCall};
use crate::text_address;
use core::ffi::c_int;
use core::fmt::{self, Write};

/// The arguments that tell something. What is only filled in by the call is left out.
pub(super) fn write_arguments(text: &mut impl Write, failed: &FailedCall) -> fmt::Result {
    if failed.code == Code::NULL {
        return text.write_str("...");
    }
    let fd = failed.int(0);
    match failed.call {
        Call::GetAddrInfo => {
            let (host, service) = (Text::of(failed, 0, 2), Text::of(failed, 1, 2));
            let (family, kind) = (names::family(failed.int(2)), names::kind(failed.int(3)));
            write!(text, "{host}, {service}, {family}, {kind}, {}", names::resolver_flags(failed.int(4)))
        }
        Call::GetServByName => write!(text, "{}, {}", Text::of(failed, 0, 2), Text::of(failed, 1, 2)),
        Call::GetServByPort => write!(text, "{}, {}", failed.int(1), Text::of(failed, 0, 1)),
        Call::AddressParse => write!(text, "{}, ...", Text::of(failed, 0, 1)),
        Call::AddressFormat => write!(text, "{{{}, ...}}, {}, ...", names::family(failed.int(0)), failed.word(1)),
        Call::SetTimeout | Call::ConnectTimeout => write!(text, "{fd}, {:?}", seconds(failed, 1)),
        Call::SetBlocking => write!(text, "{fd}, {}", failed.int(1)),
        Call::RecvExactly => {
            let (length, flags) = (failed.word(2), names::message_flags(failed.int(3)));
            write!(text, "{fd}, {:#x}, {length}, {flags}", failed.word(1))
        }
        Call::LineReaderInit => write!(text, "..., {}, {:#x}, {}", failed.int(0), failed.word(1), failed.word(2)),
        Call::PcbGet | Call::GetTimeout => write!(text, "{fd}, ..."),
        Call::GetBlocking | Call::GetError => write!(text, "{fd}"),
        Call::ConnectTo => {
            write!(text, "{}, {}, {:?}", Text::of(failed, 0, 2), Text::of(failed, 1, 2), seconds(failed, 2))
        }
        _ => text.write_str("..."),
    }
}

/// What to do, if that can be said.
pub(super) fn advice(failed: &FailedCall) -> Option<&'static str> {
    if failed.code == Code::NULL {
        return must_not_be_null(failed.call);
    }
    let reason = failed.reason();
    match (failed.call, reason) {
        (Call::GetAddrInfo, _) => resolver(failed),
        (Call::GetServByName | Call::GetServByPort, NO_SERVICE) => Some(
            "The services that have names stand in /etc/services, each with its protocol; a port's number needs none",
        ),
        (Call::GetServByPort, libc::EINVAL) => Some("A port is one of 0 to 65535, as a plain number: htons it is not"),
        (Call::AddressParse, _) => text_address::what_is_wrong(failed.text(0, 1).0),
        (Call::AddressFormat, libc::EINVAL) => Some("The length is not one that an address of that family can have"),
        (Call::AddressFormat, libc::EAFNOSUPPORT) => Some("Only addresses of IPv4, IPv6 and UNIX sockets have a text"),
        (Call::SetTimeout | Call::ConnectTimeout | Call::ConnectTo, libc::EINVAL) => {
            Some("A time limit is a number of seconds; 0, or infinity, is none")
        }
        (Call::RecvExactly, libc::EINVAL) => {
            Some("With MSG_PEEK the same bytes would come again and again: peek with recv")
        }
        (Call::LineReaderInit | Call::ReadLine | Call::ReaderBuffered, libc::EINVAL) => Some(
            "A reader has a buffer of at least one byte, and only bsock_line_reader_init and its own calls change it",
        ),
        (Call::PcbGet | Call::PcbList, libc::EINVAL) => Some("The size is sizeof(struct bsock_pcb)"),
        (Call::PcbList, libc::ENOENT) => {
            Some("The descriptors of a process are read in /proc, which is not mounted here")
        }
        (Call::GetError, _) => pending_error(reason),
        _ => None,
    }
}

/// The parameters, by their names in the header, that have to point to something.
fn must_not_be_null(call: Call) -> Option<&'static str> {
    Some(match call {
        Call::AddressParse => "text, address and length must not be NULL",
        Call::AddressFormat => "addr must not be NULL, and buffer only if size is 0",
        Call::GetAddrInfo => "found may be NULL only if room is 0",
        Call::GetServByName => "name must not be NULL",
        Call::GetServByPort => "buffer may be NULL only if size is 0",
        Call::GetTimeout => "seconds must not be NULL",
        Call::LineReaderInit => "reader and buffer must not be NULL",
        Call::ReadLine => "reader, line and length must not be NULL",
        Call::ReaderBuffered => "reader must not be NULL",
        Call::PcbGet => "out must not be NULL",
        Call::PcbList => "out may be NULL only if room is 0",
        Call::ListenOn | Call::ConnectTo => "service must not be NULL: it is the port, as \"8989\"",
        _ => return None,
    })
}

const NO_SERVICE: c_int = 11_008;

fn resolver(failed: &FailedCall) -> Option<&'static str> {
    let is_null = |index| failed.word(index) == 0;
    let flags = failed.int(4);
    Some(match failed.code.resolver_error()? {
        libc::EAI_NONAME if is_null(0) && is_null(1) => "At least one of host and service is needed",
        libc::EAI_NONAME if flags & libc::AI_NUMERICHOST != 0 => {
            "With AI_NUMERICHOST the host is an address in numbers, not a name"
        }
        libc::EAI_NONAME if flags & libc::AI_NUMERICSERV != 0 => "With AI_NUMERICSERV the service is a port's number",
        libc::EAI_NONAME => {
            "Nobody knows that host: check how it is spelt; names stand in /etc/hosts or come from the name servers in \
             /etc/resolv.conf"
        }
        libc::EAI_AGAIN => {
            "No name server has answered: is there a network, and are the name servers in /etc/resolv.conf the right \
             ones?"
        }
        libc::EAI_FAIL => "A name server has answered that it cannot tell, now or later",
        EAI_NODATA => "The name exists, but has no address",
        EAI_ADDRFAMILY => "The host has addresses, but none of that family",
        libc::EAI_SERVICE => {
            "A service is a port from 0 to 65535, or a name that /etc/services has for that type of socket"
        }
        libc::EAI_FAMILY => "The resolver knows AF_INET, AF_INET6 and, for both, AF_UNSPEC",
        libc::EAI_SOCKTYPE => "The resolver knows SOCK_STREAM, SOCK_DGRAM, SOCK_RAW and, for all, 0",
        libc::EAI_BADFLAGS => "The flags are those of <netdb.h> that begin with AI_",
        _ => return None,
    })
}

/// glibc's, which the `libc` crate leaves out.
const EAI_NODATA: c_int = -5;
const EAI_ADDRFAMILY: c_int = -9;

/// What an error means that has waited at the socket.
fn pending_error(reason: c_int) -> Option<&'static str> {
    Some(match reason {
        libc::ECONNREFUSED => "Nobody listened on the address and port that the socket was to be connected to",
        libc::ETIMEDOUT => "The peer has not answered",
        libc::ECONNRESET => "The peer has broken the connection off",
        libc::EHOSTUNREACH | libc::ENETUNREACH => "There is no way to the peer",
        libc::EPIPE => "The peer has closed the connection",
        _ => return None,
    })
}

/// The limit of time whose bits are in two words.
fn seconds(failed: &FailedCall, index: usize) -> f64 {
    let half = |index| failed.word(index) as u64 & 0xffff_ffff;
    f64::from_bits(half(index) | half(index + 1) << 32)
}

/// A text that the call was given.
struct Text<'a> {
    bytes: &'a [u8],
    is_cut: bool,
    is_null: bool,
}

impl<'a> Text<'a> {
    /// Text `index` of `count`, whose pointer is argument `index`.
    fn of(failed: &'a FailedCall, index: usize, count: usize) -> Self {
        let (bytes, is_cut) = failed.text(index, count);
        Self { bytes, is_cut, is_null: failed.word(index) == 0 }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_null, self.is_cut) {
            (true, _) => formatter.write_str("NULL"),
            (false, false) => write!(formatter, "\"{}\"", Quoted(self.bytes)),
            (false, true) => write!(formatter, "\"{}\"...", Quoted(self.bytes)),
        }
    }
}
