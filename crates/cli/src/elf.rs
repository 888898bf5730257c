//! Why a program cannot be recorded, read from its file before it starts: an empty trace must not be silent.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use object::elf::PT_INTERP;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, FileKind};

/// A property of a program that keeps the preload out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// No dynamic linker, so nothing that could load the recorder.
    Static(PathBuf),
    /// The dynamic linker ignores the preload for programs that change their user or group.
    SetUser(PathBuf),
    /// Another architecture than bsock's own.
    Foreign(PathBuf),
}

/// What stands in the way of recording `program`, looked up as `exec` would. `None` also for scripts, whose interpreter
/// is what attaches, and for what cannot be read.
pub(crate) fn obstacle(program: &OsString) -> Option<Obstacle> {
    obstacle_of(&search(program)?)
}

/// What stands in the way of recording the program in file `path`.
pub(crate) fn obstacle_of(path: &Path) -> Option<Obstacle> {
    // To open a FIFO may last for ever.
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode();
    let changes_user = mode & 0o4000 != 0 && metadata.uid() != own_user();
    if changes_user || mode & 0o2000 != 0 {
        return Some(Obstacle::SetUser(path.to_owned()));
    }
    let mut start = vec![0; 64 * 1024];
    let length = File::open(path).and_then(|mut file| file.read(&mut start)).ok()?;
    match has_interpreter(start.get(..length)?)? {
        Kind::Dynamic => None,
        Kind::Static => Some(Obstacle::Static(path.to_owned())),
        Kind::Foreign => Some(Obstacle::Foreign(path.to_owned())),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dynamic,
    Static,
    Foreign,
}

/// The kind of program whose file begins with `start`; `None` if it is no ELF file.
fn has_interpreter(start: &[u8]) -> Option<Kind> {
    if !start.starts_with(b"\x7fELF") {
        return None;
    }
    if FileKind::parse(start).ok()? != FileKind::Elf64 {
        return Some(Kind::Foreign);
    }
    let header = object::elf::FileHeader64::<Endianness>::parse(start).ok()?;
    let endian = header.endian().ok()?;
    let own = if cfg!(target_arch = "x86_64") { object::elf::EM_X86_64 } else { object::elf::EM_AARCH64 };
    if header.e_machine(endian) != own {
        return Some(Kind::Foreign);
    }
    let segments = header.program_headers(endian, start).ok()?;
    let dynamic = segments.iter().any(|segment| segment.p_type(endian) == PT_INTERP);
    Some(if dynamic { Kind::Dynamic } else { Kind::Static })
}

fn own_user() -> u32 {
    fs::metadata("/proc/self").map_or(0, |metadata| metadata.uid())
}

/// The file that `exec` would run for `program`.
fn search(program: &OsStr) -> Option<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(program));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(Path::new(program))).find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_programs_are_told_from_their_first_bytes() {
        let own = fs::read("/proc/self/exe").expect("this test");
        assert_eq!(has_interpreter(&own), Some(Kind::Dynamic));
        let mut foreign = own.clone();
        foreign[18] ^= 0x55;
        assert_eq!(has_interpreter(&foreign), Some(Kind::Foreign));
        assert_eq!(has_interpreter(b"#!/bin/sh\n"), None);
        assert_eq!(has_interpreter(b"\x7fELF"), None);
    }

    #[test]
    fn names_are_looked_up_in_the_path() {
        assert!(search(OsStr::new("sh")).is_some_and(|path| path.is_absolute()));
        assert_eq!(search(OsStr::new("./x")), Some(PathBuf::from("./x")));
        assert_eq!(obstacle(&OsString::from("sh")), None);
    }
}
