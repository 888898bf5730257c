//! A process that is watched: whether it has ended, and how, as far as the kernel tells that to somebody who is not its parent.
//!
//! `wait` tells the parent alone. Anybody else is told
//!
//! - until somebody has waited for it, by the last field of `/proc/N/stat`, of any Linux;
//! - afterwards, by a process descriptor that was opened before: `PIDFD_GET_INFO`, Linux 6.15.
//!
//! So on an older kernel nobody knows how a process ended whose parent waited for it at once. That it ended, the descriptor tells.

#![allow(unsafe_code)] // process descriptors

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Asks the kernel for the wait status of a process that was waited for.
pub(crate) type Ask = fn(&OwnedFd) -> Option<i32>;

/// A process, by a descriptor that becomes readable when it ends: its number may then be given out again.
pub(crate) struct Watched {
    number: u32,
    descriptor: OwnedFd,
}

impl Watched {
    /// The process of this number in our pid namespace.
    pub(crate) fn open(number: u32) -> io::Result<Self> {
        // SAFETY: no pointers.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::c_long::from(number), 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a new descriptor that nobody else has.
        Ok(Self { number, descriptor: unsafe { OwnedFd::from_raw_fd(fd as i32) } })
    }

    /// All its threads have ended.
    pub(crate) fn has_ended(&self) -> bool {
        let mut poll = libc::pollfd { fd: self.descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one pollfd, ours.
        unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
    }

    /// Nobody has waited for it yet: its number is still its own.
    pub(crate) fn has_its_number(&self) -> bool {
        let fd = self.descriptor.as_raw_fd();
        // SAFETY: signal 0 is none, and no pointer but NULL, which is allowed.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, 0, std::ptr::null::<libc::siginfo_t>(), 0) };
        sent == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
    }

    /// Its wait status, once it has ended; `None` where the kernel does not tell.
    pub(crate) fn status(&self, ask: Ask) -> Option<i32> {
        // Its parent may wait for it between the two.
        ask(&self.descriptor).or_else(|| self.status_of_a_zombie()).or_else(|| ask(&self.descriptor))
    }

    fn status_of_a_zombie(&self) -> Option<i32> {
        let status = zombie(&fs::read_to_string(format!("/proc/{}/stat", self.number)).ok()?)?;
        self.has_its_number().then_some(status)
    }
}

/// The answer of this kernel.
pub(crate) fn kernel(descriptor: &OwnedFd) -> Option<i32> {
    // SAFETY: plain numbers, of which zero is one.
    let mut info: libc::pidfd_info = unsafe { std::mem::zeroed() };
    info.mask = libc::PIDFD_INFO_EXIT.into();
    // SAFETY: the kernel writes as many bytes as the request's number says, which are those of `info`.
    let answered = unsafe { libc::ioctl(descriptor.as_raw_fd(), libc::PIDFD_GET_INFO, &raw mut info) } == 0;
    (answered && info.mask & u64::from(libc::PIDFD_INFO_EXIT) != 0).then_some(info.exit_code)
}

/// The wait status in the text of a zombie's `/proc/N/stat`, in which the name may hold anything.
fn zombie(stat: &str) -> Option<i32> {
    let mut fields = stat.rsplit_once(") ")?.1.split_ascii_whitespace();
    // The third field of all, and the 52nd.
    (fields.next()? == "Z").then(|| fields.nth(48)?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A process that ended so, and that nobody has waited for.
    fn ended(script: &str) -> (Child, Watched) {
        let child = Command::new("sh").args(["-c", script]).stdout(Stdio::null()).spawn().expect("runs");
        let watched = Watched::open(child.id()).expect("ours, and not waited for");
        while !watched.has_ended() {
            std::thread::yield_now();
        }
        (child, watched)
    }

    #[test]
    fn how_a_zombie_ended_every_kernel_tells_and_of_others_one_from_6_15_on() {
        for (script, status) in [("exit 7", 7 << 8), ("kill -KILL $$", libc::SIGKILL), ("kill -PIPE $$", libc::SIGPIPE)]
        {
            let (mut child, watched) = ended(script);
            assert!(watched.has_its_number());
            assert_eq!((watched.status(kernel), watched.status(|_| None)), (Some(status), Some(status)), "{script}");
            assert_eq!(child.wait().expect("ours").into_raw(), status);
            assert!(!watched.has_its_number());
            let told = watched.status(kernel);
            assert_eq!(told, kernel(&watched.descriptor), "/proc has nothing to add");
            assert!(told.is_none_or(|told| told == status), "{script}: {told:?}");
            assert_eq!(watched.status(|_| None), None, "a kernel before 6.15");
        }
    }

    #[test]
    fn of_a_process_that_runs_no_status_is_told() {
        let own = Watched::open(std::process::id()).expect("here");
        assert!(!own.has_ended() && own.has_its_number());
        assert_eq!(own.status(kernel), None);
    }

    #[test]
    fn the_status_is_found_behind_any_name() {
        let fields = |state: &str, last: &str| format!("7 (a) b) {state} {} {last}\n", "0 ".repeat(48));
        assert_eq!(zombie(&fields("Z", "13")), Some(13));
        assert_eq!(zombie(&fields("S", "13")), None);
        assert_eq!((zombie("7 (a) Z 0"), zombie("")), (None, None));
    }
}
