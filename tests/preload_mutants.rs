//! The suite has to notice mistakes in the recorder: each mutant is the recorder's own source with one mistake in it, built
//! beside the real one, under which a test of ours must turn red.
//!
//! A mistake is a piece of the source and what stands there instead, so the recorder carries no code for it; where the source
//! has changed, the mutant says so and wants to be written anew. Every mutant is built by cargo in seconds, since only one
//! file is another one. `cargo test` tries the mistakes that other suites miss, `make mutants` all of them.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{TempDir, root, target_dir, text};

/// A mistake, and the test that notices.
struct Mutant {
    name: &'static str,
    /// File, what stands there, and what the mistake makes of it.
    edits: &'static [(&'static str, &'static str, &'static str)],
    /// The test program in `tests/`, and the test in it.
    noticed_by: (&'static str, &'static str),
}

const CALL: &str = "crates/preload/src/call.rs";
const TRANSFER: &str = "crates/preload/src/transfer.rs";
const SOCKETS: &str = "crates/preload/src/sockets.rs";
const MEMORY: &str = "crates/preload/src/memory.rs";
const THREAD: &str = "crates/preload/src/thread.rs";
const PROCESS: &str = "crates/preload/src/process.rs";
const WRITER: &str = "crates/recording/src/writer.rs";

const TABLE: (&str, &str) = ("conformance", "recorded_it_is_libc_15_19_21_22_23_28_56");
const FIDELITY: (&str, &str) = ("preload", "what_a_recorder_could_change_it_does_not_14_15_19_21_22_28_30_31_34_35_36");

