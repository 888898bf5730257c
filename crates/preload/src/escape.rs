//! Ways past the recorder: they work as ever, and are told, so that the command can say what it did not see.

use core::ffi::{c_char, c_int, c_long};

use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::call::{Frame, record_before, word};
use crate::memory::Captured;
use crate::{confine, process};

/// System calls on descriptors that a program has a function of libc for, and io_uring, whose calls nothing sees.
const ON_DESCRIPTORS: &[c_long] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_connect,
    libc::SYS_shutdown,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
    libc::SYS_setsockopt,
    libc::SYS_getsockopt,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup2,
    libc::SYS_dup3,
    libc::SYS_io_uring_setup,
];

/// Before `syscall(number, ...)`.
pub(crate) extern "C" fn syscall(number: u64, first: u64, second: u64, third: u64, _: u64, frame: Frame) {
    confine::syscall(number, first, second, third);
    if process::recording() && ON_DESCRIPTORS.contains(&(number as c_long)) {
        record_before(Function::Syscall, -1, [number, first, second], frame, &[]);
    }
}

/// Before `dlopen(path, flags)`. An object that looks for symbols in itself and in what it was linked with first finds libc's
/// functions, and not the hooks.
pub(crate) extern "C" fn dlopen(path: *const c_char, flags: c_int, _: u64, _: u64, _: u64, frame: Frame) {
    if process::recording() && flags & libc::RTLD_DEEPBIND != 0 {
        let path = Captured::string(section::PATH, path, frame);
        record_before(Function::Dlopen, -1, [word(flags), 0, 0], frame, &[path.section()]);
    }
}

/// Before `dlmopen(namespace, path, flags)`. A namespace of its own has a libc of its own.
pub(crate) extern "C" fn dlmopen(namespace: c_long, path: *const c_char, flags: c_int, _: u64, _: u64, frame: Frame) {
    if process::recording() && namespace != 0 {
        let path = Captured::string(section::PATH, path, frame);
        record_before(Function::Dlmopen, -1, [namespace as u64, word(flags), 0], frame, &[path.section()]);
    }
}
