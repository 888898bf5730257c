//! The sockets that are open when a process attaches: inherited through `exec`, as from inetd, or made by constructors that ran
//! earlier. Nobody has seen their calls; they are told one by one, with the kernel's number of each, which the program that
//! handed them on has told as well.

use bsock_recording::layout::{Line, kind, section};
use bsock_recording::raw;
use bsock_recording::writer::{Ring, Section};

use crate::memory::ADDRESS_BYTES;
use crate::{call, tracked};

/// As many are looked at: a program that inherits more has been given them on purpose, and can be asked about.
const MOST: usize = 256;

/// Tells of them. `scratch` is room for a part of the directory.
pub(crate) fn tell(ring: Ring, scratch: &mut [u8]) {
    // Not O_DIRECTORY's business alone: in a chroot without /proc there is nothing to be told.
    let Some(directory) = raw::File::open(c"/proc/self/fd", libc::O_RDONLY | libc::O_DIRECTORY) else { return };
    let mut looked_at = 0;
    loop {
        let mut entries = directory.entries(scratch);
        if entries.is_empty() {
            return;
        }
        while let Some((name, rest)) = split_entry(entries) {
            entries = rest;
            if let Some(fd) = number(name) {
                looked_at += 1;
                tell_socket(ring, fd);
            }
        }
        if looked_at >= MOST {
            return;
        }
    }
}

/// The name in the first `struct linux_dirent64`, and what follows it.
fn split_entry(entries: &[u8]) -> Option<(&[u8], &[u8])> {
    /// Offsets of the record's length and of the name.
    const LENGTH: usize = 16;
    const NAME: usize = 19;
    let length = u16::from_ne_bytes(*entries.get(LENGTH..)?.first_chunk()?);
    let (entry, rest) = entries.split_at_checked(length.into())?;
    Some((entry.get(NAME..)?.split(|byte| *byte == 0).next()?, rest))
}

fn number(name: &[u8]) -> Option<i32> {
    let digit = |number: i32, byte: &u8| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    if name.is_empty() { None } else { name.iter().try_fold(0, digit) }
}

fn tell_socket(ring: Ring, fd: i32) {
    let option = |name| raw::socket_option(fd, libc::SOL_SOCKET, name);
    let Some(socket_type) = option(libc::SO_TYPE) else { return };
    let listens = option(libc::SO_ACCEPTCONN) == Some(1);
    tracked::opened(fd, socket_type == libc::SOCK_STREAM as u64 && !listens);
    let what = option(libc::SO_DOMAIN).unwrap_or(0) << 32 | socket_type;
    let args = [what, tracked::cookie(fd), u64::from(listens)];
    let (mut own, mut peer) = ([0; ADDRESS_BYTES], [0; ADDRESS_BYTES]);
    let nothing = Section::whole(0, &[]);
    let section = |kind, name: Option<(u32, _)>| name.map(|(claimed, bytes)| Section { kind, claimed, bytes });
    let sections = [
        section(section::ADDRESS, raw::socket_name(fd, false, &mut own)),
        section(section::ADDRESS_RESULT, raw::socket_name(fd, true, &mut peer)),
    ];
    // A section of kind 0 ends the list: an address that is not there may only be the last.
    let sections = sections.map(|section| section.unwrap_or(nothing));
    call::tell(ring, Line { kind: kind::INHERITED, fd, args, ..Line::default() }, &sections);
}