/// How many of [`MUTANTS`] `cargo test` tries.
const FEW: usize = 3;

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "errno is set though the call succeeds",
        edits: &[(
            CALL,
            "    line.result = outcome(result);\n}",
            "    line.result = outcome(result);\n    if result.number() >= 0 {\n        unsafe { *libc::__errno_location() = libc::ENOENT };\n    }\n}",
        )],
        noticed_by: TABLE,
    },
    Mutant {
        name: "a receive that a signal interrupts is tried again",
        edits: &[
            (
                TRANSFER,
                "fn received(function: Function, fd: c_int, args: [u64; 3], frame: Frame, real: impl FnOnce() -> isize) -> isize {",
                "fn received(function: Function, fd: c_int, args: [u64; 3], frame: Frame, mut real: impl FnMut() -> isize) -> isize {",
            ),
            (
                TRANSFER,
                "    let result = real();\n    call.returned(result);\n    match &waiting {",
                "    let mut result = real();\n    while result < 0 && unsafe { *libc::__errno_location() } == libc::EINTR {\n        result = real();\n    }\n    call.returned(result);\n    match &waiting {",
            ),
            (
                TRANSFER,
                "    real: impl FnOnce() -> isize,\n) -> isize {\n    if address.is_null() {",
                "    real: impl FnMut() -> isize,\n) -> isize {\n    let mut real = real;\n    if address.is_null() {",
            ),
        ],
        noticed_by: TABLE,
    },
    Mutant {
        name: "a receive is a system call of the recorder's, and no cancellation point",
        edits: &[(
            TRANSFER,
            "real!(recv as RecvType, fd, buffer, length, flags)",
            "unsafe { libc::syscall(libc::SYS_recvfrom, fd, buffer, length, flags, 0, 0) as isize }",
        )],
        noticed_by: TABLE,
    },
    Mutant {
        name: "errno is another one than libc's",
        edits: &[(
            CALL,
            "    line.result = outcome(result);\n}",
            "    line.result = outcome(result);\n    if line.result == -i64::from(libc::EBADF) {\n        unsafe { *libc::__errno_location() = libc::EINVAL };\n    }\n}",
        )],
        noticed_by: TABLE,
    },
    Mutant {
        name: "the length of an address is not filled in",
        edits: &[(
            SOCKETS,
            "real!(accept as AcceptType, fd, address, length)",
            "{\n        let mut own = room.unwrap_or(0);\n        let length = if length.is_null() { length } else { &raw mut own };\n        real!(accept as AcceptType, fd, address, length)\n    }",
        )],
        noticed_by: TABLE,
    },
    Mutant {
        name: "MSG_PEEK is dropped",
        edits: &[(
            TRANSFER,
            "real!(recv as RecvType, fd, buffer, length, flags)",
            "real!(recv as RecvType, fd, buffer, length, flags & !libc::MSG_PEEK)",
        )],
        noticed_by: TABLE,
    },
    Mutant {
        name: "a signal stays blocked",
        edits: &[(
            CALL,
            "        let writer = thread::writer(frame.address())?;",
            "        let writer = thread::writer(frame.address())?;\n        let blocked = 1_u64 << (libc::SIGPIPE - 1);\n        unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, &raw const blocked, 0, 8) };",
        )],
        noticed_by: ("fidelity", "nothing_around_the_program_is_the_recorders_30_31"),
    },
    Mutant {
        name: "the recorder keeps a descriptor open",
        edits: &[(
            PROCESS,
            "    let control = pool.control();\n    if shared",
            "    let control = pool.control();\n    unsafe { libc::open(c\"/dev/null\".as_ptr(), libc::O_RDONLY) };\n    if shared",
        )],
        noticed_by: FIDELITY,
    },
    Mutant {
        name: "a lock is held across the call, and a cancelled thread keeps it",
        edits: &[(
            TRANSFER,
            "    let result = real();\n    call.returned(result);\n    match &waiting {",
            "    static HELD: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);\n    if HELD.swap(true, core::sync::atomic::Ordering::SeqCst) {\n        unsafe { libc::abort() };\n    }\n    let result = real();\n    HELD.store(false, core::sync::atomic::Ordering::SeqCst);\n    call.returned(result);\n    match &waiting {",
        )],
        noticed_by: FIDELITY,
    },
    Mutant {
        name: "the program's pointers are believed",
        edits: &[(
            MEMORY,
            "    if proven || on_our_stack",
            "    if address.addr() < 1 << 47 || proven || on_our_stack",
        )],
        noticed_by: FIDELITY,
    },
    Mutant {
        name: "more of an address is read than there was room for",
        edits: &[(SOCKETS, "address.cast(), room.min(length) as usize,", "address.cast(), room.max(length) as usize,")],
        noticed_by: ("preload", "errors_and_addresses_are_recorded_as_they_were_21_22"),
    },
    Mutant {
        name: "a length is cut to 32 bits",
        edits: &[(
            TRANSFER,
            "real!(recv as RecvType, fd, buffer, length, flags)",
            "real!(recv as RecvType, fd, buffer, length as u32 as usize, flags)",
        )],
        noticed_by: ("fidelity", "lengths_and_results_are_as_wide_as_they_are_20_27"),
    },
    Mutant {
        name: "a variadic argument is cut to an int",
        edits: &[(
            "crates/preload/src/descriptors.rs",
            "real!(fcntl as FcntlType, fd, command, argument)",
            "real!(fcntl as FcntlType, fd, command, argument & 0xffff_ffff)",
        )],
        noticed_by: ("fidelity", "functions_without_a_number_of_arguments_pass_on_all_of_them_18"),
    },
    Mutant {
        name: "a hardened program no longer ends where its buffer would overflow",
        edits: &[(
            TRANSFER,
            "real!(__recv_chk as RecvChkType, fd, buffer, length, room, flags)",
            "real!(__recv_chk as RecvChkType, fd, buffer, length, room.max(length), flags)",
        )],
        noticed_by: ("preload_calls", "a_hardened_program_still_ends_where_its_buffer_would_overflow_26"),
    },
    Mutant {
        name: "a handler writes into the record that it interrupts",
        edits: &[(THREAD, "    if !interrupts(ring, stack) {", "    if !interrupts(ring, stack) || stack != 0 {")],
        noticed_by: ("preload", "a_handler_at_every_instruction_of_a_hook_loses_nothing_33"),
    },
    Mutant {
        name: "calls of a child of vfork pass for its parent's",
        edits: &[(THREAD, "flags: flag::VFORK_CHILD }", "flags: 0 * flag::VFORK_CHILD }")],
        noticed_by: FIDELITY,
    },
    Mutant {
        name: "a fork is not noticed",
        edits: &[("crates/recording/src/raw.rs", "libc::MADV_WIPEONFORK as usize", "libc::MADV_NORMAL as usize")],
        noticed_by: ("preload", "threads_and_forks_lose_nothing_36_47"),
    },
    Mutant {
        name: "records are published one call late",
        edits: &[(
            WRITER,
            "            writer.head.store(head, Release);",
            "            writer.head.store(head - (lines * LINE) as u64, Release);",
        )],
        noticed_by: ("preload", "sigkill_loses_nothing_that_was_done_39"),
    },
    Mutant {
        name: "losses are not counted",
        edits: &[(WRITER, "writer.lost.load(Relaxed) + calls,", "writer.lost.load(Relaxed) + calls / 2,")],
        noticed_by: ("preload", "a_full_ring_counts_what_it_cannot_hold_44"),
    },
    Mutant {
        name: "the bytes that a program moves are kept unasked",
        edits: &[(PROCESS, ".min(MOST_PAYLOAD), Relaxed)", ".clamp(64, MOST_PAYLOAD), Relaxed)")],
        noticed_by: ("start_up", "a_recording_does_not_hold_what_was_said_45"),
    },
    Mutant {
        name: "all threads count in one place",
        edits: &[(
            THREAD,
            "    Some(Writer { ring, flags: 0 })\n}\n\n/// True if the append",
            "    static CALLS: AtomicU32 = AtomicU32::new(0);\n    CALLS.fetch_add(1, Relaxed);\n    Some(Writer { ring, flags: 0 })\n}\n\n/// True if the append",
        )],
        noticed_by: ("rings", "threads_write_to_no_page_that_another_one_writes_to_47"),
    },
    Mutant {
        name: "strict seccomp is not noticed",
        edits: &[(
            "crates/preload/src/confine.rs",
            "        (libc::PR_SET_SECCOMP, mode) if mode == u64::from(libc::SECCOMP_MODE_STRICT) => process::withdraw(),\n",
            "",
        )],
        noticed_by: ("preload", "a_process_that_confines_itself_stays_alive_57"),
    },
];

