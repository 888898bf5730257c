//! `bsock_version`, `bsock_version_string`: which library the program has found at run time.

use core::ffi::{CStr, c_char, c_int};

const VERSION: c_int = number(env!("CARGO_PKG_VERSION_MAJOR")) * 10_000
    + number(env!("CARGO_PKG_VERSION_MINOR")) * 100
    + number(env!("CARGO_PKG_VERSION_PATCH"));

const VERSION_STRING: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// Part of a version, at compile time: one that is no number stops the build.
const fn number(digits: &str) -> c_int {
    match c_int::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("the package's version is not made of numbers"),
    }
}

/// The version of the library that is loaded: major * 10000 + minor * 100 +
/// patch. BSOCK_VERSION is the version of the header in the same form.
///
/// Returns the number; never fails. Safe in threads and signal handlers.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_version() -> c_int {
    VERSION
}

/// The version of the library that is loaded, such as "0.1.0".
/// BSOCK_VERSION_STRING is the version of the header in the same form.
///
/// Returns a string that stays valid for ever; do not free it. Never fails. Safe
/// in threads and signal handlers.
#[unsafe(no_mangle)]
pub extern "C" fn bsock_version_string() -> *const c_char {
    VERSION_STRING.as_ptr()
}
