//! The environment of a program, as it came to bsock: in its order, with whatever else stands in it, and a few variables
//! more. The standard library would sort it, and keep one of each name.

use std::ffi::{CStr, CString, OsString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

unsafe extern "C" {
    static mut environ: *const *const c_char;
}

/// What a program is to find.
pub(crate) struct Environment {
    /// Keeps what `pointers` points to.
    _strings: Vec<CString>,
    /// As C has it, with NULL at the end.
    pointers: Vec<*const c_char>,
}

// SAFETY: the strings are its own, and nobody changes them.
unsafe impl Send for Environment {}
// SAFETY: as above.
unsafe impl Sync for Environment {}

impl Environment {
    /// bsock's own, with these variables in the place of those of the same name, or behind all others.
    pub(crate) fn with(added: &[(&'static str, OsString)]) -> Self {
        Self::of(own(), added)
    }

    fn of(own: Vec<CString>, added: &[(&'static str, OsString)]) -> Self {
        let entry = |(name, value): &(&str, OsString)| {
            let text = [name.as_bytes(), b"=", value.as_bytes()].concat();
            CString::new(text).unwrap_or_default() // A path has no NUL.
        };
        let mut rest: Vec<_> = added.iter().collect();
        let mut strings = Vec::with_capacity(own.len() + added.len());
        for string in own {
            let is_of =
                |name: &str| string.to_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
            if let Some(index) = rest.iter().position(|(name, _)| is_of(name)) {
                strings.push(entry(rest.remove(index)));
            } else if !added.iter().any(|(name, _)| is_of(name)) {
                strings.push(string);
            }
        }
        strings.extend(rest.into_iter().map(entry));
        let pointers = strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect();
        Self { _strings: strings, pointers }
    }

    /// Makes it the environment of this process, which is the child that is about to execute the program.
    ///
    /// # Safety
    ///
    /// No other thread, and `self` lives as long as the process has this environment.
    pub(super) unsafe fn install(&self) {
        // SAFETY: the caller's promise.
        unsafe { environ = self.pointers.as_ptr() };
    }
}

/// What bsock was started with. It changes none of it.
fn own() -> Vec<CString> {
    let mut strings = Vec::new();
    // SAFETY: libc's variable, which nobody in this process writes to.
    let mut entry = unsafe { environ };
    // SAFETY: an array of strings that ends with NULL, or none.
    while !entry.is_null() && unsafe { !(*entry).is_null() } {
        // SAFETY: as above.
        unsafe {
            strings.push(CStr::from_ptr(*entry).to_owned());
            entry = entry.add(1);
        }
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_keep_their_places_and_those_of_ours_stand_for_theirs() {
        let own = [c"Z=1", c"LD_PRELOAD=a", c"A=2", c"no variable", c"LD_PRELOAD=b", c"A=3"].map(CStr::to_owned);
        let added = [("LD_PRELOAD", OsString::from("ours a")), ("BSOCK_RECORDING", OsString::from("/x"))];
        let expected = [c"Z=1", c"LD_PRELOAD=ours a", c"A=2", c"no variable", c"A=3", c"BSOCK_RECORDING=/x"];
        assert_eq!(Environment::of(own.to_vec(), &added)._strings, expected.map(CStr::to_owned));
        assert_eq!(Environment::of(own.to_vec(), &[])._strings, own);
    }
}