/// Where mutants are built. Kept from run to run, so that only what a mistake changes is built again.
struct Workshop {
    folder: PathBuf,
    /// The files of the workshop's source that are to be what they are in ours.
    files: BTreeMap<PathBuf, String>,
}

impl Workshop {
    /// A workspace of the recorder's two crates alone.
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("preload-mutants");
        let mut files = BTreeMap::new();
        for name in ["crates/preload", "crates/recording"] {
            collect(Path::new(name), &mut files);
        }
        let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("is there");
        let workspace = manifest.split("\n[package]\n").next().unwrap_or_default();
        files.insert("Cargo.toml".into(), workspace.to_owned());
        files.insert("Cargo.lock".into(), fs::read_to_string(root().join("Cargo.lock")).expect("is there"));
        Self { folder, files }
    }

    /// Builds the source with these edits. Answers a folder of artefacts like the one that tests are given.
    fn build(&self, edits: &[(&str, &str, &str)]) -> TempDir {
        let mut files = self.files.clone();
        for (file, right, wrong) in edits {
            let text = files.get_mut(Path::new(file)).expect("a file of the recorder");
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
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--package",
                "bsock-preload",
                "--config",
                "profile.dev.opt-level=1",
                "--target-dir",
            ])
            .arg(self.folder.join("target"))
            .current_dir(&self.folder)
            .env("RUSTFLAGS", "-Awarnings")
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "{}", text(&built.stderr));
        let artefacts = TempDir::new();
        let preload = "libbsock_preload.so";
        fs::copy(self.folder.join("target/debug").join(preload), artefacts.path().join(preload)).expect("is built");
        for same in ["bsock", "libbsock.so"] {
            fs::copy(target_dir().join(same), artefacts.path().join(same)).expect("is built");
        }
        artefacts
    }
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

