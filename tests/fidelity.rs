//! What a program would see of the recorder, if there were anything to see: arguments that are cut, results that are too
//! small, signals, descriptors and timers that are not its own. Numbers are those of `tests/requirements/table.rs`.

mod support;

use std::process::{Command, Output};

use bsock_recording::event::Outcome;
use bsock_recording::function::Function;
use support::recording::{Contents, of_the_program, same_in_every_way};
use support::{TempDir, TempProgram, compile_c, root, target_dir, text};

fn program(name: &str) -> TempProgram {
    compile_c(&root().join("tests/programs/requirements").join(name), &["-pthread"])
}

/// What it writes when nobody records; the other runs are held against it.
fn plain(program: &TempProgram) -> String {
    support::recording::output(&mut program.command())
}

#[test]
fn functions_without_a_number_of_arguments_pass_on_all_of_them_18() {
    let program = program("variadic.c");
    let said = plain(&program);
    for line in [
        "fcntl(pair[0], F_GETFL) = 2050, errno 1234",
        "fcntl(pair[0], F_DUPFD_CLOEXEC, 40) = 40, errno 1234",
        "fcntl(fd, F_SETLK, &lock) = 0, errno 1234",
        "fcntl(fd, F_SETLK, (void *)1) = -1, errno 14",
        "owner 1",
        "ioctl(pair[0], FIOCLEX) = 0, errno 1234",
        "the second page b",
        "clone 1 9",
        "9: 1 2 3 4 5 6 7 8 9",
        "this a b c",
    ] {
        assert!(said.lines().any(|known| known == line), "{line} is not in\n{said}");
    }
    let contents = same_in_every_way(&program, &[], &said);
    let passed = contents.calls(Function::Fcntl).map(|(_, call)| call.args[1]).collect::<Vec<_>>();
    assert!(passed.contains(&(1 << 40)), "the recorder saw the whole word as well: {passed:x?}");
}

#[test]
fn lengths_and_results_are_as_wide_as_they_are_20_27() {
    let program = program("large.c");
    let said = plain(&program);
    for line in [
        "recv(stream[1], bytes, huge, 0) = 8, errno 1234",
        "write(nothing, bytes, huge) = 2147479552, errno 1234",
        "recv(stream[1], bytes, largest, MSG_DONTWAIT) = -1, errno 11",
        "writev(stream[0], many, 1024) = 1023, errno 1234",
        "readv(stream[1], parts, 1024) = 512, errno 1234",
        "writev(stream[0], many, 1025) = -1, errno 22",
        "sendmsg(datagram[0], &message, 0) = 1023, errno 1234",
    ] {
        assert!(said.lines().any(|known| known == line), "{line} is not in\n{said}");
    }
    let contents = same_in_every_way(&program, &[], &said);
    let huge = (1_u64 << 32) + 5;
    assert!(contents.calls(Function::Recv).any(|(_, call)| call.args[1] == huge), "and it is recorded so");
    let vector = contents.calls(Function::Writev).next().expect("a writev").1;
    assert_eq!(
        (vector.args[1], vector.outcome),
        (1023, Outcome::Returned(1023)),
        "bytes of 1,024 buffers, of which some are empty"
    );
}

/// The room lies at the end of a page behind which there is nothing, and in a block of four bytes that valgrind knows.
#[test]
fn of_an_address_no_more_is_read_than_there_was_room_for_22() {
    let program = program("short_room.c");
    let said = plain(&program);
    assert!(said.contains("getsockname(listener, NAME): 0, errno 0, 16:"), "the kernel tells how long it is: {said}");
    assert!(said.lines().count() > 30, "{said}");
    let contents = same_in_every_way(&program, &[], &said);
    for function in
        [Function::Accept, Function::Accept4, Function::Getsockname, Function::Getpeername, Function::Recvfrom]
    {
        let told = contents.calls(function).filter_map(|(_, call)| call.address_result.as_ref());
        let cut = told.filter(|address| address.bytes.len() == 4 && address.claimed > 4).count();
        assert!(cut >= 2, "{}: {cut}", function.name());
    }
    let directory = TempDir::new();
    let mut valgrind = Command::new(target_dir().join("bsock"));
    valgrind.args(["run", "--record"]).arg(directory.path().join("recording")).args(["--", "valgrind", "--quiet"]);
    let output = valgrind.arg("--error-exitcode=99").arg(program.path()).output().expect("runs");
    assert_eq!((text(&output.stdout), output.status.code()), (said, Some(0)), "{}", text(&output.stderr));
    assert!(Contents::of(&directory.path().join("recording")).calls(Function::Accept4).count() >= 4, "it was recorded");
}

#[test]
fn nothing_around_the_program_is_the_recorders_30_31() {
    let program = program("surroundings.c");
    let said = plain(&program);
    assert_eq!(said.matches("\nsignals:").count(), 5, "{said}");
    assert!(said.contains("threads 2;") && said.contains(" 12:d0bp "), "it sees what there is: {said}");
    same_in_every_way(&program, &[], &said);
}

/// A shell, an interpreter and a compiler: they make children by `vfork`, `clone` and `posix_spawn`, deep in libraries.
#[test]
fn programs_that_make_children_by_vfork_come_out_the_same_34() {
    let directory = TempDir::new();
    let (file, made) = (directory.path().join("recording"), directory.path().join("made"));
    let source = directory.path().join("seven.c");
    std::fs::write(&source, "int main(void) { return 7; }\n").expect("ours");
    let script = "import subprocess, sys\n\
                  for close in (True, False):\n\
                  \x20   done = subprocess.run(['sh', '-c', 'cat; exit 3'], input=b'said', capture_output=True, close_fds=close)\n\
                  \x20   print(done.returncode, done.stdout)\n\
                  try: subprocess.run(['/nonexistent'])\n\
                  except FileNotFoundError as error: print(error)\n\
                  sys.exit(5)\n";
    let made = made.to_str().expect("UTF-8");
    let compile = format!("cc -o {made} {} && {made}", source.display());
    let preload = target_dir().join("libbsock_preload.so");
    for line in
        [vec!["dash", "-c", "true | true; echo $?; exit 4"], vec!["python3", "-c", script], vec!["sh", "-c", &compile]]
    {
        let shown = |output: Output| (text(&output.stdout), of_the_program(&output.stderr), output.status);
        let plain = shown(Command::new(line[0]).args(&line[1..]).output().expect("runs"));
        assert!(plain.2.code().is_some_and(|code| [4, 5, 7].contains(&code)), "{plain:?}");
        let idle = Command::new(line[0]).args(&line[1..]).env("LD_PRELOAD", &preload).output().expect("runs");
        assert_eq!(shown(idle), plain, "{line:?}, idle");
        let mut bsock = Command::new(target_dir().join("bsock"));
        let under = bsock.args(["run", "--record"]).arg(&file).arg("--").args(&line).output().expect("runs");
        assert_eq!(shown(under), plain, "{line:?}, recorded");
        assert!(Contents::of(&file).events.len() > 3, "{line:?} was recorded");
    }
}

#[test]
fn what_the_other_end_has_may_be_unmapped_before_the_call_returns_21() {
    let program = compile_c(&root().join("tests/programs/unmapped.c"), &["-O2", "-pthread"]);
    assert_eq!(plain(&program), "2500 rounds\n");
    for payload in ["0", "32"] {
        let mut command = Command::new(target_dir().join("bsock"));
        command.args(["run", "--payload", payload, "--"]).arg(program.path());
        assert_eq!(support::recording::output(&mut command), "2500 rounds\n", "payload {payload}");
    }
}
