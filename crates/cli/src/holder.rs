//! Who holds an address that `bind` found in use (EADDRINUSE), from the kernel's tables of sockets.
//!
//! The tables say how things are now, so this is asked at once while a program runs, and never for a recording. What they do
//! not tell any more is not told. They are those of the process that asked; one that has ended was, in all likelihood, in
//! bsock's own network.

mod words;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bsock_analysis::address::{Address, Printable};
use bsock_analysis::message::Language;
use bsock_analysis::model::{Endpoint, Model};
use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

/// The library's own: it answers `bsock_explain` from the same tables.
#[allow(dead_code, reason = "the library's file: it has more than is used here")]
#[path = "../../../src/explain/cause/table.rs"]
mod table;

use self::table::{ACCEPTS, LISTEN, Local, Row, TIME_WAIT, same_name, unix_row};

/// How many failures are looked into. A program that tries port after port is not worth a look through all processes each
/// time.
const LOOKS: usize = 16;

/// Looks into failures while a program runs.
pub(crate) struct Holders {
    looks: usize,
}

/// A `bind` that failed, and why.
pub(crate) struct Failed {
    process: u32,
    fd: i32,
    address: Address,
    held: Held,
}

/// What the tables say of an address.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    /// A socket listens there; one of UDP receives.
    Listening { by: Holder, local: String, is_tcp: bool },
    /// Nobody listens, but somebody's connection has the port at this end.
    Connected { by: Holder, local: String },
    /// Connections that have ended keep the port for a while.
    TimeWait,
    /// A UNIX socket has the name.
    Named { by: Holder },
    /// The file exists, and no socket has its name.
    Left,
}

/// Who has a socket.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    /// The process that called `bind`.
    Itself {
        fd: u32,
    },
    Process {
        name: String,
        process: u32,
    },
    /// Somebody whose descriptors bsock may not see.
    Hidden,
}

impl Holders {
    /// For a program that is running; otherwise nothing is looked into.
    pub(crate) const fn new(running: bool) -> Self {
        Self { looks: if running { LOOKS } else { 0 } }
    }

    /// Who is in the way, if `event` is a `bind` that failed for that. The model is in the state after it.
    pub(crate) fn look(&mut self, model: &Model, event: &Event) -> Option<Failed> {
        let What::Call(call) = &event.what else { return None };
        if call.outcome != Outcome::Failed(libc::EADDRINUSE) || call.function != Function::Bind {
            return None;
        }
        self.looks = self.looks.checked_sub(1)?;
        Failed::of(event.thread.process, call, model.subject()?)
    }
}

impl Failed {
    fn of(process: u32, call: &Call, socket: &Endpoint) -> Option<Self> {
        let address = Address::from_memory(call.address.as_ref()?)?;
        let held = match &address {
            Address::Inet(_) | Address::Inet6(_) => internet(process, &address, socket.is_stream()),
            Address::UnixPath(path) => unix(process, path, false),
            Address::UnixAbstract(name) => unix(process, name, true),
            Address::Unspecified | Address::UnixUnnamed | Address::Other(_) => None,
        }?;
        Some(Self { process, fd: call.fd, address, held })
    }

    /// Who is in the way.
    pub(crate) fn cause(&self, language: Language) -> String {
        words::cause(self).text(language)
    }

    /// That, for somebody who does not see the call.
    pub(crate) fn sentence(&self, language: Language) -> String {
        words::sentence(self, language)
    }
}

/// A table of the network in which `process` is. The kernel does not hold it still while it is read in pieces, and a row may
/// be missing once; as what is not there would be told to be nobody's, it is read twice.
fn table(process: u32, name: &str) -> Vec<u8> {
    let of = |who: &str| fs::read(format!("/proc/{who}/net/{name}"));
    let once = || of(&process.to_string()).or_else(|_| of("self")).unwrap_or_default();
    [once(), once()].concat()
}

fn internet(process: u32, address: &Address, is_tcp: bool) -> Option<Held> {
    let wanted = match address {
        Address::Inet(address) => Local { host: address.ip().to_ipv6_mapped().octets(), port: address.port() },
        Address::Inet6(address) => Local { host: address.ip().octets(), port: address.port() },
        _ => return None,
    };
    let names = if is_tcp { ["tcp", "tcp6"] } else { ["udp", "udp6"] };
    let text = names.map(|name| table(process, name)).concat();
    let rows = || text.split(|byte| *byte == b'\n').filter_map(Row::parse).filter(|row| row.local.meets(&wanted));
    let open = |row: &Row| row.inode != 0;
    if let Some(row) = rows().filter(open).find(|row| !is_tcp || row.state == LISTEN) {
        return Some(Held::Listening { by: Holder::of(row.inode, process), local: shown(row.local), is_tcp });
    }
    if let Some(row) = rows().find(open) {
        return Some(Held::Connected { by: Holder::of(row.inode, process), local: shown(row.local) });
    }
    rows().any(|row| row.state == TIME_WAIT).then_some(Held::TimeWait)
}

