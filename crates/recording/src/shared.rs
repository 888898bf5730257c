//! The shared file's life: the command makes it, programs attach to it, and nobody keeps it open.
//!
//! It has a random name in a directory that others may pass through but not list: a program that changes its user can still
//! open it, somebody who does not know the name cannot. Each process maps it once and closes it at once, so that no
//! descriptor of ours exists in the program. The command removes it when it leaves; directories of commands that were
//! killed are removed by the next one.

#![allow(unsafe_code)] // maps memory that other processes write

use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::layout::{Control, MAGIC, MAX_RINGS, PAGE, SHARED_VERSION, ring_capacity, ring_offset};
use crate::pool::Pool;
use crate::raw;

/// The environment variable that tells a program where to attach.
pub const VARIABLE: &str = "BSOCK_RECORDING";

/// How large a shared file is to be.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Rings, and so threads that record at one time; at most [`MAX_RINGS`].
    pub rings: usize,
    /// Bytes of records in a ring of full size: a power of two, at least a page.
    pub ring_bytes: usize,
    /// A writer without room waits for it.
    pub lossless: bool,
}

impl Default for Size {
    /// As many rings as there can be, the first of 1 MiB: sparse, so that only what is used takes memory. Eight threads and
    /// what is kept ready for more take less than 16 MiB, each further thread takes less than 1 MiB.
    fn default() -> Self {
        Self { rings: MAX_RINGS, ring_bytes: 1024 * 1024, lossless: false }
    }
}

/// What a process finds around itself, compared between the command and the programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Seccomp filters it runs under.
    pub seccomp_filters: u32,
    /// Its pid namespace, 0 if unknown.
    pub pid_namespace: u64,
}

impl Surroundings {
    /// This process's.
    #[must_use]
    pub fn here() -> Self {
        Self { seccomp_filters: seccomp_filters(), pid_namespace: pid_namespace() }
    }
}

/// The number of seccomp filters that this process runs under; where the kernel (before 5.9) does not count them, any
/// number counts as one. Makes only system calls that the dynamic linker makes as well.
#[must_use]
pub fn seccomp_filters() -> u32 {
    let Some(status) = raw::File::open(c"/proc/self/status", libc::O_RDONLY) else { return 0 };
    filters_in(|buffer| status.read(buffer).len())
}

/// This process's pid namespace, 0 if unknown.
#[must_use]
pub fn pid_namespace() -> u64 {
    let mut target = [0; 64];
    number_after(raw::link_target(c"/proc/self/ns/pid", &mut target), b"pid:[").unwrap_or(0)
}

impl Size {
    /// Rings of `ring_bytes` each (rounded up to a power of two), as many as the usual address space holds.
    #[must_use]
    pub fn with_ring_bytes(ring_bytes: usize) -> Self {
        let usual = Self::default();
        let room = ring_offset(usual.rings, usual.ring_bytes);
        let ring_bytes = ring_bytes.clamp(PAGE, 1 << 30).next_power_of_two();
        let rings = (16..=MAX_RINGS).rev().find(|rings| ring_offset(*rings, ring_bytes) <= room).unwrap_or(16);
        Self { rings, ring_bytes, lossless: false }
    }
}

/// Memory that rings have before the program starts. While it runs, as much is kept ready beyond those in use as these have, but
/// at least so much again, and at most [`MOST_READY_BYTES`]: to zero 6 MiB for a program that makes three calls would be a third of
/// what it takes to start it.
const FIRST_BYTES: usize = 2 << 20;
const MOST_READY_BYTES: usize = 6 << 20;

/// What [`Shared::link`] calls its link.
const LINK: &str = "libbsock_preload.so";

/// The command's side: the file, mapped, and removed in the end.
pub struct Shared {
    path: PathBuf,
    file: File,
    _lock: Option<File>,
    pool: Pool,
    length: usize,
}

// SAFETY: what `pool` points to is mapped for as long as the value lives, and everything in it that changes is atomic or
// ordered by atomics.
unsafe impl Send for Shared {}

