//! How long calls wait: limits in seconds, and not at all.

use crate::composed::{Moment, deadline, is_over, keeping_errno, limit, milliseconds_until, remembering, words_of};
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed_with_address, word};
use crate::memory::ToKernel;
use crate::sys;
use crate::sys::compose;
use core::ffi::c_int;
use libc::timeval;

const MICROSECONDS: f64 = 1e6;
const NANOSECONDS_PER_MICROSECOND: u64 = 1_000;
const MICROSECONDS_PER_SECOND: u64 = 1_000_000;
/// How long to wait before the next look at a queue that `poll` does not know.
const UNIX_QUEUE_MILLISECONDS: c_int = 10;

/// Limits how long accept, connect, send and receive may wait on this socket; 0 and less, and infinity, is no limit.
///
/// # Errors
///
/// `EINVAL` for no number; those of `setsockopt(2)`.
pub fn set_timeout(fd: c_int, seconds: f64) -> Result<(), Code> {
    let [low, high] = words_of(seconds);
    remembering(Call::SetTimeout, &[word(fd), low, high], || {
        let time = as_timeval(limit(seconds)?);
        // The first one finds everything that could be wrong, so that nothing is left half done.
        compose::set_option(fd, libc::SOL_SOCKET, libc::SO_SNDTIMEO, &time)?;
        Ok(compose::set_option(fd, libc::SOL_SOCKET, libc::SO_RCVTIMEO, &time)?)
    })
}

/// The limit of [`set_timeout`] in seconds, 0 if there is none. Where receiving and sending differ, that of receiving.
///
/// # Errors
///
/// Those of `getsockopt(2)`.
pub fn timeout(fd: c_int) -> Result<f64, Code> {
    remembering(Call::GetTimeout, &[word(fd)], || {
        let time: timeval = compose::option(fd, libc::SOL_SOCKET, libc::SO_RCVTIMEO)?;
        Ok(time.tv_sec as f64 + time.tv_usec as f64 / MICROSECONDS)
    })
}

fn as_timeval(limit: Option<u64>) -> timeval {
    // Rounded up: 0 would be no limit.
    let microseconds = limit.unwrap_or(0).div_ceil(NANOSECONDS_PER_MICROSECOND);
    timeval {
        tv_sec: (microseconds / MICROSECONDS_PER_SECOND) as libc::time_t,
        tv_usec: (microseconds % MICROSECONDS_PER_SECOND) as libc::suseconds_t,
    }
}

/// Whether calls on this descriptor wait.
///
/// # Errors
///
/// Those of `fcntl(2)`.
pub fn blocking(fd: c_int) -> Result<bool, Code> {
    remembering(Call::GetBlocking, &[word(fd)], || Ok(compose::status(fd)? & libc::O_NONBLOCK == 0))
}

/// Makes calls on this descriptor wait, or not.
///
/// # Errors
///
/// Those of `fcntl(2)`.
pub fn set_blocking(fd: c_int, blocking: bool) -> Result<(), Code> {
    remembering(Call::SetBlocking, &[word(fd), blocking.into()], || {
        let before = compose::status(fd)?;
        let flag = if blocking { 0 } else { libc::O_NONBLOCK };
        let wanted = before & !libc::O_NONBLOCK | flag;
        if wanted != before {
            compose::set_status(fd, wanted)?;
        }
        Ok(())
    })
}

/// Fails with the error that an earlier call has left at the socket, and takes it away from it.
///
/// # Errors
///
/// That error; those of `getsockopt(2)`.
pub fn pending_error(fd: c_int) -> Result<(), Code> {
    remembering(Call::GetError, &[word(fd)], || Ok(compose::take_error(fd)?.map_or(Ok(()), Err)?))
}

/// Connects, and waits at most so long for it; 0 and less, and infinity, is no limit. Whether the socket is blocking is
/// as before afterwards.
///
/// # Errors
///
/// Those of `connect(2)` except `EINPROGRESS` and `EINTR`; `ETIMEDOUT`; `EINVAL` for no number.
pub fn connect(fd: c_int, address: ToKernel<'_>, seconds: f64) -> Result<(), Code> {
    let [low, high] = words_of(seconds);
    let limit = remembering(Call::ConnectTimeout, &[word(fd), low, high], || Ok(limit(seconds)?))?;
    keeping_errno(|| {
        let set_and_connect = || {
            let before = compose::status(fd)?;
            compose::set_status(fd, before | libc::O_NONBLOCK)?;
            let connected = connect_and_wait(fd, address, deadline(limit));
            // It was this descriptor's state a moment ago: nothing can be wrong with it.
            let _ = compose::set_status(fd, before);
            connected
        };
        set_and_connect().map_err(|errno| {
            let arguments = [word(fd), address.start().addr(), address.length()];
            failed_with_address(Call::Connect, errno, &arguments).into()
        })
    })
}

fn connect_and_wait(fd: c_int, address: ToKernel<'_>, deadline: Option<Moment>) -> Result<(), Errno> {
    loop {
        let Err(errno) = sys::connect(fd, address) else { return Ok(()) };
        match errno.number() {
            // A signal on the way: the connection goes on being made, as it does without one.
            libc::EINPROGRESS | libc::EINTR => return wait_until_connected(fd, deadline),
            // A full queue of a UNIX server. It is not known to poll: look again, and again.
            libc::EAGAIN if is_unix(fd) && !is_over(deadline) => {
                let wait = milliseconds_until(deadline) as u32; // -1, no limit, becomes the largest.
                let _ = compose::poll(&mut [], wait.min(UNIX_QUEUE_MILLISECONDS as u32) as c_int);
            }
            libc::EAGAIN if is_unix(fd) => return Err(Errno::from_number(libc::ETIMEDOUT)),
            _ => return Err(errno),
        }
    }
}

fn wait_until_connected(fd: c_int, deadline: Option<Moment>) -> Result<(), Errno> {
    let mut waiting = [libc::pollfd { fd, events: libc::POLLOUT, revents: 0 }];
    loop {
        match compose::poll(&mut waiting, milliseconds_until(deadline)) {
            Ok(0) if is_over(deadline) => return Err(Errno::from_number(libc::ETIMEDOUT)),
            Ok(0) => {}
            Ok(_) => return compose::take_error(fd)?.map_or(Ok(()), Err),
            Err(errno) if errno.number() == libc::EINTR => {}
            Err(errno) => return Err(errno),
        }
    }
}

fn is_unix(fd: c_int) -> bool {
    compose::option(fd, libc::SOL_SOCKET, libc::SO_DOMAIN) == Ok(libc::AF_UNIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_rounded_up_and_never_to_none() {
        let parts = |limit| {
            let time = as_timeval(limit);
            (time.tv_sec, time.tv_usec)
        };
        assert_eq!(parts(None), (0, 0));
        assert_eq!(parts(Some(1)), (0, 1));
        assert_eq!(parts(Some(1_500_000_001)), (1, 500_001));
        assert_eq!(parts(Some(999_999_999)), (1, 0));
    }
}
