//! How much stack the hooks take. A program chooses the sizes of its stacks by what libc's calls take, which is little: threads
//! have 16 KiB if they want, handlers a few hundred bytes beside the kernel's frame.

mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use support::recording::output;
use support::{TempProgram, compile_c, link_flags, root, target_dir, text};

/// The most that a hook takes: a message whose payload is recorded, sent through libbsock.
const MOST: usize = 4608;

/// The most that the calls take which handlers make, where no payload is recorded: with all that the first call of a thread
/// and of a place takes.
const MOST_OF_TRANSFERS: usize = 1536;

/// Those calls.
const TRANSFERS: [&str; 6] = ["send", "recv", "read", "write", "sendto", "recvfrom"];

/// Functions are bound at the start, since to bind one takes more stack than to call it.
fn program(more: &[String]) -> TempProgram {
    let flags = [&["-pthread".to_owned(), "-Wl,-z,now".to_owned()], more].concat();
    compile_c(&root().join("tests/programs/stack_use.c"), &flags)
}

/// Under `bsock run OPTIONS`.
fn under(options: &[&str], program: &TempProgram, arguments: &[&str]) -> Command {
    let mut command = Command::new(target_dir().join("bsock"));
    command.arg("run").args(options).arg("--").arg(program.path()).args(arguments).env_remove("LD_LIBRARY_PATH");
    command
}

fn figures(text: &str) -> BTreeMap<String, usize> {
    let figure =
        |line: &str| line.split_once(' ').map(|(name, bytes)| (name.to_owned(), bytes.parse().expect("bytes")));
    text.lines().filter_map(figure).collect()
}

/// What each call takes more under `bsock run OPTIONS` than without it.
fn added(options: &[&str], program: &TempProgram) -> BTreeMap<String, usize> {
    let plain = figures(&output(&mut program.command()));
    let recorded = figures(&output(&mut under(options, program, &[])));
    assert!(plain.len() > 30 && plain.keys().eq(recorded.keys()));
    recorded.into_iter().map(|(name, bytes)| (name.clone(), bytes.saturating_sub(plain[&name]))).collect()
}

#[test]
fn no_hook_takes_more_stack_than_is_said() {
    let through_libbsock = [
        link_flags(),
        vec!["-include".into(), root().join("include/bsock_posix.h").display().to_string(), "-Wno-pedantic".into()],
    ];
    for (program, options) in [
        (program(&[]), &[][..]),
        (program(&[]), &["--payload", "64"]),
        (program(&through_libbsock.concat()), &["--payload", "64"]),
    ] {
        let added = added(options, &program);
        println!("{options:?}: {added:?}");
        let too_much: Vec<_> = added.iter().filter(|(_, bytes)| **bytes > MOST).collect();
        assert!(too_much.is_empty(), "{options:?}: {too_much:?}");
        assert!(added["send"] > 100, "the hook was measured: {added:?}");
        for call in TRANSFERS.iter().filter(|_| options.is_empty()) {
            assert!(added[*call] <= MOST_OF_TRANSFERS, "{call} {}", added[*call]);
        }
    }
}

#[test]
fn programs_with_the_smallest_stacks_live_on() {
    let program = program(&[]);
    for (options, more) in [(&[][..], MOST_OF_TRANSFERS), (&["--payload", "64"], MOST)] {
        let more = more.to_string();
        for arguments in [&["small"][..], &["handler", &more]] {
            assert_eq!(output(program.command().args(arguments)), "done\n", "plain {arguments:?}");
            assert_eq!(output(&mut under(options, &program, arguments)), "done\n", "{options:?} {arguments:?}");
        }
        // The first stack: what it holds beside the program's own frames are its arguments and its environment.
        let bsock = target_dir().join("bsock");
        let line = format!(
            "{} run {} -- sh -c 'ulimit -s 24; exec {} main'",
            bsock.display(),
            options.join(" "),
            program.path().display()
        );
        let ran = Command::new("sh").args(["-c", &line]).env_clear().output().expect("runs");
        assert_eq!(text(&ran.stdout), "done\n", "{options:?}: {} {}", ran.status, text(&ran.stderr));
    }
}

/// A thread has used up its stack but for what the call takes natively, and what is said that a hook takes. Behind that lies a page
/// that nobody may touch.
#[test]
fn a_stack_that_is_used_up_but_for_what_is_said_is_enough_58() {
    let program = program(&[]);
    let plain = figures(&output(&mut program.command()));
    let left = |more: fn(&str) -> usize| -> Vec<String> {
        let both = |(name, bytes): (&String, &usize)| [name.clone(), (bytes + more(name)).to_string()];
        ["exhausted".to_owned()].into_iter().chain(plain.iter().flat_map(both)).collect()
    };
    let nothing_more = left(|_| 0);
    assert_eq!(output(program.command().args(&nothing_more)), "done\n");
    let too_little = program.command().args(["exhausted", "getnameinfo", "64"]).output().expect("runs");
    assert_eq!(too_little.status.signal(), Some(libc::SIGSEGV), "there is a page that cannot be touched");
    let without_payload = left(|name| if TRANSFERS.contains(&name) { MOST_OF_TRANSFERS } else { MOST });
    let with_payload = left(|_| MOST);
    for (options, arguments) in [(&[][..], without_payload), (&["--payload", "64"], with_payload)] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert_eq!(output(&mut under(options, &program, &arguments)), "done\n", "{options:?}");
    }
}
