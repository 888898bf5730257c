//! The command among other programs: what it is started with, what it is sent, what it cannot write, and that none of it
//! costs the program that it runs anything.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{TempDir, compile_c_text, target_dir, text};

/// The command, ended by force if it hangs: the statuses are 124 or 137 then.
fn bsock() -> Command {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "30"]).arg(target_dir().join("bsock"));
    command
}

/// Runs a script in which `$bsock` is the command; what stands in front of it there applies to it.
fn script(text: &str) -> Output {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "120", "bash", "-c", text]);
    command.env("bsock", target_dir().join("bsock")).output().expect("runs")
}

fn run(program: &Path) -> Output {
    bsock().args(["run", "--"]).arg(program).output().expect("runs")
}

#[test]
fn a_fifo_as_program_is_refused_and_not_waited_for() {
    let directory = TempDir::new();
    let fifo = directory.path().join("fifo");
    let made = Command::new("mkfifo").args(["-m", "755"]).arg(&fifo).status().expect("runs");
    assert!(made.success());
    let output = run(&fifo);
    assert_eq!(output.status.code(), Some(126), "{}", text(&output.stderr));
}

#[test]
fn the_way_to_the_shared_file_is_open_to_a_program_that_changes_its_user() {
    let output = script("umask 077; $bsock run -- sh -c 'stat -c %a ${BSOCK_RECORDING%/*} $BSOCK_RECORDING; umask'");
    assert_eq!(text(&output.stdout), "711\n666\n0077\n", "{}", text(&output.stderr));
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_the_program_starts() {
    let directory = TempDir::new();
    let started = directory.path().join("started");
    for arguments in [&["run", "--record"][..], &["trace", "-o"], &["check", "-o"]] {
        let output =
            bsock().args(arguments).args(["/nonexistent/x", "--", "touch"]).arg(&started).output().expect("runs");
        let own = if arguments[0] == "check" { 2 } else { 125 };
        assert_eq!(output.status.code(), Some(own), "{arguments:?}");
        assert!(text(&output.stderr).contains("cannot write /nonexistent/x"), "{}", text(&output.stderr));
        assert!(!started.exists(), "{arguments:?}: the program was started");
    }
}

#[test]
fn a_recording_is_for_its_owner_alone_and_takes_the_place_of_an_older_one_when_there_is_one() {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    fs::write(&file, "older").expect("ours");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("ours");
    let record = |program: &str| {
        bsock().args(["run", "--record"]).arg(&file).args(["--", program]).output().expect("runs").status.code()
    };
    assert_eq!(record("/nonexistent/program"), Some(127));
    assert_eq!(fs::read(&file).expect("there"), b"older", "nothing has come to take its place");
    assert_eq!(record("true"), Some(0));
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    assert!(fs::read(&file).expect("there").starts_with(b"bsockrec"));
    let mode = fs::metadata("/dev/null").expect("there").permissions().mode();
    assert_eq!(bsock().args(["run", "--record", "/dev/null", "--", "true"]).status().expect("runs").code(), Some(0));
    assert_eq!(fs::metadata("/dev/null").expect("there").permissions().mode(), mode, "only files are ours to close");
}

#[test]
fn the_program_does_not_pay_for_a_standard_error_that_takes_nothing() {
    // A static program makes bsock say something at its end.
    let quiet = compile_c_text::<&str>("int main(void) { return 7; }\n", &["-static"]);
    let program = quiet.path().display().to_string();
    let status = |line: &str| text(&script(&line.replace("PROGRAM", &program)).stdout);
    assert_eq!(status("$bsock run -- PROGRAM 2>/dev/full; echo $?"), "7\n");
    // The reader of the pipe is gone before bsock begins.
    let closed = "exec 4> >(:); wait $!; $bsock VERB -- PROGRAM 2>&4; echo $?";
    assert_eq!(status(&closed.replace("VERB", "run")), "7\n");
    assert_eq!(status(&closed.replace("VERB", "trace")), "7\n");
    // Of a program that cannot be seen `check` does not end with 0 in any case.
    assert_eq!(status(&closed.replace("VERB", "check").replace("PROGRAM", "true")), "0\n");
    assert_eq!(status("exec 4> >(:); wait $!; $bsock trace --all -o /dev/fd/4 -- sh -c 'exit 7'; echo $?"), "7\n");
    assert_eq!(status("$bsock check -- true 2>/dev/full; echo $?"), "2\n");
    assert_eq!(status("$bsock check /nonexistent 2>/dev/full; echo $?"), "2\n");
}

#[test]
fn the_program_begins_with_what_bsock_was_started_with() {
    // CHLD: a parent that ignores it has children that leave no status to wait for, if bsock left it so.
    for setting in ["", "trap '' CHLD", "trap '' INT TERM HUP QUIT ALRM CONT WINCH TSTP TTIN TTOU XFSZ PIPE USR2"] {
        for limits in ["", "ulimit -S -n 50; ulimit -S -f 100000;"] {
            let shown = "sh -c 'grep -E \"Sig(Ign|Blk)|ShdPnd\" /proc/self/status; ulimit -n; ulimit -f; exit 7'";
            let plain = script(&format!("{setting}\n{limits} {shown}"));
            let under = script(&format!("{setting}\n{limits} $bsock run -- {shown}"));
            assert_eq!(text(&under.stdout), text(&plain.stdout), "{setting} {limits}");
            assert_eq!(text(&under.stderr), "", "{setting} {limits}");
            assert_eq!((under.status.code(), plain.status.code()), (Some(7), Some(7)), "{setting} {limits}");
        }
    }
}

#[test]
fn narrow_limits_cost_the_recording_and_not_the_program() {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let traced = |limit: &str, verb: &str| {
        let file = file.display();
        script(&format!("{limit}; $bsock {verb} -- sh -c 'echo here; exit 7'").replace("FILE", &file.to_string()))
    };
    // 512 rings find no room in these; 64 do, and 16.
    for limit in ["ulimit -v 200000", "ulimit -v 100000", "ulimit -f 100000"] {
        let output = traced(limit, "trace --all");
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(7), "here\n"), "{limit}: {said}");
        assert!(said.contains("write(1, 5 bytes) = 5") && !said.contains("nothing was recorded"), "{limit}: {said}");
    }
    for (limit, verb) in [("ulimit -f 10", "run"), ("ulimit -f 10", "run --record FILE"), ("ulimit -v 12000", "run")] {
        let output = traced(limit, verb);
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(7), "here\n"), "{limit}: {said}");
        assert!(said.starts_with("bsock: nothing was recorded: the limits") && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn what_is_sent_to_bsock_alone_reaches_the_program_once() {
    // Sends each signal to its parent, bsock, and waits for it to come back.
    let source = "#define _GNU_SOURCE\n#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>\n\
                  int main(void) { int all[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH,\n\
                  SIGALRM, SIGTSTP}; int count = (int)(sizeof all / sizeof *all); sigset_t set, left; sigemptyset(&set);\n\
                  for (int i = 0; i < count; i++) sigaddset(&set, all[i]);\n\
                  sigprocmask(SIG_BLOCK, &set, NULL);\n\
                  for (int i = 0; i < count; i++) { kill(getppid(), all[i]);\n\
                  if (sigwaitinfo(&set, NULL) != all[i]) return 1; }\n\
                  sigpending(&left); if (!sigisemptyset(&left)) return 2;\n\
                  puts(\"all\"); return 7; }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let line = format!("$bsock run -- {}", program.path().display());
    for setting in ["", "trap '' TERM HUP INT QUIT USR1;"] {
        let output = script(&format!("{setting} {line}"));
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(7), "all\n"), "{output:?}");
    }
}

