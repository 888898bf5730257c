//! Kinds of functions. What the model and the rules ask of a function is answered here, once: a kind that is listed in two
//! places is one in which a new function is forgotten.

use bsock_recording::event::Call;
use bsock_recording::function::Function;

use crate::linux::{MSG_ERRQUEUE, MSG_PEEK};

/// Runs another program in place of this one.
pub(crate) const fn executes(function: Function) -> bool {
    matches!(function, Function::Execve | Function::Execvp | Function::Fexecve | Function::Execveat)
}

/// Makes a process that goes on with this program.
pub(crate) const fn forks(function: Function) -> bool {
    matches!(function, Function::Fork | Function::UnderscoreFork | Function::Forkpty)
}

/// Runs another program in a child, where no hook sees what is done before the program starts.
pub(crate) const fn starts_a_program(function: Function) -> bool {
    matches!(function, Function::PosixSpawn | Function::PosixSpawnp | Function::System | Function::Popen)
}

/// The process's last call, as far as the recorder sees it.
pub(crate) const fn ends_the_process(function: Function) -> bool {
    matches!(function, Function::Exit | Function::UnderscoreExit | Function::QuickExit)
}

/// A process with this wait status did not end by itself, as far as it is known.
pub(crate) fn was_ended(status: Option<i32>) -> bool {
    status.is_none_or(|status| status & 0x7f != 0)
}

/// Waits until a descriptor is ready.
pub(crate) const fn waits_for_readiness(function: Function) -> bool {
    match function {
        Function::Poll | Function::Ppoll | Function::Select | Function::Pselect => true,
        function => matches!(function, Function::EpollWait | Function::EpollPwait | Function::EpollPwait2),
    }
}

/// Takes a connection.
pub(crate) const fn accepts(function: Function) -> bool {
    matches!(function, Function::Accept | Function::Accept4)
}

/// Moves bytes from the program's memory, or from a file, to the descriptor.
pub(crate) const fn sends(function: Function) -> bool {
    let plain = matches!(function, Function::Write | Function::Writev | Function::Sendfile);
    plain || matches!(function, Function::Send | Function::Sendto | Function::Sendmsg | Function::Sendmmsg)
}

/// Moves bytes from the descriptor to the program's memory.
pub(crate) const fn receives(function: Function) -> bool {
    receives_one_message(function) || matches!(function, Function::Recvmmsg)
}

/// Of those that [`receives`]: the result is a number of bytes, and 0 the end of a stream.
pub(crate) const fn receives_one_message(function: Function) -> bool {
    let plain = matches!(function, Function::Read | Function::Readv);
    plain || matches!(function, Function::Recv | Function::Recvfrom | Function::Recvmsg)
}

/// Whether a call that [`sends`] or [`receives`] was given one of these flags (`MSG_*`): its third argument, where the function
/// has any.
pub(crate) const fn has_flag(call: &Call, flags: u64) -> bool {
    takes_flags(call.function) && call.args[2] & flags != 0
}

/// Of those that [`sends`] or [`receives`]: the third argument is flags.
pub(crate) const fn takes_flags(function: Function) -> bool {
    match function {
        Function::Read | Function::Readv | Function::Write | Function::Writev | Function::Sendfile => false,
        function => sends(function) || receives(function),
    }
}

/// Takes bytes off the descriptor: a receive that does not merely look, nor asks the queue of errors, which holds what the
/// program itself has sent.
pub(crate) const fn takes(call: &Call) -> bool {
    receives(call.function) && !has_flag(call, MSG_PEEK | MSG_ERRQUEUE)
}

/// From one descriptor to another: the other is the first argument.
pub(crate) const fn has_two_descriptors(function: Function) -> bool {
    matches!(function, Function::Sendfile | Function::Splice | Function::Tee | Function::CopyFileRange)
}

/// Calls that files know as well: on a descriptor that is not in the table they are most likely made on one.
#[must_use]
pub const fn works_on_files(function: Function) -> bool {
    match function {
        Function::Read | Function::Write | Function::Readv | Function::Writev | Function::Vmsplice => true,
        Function::Pread | Function::Pwrite | Function::Preadv | Function::Pwritev => true,
        Function::Ioctl | Function::Isfdtype => true,
        function => has_two_descriptors(function),
    }
}

/// Calls whose descriptors, if there are any, are not the line's.
pub(crate) const fn is_about_no_descriptor(function: Function) -> bool {
    match function {
        Function::EpollCreate | Function::EpollCreate1 | Function::EpollCtl => true,
        Function::FdeltChk | Function::Fcloseall => true,
        Function::Getaddrinfo | Function::Freeaddrinfo | Function::Getnameinfo => true,
        Function::Gethostbyname | Function::Gethostbyname2 | Function::Gethostbyaddr | Function::GethostbynameR => true,
        Function::Syscall | Function::Dlopen | Function::Dlmopen => true,
        function => waits_for_readiness(function),
    }
}
