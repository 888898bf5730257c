//! What holds for every finding, whatever the rule says: kept here, so that no rule can forget it.
//!
//! - A finding stands in the user's code. What a library or a runtime does is not the user's to mend: see
//!   [`Origin`](crate::model::Origin).
//! - Who asks about a number learns something and uses nothing. Programs go through all numbers from 3 on with `fcntl`, `dup`
//!   or `getsockopt` to find out which are open, or to mark all of them close-on-exec, and what fails for it with `EBADF` is no
//!   mistake. The rules do not even see it. But nobody makes all numbers non-blocking, or has their signals sent to himself: who
//!   sets how a socket works means that socket. (`close` is left to the rules: the second of two is sometimes one.)
//!
//! What else holds for every finding a rule must heed by itself: that a process's end closes everything, that EINTR, zero
//! lengths and an end of the file are normal, that a connection may be given up on purpose. The tests here hold all rules to that
//! at once. And that a pattern of calls that succeed is a habit, for which there may be reasons: it is likely to be a mistake at
//! most. What is certain has a proof: a failure, a signal, or what the kernel or the program itself said that contradicts what the
//! program did. Whenever a test of a rule tells a story, each certain finding in it is asked for that proof.

#[cfg(test)]
pub(crate) mod proof;
#[cfg(test)]
mod tests;

use bsock_recording::event::{Call, Outcome};
use bsock_recording::function::Function;

use crate::functions;
use crate::linux::{
    EBADF, ENOTSOCK, F_SETFL, F_SETOWN, F_SETOWN_EX, F_SETSIG, FIOASYNC, FIONBIO, FIOSETOWN, SIOCSPGRP,
};
use crate::model::Origin;
use crate::site::Site;

/// A finding may stand there.
pub(crate) fn is_the_users(site: &Site) -> bool {
    // The end of a process is its own, whoever calls `exit` for it: after `return` from `main` that is libc.
    ends_the_process(site.function) || site.program.origin(site.caller) != Origin::Library
}

fn ends_the_process(name: &str) -> bool {
    Function::ALL.iter().any(|function| functions::ends_the_process(*function) && function.name() == name)
}

/// The call only asked whether the number means anything, and learned that it does not.
pub(crate) const fn is_a_probe(call: &Call) -> bool {
    let asks = match call.function {
        // What both take first is the command, or the request.
        Function::Fcntl => !matches!(call.args[0], F_SETFL | F_SETOWN | F_SETSIG | F_SETOWN_EX),
        Function::Ioctl => !matches!(call.args[0], FIONBIO | FIOASYNC | FIOSETOWN | SIOCSPGRP),
        Function::Dup | Function::Isfdtype => true,
        function => matches!(function, Function::Getsockopt | Function::Getsockname | Function::Getpeername),
    };
    asks && matches!(call.outcome, Outcome::Failed(EBADF | ENOTSOCK))
}
