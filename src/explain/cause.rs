//! Why a call failed, as far as the system itself can be asked: limits, port ranges, tables of sockets, paths.
//!
//! Nothing is looked up before somebody asks for the explanation, so what is told is how things are then; where they have
//! changed since the failure, there is no cause to be found, and the general [advice](super::advice) stands. Everything
//! is read into buffers of fixed size; nothing allocates.

mod files;
mod port;
mod process;
mod table;
mod unix_path;

use super::address::Address;
use super::names;
use crate::error::code::Code;
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
    ClosedEarly { received: usize, wanted: usize },
    LineTooLong { size: usize },
    OpenTheOtherWay { writes: bool },
    NoReader,
    NoSocket { blocked: bool },
}

/// The cause of a failure, if there is one to be found. `own` is where the address of a socket is put that is asked for
/// it.
pub(super) fn find<'a>(failed: &'a FailedCall, own: &'a mut [u8; ADDRESS_BYTES]) -> Option<Cause<'a>> {
    let address = Address::parse(failed.address());
    match (failed.call, failed.reason()) {
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
        (Call::RecvExactly, _) if failed.code == Code::CLOSED => {
            Some(Cause::ClosedEarly { received: failed.word(4), wanted: failed.word(2) })
        }
        (Call::ReadLine, _) if failed.code == Code::LINE_TOO_LONG => Some(Cause::LineTooLong { size: failed.word(4) }),
        (Call::Read | Call::Write, reason) => of_a_file(failed.int(0), reason, failed.call == Call::Write),
        _ => None,
    }
}

/// Reads and writes fail on files and pipes for reasons of their own.
fn of_a_file(fd: c_int, reason: c_int, writes: bool) -> Option<Cause<'static>> {
    let is_open = quiet::status(fd).is_some();
    let is_socket = quiet::int_option(fd, libc::SOL_SOCKET, libc::SO_TYPE).is_some();
    match reason {
        libc::EBADF if is_open => Some(Cause::OpenTheOtherWay { writes }),
        libc::EPIPE if is_open && !is_socket => Some(Cause::NoReader),
        libc::EAGAIN if is_open && !is_socket => Some(Cause::NoSocket { blocked: writes }),
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
            Self::ClosedEarly { received, wanted } => {
                write!(formatter, "The peer has sent {received} of the {wanted} bytes, and then closed the connection")
            }
            Self::LineTooLong { size } => write!(
                formatter,
                "There is no newline in {size} bytes, which is the whole buffer: give the reader a larger one, or break \
                 the connection off"
            ),
            Self::OpenTheOtherWay { writes } => {
                let (not, only) = if *writes { ("writing", "reading") } else { ("reading", "writing") };
                write!(formatter, "The descriptor is open for {only} and not for {not}")
            }
            Self::NoReader => formatter.write_str("Nobody has the pipe open for reading any more"),
            Self::NoSocket { blocked: writes } => {
                let (is, until) = if *writes { ("is full", "writable") } else { ("is empty", "readable") };
                write!(formatter, "The descriptor is non-blocking, and what it leads to {is}: poll until it is {until}")
            }
            Self::MembershipLimit { groups } => {
                write!(formatter, "A socket may join {groups} groups (net.ipv4.igmp_max_memberships)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Errno;
    use crate::last_call::{Call, failed, word};
    use core::ffi::c_int;
    use core::mem::MaybeUninit;

    /// What is told of a failure that no test can bring about. Each call is in a thread of its own, as its state is.
    fn told(call: Call, errno: c_int, arguments: &[usize]) -> String {
        failed(call, Errno::from_number(errno), arguments);
        let mut buffer = [MaybeUninit::new(0); 512];
        let length = crate::explain::explain(&mut buffer);
        #[allow(unsafe_code)]
        // SAFETY: the buffer was made of initialised bytes.
        let text = buffer[..length].iter().map(|byte| unsafe { byte.assume_init() }).collect();
        String::from_utf8(text).expect("is text")
    }

    fn setting(path: &str) -> String {
        let setting = std::fs::read_to_string(path).expect("is a setting of the kernel");
        setting.split_whitespace().collect::<Vec<_>>().join(" to ")
    }

    #[test]
    fn limits_of_the_system_are_told_by_their_values() {
        let socket = &[libc::AF_INET, libc::SOCK_STREAM, 0].map(word);
        assert_eq!(
            told(Call::Socket, libc::ENFILE, socket),
            format!(
                "socket(AF_INET, SOCK_STREAM, 0): ENFILE: too many open files in the system. The system may have {} open \
                 files (fs.file-max) and has them all.",
                setting("/proc/sys/fs/file-max")
            )
        );
        let message = &[word(-1), 0, 0];
        assert!(told(Call::SendMsg, libc::ENOBUFS, message).ends_with(&format!(
            "A message may have {} bytes of control data (net.core.optmem_max), or the queue of the network device is full.",
            setting("/proc/sys/net/core/optmem_max")
        )));
        let option = &[word(-1), libc::IPPROTO_IP as usize, libc::IP_ADD_MEMBERSHIP as usize, 0, 0];
        assert!(told(Call::SetSockOpt, libc::ENOBUFS, option).ends_with(&format!(
            "A socket may join {} groups (net.ipv4.igmp_max_memberships).",
            setting("/proc/sys/net/ipv4/igmp_max_memberships")
        )));
        let connect = &[word(-1), 0, 16];
        assert!(told(Call::Connect, libc::EADDRNOTAVAIL, connect).contains(&format!(
            "Every port that the system chooses from ({}, net.ipv4.ip_local_port_range) is in use",
            setting("/proc/sys/net/ipv4/ip_local_port_range")
        )));
    }
}
