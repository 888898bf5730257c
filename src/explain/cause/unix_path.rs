//! What is wrong with the path of a UNIX socket: which directory is missing, or who has the name.

use super::files;
use super::process::Holder;
use super::table::{self, ACCEPTS, same_name};
use crate::explain::address::Address;
use crate::sys::quiet;
use core::ffi::CStr;
use core::fmt;

/// More than the longest path, `sun_path`, with a NUL behind it.
const PATH_BYTES: usize = 128;
/// What was found about a path or an abstract name.
pub(crate) enum Found<'a> {
    /// The first directory of the path that does not exist.
    NoDirectory { path: &'a [u8] },
    /// All directories are there, the last name is not.
    NoFile { path: &'a [u8] },
    /// A socket has the name.
    Held { address: Address<'a>, by: Holder, listens: bool },
    /// The file exists, and no socket has its name.
    Left { path: &'a [u8] },
}

/// What is missing on the way to a path.
pub(super) fn missing(path: &[u8]) -> Option<Found<'_>> {
    let ends = path.iter().enumerate().filter(|(index, byte)| **byte == b'/' && *index > 0).map(|(index, _)| index);
    for end in ends {
        let directory = path.get(..end)?;
        if !exists(directory)? {
            return Some(Found::NoDirectory { path: directory });
        }
    }
    (!exists(path)?).then_some(Found::NoFile { path })
}

/// Who has the name of a UNIX address that is in use.
pub(super) fn held(address: Address<'_>) -> Option<Found<'_>> {
    let (lead, name) = match address {
        Address::UnixPath(path) => (None, path),
        Address::UnixAbstract(name) => (Some(b'@'), name),
        _ => return None,
    };
    // A listening socket before the connections that it has accepted, which bear its name, too.
    let socket = |must_listen: bool| {
        files::line(c"/proc/thread-self/net/unix", |line| {
            let (flags, inode, path) = table::unix_row(line)?;
            let has_name = match lead {
                Some(lead) => path.split_first().is_some_and(|(first, rest)| *first == lead && same_name(rest, name)),
                None => path == name,
            };
            let listens = flags & ACCEPTS != 0;
            (has_name && (listens || !must_listen)).then_some((inode, listens))
        })
    };
    match (socket(true).or_else(|| socket(false)), address) {
        (Some((inode, listens)), _) => {
            let by = Holder::of_socket(inode, None);
            Some(Found::Held { address, by, listens })
        }
        (None, Address::UnixPath(path)) if exists(path)? => Some(Found::Left { path }),
        _ => None,
    }
}

/// Whether there is something at that path; nothing if it is too long to ask.
fn exists(path: &[u8]) -> Option<bool> {
    let mut bytes = [0; PATH_BYTES];
    bytes.get_mut(..path.len())?.copy_from_slice(path);
    CStr::from_bytes_until_nul(&bytes).ok().map(quiet::exists)
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDirectory { path } => write!(formatter, "The directory {} does not exist", Address::UnixPath(path)),
            Self::NoFile { path } => write!(
                formatter,
                "There is no socket file {}: start the server first, and check the path",
                Address::UnixPath(path)
            ),
            Self::Held { address, by, listens } => {
                let does = if *listens { ", which listens" } else { "" };
                write!(formatter, "The name {address} is held by {by}{does}: stop it, or choose another name")
            }
            Self::Left { path } => write!(
                formatter,
                "The file {} exists, and no socket is open under that name: unlink it before bind",
                Address::UnixPath(path)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_missing_directory_is_named() {
        let text = |path: &[u8]| missing(path).map(|found| found.to_string());
        assert_eq!(text(b"/nowhere/at/all").as_deref(), Some("The directory \"/nowhere\" does not exist"));
        assert_eq!(text(b"/proc/none").as_deref().map(|text| text.starts_with("There is no socket file")), Some(true));
        assert_eq!(text(b"/proc/self/status"), None);
        assert_eq!(text(&[b'x'; 200]), None);
    }
}
