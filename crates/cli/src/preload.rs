//! The preload: where it is found, and how it is named in `LD_PRELOAD`.
//!
//! It lies beside the command, in a build tree and where it is installed, too: there `bin/bsock` is a link to the command in a
//! folder of its own in LIBDIR, and the kernel tells a program its own name with links resolved. So one rule serves every
//! LIBDIR, and an installed tree can be moved. The other places serve a command that was copied into `bin` without its link.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use bsock_recording::shared::Shared;

/// The environment variable that names another preload.
const VARIABLE: &str = "BSOCK_PRELOAD";

/// The file name of the preload.
const FILE_NAME: &str = "libbsock_preload.so";

/// Where it is looked for, from the folder of the command.
const FOLDERS: [&str; 4] = [".", "../lib/bsock", "../lib/x86_64-linux-gnu/bsock", "../lib64/bsock"];

/// The preload's path.
pub(crate) fn find() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        return match named.canonicalize() {
            Ok(path) => Ok(path),
            Err(error) => Err(format!("{VARIABLE} names {}: {error}", named.display())),
        };
    }
    let command = std::env::current_exe().map_err(|error| format!("cannot find out where bsock itself is: {error}"))?;
    find_from(command.parent().unwrap_or(Path::new("/")))
}

/// As [`find`], for a command in `folder`.
fn find_from(folder: &Path) -> Result<PathBuf, String> {
    let found = FOLDERS.iter().find_map(|place| folder.join(place).join(FILE_NAME).canonicalize().ok());
    found.ok_or_else(|| {
        format!(
            "cannot find {FILE_NAME}, which records. Seen from {}, where this command is, it is in none of: {}. Build or \
             install both with `make` or `make install`, or name it in {VARIABLE}",
            folder.display(),
            FOLDERS.join(", "),
        )
    })
}

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
    let is_recorder = |name: &[u8]| Path::new(OsStr::from_bytes(name)).file_name() == Some(FILE_NAME.as_ref());
    let names = former.as_bytes().split(|byte| is_separator(*byte)).filter(|name| !name.is_empty());
    let mut value = Vec::new();
    for name in names.filter(|name| !is_recorder(name)) {
        value.extend_from_slice(name);
        value.push(b':');
    }
    value.extend_from_slice(preload.as_os_str().as_bytes());
    OsString::from_vec(value)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder `bin`, and everything that is looked for from there, in a tree that is removed when dropped.
    struct Tree(PathBuf);

    impl Tree {
        fn new() -> Self {
            let root = std::env::temp_dir().join(format!("bsock-places-{}", std::process::id()));
            fs::create_dir_all(root.join("bin")).expect("the folder is new");
            Self(root.canonicalize().expect("exists"))
        }

        fn bin(&self) -> PathBuf {
            self.0.join("bin")
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn each_place_is_looked_at_and_the_nearest_wins() {
        let tree = Tree::new();
        let message = find_from(&tree.bin()).expect_err("is nowhere");
        assert!(message.contains(&tree.bin().display().to_string()) && message.contains(VARIABLE), "{message}");
        for place in FOLDERS.iter().rev() {
            assert!(message.contains(place), "{message}");
            let folder = tree.bin().join(place);
            fs::create_dir_all(tree.0.join(place.trim_start_matches("../"))).expect("the tree is ours");
            fs::write(folder.join(FILE_NAME), "").expect("the tree is ours");
            let expected = folder.canonicalize().expect("exists").join(FILE_NAME);
            assert_eq!(find_from(&tree.bin()), Ok(expected));
        }
    }

    #[test]
    fn former_preloads_stay_and_former_recorders_go() {
        let value = |former: &str| with_former(OsStr::new(former), Path::new("/new/libbsock_preload.so"));
        assert_eq!(value(""), "/new/libbsock_preload.so");
        assert_eq!(value("/a.so  b.so:"), "/a.so:b.so:/new/libbsock_preload.so");
        assert_eq!(value("/a.so:/old/libbsock_preload.so:b.so"), "/a.so:b.so:/new/libbsock_preload.so");
    }
}