#[test]
fn an_alarm_set_before_is_the_programs() {
    let source = "#include <signal.h>\n#include <unistd.h>\n\
                  int main(int count, char **arguments) { if (count > 1) { alarm(2); execv(arguments[1], arguments + 1); }\n\
                  return pause(); }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let path = program.path().display().to_string();
    let output = script(&format!("{path} $bsock run -- {path}; echo $?"));
    assert_eq!(text(&output.stdout), "142\n", "{}", text(&output.stderr));
    // Had bsock alone died of it, the program would still be there, with its name.
    let left = Command::new("pgrep").args(["-f", &format!("^{path}$")]).output().expect("runs");
    assert_eq!(text(&left.stdout), "");
}

#[test]
fn the_terminals_signals_reach_the_program_once() {
    // Counts what the terminal sends, until the terminal says that this is all.
    let source = "#define _GNU_SOURCE\n#include <signal.h>\n#include <stdio.h>\n\
                  static volatile sig_atomic_t count;\n\
                  static void on(int s) { (void)s; count++; printf(\"got %d\\n\", (int)count); fflush(stdout); }\n\
                  int main(void) { char line[100]; struct sigaction a = {.sa_handler = on, .sa_flags = SA_RESTART};\n\
                  sigaction(SIGINT, &a, NULL); sigaction(SIGQUIT, &a, NULL); puts(\"ready\"); fflush(stdout);\n\
                  if (!fgets(line, sizeof line, stdin)) return 1;\n\
                  printf(\"end %d\\n\", (int)count); return 7; }\n";
    let program = compile_c_text::<&str>(source, &[]);
    let terminal = "import os, pty, sys\n\
                    pid, fd = pty.fork()\n\
                    if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
                    seen = b''\n\
                    def until(word):\n    global seen\n    while word not in seen: seen += os.read(fd, 1000)\n\
                    until(b'ready')\nos.write(fd, b'\\x03')\nuntil(b'got 1')\nos.write(fd, b'\\x1c')\nuntil(b'got 2')\n\
                    os.write(fd, b'\\n')\nuntil(b'end ')\nuntil(b'\\n')\n\
                    status = os.waitpid(pid, 0)[1]\n\
                    print(seen[seen.index(b'end '):].decode().strip(), os.waitstatus_to_exitcode(status))\n";
    let output = Command::new("timeout")
        .args(["-k", "1", "60", "python3", "-c", terminal])
        .arg(target_dir().join("bsock"))
        .args(["run", "--"])
        .arg(program.path())
        .output()
        .expect("runs");
    assert_eq!(text(&output.stdout), "end 2 7\n", "{}", text(&output.stderr));
}