impl Shared {
    /// Makes the file, ready for programs to attach.
    ///
    /// # Errors
    ///
    /// Where no directory can be made in `/dev/shm` nor in the temporary directory, or there is no memory.
    pub fn create(size: Size, clock: u32, surroundings: &Surroundings) -> io::Result<Self> {
        let mut failure = None;
        for parent in [PathBuf::from("/dev/shm"), std::env::temp_dir()] {
            match Self::create_in(&parent, size, clock, surroundings) {
                Ok(shared) => return Ok(shared),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    }

    fn create_in(parent: &Path, size: Size, clock: u32, surroundings: &Surroundings) -> io::Result<Self> {
        let ring_bytes = size.ring_bytes.next_power_of_two().max(PAGE);
        let rings = size.rings.clamp(1, MAX_RINGS);
        let path = private_directory(parent)?.join(random_name()?);
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        file.set_permissions(Permissions::from_mode(0o666))?;
        let length = ring_offset(rings, ring_bytes);
        let shared = Self::map(file, path.clone(), length, rings, ring_bytes).inspect_err(|_| remove(&path))?;
        shared.initialise(clock, surroundings, size.lossless);
        Ok(shared)
    }

    fn map(file: File, path: PathBuf, length: usize, rings: usize, ring_bytes: usize) -> io::Result<Self> {
        file.set_len(length as u64)?;
        let first = (FIRST_BYTES / ring_bytes).clamp(1, rings);
        allocate(&file, 0, ring_offset(first, ring_bytes))?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: without MAP_FIXED a mapping disturbs no other.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), length, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just mapped, with that many rings, until the value is dropped.
        let pool = unsafe { Pool::new(base.cast(), rings, ring_bytes) };
        raw::populate(base.cast(), ring_offset(first, ring_bytes));
        (0..first).for_each(|index| pool.got_memory(index));
        let lock = path.parent().and_then(|directory| lock(directory).ok());
        Ok(Self { path, file, _lock: lock, pool, length })
    }

    fn initialise(&self, clock: u32, surroundings: &Surroundings, lossless: bool) {
        let control = std::ptr::from_ref(self.pool.control()).cast_mut();
        // SAFETY: nobody has attached yet: the page is ours alone.
        unsafe {
            (*control).magic = MAGIC;
            (*control).version = SHARED_VERSION;
            (*control).lossless = lossless.into();
            (*control).clock = clock;
            (*control).rings = self.pool.rings() as u32;
            (*control).ring_bytes = self.pool.ring_bytes() as u32;
            (*control).seccomp_filters = surroundings.seccomp_filters;
            (*control).pid_namespace = surroundings.pid_namespace;
        }
        self.control().recording.store(1, Release);
    }

    /// Gets memory for rings that may be wanted soon. Where there is none, programs do without those rings.
    pub(crate) fn keep_ready(&self) {
        let (full, used) = (self.pool.ring_bytes(), self.pool.used());
        let bytes = ring_offset(used, full).clamp(FIRST_BYTES, MOST_READY_BYTES);
        let ready = (bytes / ring_capacity(used, full)).max(1);
        let wanted = (used + ready).min(self.pool.rings());
        for index in (0..wanted).filter(|index| !self.pool.has_memory(*index)) {
            if allocate(&self.file, ring_offset(index, full), PAGE + ring_capacity(index, full)).is_err() {
                return;
            }
            self.pool.got_memory(index);
            self.control().freed.fetch_add(1, Relaxed);
        }
    }

    /// Where programs attach: the value of [`VARIABLE`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another name for `library`, beside the file and for as long as it.
    ///
    /// # Errors
    ///
    /// Those of making a symbolic link.
    pub fn link(&self, library: &Path) -> io::Result<PathBuf> {
        let name = self.path.with_file_name(LINK);
        std::os::unix::fs::symlink(library, &name)?;
        Ok(name)
    }

    /// The control page.
    #[must_use]
    pub fn control(&self) -> &Control {
        self.pool.control()
    }

    /// The rings.
    pub(crate) const fn pool(&self) -> Pool {
        self.pool
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.control().recording.store(0, Release);
        remove(&self.path);
        let base = std::ptr::from_ref(self.pool.control()).cast_mut().cast();
        // SAFETY: our mapping; the pool's users borrow from this value.
        unsafe { libc::munmap(base, self.length) };
    }
}

/// Gives a part of the file its memory. Without it, a program that touches a page when memory has run out dies of SIGBUS.
fn allocate(file: &File, start: usize, length: usize) -> io::Result<()> {
    // SAFETY: the descriptor is open.
    match unsafe { libc::fallocate(file.as_raw_fd(), 0, start as libc::off_t, length as libc::off_t) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Keeps a directory from being swept by another command, for as long as it is open.
fn lock(directory: &Path) -> io::Result<File> {
    // Others may put what they like into a directory that everybody can write to: a FIFO must not be waited for.
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(directory)?;
    // SAFETY: the descriptor is open.
    match unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } {
        0 => Ok(file),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Removes the file, what stands beside it, and the directory around them.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_file(path.with_file_name(LINK));
    if let Some(directory) = path.parent() {
        let _ = fs::remove_dir(directory);
    }
}

/// A fresh directory that only its owner can list, after those of killed commands are gone.
fn private_directory(parent: &Path) -> io::Result<PathBuf> {
    sweep(parent);
    let path = parent.join(format!("bsock-{}-{}", std::process::id(), random_name()?));
    DirBuilder::new().mode(0o700).create(&path)?;
    // The umask may have taken the others' way through it; a program that changes its user needs it.
    fs::set_permissions(&path, Permissions::from_mode(0o711))?;
    Ok(path)
}

/// Removes the directories of this user's commands that no longer run.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix("bsock-")) else { continue };
        let Some((pid, _)) = rest.split_once('-') else { continue };
        if pid.bytes().all(|byte| byte.is_ascii_digit()) && !Path::new("/proc").join(pid).exists() {
            // The lock tells a command of another pid namespace from one that is gone.
            if lock(&entry.path()).is_ok() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// 128 bits from the kernel, as text.
fn random_name() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The program's side: maps the file at `path` and checks that it is one this version can write to.
/// `None` where the file is not there, not ours, or cannot be mapped: then the process is simply not recorded.
#[must_use]
pub fn attach(path: &CStr) -> Option<Pool> {
    let file = raw::File::open(path, libc::O_RDWR)?;
    let length = file.size();
    if length < ring_offset(1, PAGE) {
        return None;
    }
    let base = file.map(length)?;
    // SAFETY: the mapping is longer than a control page; these fields do not change once a program can know the name.
    let control = unsafe { &*base.cast::<Control>() };
    let (rings, ring_bytes) = (control.rings as usize, control.ring_bytes as usize);
    let sound = control.magic == MAGIC
        && control.version == SHARED_VERSION
        && (1..=MAX_RINGS).contains(&rings)
        && ring_bytes.is_power_of_two()
        && ring_bytes >= PAGE
        && ring_offset(rings, ring_bytes) <= length;
    // SAFETY: a mapping that is never undone, checked to hold that many rings.
    sound.then(|| unsafe { Pool::new(base, rings, ring_bytes) })
}

/// What the text of `/proc/self/status` says. It is read in pieces: a program may have a stack of four pages.
fn filters_in(mut read: impl FnMut(&mut [u8]) -> usize) -> u32 {
    let (mut piece, mut rest, mut filters) = ([0; 256], 0, 0);
    loop {
        let length = rest + piece.get_mut(rest..).map_or(0, &mut read);
        if length == rest {
            return filters;
        }
        // The number of filters stands behind the line that says whether there are any.
        let seen = piece.get(..length).unwrap_or(&[]);
        let whole = seen.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in seen.get(..whole).unwrap_or(&[]).split(|byte| *byte == b'\n') {
            let is_it = line.starts_with(b"Seccomp:") || line.starts_with(b"Seccomp_filters:");
            filters = number_after(line, b":").filter(|_| is_it).map_or(filters, |number| number as u32);
        }
        // Of a line that is longer than the buffer, its end is taken for one; no line that we look for is so long.
        let begun = if whole == 0 && length == piece.len() { length } else { whole };
        // Not `copy_within`, which panics where it is given a wrong range: constructors come here.
        let bytes = Cell::from_mut(piece.as_mut_slice()).as_slice_of_cells();
        bytes.iter().zip(bytes.get(begun..length).unwrap_or(&[])).for_each(|(to, from)| to.set(from.get()));
        rest = length - begun;
    }
}

fn number_after(text: &[u8], name: &[u8]) -> Option<u64> {
    let start = text.windows(name.len()).position(|window| window == name)? + name.len();
    let digits = text.get(start..)?.iter().skip_while(|byte| byte.is_ascii_whitespace());
    Some(
        digits
            .take_while(|byte| byte.is_ascii_digit())
            .fold(0, |number, digit| u64::wrapping_add(u64::wrapping_mul(number, 10), u64::from(digit - b'0'))),
    )
}

/// `path` as the environment holds it.
#[must_use]
pub fn variable_value(path: &Path) -> CString {
    CString::new(path.as_os_str().as_encoded_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_program_attaches_to_what_the_command_made_and_it_is_gone_afterwards() {
        let shared = Shared::create(Size { rings: 2, ring_bytes: PAGE, lossless: false }, 0, &Surroundings::default())
            .expect("shared memory");
        let path = shared.path().to_owned();
        let attached = attach(&variable_value(&path)).expect("attaches");
        assert_eq!(attached.rings(), 2);
        assert_eq!(attached.control().recording.load(Relaxed), 1);
        assert!(shared.link(Path::new("/")).expect("the directory is ours").is_dir());
        drop(shared);
        assert_eq!(attached.control().recording.load(Relaxed), 0, "the mapping lives on and says that nobody reads");
        assert!(!path.exists() && !path.parent().expect("directory").exists());
    }

    #[test]
    fn what_is_not_a_shared_file_is_refused() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(&[7; 3 * PAGE]).expect("writable");
        assert!(attach(&variable_value(file.path())).is_none());
        assert!(attach(c"/nonexistent").is_none());
    }

    #[test]
    fn what_only_looks_like_a_commands_directory_is_left_alone() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        // Numbers of processes end at 4194304.
        let (stale, fifo, link) = ("bsock-4999999-a", "bsock-4999999-b", "bsock-4999999-c");
        let parent = parent.path();
        let elsewhere = parent.join("elsewhere");
        for directory in [&parent.join(stale), &elsewhere] {
            fs::create_dir(directory).expect("a new directory");
        }
        let made = std::process::Command::new("mkfifo").arg(parent.join(fifo)).status();
        assert!(made.is_ok_and(|status| status.success()));
        std::os::unix::fs::symlink(&elsewhere, parent.join(link)).expect("a new link");
        // On a thread: to open a FIFO may last for ever.
        let (done, swept) = std::sync::mpsc::channel();
        let inside = parent.to_owned();
        std::thread::spawn(move || {
            sweep(&inside);
            done.send(())
        });
        let swept = swept.recv_timeout(std::time::Duration::from_secs(60));
        let left = |name: &str| parent.join(name).symlink_metadata().is_ok();
        assert!(swept.is_ok(), "hangs");
        assert_eq!((left(stale), left(fifo), left(link)), (false, true, true));
    }

    #[test]
    fn filters_are_counted_where_the_kernel_counts_them() {
        let groups = format!("Name:\tx\nGroups:\t{}\n", "1000 ".repeat(200));
        for step in [1, 7, 256] {
            let filters = |text: &str| {
                let mut text = text.as_bytes();
                filters_in(|buffer| {
                    let length = step.min(buffer.len());
                    text.read(&mut buffer[..length]).expect("memory")
                })
            };
            assert_eq!(filters("Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t13\nSpeculation:\t0\n"), 13);
            assert_eq!(filters(&format!("{groups}Seccomp:\t2\nSeccomp_filters:\t13\nSpeculation:\t0\n")), 13);
            assert_eq!(filters("Name:\tx\nSeccomp:\t2\n"), 2);
            assert_eq!(filters("Name:\tx\n"), 0);
        }
    }
}