/// The executables of our test programs, by name, built if they are not yet.
fn test_programs(names: &[&str]) -> BTreeMap<String, PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--no-run", "--message-format", "json", "--package", "bsock"]).current_dir(root());
    command.args(names.iter().flat_map(|name| ["--test", name]));
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let program = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let executable = message["executable"].as_str()?;
        Some((message["target"]["name"].as_str()?.to_owned(), executable.into()))
    };
    text(&output.stdout).lines().filter_map(program).collect()
}

/// Runs one test with these artefacts. A mutant may hang; then it has been noticed.
fn run(program: &Path, test: &str, artefacts: &Path) -> Output {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "120"]).arg(program).args(["--exact", test, "--test-threads", "1"]);
    command.env("BSOCK_ARTEFACTS", artefacts).env_remove("RUST_BACKTRACE").current_dir(root());
    command.output().expect("runs")
}

/// For whoever reads along: whether a test turned red, and by which words.
fn verdict(output: &Output) -> String {
    let said = text(&output.stdout);
    let why =
        said.lines().skip_while(|line| !line.contains("panicked at")).skip(1).take(2).collect::<Vec<_>>().join(" ");
    if output.status.success() { "NOT NOTICED".into() } else { format!("noticed: {why:.100}") }
}

fn unnoticed(mutants: &[&Mutant]) -> Vec<&'static str> {
    let workshop = Workshop::new();
    let mut tests: Vec<(&str, &str)> = mutants.iter().map(|mutant| mutant.noticed_by).collect();
    tests.sort_unstable();
    tests.dedup();
    let mut names: Vec<&str> = tests.iter().map(|(program, _)| *program).collect();
    names.dedup();
    let programs = test_programs(&names);
    let right = workshop.build(&[]);
    for (program, test) in tests {
        let output = run(&programs[program], test, right.path());
        assert!(output.status.success(), "without a mistake: {}", text(&output.stdout));
        assert!(text(&output.stdout).contains("\ntest result: ok. 1 passed;"), "{test} is not in tests/{program}.rs");
    }
    let goes_unnoticed = |mutant: &&&Mutant| {
        let wrong = workshop.build(mutant.edits);
        let (program, test) = mutant.noticed_by;
        let output = run(&programs[program], test, wrong.path());
        println!("{}: {}", mutant.name, verdict(&output));
        output.status.success()
    };
    mutants.iter().filter(goes_unnoticed).map(|mutant| mutant.name).collect()
}

#[test]
fn mistakes_that_other_suites_miss_turn_this_one_red_59() {
    let few: Vec<&Mutant> = MUTANTS.iter().take(FEW).collect();
    assert_eq!(unnoticed(&few), [""; 0], "nobody notices");
}

#[test]
#[ignore = "takes minutes: make mutants"]
fn every_mistake_turns_the_suite_red_59() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let chosen: Vec<&Mutant> = MUTANTS.iter().filter(|mutant| mutant.name.contains(&only)).collect();
    assert!(!chosen.is_empty(), "no mutant has {only:?} in its name");
    assert_eq!(unnoticed(&chosen), [""; 0], "nobody notices");
}

#[test]
fn what_mutants_change_is_in_the_source_59() {
    let files = Workshop::new().files;
    for mutant in MUTANTS {
        for (file, right, wrong) in mutant.edits {
            let found = files[Path::new(file)].matches(right).count();
            assert_eq!(found, 1, "{}: {file} has it so often:\n{right}", mutant.name);
            assert_ne!(right, wrong);
        }
    }
}
