//! Names for the numbers in a call's arguments, as the C programmer wrote them.

use core::ffi::c_int;
use core::fmt;

/// `(number, name)`.
pub(super) type Names = &'static [(c_int, &'static str)];

macro_rules! names {
    ($($name:ident),* $(,)?) => { &[$((libc::$name, stringify!($name))),*] };
}
pub(super) use names;

/// Address families, the first argument of `socket`.
const FAMILIES: Names =
    names![AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_BLUETOOTH, AF_CAN, AF_ALG,];

/// Families that Linux names and a kernel may be built without.
const RARE_FAMILIES: Names = names![
    AF_AX25,
    AF_IPX,
    AF_APPLETALK,
    AF_NETROM,
    AF_BRIDGE,
    AF_ATMPVC,
    AF_X25,
    AF_ROSE,
    AF_KEY,
    AF_ASH,
    AF_ECONET,
    AF_ATMSVC,
    AF_RDS,
    AF_IRDA,
    AF_PPPOX,
    AF_WANPIPE,
    AF_LLC,
    AF_IB,
    AF_MPLS,
    AF_TIPC,
    AF_IUCV,
    AF_RXRPC,
    AF_ISDN,
    AF_PHONET,
    AF_IEEE802154,
    AF_CAIF,
    AF_NFC,
    AF_XDP,
];

/// Families of BSD that Linux does not have, or by another number. Text books name them.
const BSD_FAMILIES: Names = &[
    (3, "AF_IMPLINK, ARPANET IMP"),
    (4, "AF_PUP, Xerox PUP"),
    (5, "AF_CHAOS, MIT CHAOS"),
    (6, "AF_NS, Xerox Network Systems"),
    (7, "AF_ISO, OSI protocols"),
    (18, "AF_LINK, link level"),
    (28, "AF_INET6 of FreeBSD"),
    (30, "AF_INET6 of macOS"),
];

/// Socket types.
const TYPES: Names = names![SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_DCCP];

/// What can be or-ed to a socket type.
const TYPE_FLAGS: Names = names![SOCK_NONBLOCK, SOCK_CLOEXEC];

/// Protocols of the internet families.
const PROTOCOLS: Names =
    names![IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_UDPLITE, IPPROTO_RAW,];

/// The third argument of `send` and `recv`.
const MESSAGE_FLAGS: Names = names![
    MSG_OOB,
    MSG_PEEK,
    MSG_DONTROUTE,
    MSG_CTRUNC,
    MSG_TRUNC,
    MSG_DONTWAIT,
    MSG_EOR,
    MSG_WAITALL,
    MSG_CONFIRM,
    MSG_ERRQUEUE,
    MSG_NOSIGNAL,
    MSG_MORE,
    MSG_FASTOPEN,
    MSG_CMSG_CLOEXEC,
    MSG_WAITFORONE,
    MSG_ZEROCOPY,
];

/// The flags of `getaddrinfo`.
const RESOLVER_FLAGS: Names =
    names![AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_V4MAPPED, AI_ALL, AI_ADDRCONFIG,];

/// The second argument of `shutdown`.
const DIRECTIONS: Names = names![SHUT_RD, SHUT_WR, SHUT_RDWR];

/// A number by its name, or as it is.
struct Named(Names, c_int);

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.iter().find(|(number, _)| *number == self.1) {
            Some((_, name)) => formatter.write_str(name),
            None => write!(formatter, "{}", self.1),
        }
    }
}

/// Bits by their names, joined with `|`; what has no name as a number.
struct Flags(Names, c_int);

impl fmt::Display for Flags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.1;
        let mut separator = "";
        for (bit, name) in self.0.iter().filter(|(bit, _)| self.1 & bit != 0) {
            write!(formatter, "{separator}{name}")?;
            separator = "|";
            rest &= !bit;
        }
        match (rest, self.1) {
            (_, 0) => formatter.write_str("0"),
            (0, _) => Ok(()),
            (rest, _) => write!(formatter, "{separator}{rest:#x}"),
        }
    }
}