#[test]
fn a_job_stops_and_continues_with_its_program() {
    for signal in ["STOP", "TSTP"] {
        // `wait` in a shell with job control returns when the job stops: 128 and the signal.
        let output = script(&format!(
            "set -m; $bsock run -- sh -c 'kill -{signal} $$; echo continued; exit 7' &\nwait $!; echo $(($? > 128))\n\
             kill -CONT -- -$!; wait $!; echo $?"
        ));
        assert_eq!(text(&output.stdout), "1\ncontinued\n7\n", "{signal}: {}", text(&output.stderr));
    }
    // Nobody's job: whoever stopped the program continues the program.
    let output = script("$bsock run -- sh -c '(kill -STOP $$; kill -CONT $$) & wait $!; exit 7'; echo $?");
    assert_eq!(text(&output.stdout), "7\n", "{}", text(&output.stderr));
}

/// A copy of the command and its preload, in `folder`.
fn copy_of_bsock(folder: &Path) -> PathBuf {
    fs::create_dir(folder).expect("a new folder");
    for name in ["bsock", "libbsock_preload.so"] {
        fs::copy(target_dir().join(name), folder.join(name)).expect("built");
    }
    folder.join("bsock")
}

#[test]
fn the_library_is_found_where_its_path_cannot_stand_in_a_list() {
    let directory = TempDir::new();
    for name in ["sp ace", "col:on", "dol$LIB"] {
        let copy = copy_of_bsock(&directory.path().join(name));
        let shown = "echo ${BSOCK_RECORDING%/*}; cat /proc/self/maps";
        let output = Command::new("timeout")
            .args(["-k", "1", "60"])
            .arg(&copy)
            .args(["trace", "--all", "--", "sh", "-c", shown])
            .output()
            .expect("runs");
        let said = text(&output.stderr);
        assert!(said.contains(" write(1, ") && !said.contains("ld.so"), "{name}: {said}");
        let shown = text(&output.stdout);
        let private = shown.lines().next().expect("a line");
        assert!(private.contains("/bsock-") && !Path::new(private).exists(), "{private} is left behind");
    }
}

#[test]
fn a_command_of_another_copy_inside_records_each_call_once() {
    let directory = TempDir::new();
    let copy = copy_of_bsock(&directory.path().join("copy"));
    let line = format!("{} run -- $bsock trace --all -- sh -c 'echo 1234567890'", copy.display());
    let said = text(&script(&line).stderr);
    assert_eq!(said.matches("write(1, 11 bytes)").count(), 1, "{said}");
}

