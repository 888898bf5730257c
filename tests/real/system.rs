//! The system calls that the standard library has no name for: signals, the adoption of orphans, processor time, network namespaces.
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;
use std::{fs, thread};

/// Sends a signal to a process that this program started.
pub(crate) fn signal(process: u32, signal: i32) {
    let process = i32::try_from(process).expect("a process number");
    // SAFETY: a number goes to the kernel.
    unsafe { libc::kill(process, signal) };
}

/// Makes orphans below this process its children, so that [`end_children`] finds what a scenario leaves behind.
pub(crate) fn adopt_orphans() {
    // SAFETY: takes no pointer.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

/// Kills and reaps all children, and theirs as they become ours. Answers the commands they ran.
pub(crate) fn end_children() -> Vec<String> {
    let mut commands = Vec::new();
    loop {
        let children = children();
        for child in &children {
            let command = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            if !command.is_empty() {
                commands.push(String::from_utf8_lossy(&command).replace('\0', " ").trim_end().to_owned());
            }
            signal(*child, libc::SIGKILL);
        }
        // SAFETY: no status is asked for; this process has no other use for its children.
        if unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) } < 0 {
            return commands;
        }
    }
}

/// Processor time of all children that have been waited for, and of theirs.
pub(crate) fn children_time() -> Duration {
    // SAFETY: an `rusage` is a struct of numbers, which the kernel fills.
    let usage = unsafe {
        let mut usage: libc::rusage = mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    let duration = |time: libc::timeval| Duration::from_micros((time.tv_sec * 1_000_000 + time.tv_usec).unsigned_abs());
    duration(usage.ru_utime) + duration(usage.ru_stime)
}

/// The numbers of this process's children.
fn children() -> Vec<u32> {
    let own = std::process::id().to_string();
    let parent = |process: &str| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PPid:")).map(|number| number.trim().to_owned())
    };
    let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let names = processes.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| parent(name).as_ref() == Some(&own)).filter_map(|name| name.parse().ok()).collect()
}

/// Makes a mistake that `bsock check` is certain of.
pub(crate) fn use_a_closed_socket() {
    // SAFETY: no thread beside this one opens anything, so that the closed number is nobody's.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0);
        libc::close(socket);
        libc::listen(socket, 1);
    }
}

/// True of the user that may start servers as another one.
pub(crate) fn is_root() -> bool {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// True where a process may have a network of its own.
pub(crate) fn may_have_own_network() -> bool {
    thread::spawn(|| enter_own_network().is_ok()).join().unwrap_or(false)
}

/// Runs `command` in a network namespace of its own, with a loopback interface alone.
pub(crate) fn in_own_network(command: &mut Command) {
    // SAFETY: between fork and exec, system calls only, and nothing is allocated.
    unsafe { command.pre_exec(enter_own_network) };
}

/// Moves the calling thread to a new network namespace and raises its loopback interface.
fn enter_own_network() -> io::Result<()> {
    let succeeded = |result: i32| if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) };
    // SAFETY: `request` is an `ifreq` for all zeroes, lives across the calls, and its name ends in a zero.
    unsafe {
        succeeded(libc::unshare(libc::CLONE_NEWNET))?;
        let socket = succeeded(libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0))?;
        let mut request: libc::ifreq = mem::zeroed();
        request.ifr_name[..2].copy_from_slice(&[b'l' as _, b'o' as _]);
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as _;
        let raised = succeeded(libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &request));
        libc::close(socket);
        raised.map(drop)
    }
}
