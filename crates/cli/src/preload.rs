//! The preload, and how it is named in `LD_PRELOAD`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use bsock_recording::shared::Shared;

use crate::beside::Library;

/// The preload.
pub(crate) const LIBRARY: Library = Library {
    file_name: "libbsock_preload.so",
    purpose: "which records",
    variable: "BSOCK_PRELOAD",
    folders: &[".", "../lib/bsock", "../lib/x86_64-linux-gnu/bsock", "../lib64/bsock"],
};

/// True of the bytes that end a name in `LD_PRELOAD`.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b':')
}

/// A name for the preload that can stand in `LD_PRELOAD`, where there is no quoting, and where `$` begins a variable.
pub(crate) fn loadable(preload: PathBuf, shared: &Shared) -> Result<PathBuf, String> {
    let special = |path: &Path| path.as_os_str().as_bytes().iter().any(|byte| is_separator(*byte) || *byte == b'$');
    if !special(&preload) {
        return Ok(preload);
    }
    match preload.canonicalize().and_then(|library| shared.link(&library)) {
        Ok(link) if !special(&link) => Ok(link),
        Ok(_) => Err(format!("{} has a character that LD_PRELOAD cannot hold", preload.display())),
        Err(error) => Err(format!("cannot make a link to {}: {error}", preload.display())),
    }
}

/// The value for `LD_PRELOAD`: what was there comes first and stays active, but for recorders of other commands, which would
/// record each call once more.
pub(crate) fn with_former(former: &OsStr, preload: &Path) -> OsString {
    let is_recorder = |name: &[u8]| Path::new(OsStr::from_bytes(name)).file_name() == Some(LIBRARY.file_name.as_ref());
    let names = former.as_bytes().split(|byte| is_separator(*byte)).filter(|name| !name.is_empty());
    let mut value = Vec::new();
    for name in names.filter(|name| !is_recorder(name)) {
        value.extend_from_slice(name);
        value.push(b':');
    }
    value.extend_from_slice(preload.as_os_str().as_bytes());
    OsString::from_vec(value)
}

/// Where AddressSanitizer looks for options. Its runtime ends programs in which another library comes before it, lest that
/// one takes its functions away; the recorder has none of those that matter, and calls those that it has itself.
pub(crate) const SANITIZER_VARIABLE: &str = "ASAN_OPTIONS";

/// The value for it. What the user says comes behind, and so counts.
pub(crate) fn with_former_options(former: Option<OsString>) -> OsString {
    let mut options = OsString::from("verify_asan_link_order=0");
    if let Some(former) = former.filter(|former| !former.is_empty()) {
        options.push(":");
        options.push(former);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_preloads_stay_and_former_recorders_go() {
        let value = |former: &str| with_former(OsStr::new(former), Path::new("/new/libbsock_preload.so"));
        assert_eq!(value(""), "/new/libbsock_preload.so");
        assert_eq!(value("/a.so  b.so:"), "/a.so:b.so:/new/libbsock_preload.so");
        assert_eq!(value("/a.so:/old/libbsock_preload.so:b.so"), "/a.so:b.so:/new/libbsock_preload.so");
    }
}
