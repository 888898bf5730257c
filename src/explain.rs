//! `bsock_explain`: the last failed call of this thread in one line, with its arguments decoded and, where it is known,
//! what to do about it.
//!
//! `bind(3, 0.0.0.0:80, 16): EACCES: permission denied. Ports below 1024 need root or CAP_NET_BIND_SERVICE.`
//!
//! Everything is written straight into the caller's buffer; nothing here allocates.

mod address;
mod advice;
mod arguments;
mod names;

use crate::last_call::{self, FailedCall};
use crate::text::Text;
use core::fmt::{self, Write};
use core::mem::MaybeUninit;

/// Writes the explanation into `buffer`, cut where it ends, with a NUL behind it; answers the whole length without the
/// NUL. An empty buffer just asks for the length.
pub fn explain(buffer: &mut [MaybeUninit<u8>]) -> usize {
    let mut text = Text::new(buffer);
    // `Text` takes everything, and nothing that is formatted here fails by itself.
    let _ = match last_call::get() {
        Some(failed) => sentence(&mut text, &failed),
        None => text.write_str("no call has failed in this thread"),
    };
    text.finish()
}

fn sentence(text: &mut Text<'_>, failed: &FailedCall) -> fmt::Result {
    arguments::write_call(text, failed)?;
    write!(text, ": {}", failed.errno)?;
    match advice::for_call(failed) {
        Some(advice) => write!(text, ". {advice}."),
        None => Ok(()),
    }
}
