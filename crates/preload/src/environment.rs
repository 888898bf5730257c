//! Whether the environment that a program is to be executed with leads to the recorder.
//!
//! Where it does not, the new program is not recorded. One that lives for a while is missed in the end, since it was executed
//! and did not attach; one that ends at once might as well have been too short to attach. So it is told beforehand.

use core::ffi::{CStr, c_char};

use bsock_recording::layout::section;
use bsock_recording::shared;

use crate::call::Frame;
use crate::memory::{self, Captured};

/// Environment or arguments, as `exec` takes them.
pub(crate) type Texts = *const *const c_char;

unsafe extern "C" {
    static environ: Texts;
}

/// As many variables are looked at.
const MOST: usize = 4096;

/// The process's own.
pub(crate) fn own() -> Texts {
    // SAFETY: libc's variable, which it sets before any other code runs.
    unsafe { environ }
}

/// True if one of the variables that lead to the recorder is certainly not in `environment`. It is read as doubtful memory is:
/// a program that passes a bad pointer is to get its EFAULT.
pub(crate) fn leaves_out_the_recorder(environment: Texts, frame: Frame) -> bool {
    let (mut leads_to_it, mut loads_it) = (false, false);
    for index in 0..MOST {
        // The kernel takes no array for an empty one.
        let text = if environment.is_null() { Some(core::ptr::null()) } else { text(environment, index, frame) };
        let Some(text) = text else { return false };
        if text.is_null() {
            return true;
        }
        let captured = Captured::string(section::PATH, text, frame);
        leads_to_it |= is_of(shared::VARIABLE, captured.section().bytes);
        loads_it |= is_of("LD_PRELOAD", captured.section().bytes);
        if leads_to_it && loads_it {
            return false;
        }
    }
    false
}

/// The string with this number, NULL at the end; `None` if it cannot be read.
fn text(environment: Texts, index: usize, frame: Frame) -> Option<*const c_char> {
    memory::copy(environment.wrapping_add(index), false, frame)
}

fn is_of(name: &str, variable: &[u8]) -> bool {
    variable.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
}

/// The value of the variable that names the recording. `getenv` would do, but for constructors that run before libc's
/// `environ` is set up.
///
/// # Safety
///
/// A NULL-terminated array of strings.
pub(crate) unsafe fn recording<'a>(mut environment: Texts) -> Option<&'a CStr> {
    loop {
        // SAFETY: the caller's promise; the loop ends at the NULL.
        let entry = unsafe { *environment };
        if entry.is_null() {
            return None;
        }
        // SAFETY: the caller's promise.
        let text = unsafe { CStr::from_ptr(entry) };
        let rest = text.to_bytes_with_nul().strip_prefix(shared::VARIABLE.as_bytes());
        if let Some(value) = rest.and_then(|rest| rest.strip_prefix(b"=")) {
            return CStr::from_bytes_with_nul(value).ok();
        }
        // SAFETY: not yet at the NULL.
        environment = unsafe { environment.add(1) };
    }
}