#[test]
fn a_program_that_could_not_be_recorded_is_named_though_others_were() {
    let fixed = compile_c_text::<&str>("int main(void) { return 0; }\n", &["-static"]);
    let fixed = fixed.path().display().to_string();
    // What the program executes in the end finds no recording in its environment.
    let source = "#include <unistd.h>\nint main(void) { return execve(\"/bin/true\", (char *[]){\"true\", 0}, (char *[]){0}); }\n";
    let clears = compile_c_text::<&str>(source, &[]);
    let clears = clears.path().display().to_string();
    let source = format!(
        "#define _DEFAULT_SOURCE\n#include <unistd.h>\n#include <sys/wait.h>\n\
         int main(void) {{ if (vfork() == 0) {{ execve(\"{fixed}\", (char *[]){{\"x\", 0}}, (char *[]){{0}}); _exit(1); }}\n\
         return wait(0) < 0; }}\n"
    );
    let vforks = compile_c_text::<&str>(&source, &[]);
    let vforks = vforks.path().display().to_string();
    let is_static = format!("a program was not recorded: {fixed} is statically linked");
    let absent = "a program was not recorded: /bin/true was given an environment that does not lead".to_owned();
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    for (program, expected) in [
        (["sh", "-c", &format!("{fixed}; true")], Some(&is_static)),
        (["sh", "-c", &format!("exec {vforks}")], Some(&is_static)),
        (["sh", "-c", &format!("exec {clears}")], Some(&absent)),
        (["sh", "-c", &format!("{clears}; true")], Some(&absent)),
        (["sh", "-c", "env -i /bin/true; env A=b /bin/true"], Some(&absent)),
        (["sh", "-c", "/bin/true; /nonexistent/program; exec /bin/true"], None),
    ] {
        let record = file.display().to_string();
        let run = ["run", "--record", &record];
        for verb in [&["trace"][..], &["check"], &["check", "--format", "json"], &run] {
            let output = bsock().args(verb).arg("--").args(program).output().expect("runs");
            let said = text(&output.stderr);
            let lines: Vec<_> = said.lines().filter(|line| line.contains("recorded: ")).collect();
            match expected {
                None => assert_eq!(lines, [""; 0], "{verb:?} {program:?}"),
                Some(sentence) => {
                    assert!(lines.len() == 1 && lines[0].contains(sentence.as_str()), "{verb:?} {program:?}: {said}");
                }
            }
        }
        let output = bsock().arg("trace").arg(&file).output().expect("runs");
        assert_eq!(text(&output.stderr).contains("a program was not recorded: "), expected.is_some());
    }
}

#[test]
fn nothing_that_the_program_says_steers_the_terminal() {
    let directory = TempDir::new();
    let program = directory.path().join("\x1b]0;a\x07\u{9b}b");
    fs::copy("/bin/sh", &program).expect("ours");
    // An argument, the path that is executed, and the object that the calls are made from.
    let line = format!(
        "$bsock trace --all -- sh -c 'exec \"$0\" -c \"echo x\" \"$1\"' '{}' $'c\\x1b[2J\\xff'",
        program.display()
    );
    let output = script(&line);
    let said = text(&output.stderr);
    assert_eq!(text(&output.stdout), "x\n", "{said}");
    assert!(
        said.contains("execve(\"") && said.contains("\\u{1b}]0;a\\u{7}\\u{9b}b") && said.contains("c\\u{1b}[2J\\xff"),
        "{said}"
    );
    assert!(!said.contains(|character: char| character.is_control() && character != '\n'), "{said:?}");
}

#[test]
fn a_program_that_ended_before_it_attached_is_said_to_have_ended() {
    // It dies before the constructors of what is preloaded: those of the program itself come first.
    let source = "#include <signal.h>\n#include <unistd.h>\n\
                  static void die(void) { kill(getpid(), SIGKILL); }\n\
                  __attribute__((section(\".preinit_array\"), used)) static void (*first)(void) = die;\n\
                  int main(void) { return 0; }\n";
    let dies = compile_c_text(source, &["-D_GNU_SOURCE"]);
    let dies = dies.path().display().to_string();
    let said = |program: &[&str]| text(&bsock().args(["trace", "--"]).args(program).output().expect("runs").stderr);
    let alone = said(&[&dies]);
    assert!(alone.contains("nothing was recorded: SIGKILL ended the program before it attached"), "{alone}");
    let executed = said(&["sh", "-c", &format!("exec {dies}")]);
    assert!(executed.contains(&format!("{dies} ended before it attached to the recorder")), "{executed}");
    // Of a child that its parent waits for, bsock does not know when it ended.
    let child = said(&["sh", "-c", &format!("{dies}; true")]);
    assert!(!child.contains("did not attach"), "{child}");
}

#[test]
fn the_environment_keeps_its_order() {
    let output = script("env -i Z=1 LD_PRELOAD= A=2 \"$bsock\" run -- /usr/bin/env");
    let said = text(&output.stdout);
    let names: Vec<_> = said.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert_eq!(names, ["Z", "LD_PRELOAD", "A", "BSOCK_RECORDING", "ASAN_OPTIONS"], "{said}{}", text(&output.stderr));
}