fn unix(process: u32, name: &[u8], is_abstract: bool) -> Option<Held> {
    let text = table(process, "unix");
    let has_name = |shown: &[u8]| match is_abstract {
        true => shown.split_first().is_some_and(|(first, rest)| *first == b'@' && same_name(rest, name)),
        false => shown == name,
    };
    let rows = text.split(|byte| *byte == b'\n').filter_map(unix_row).filter(|(_, _, shown)| has_name(shown));
    // The one that listens before the connections that it has accepted, which bear its name, too.
    match rows.max_by_key(|(flags, ..)| flags & ACCEPTS) {
        Some((_, inode, _)) => Some(Held::Named { by: Holder::of(inode, process) }),
        None => (!is_abstract && is_there(process, name)).then_some(Held::Left),
    }
}

/// Whether the file is there still that `process` calls by this name. One that has ended, perhaps between two looks here, was in
/// all likelihood where bsock is.
fn is_there(process: u32, name: &[u8]) -> bool {
    let name = Path::new(std::ffi::OsStr::from_bytes(name));
    let root = PathBuf::from(format!("/proc/{process}/{}", if name.is_absolute() { "root" } else { "cwd" }));
    root.join(name.strip_prefix("/").unwrap_or(name)).exists() || name.exists()
}

/// As in a trace.
fn shown(Local { host, port }: Local) -> String {
    let host = std::net::Ipv6Addr::from(host);
    match host.to_ipv4_mapped() {
        Some(host) => format!("{host}:{port}"),
        None => format!("[{host}]:{port}"),
    }
}

impl Holder {
    /// Who has the socket with this inode: `asking` before all others, since a child may have it as well.
    fn of(inode: u64, asking: u32) -> Self {
        let wanted = format!("socket:[{inode}]");
        if let Some(fd) = descriptor(asking, &wanted) {
            return Self::Itself { fd };
        }
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        processes.find(|process| descriptor(*process, &wanted).is_some()).map_or(Self::Hidden, |process| {
            let name = fs::read(format!("/proc/{process}/comm")).unwrap_or_default();
            Self::Process { name: Printable(name.trim_ascii_end()).to_string(), process }
        })
    }
}

/// By which descriptor `process` has what is called `wanted` among them.
fn descriptor(process: u32, wanted: &str) -> Option<u32> {
    let entries = fs::read_dir(format!("/proc/{process}/fd")).ok()?.flatten();
    let mut has = entries.filter(|entry| fs::read_link(entry.path()).is_ok_and(|link| link.as_os_str() == wanted));
    has.next()?.file_name().to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// No process has this number.
    const NOBODY: u32 = u32::MAX;

    fn itself(socket: &impl AsRawFd) -> Holder {
        Holder::Itself { fd: socket.as_raw_fd() as u32 }
    }

    #[test]
    fn whoever_listens_on_a_port_is_found_and_told_apart_from_whoever_asks() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let local = listener.local_addr().expect("bound").to_string();
        let port = listener.local_addr().expect("bound").port();
        let everywhere = Address::Inet(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port));
        let held = internet(std::process::id(), &everywhere, true);
        assert_eq!(held, Some(Held::Listening { by: itself(&listener), local: local.clone(), is_tcp: true }));
        let Some(Held::Listening { by: Holder::Process { process, .. }, .. }) = internet(NOBODY, &everywhere, true)
        else {
            panic!("somebody listens")
        };
        assert_eq!(process, std::process::id());
        let elsewhere = Address::Inet(SocketAddrV4::new(Ipv4Addr::new(127, 7, 7, 7), port));
        assert_eq!(internet(NOBODY, &elsewhere, true), None);

        let client = TcpStream::connect(&local).expect("listens");
        let (server, _) = listener.accept().expect("connected");
        drop(listener);
        let held = internet(std::process::id(), &everywhere, true);
        assert_eq!(held, Some(Held::Connected { by: itself(&server), local }));
        drop(client);
    }

    #[test]
    fn whoever_receives_datagrams_or_has_a_path_is_found_too() {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let local = receiver.local_addr().expect("bound");
        let address = Address::Inet(SocketAddrV4::new(Ipv4Addr::LOCALHOST, local.port()));
        let held = internet(std::process::id(), &address, false);
        assert_eq!(held, Some(Held::Listening { by: itself(&receiver), local: local.to_string(), is_tcp: false }));

        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("path");
        let listener = UnixListener::bind(&path).expect("a path of ours");
        let name = path.as_os_str().as_bytes();
        assert_eq!(unix(std::process::id(), name, false), Some(Held::Named { by: itself(&listener) }));
        drop(listener);
        assert_eq!(unix(std::process::id(), name, false), Some(Held::Left));
        drop(folder);
        assert_eq!(unix(NOBODY, name, false), None);
    }
}
