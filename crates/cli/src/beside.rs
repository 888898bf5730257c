//! Finds the libraries that belong to the command.
//!
//! They lie beside it, in a build tree and where it is installed, too: there `bin/bsock` is a link to the command in a folder
//! of its own in LIBDIR, and the kernel tells a program its own name with links resolved. So one rule serves every LIBDIR, and
//! an installed tree can be moved. The other places serve a command that was copied into `bin` without its link.

use std::path::{Path, PathBuf};

/// A library that belongs to the command.
pub(crate) struct Library {
    /// Its file name.
    pub(crate) file_name: &'static str,
    /// What it is there for.
    pub(crate) purpose: &'static str,
    /// The environment variable that names another one.
    pub(crate) variable: &'static str,
    /// Where it is looked for, from the folder of the command.
    pub(crate) folders: &'static [&'static str],
}

impl Library {
    /// The library's path.
    pub(crate) fn find(&self) -> Result<PathBuf, String> {
        if let Some(named) = std::env::var_os(self.variable).map(PathBuf::from) {
            return match named.canonicalize() {
                Ok(path) => Ok(path),
                Err(error) => Err(format!("{} names {}: {error}", self.variable, named.display())),
            };
        }
        let command =
            std::env::current_exe().map_err(|error| format!("cannot find out where bsock itself is: {error}"))?;
        self.find_from(command.parent().unwrap_or(Path::new("/")))
    }

    /// As [`find`](Self::find), for a command in `folder`.
    fn find_from(&self, folder: &Path) -> Result<PathBuf, String> {
        let Self { file_name, purpose, variable, folders } = self;
        let found = folders.iter().find_map(|place| folder.join(place).join(file_name).canonicalize().ok());
        found.ok_or_else(|| {
            format!(
                "cannot find {file_name}, {purpose}. Seen from {}, where this command is, it is in none of: {}. Build or \
                 install both with `make` or `make install`, or name it in {variable}",
                folder.display(),
                folders.join(", "),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// A folder `bin`, and everything that is looked for from there, in a tree that is removed when dropped.
    struct Tree(TempDir);

    impl Tree {
        fn new() -> Self {
            let root = tempfile::tempdir().expect("a temporary folder");
            fs::create_dir(root.path().join("bin")).expect("the folder is new");
            Self(root)
        }

        fn bin(&self) -> PathBuf {
            self.0.path().join("bin").canonicalize().expect("exists")
        }
    }

    #[test]
    fn each_place_is_looked_at_and_the_nearest_wins() {
        let library = crate::preload::LIBRARY;
        let tree = Tree::new();
        let message = library.find_from(&tree.bin()).expect_err("is nowhere");
        assert!(message.contains(&tree.bin().display().to_string()) && message.contains(library.variable), "{message}");
        for place in library.folders.iter().rev() {
            assert!(message.contains(place), "{message}");
            let folder = tree.bin().join(place);
            fs::create_dir_all(tree.0.path().join(place.trim_start_matches("../"))).expect("the tree is ours");
            fs::write(folder.join(library.file_name), "").expect("the tree is ours");
            let expected = folder.canonicalize().expect("exists").join(library.file_name);
            assert_eq!(library.find_from(&tree.bin()), Ok(expected));
        }
    }
}
