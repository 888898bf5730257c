//! Whether the environment that a program is to be executed with leads to the recorder.
//!
//! Where it does not, the new program is not recorded. One that lives for a while is missed in the end, since it was executed
//! and did not attach; one that ends at once might as well have been too short to attach. So it is told beforehand.

use core::ffi::{CStr, c_char};
use core::ptr;

use bsock_recording::layout::{PAGE, section};
use bsock_recording::shared;

use crate::call::Frame;
use crate::memory::{self, BEGINNING, Captured, MANY};

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

/// Which of the variables that lead to the recorder were seen.
#[derive(Default)]
struct Seen {
    leads_to_it: bool,
    loads_it: bool,
}

/// True if one of the variables that lead to the recorder is certainly not in `environment`. It is read as doubtful memory is,
/// even where it is the process's own, which libc's `getenv` reads as it stands: a program may have spoilt that, and is to get
/// its EFAULT. But many variables with one question, since programs that have hundreds start other programs all the time.
pub(crate) fn leaves_out_the_recorder(environment: Texts, frame: Frame) -> bool {
    // The kernel takes no array for an empty one.
    if environment.is_null() {
        return true;
    }
    let (mut seen, mut index) = (Seen::default(), 0);
    while index < MOST {
        let mut texts = [ptr::null(); MANY];
        let read = memory::some(environment.wrapping_add(index), &mut texts, frame);
        let texts = texts.get(..read).unwrap_or(&[]);
        let end = texts.iter().position(|text| text.is_null());
        // What cannot be read the kernel will not execute.
        if read == 0 || !seen.look_at(texts.get(..end.unwrap_or(read)).unwrap_or(&[]), frame) || seen.both() {
            return false;
        }
        if end.is_some() {
            return true;
        }
        index += read;
    }
    false
}

impl Seen {
    const fn both(&self) -> bool {
        self.leads_to_it && self.loads_it
    }

    /// Looks at the variables' names; false if one cannot be read.
    fn look_at(&mut self, texts: &[*const c_char], frame: Frame) -> bool {
        let mut bytes = [[0; BEGINNING]; MANY];
        let (mut whole, mut used) = ([ptr::null(); MANY], 0);
        for text in texts {
            if PAGE - text.addr() % PAGE >= BEGINNING
                && let Some(place) = whole.get_mut(used)
            {
                *place = *text;
                used += 1;
            } else {
                // The string may end with the page, and the next page may not be there.
                let captured = Captured::string(section::PATH, *text, frame);
                self.note(captured.section().bytes);
            }
        }
        let readable = memory::beginnings(whole.get(..used).unwrap_or(&[]), &mut bytes, frame);
        bytes.iter().take(used).for_each(|bytes| self.note(bytes));
        readable
    }

    fn note(&mut self, variable: &[u8]) {
        self.leads_to_it |= is_of(shared::VARIABLE, variable);
        self.loads_it |= is_of("LD_PRELOAD", variable);
    }
}

// A variable is known by its name and the equals sign.
const _: () = assert!(shared::VARIABLE.len() < BEGINNING);

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