/// A family's number with the names that it has.
struct FamilyInWords(c_int);

impl fmt::Display for FamilyInWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let find = |names: Names| names.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name);
        let linux = find(FAMILIES).or_else(|| find(RARE_FAMILIES));
        write!(formatter, "{}", self.0)?;
        match (find(BSD_FAMILIES), linux) {
            (Some(bsd), Some(linux)) => write!(formatter, " ({bsd}; the number is that of {linux} on Linux)"),
            (Some(name), None) | (None, Some(name)) => write!(formatter, " ({name})"),
            (None, None) => Ok(()),
        }
    }
}

/// A socket type with its flags.
struct Kind(c_int);

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.0 & (libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
        write!(formatter, "{}", Named(TYPES, self.0 & !flags))?;
        if flags == 0 { Ok(()) } else { write!(formatter, "|{}", Flags(TYPE_FLAGS, flags)) }
    }
}

/// A number by its name in a list, or as it is.
pub(super) fn named(names: Names, number: c_int) -> impl fmt::Display {
    Named(names, number)
}

/// An address family.
pub(super) fn family(number: c_int) -> impl fmt::Display {
    Named(FAMILIES, number)
}

/// An address family's number, and whose it is.
pub(super) fn family_in_words(number: c_int) -> impl fmt::Display {
    FamilyInWords(number)
}

/// A socket type, with its flags.
pub(super) fn kind(number: c_int) -> impl fmt::Display {
    Kind(number)
}

/// What can be or-ed to a socket type, alone.
pub(super) fn type_flags(bits: c_int) -> impl fmt::Display {
    Flags(TYPE_FLAGS, bits)
}

/// A protocol. 0 stays 0: it means "the family's own".
pub(super) fn protocol(number: c_int) -> impl fmt::Display {
    Named(PROTOCOLS, number)
}

/// The flags of `send` and `recv`.
pub(super) fn message_flags(bits: c_int) -> impl fmt::Display {
    Flags(MESSAGE_FLAGS, bits)
}

/// The flags of `getaddrinfo`.
pub(super) fn resolver_flags(bits: c_int) -> impl fmt::Display {
    Flags(RESOLVER_FLAGS, bits)
}

/// What `shutdown` ends.
pub(super) fn direction(number: c_int) -> impl fmt::Display {
    Named(DIRECTIONS, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_their_names_and_strangers_stay_numbers() {
        assert_eq!(family(libc::AF_INET).to_string(), "AF_INET");
        assert_eq!(family(-7).to_string(), "-7");
        let in_words = "6 (AF_NS, Xerox Network Systems; the number is that of AF_NETROM on Linux)";
        assert_eq!(family_in_words(6).to_string(), in_words);
        assert_eq!(family_in_words(libc::AF_VSOCK).to_string(), "40 (AF_VSOCK)");
        assert_eq!(family_in_words(123).to_string(), "123");
        assert_eq!(kind(libc::SOCK_STREAM).to_string(), "SOCK_STREAM");
        assert_eq!(kind(libc::SOCK_DGRAM | libc::SOCK_NONBLOCK).to_string(), "SOCK_DGRAM|SOCK_NONBLOCK");
        assert_eq!(direction(3).to_string(), "3");
    }

    #[test]
    fn flags_are_joined_and_unnamed_bits_kept() {
        assert_eq!(message_flags(0).to_string(), "0");
        assert_eq!(message_flags(libc::MSG_PEEK | libc::MSG_DONTWAIT).to_string(), "MSG_PEEK|MSG_DONTWAIT");
        assert_eq!(message_flags(libc::MSG_PEEK | 0x1000_0000).to_string(), "MSG_PEEK|0x10000000");
        assert_eq!(message_flags(0x1000_0000).to_string(), "0x10000000");
    }
}
