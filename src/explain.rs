//! `bsock_explain`: the last failed call of this thread in one line, with its arguments decoded and, where it is known,
//! what to do about it: first the [cause] that the system can be asked for, otherwise general [advice].
//!
//! `bind(3, 0.0.0.0:80, 16): EACCES: permission denied. Ports below 1024 need root or CAP_NET_BIND_SERVICE.`
//!
//! Everything is written straight into the caller's buffer; nothing here allocates.

mod address;
mod advice;
mod arguments;
mod cause;
mod names;
mod options;
mod own;
mod quoted;

use crate::last_call::{self, ADDRESS_BYTES, FailedCall};
use crate::sys;
use crate::text::Text;
use core::fmt::{self, Write};
use core::mem::MaybeUninit;

/// Writes the explanation into `buffer`, cut where it ends, with a NUL behind it; answers the whole length without the
/// NUL. An empty buffer just asks for the length.
pub fn explain(buffer: &mut [MaybeUninit<u8>]) -> usize {
    let errno = sys::errno();
    let mut text = Text::new(buffer);
    // `Text` takes everything, and nothing that is formatted here fails by itself.
    let _ = match last_call::get() {
        Some(failed) => sentence(&mut text, &failed),
        None => text.write_str("no call has failed in this thread"),
    };
    sys::set_errno(errno);
    text.finish()
}

fn sentence(text: &mut Text<'_>, failed: &FailedCall) -> fmt::Result {
    arguments::write_call(text, failed)?;
    write!(text, ": {}", failed.code)?;
    let mut own_address = [0; ADDRESS_BYTES];
    match (cause::find(failed, &mut own_address), advice::for_call(failed)) {
        (Some(cause), _) => write!(text, ". {cause}."),
        (None, Some(advice)) => write!(text, ". {advice}."),
        (None, None) => Ok(()),
    }
}
