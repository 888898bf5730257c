//! Every way in which a process begins, runs another program, and ends, under the recorder.

mod support;

use bsock_recording::event::{Outcome, What};
use bsock_recording::function::Function;
use support::recording::{Contents, assert_lines, output, recorded, same_in_every_way, traced, traced_with};
use support::{TempDir, TempProgram, compile_c, root};

fn processes() -> TempProgram {
    compile_c(&root().join("tests/programs/processes.c"), &["-lutil"])
}

#[test]
fn children_and_programs_come_out_as_without_the_recorder_36_38_39() {
    let (program, directory) = (processes(), TempDir::new());
    let plain = output(program.command().arg("all"));
    let preload = support::target_dir().join("libbsock_preload.so");
    assert_eq!(output(program.command().arg("all").env("LD_PRELOAD", preload)), plain, "idle");
    let file = directory.path().join("recording");
    assert_eq!(output(&mut recorded(&program.path(), &["all"], &file)), plain, "recorded");
    let contents = Contents::of(&file);
    assert_eq!(contents.lost, 0);
    let outcomes = |function| contents.calls(function).map(|(_, call)| call.outcome).collect::<Vec<_>>();
    assert_eq!(outcomes(Function::Execvp).len(), 5, "four, and one again since it failed");
    assert!(outcomes(Function::Execve).contains(&Outcome::Failed(2)), "execl of nothing");
    assert!(outcomes(Function::Execve).contains(&Outcome::Failed(14)), "arguments that are not there");
    assert_eq!(outcomes(Function::PosixSpawn)[1], Outcome::Failed(2));
    assert_eq!(outcomes(Function::System), [Outcome::Returned(7 << 8)]);
    assert_eq!(outcomes(Function::Daemon), [Outcome::Unfinished, Outcome::Returned(0)]);
    for function in [Function::Fexecve, Function::Execveat, Function::QuickExit, Function::Popen, Function::Pclose] {
        assert_eq!(outcomes(function).len(), 1, "{}", function.name());
    }
    // Who was forked by whatever function makes calls as a process of its own.
    let callers: std::collections::BTreeSet<u32> =
        contents.calls(Function::Socket).map(|(event, _)| event.thread.process).collect();
    assert_eq!(callers.len(), 3, "children of _Fork, forkpty and daemon");
    // And says whether its parent tells of the fork.
    let forks = [Function::Fork, Function::UnderscoreFork, Function::Forkpty];
    let told: Vec<Outcome> = forks.into_iter().flat_map(outcomes).collect();
    let mut said = Vec::new();
    for event in &contents.events {
        if let What::ProcessStart(start) = &event.what
            && start.forked
        {
            let is_told = told.contains(&Outcome::Returned(event.thread.process.into()));
            assert_eq!(start.fork_is_told, is_told, "process {}", event.thread.process);
            said.push(is_told);
        }
    }
    assert!(said.contains(&true) && said.contains(&false), "daemon's is not: {said:?}");
}

#[test]
fn an_inherited_socket_is_a_socket_to_the_program_that_finds_it_37() {
    let (program, directory) = (processes(), TempDir::new());
    let lines = traced(&program.path(), &["inetd"]);
    assert_lines(&lines, &["read(0, 15 bytes) = 7", "read(4, 15 bytes) = 8"]);
    let file = directory.path().join("recording");
    output(&mut recorded(&program.path(), &["inetd"], &file));
    let contents = Contents::of(&file);
    let executed = contents.calls(Function::Execve).next().expect("execl").1;
    let kept: Vec<_> = executed.descriptors().collect();
    assert_eq!(kept.iter().map(|kept| kept.fd).collect::<Vec<_>>(), [0, 3, 4], "not those that are close-on-exec");
    let found = |wanted: i32| {
        let mut sockets = contents.events.iter().filter_map(|event| match &event.what {
            What::Inherited(socket) => Some(socket),
            _ => None,
        });
        sockets.find(|socket| socket.fd == wanted).expect("inherited").cookie
    };
    assert!(kept[0].cookie != 0 && kept[0].cookie == kept[2].cookie, "dup2 made them one socket");
    assert_eq!(found(0), kept[0].cookie, "and the new program has it by the same number");
}

