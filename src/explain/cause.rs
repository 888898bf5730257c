//! Why a call failed, as far as the system itself can be asked: limits, port ranges, tables of sockets, paths.
//!
//! Nothing is looked up before somebody asks for the explanation, so what is told is how things are then; where they have
//! changed since the failure, there is no cause to be found, and the general [advice](super::advice) stands. Everything
//! is read into buffers of fixed size; nothing allocates.

mod files;
mod port;
mod process;
mod unix_path;

use super::address::Address;
use super::names;
use crate::last_call::{ADDRESS_BYTES, Call, FailedCall};
use crate::sys::quiet;
use core::ffi::c_int;
use core::fmt;

/// What was found, with the facts that its sentence needs.
pub(super) enum Cause<'a> {
    NoSuchFamily(c_int),
    PortNeedsPrivilege { first_free: u64 },
    PortHeld(port::Held),
    NoPortLeft { first: u64, last: u64 },
    UnixPath(unix_path::Found<'a>),
    ProcessLimit { soft: u64, hard: u64 },
    SystemLimit { files: u64 },
    ControlDataLimit { bytes: u64 },
    MembershipLimit { groups: u64 },
}

/// The cause of a failure, if there is one to be found. `own` is where the address of a socket is put that is asked for
/// it.
pub(super) fn find<'a>(failed: &'a FailedCall, own: &'a mut [u8; ADDRESS_BYTES]) -> Option<Cause<'a>> {
    let address = Address::parse(failed.address());
    match (failed.call, failed.errno.number()) {
        (Call::Socket | Call::SocketPair, libc::EAFNOSUPPORT) => Some(Cause::NoSuchFamily(failed.int(0))),
        (_, libc::EMFILE) => quiet::open_files_limit().map(|(soft, hard)| Cause::ProcessLimit { soft, hard }),
        (_, libc::ENFILE) => files::numbers(c"/proc/sys/fs/file-max").map(|[files]| Cause::SystemLimit { files }),
        (Call::SendMsg | Call::SendMMsg, libc::ENOBUFS) => {
            files::numbers(c"/proc/sys/net/core/optmem_max").map(|[bytes]| Cause::ControlDataLimit { bytes })
        }
        (Call::SetSockOpt, libc::ENOBUFS) if failed.int(1) == libc::IPPROTO_IP => {
            files::numbers(c"/proc/sys/net/ipv4/igmp_max_memberships").map(|[groups]| Cause::MembershipLimit { groups })
        }
        (Call::Bind, libc::EACCES) => needs_privilege(address?.port()?),
        (Call::Bind, libc::EADDRINUSE) => in_use(failed.int(0), address?),
        (Call::Listen, libc::EADDRINUSE) => {
            let length = quiet::own_address(failed.int(0), own);
            in_use(failed.int(0), Address::parse(own.get(..length)?)?)
        }
        (Call::Connect, libc::EADDRNOTAVAIL) => no_port_left(),
        (Call::Bind, libc::ENOENT | libc::ENOTDIR) => match unix_path::missing(unix_path_of(address?)?)? {
            // That the file itself is missing is as it should be.
            unix_path::Found::NoFile { .. } => None,
            found => Some(Cause::UnixPath(found)),
        },
        (Call::Connect | Call::SendTo, libc::ENOENT | libc::ENOTDIR) => {
            unix_path::missing(unix_path_of(address?)?).map(Cause::UnixPath)
        }
        _ => None,
    }
}

fn needs_privilege(port: u16) -> Option<Cause<'static>> {
    let [first_free] = files::numbers(c"/proc/sys/net/ipv4/ip_unprivileged_port_start")?;
    (u64::from(port) < first_free).then_some(Cause::PortNeedsPrivilege { first_free })
}

fn in_use(fd: c_int, address: Address<'_>) -> Option<Cause<'_>> {
    match address.port() {
        // The system was to choose a port, and found none.
        Some(0) => no_port_left(),
        Some(_) => port::held(fd, address).map(Cause::PortHeld),
        None => unix_path::held(address).map(Cause::UnixPath),
    }
}

fn no_port_left() -> Option<Cause<'static>> {
    let [first, last] = files::numbers(c"/proc/sys/net/ipv4/ip_local_port_range")?;
    Some(Cause::NoPortLeft { first, last })
}

fn unix_path_of(address: Address<'_>) -> Option<&[u8]> {
    match address {
        Address::UnixPath(path) => Some(path),
        _ => None,
    }
}

impl fmt::Display for Cause<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchFamily(family) => write!(
                formatter,
                "This kernel has no address family {}: AF_INET, AF_INET6 and AF_UNIX are the usual ones",
                names::family_in_words(*family)
            ),
            Self::PortNeedsPrivilege { first_free } => {
                write!(formatter, "Ports below {first_free} need root or CAP_NET_BIND_SERVICE")
            }
            Self::PortHeld(held) => write!(formatter, "{held}"),
            Self::NoPortLeft { first, last } => write!(
                formatter,
                "Every port that the system chooses from ({first} to {last}, net.ipv4.ip_local_port_range) is in use, or \
                 the address is one that cannot be connected to"
            ),
            Self::UnixPath(found) => write!(formatter, "{found}"),
            Self::ProcessLimit { soft, hard } => {
                write!(
                    formatter,
                    "This process may have {soft} descriptors (RLIMIT_NOFILE) and has them all: close what "
                )?;
                write!(formatter, "is not needed, or raise the limit, with ulimit -n up to {hard}")
            }
            Self::SystemLimit { files } => {
                write!(formatter, "The system may have {files} open files (fs.file-max) and has them all")
            }
            Self::ControlDataLimit { bytes } => write!(
                formatter,
                "A message may have {bytes} bytes of control data (net.core.optmem_max), or the queue of the network \
                 device is full"
            ),
            Self::MembershipLimit { groups } => {
                write!(formatter, "A socket may join {groups} groups (net.ipv4.igmp_max_memberships)")
            }
        }
    }
}
