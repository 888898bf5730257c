//! The table of cases as one C program: which calls it is about, how it is compiled, what is allowed to differ.

use super::{TempDir, TempProgram, compile_c_text, declared_functions, root, text};
use std::path::PathBuf;
use std::process::Command;

/// The folder of the table.
pub(crate) fn folder() -> PathBuf {
    root().join("tests/conformance")
}

/// The calls that the header has, by libc's names.
pub(crate) fn calls() -> Vec<String> {
    let names = declared_functions("bsock_posix.h");
    names.iter().map(|name| name.trim_start_matches("bsock_posix_").to_owned()).collect()
}

fn rows_of(call: &str) -> PathBuf {
    folder().join("calls").join(format!("{call}.c"))
}

/// The calls that nobody has written rows for.
pub(crate) fn missing() -> Vec<String> {
    calls().into_iter().filter(|call| !rows_of(call).exists()).collect()
}

/// Compiles the rows of all calls that the header has.
pub(crate) fn compile(flags: &[String]) -> TempProgram {
    let mut source = String::from("#include \"conformance.h\"\n");
    for call in calls() {
        source += &format!("#include \"calls/{call}.c\"\n");
    }
    source += "#include \"main.c\"\n";
    let mut all = vec![format!("-I{}", folder().display()), "-pthread".to_owned()];
    all.extend_from_slice(flags);
    compile_c_text(&source, &all)
}

/// What `src/differences.rs` allows the calls of `bsock.h` to do otherwise than libc.
pub(crate) struct Differences {
    /// The calls whose new descriptors are closed on exec.
    pub(crate) close_on_exec: Vec<String>,
    /// The calls that raise no SIGPIPE for a socket.
    pub(crate) no_sigpipe: Vec<String>,
}

impl Differences {
    /// Reads them from the table's text: of each difference the name, and the calls that it names.
    pub(crate) fn read() -> Self {
        let text = include_str!("../../src/differences.rs");
        let mut differences = Self { close_on_exec: Vec::new(), no_sigpipe: Vec::new() };
        for row in text.split(": Difference = Difference {").skip(1) {
            let row = row.split("\n};").next().unwrap_or_default();
            let strings = |field: &str| -> Vec<&str> {
                let value = row.split(field).nth(1).and_then(|rest| rest.split(",\n").next()).unwrap_or_default();
                value.split('"').skip(1).step_by(2).collect()
            };
            let calls =
                strings("    call").into_iter().filter_map(|name| name.strip_prefix("bsock_")).map(str::to_owned);
            match strings("    name: ").first() {
                Some(name) if name.starts_with("close-on-exec") => differences.close_on_exec.extend(calls),
                Some(name) if name.starts_with("no SIGPIPE") => differences.no_sigpipe.extend(calls),
                // Nothing that the rows can see; if it is, they differ, and the test fails.
                _ => {}
            }
        }
        assert!(!differences.close_on_exec.is_empty() && !differences.no_sigpipe.is_empty(), "the table is understood");
        differences
    }

    /// What bsock prints where libc prints this.
    pub(crate) fn applied_to(&self, printed: &str) -> String {
        let mut expected = printed.to_owned();
        for call in &self.close_on_exec {
            expected = expected.replace(&format!(" cloexec:{call}=0"), &format!(" cloexec:{call}=1"));
            expected = expected.replace(&format!("[cloexec:{call}=0"), &format!("[cloexec:{call}=1"));
        }
        for call in &self.no_sigpipe {
            expected = expected.replace(&format!(" sigpipe:{call}=1"), "");
        }
        expected
    }

    /// Fails where no row shows a difference: the comparison would not notice if it went.
    pub(crate) fn are_seen_in(&self, printed: &str) {
        for call in &self.close_on_exec {
            assert!(printed.contains(&format!("cloexec:{call}=0")), "no row shows close-on-exec of {call}");
        }
        for call in &self.no_sigpipe {
            assert!(printed.contains(&format!("sigpipe:{call}=1")), "no row shows SIGPIPE of {call}");
        }
    }
}

/// The stand-in for libbsock that makes the mistake that `MUTANT` names.
pub(crate) struct Mutant(TempDir);

impl Mutant {
    pub(crate) fn build() -> Self {
        let directory = TempDir::new();
        let output = Command::new("cc")
            .args(["-g", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread", "-o"])
            .arg(directory.path().join("libbsock.so"))
            .arg(folder().join("mutant.c"))
            .output()
            .expect("cc runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
        Self(directory)
    }

    /// Its file.
    pub(crate) fn library(&self) -> PathBuf {
        self.0.path().join("libbsock.so")
    }

    /// What makes a program use it in place of the library.
    pub(crate) fn link_flags(&self) -> Vec<String> {
        let (include, library) = (root().join("include"), self.0.path().display());
        vec![
            format!("-I{}", include.display()),
            format!("-L{library}"),
            format!("-Wl,--disable-new-dtags,-rpath,{library}"),
            "-lbsock".into(),
        ]
    }
}
