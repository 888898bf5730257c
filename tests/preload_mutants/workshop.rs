//! Where mutants are built: a copy of the source beside the real one, kept from run to run, so that cargo builds again only
//! what a mistake changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{TempDir, root, target_dir, text};
use crate::table::{Edit, Mutant};

/// What the crates are made of: themselves, and what they include of the library and of the table of cases.
const FOLDERS: [&str; 4] = ["crates", "src", "docs", "tests/conformance"];

/// Sources of the command; all others are the recorder's. Of what both are made of, mutants of the recorder leave the command as
/// it is.
const OF_THE_COMMAND: [&str; 3] = ["crates/cli/", "crates/analysis/", "crates/recording/src/reader.rs"];

const PRELOAD: &str = "libbsock_preload.so";
const COMMAND: &str = "bsock";

/// So that a mutant is built in seconds. Of the command only what reads the rings has to be fast.
const PROFILES: [&str; 4] = [
    "profile.release.lto=\"off\"",
    "profile.dev.opt-level=1",
    "profile.dev.debug=false",
    "profile.dev.package.bsock-cli.opt-level=0",
];

pub(crate) struct Workshop {
    folder: PathBuf,
    /// The files of the workshop's source that are to be what they are in ours.
    pub(crate) files: BTreeMap<PathBuf, String>,
}

/// What is made of the source that somebody asks for, beside what is the same as ours.
#[derive(Clone, Copy, Default)]
pub(crate) struct Parts {
    preload: bool,
    command: bool,
    /// The tests of this crate.
    tests: Option<&'static str>,
}

impl Parts {
    /// What a mutant is made of, and its test.
    pub(crate) fn of(mutant: &Mutant) -> Self {
        let command = |edit: &Edit| OF_THE_COMMAND.iter().any(|start| edit.file.starts_with(start));
        let tests = mutant.noticed_by.package();
        let asked = |of_the_command| tests.is_none() && mutant.edits.iter().any(|edit| command(edit) == of_the_command);
        Self { preload: asked(false), command: asked(true), tests }
    }

    /// What is made of either.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            preload: self.preload || other.preload,
            command: self.command || other.command,
            tests: self.tests.or(other.tests),
        }
    }
}

/// Artefacts as tests are given them, some of which have a mistake in them.
pub(crate) struct Built(TempDir);

impl Built {
    pub(crate) fn artefacts(&self) -> &Path {
        self.0.path()
    }

    /// The tests of the crate that was asked for.
    pub(crate) fn own_tests(&self) -> PathBuf {
        self.0.path().join("own-tests")
    }
}

impl Workshop {
    /// A workspace of the crates alone: the library is none of what mutants are made of.
    pub(crate) fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("preload-mutants");
        let mut files = BTreeMap::new();
        FOLDERS.iter().for_each(|name| collect(Path::new(name), &mut files));
        let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("is there");
        let workspace = manifest.split("\n[package]\n").next().unwrap_or_default();
        files.insert("Cargo.toml".into(), workspace.to_owned());
        files.insert("Cargo.lock".into(), fs::read_to_string(root().join("Cargo.lock")).expect("is there"));
        Self { folder, files }
    }

    /// Builds these parts of the source with these edits. The compiler's words where it does not compile.
    pub(crate) fn build(&self, edits: &[Edit], parts: Parts) -> Result<Built, String> {
        self.write(edits);
        let built = Built(TempDir::new());
        let take = |from: &Path, name: &str| fs::copy(from, built.artefacts().join(name)).map(drop).expect("is built");
        let target = self.folder.join("target");
        if parts.preload {
            // Optimised as it is shipped: what a hook reaches, and what it takes of the stack, is the optimizer's doing as well.
            self.cargo(&["build", "--release", "--package", "bsock-preload"])?;
            take(&target.join("release").join(PRELOAD), PRELOAD);
        }
        if parts.command {
            self.cargo(&["build", "--package", "bsock-cli"])?;
            take(&target.join("debug").join(COMMAND), COMMAND);
        }
        if let Some(package) = parts.tests {
            let messages =
                self.cargo(&["test", "--no-run", "--lib", "--message-format", "json", "--package", package])?;
            let tests = executables(&messages).into_values().next();
            take(&tests.ok_or_else(|| format!("{package} has no tests"))?, "own-tests");
        }
        for same in [PRELOAD, COMMAND, "libbsock.so"].iter().filter(|name| !built.artefacts().join(name).exists()) {
            take(&target_dir().join(same), same);
        }
        Ok(built)
    }

    fn write(&self, edits: &[Edit]) {
        let mut files = self.files.clone();
        for Edit { file, right, wrong } in edits {
            let text = files.get_mut(Path::new(file)).expect("a file of the crates");
            *text = text.replacen(right, wrong, 1);
        }
        for (name, text) in &files {
            let path = self.folder.join(name);
            // What is the same keeps its time: cargo goes by that.
            if fs::read_to_string(&path).ok().as_ref() != Some(text) {
                fs::create_dir_all(path.parent().expect("in a folder")).expect("ours");
                fs::write(&path, text).expect("ours");
            }
        }
    }

    /// Runs cargo in the workshop; what it writes.
    fn cargo(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .arg("--quiet")
            .args(PROFILES.iter().flat_map(|setting| ["--config", setting]))
            .arg("--target-dir")
            .arg(self.folder.join("target"))
            .current_dir(&self.folder)
            .env("RUSTFLAGS", "-Awarnings")
            .env_remove("CARGO_INCREMENTAL")
            .output()
            .expect("cargo runs");
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

/// The executables that cargo's messages name, by the targets that they are of.
pub(crate) fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let executable = message["executable"].as_str()?;
        Some((message["target"]["name"].as_str()?.to_owned(), executable.into()))
    };
    messages.lines().filter_map(executable).collect()
}

/// The texts of all files below `folder`, by their paths from the root.
fn collect(folder: &Path, into: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(root().join(folder)).expect("a folder").flatten() {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            collect(&path, into);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            into.insert(path, text);
        }
    }
}
