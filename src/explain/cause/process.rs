//! Which process has a socket: found by looking through the descriptors of every process that may be looked at.

use super::files::{self, Path};
use super::table::decimal;
use crate::explain::quoted::Quoted;
use crate::sys::quiet::File;
use core::ffi::CStr;
use core::fmt::{self, Write};

/// The most bytes of a process's name, as the kernel keeps it.
const NAME_BYTES: usize = 16;

/// Who has the socket.
#[derive(Clone, Copy)]
pub(crate) enum Holder {
    /// The process itself, by this descriptor.
    Ourselves { descriptor: u64 },
    /// The first of the processes that have it.
    Process { id: u64, name: Name },
    /// Somebody whose descriptors this process may not see.
    Hidden { user: Option<u64> },
}

/// A process's name, cut as the kernel cuts it.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    bytes: [u8; NAME_BYTES],
    length: usize,
}

impl Holder {
    /// Who has the socket with this inode, which belongs to this user, if that is known.
    pub(super) fn of_socket(inode: u64, user: Option<u64>) -> Self {
        let ourselves = descriptor_of(c"/proc/self/fd", inode).map(|descriptor| Self::Ourselves { descriptor });
        let process = || {
            let processes = File::open_directory(c"/proc")?;
            files::entry(&processes, |entry| {
                let id = decimal(entry.to_bytes())?;
                descriptor_of(Path::new(format_args!("/proc/{id}/fd")).as_c_str(), inode)?;
                Some(Self::Process { id, name: Name::of_process(id) })
            })
        };
        ourselves.or_else(process).unwrap_or(Self::Hidden { user })
    }
}

/// The descriptor, among those that the directory lists, of the socket with this inode.
fn descriptor_of(directory: &CStr, inode: u64) -> Option<u64> {
    let wanted = Path::new(format_args!("socket:[{inode}]"));
    let wanted = wanted.as_c_str().to_bytes();
    let directory = File::open_directory(directory)?;
    files::entry(&directory, |entry| {
        let mut link = [0; 64];
        let length = directory.link(entry, &mut link);
        (link.get(..length)? == wanted).then(|| decimal(entry.to_bytes()))?
    })
}

impl Name {
    fn of_process(id: u64) -> Self {
        let mut bytes = [0; NAME_BYTES];
        let file = File::open(Path::new(format_args!("/proc/{id}/comm")).as_c_str());
        let mut length = file.map_or(0, |file| file.read(&mut bytes));
        if bytes.get(..length).and_then(<[u8]>::last) == Some(&b'\n') {
            length -= 1;
        }
        Self { bytes, length }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Quoted(self.bytes.get(..self.length).unwrap_or_default()).fmt(formatter)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ourselves { descriptor } => write!(formatter, "this process itself (descriptor {descriptor})"),
            Self::Process { id, name } => {
                formatter.write_char('`')?;
                write!(formatter, "{name}")?;
                write!(formatter, "` (process {id})")
            }
            Self::Hidden { user: Some(user) } => {
                write!(formatter, "a process of user {user} that this one may not look at")
            }
            Self::Hidden { user: None } => formatter.write_str("a process that this one may not look at"),
        }
    }
}