#[test]
fn what_was_sent_in_a_message_is_the_same_socket_to_who_receives_it_42() {
    let lines = traced(&processes().path(), &["pass"]);
    assert_lines(&lines, &["write(5, 14 bytes) = 14"]);
    assert_lines(&lines, &["sendmsg(3, {[1] 1 bytes, control=[SCM_RIGHTS[6]]}, 0) = 1", "read(5, 32 bytes) = 14"]);
}

#[test]
fn ways_past_the_recorder_are_told_6() {
    let (lines, said) = traced_with(&[], &processes().path(), &["escape"]);
    let syscall = "syscall(SYS_socket, 0x2, 0x2) = ?";
    assert_lines(&lines, &[syscall, "dlopen(\"libutil.so.1\", RTLD_DEEPBIND) = ?", "dlmopen(\"libc.so.6\") = ?"]);
    for told in ["made without libc's functions", "RTLD_DEEPBIND", "namespace of its own", "fdopen"] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn what_sockets_hold_is_told_at_the_end_however_it_comes() {
    for (how, status) in [("exit", "3"), ("unread", "?")] {
        let lines = traced(&processes().path(), &[how]);
        assert_lines(&lines, &[&format!("exit({status}, 3 holds 0 unread, * unsent, 4 holds 4 unread, 0 unsent) = ?")]);
    }
}

/// What `exec_environment.c` hands over, what `execve` says of it, and whether it certainly does not lead to the recorder.
const ENVIRONMENTS: &[(&str, &str, bool)] = &[
    ("no array", "ENOENT", true),
    ("no variable", "ENOENT", true),
    ("neither", "ENOENT", true),
    ("one", "ENOENT", true),
    ("the other", "ENOENT", true),
    ("both, first", "ENOENT", false),
    ("both, around 32", "ENOENT", false),
    ("both, last", "ENOENT", false),
    ("neither, to the end of what is there", "ENOENT", true),
    ("both, to the end of what is there", "ENOENT", false),
    ("no end", "EFAULT", false),
    ("short ones, to the end of what is there", "ENOENT", true),
    ("across two pages", "ENOENT", false),
    ("a string that is not there", "EFAULT", false),
    ("a string without an end", "EFAULT", true),
];

#[test]
fn an_environment_is_read_wherever_it_lies_and_one_that_is_not_there_fails_as_it_does() {
    let program = compile_c::<&str>(&root().join("tests/programs/exec_environment.c"), &[]);
    let expected: String = ENVIRONMENTS.iter().map(|(what, error, _)| format!("{what}: {error}\n")).collect();
    let contents = same_in_every_way(&program, &["layouts"], &expected);
    let executed = contents.calls(Function::Execve).filter(|(_, call)| matches!(call.outcome, Outcome::Failed(_)));
    let left_out: Vec<bool> = executed.map(|(_, call)| call.args[1] == 1).collect();
    let expected: Vec<bool> = ENVIRONMENTS.iter().map(|(_, _, left_out)| *left_out).collect();
    assert_eq!(left_out, expected);
}

#[test]
fn of_a_long_environment_the_kernel_is_asked_a_few_times_and_not_for_each_variable() {
    let program = compile_c::<&str>(&root().join("tests/programs/exec_environment.c"), &[]);
    let directory = TempDir::new();
    let count = |variables: &str| {
        let file = directory.path().join(variables);
        let counted = output(&mut recorded(&program.path(), &["count", variables], &file));
        counted.trim().parse::<u32>().expect("a number")
    };
    assert_eq!(output(program.command().args(["count", "127"])), "0\n", "without the recorder");
    // Pointers and names of 32 variables at a time; and the path.
    assert_eq!([count("31"), count("127")], [2 + 1, 4 * 2 + 1]);
}
