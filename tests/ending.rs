//! When `bsock` ends, and what ends with it: the program, its descendants, or nothing at all.

mod support;

use std::fs;
use std::process::{Command, Output};

use support::{TempDir, compile_c_text, target_dir, text};

/// Runs a script in which `$bsock` is the command and `$d` a directory.
fn script(line: &str) -> (Output, TempDir) {
    let directory = TempDir::new();
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "60", "bash", "-c", line]).env("d", directory.path());
    (command.env("bsock", target_dir().join("bsock")).output().expect("runs"), directory)
}

/// A shell's words for a child that outlives its parent, and makes a call when `$d/go` is there.
const LATE: &str = "sh -c '(until [ -e $d/go ]; do sleep 0.01; done; python3 -c \"import socket; socket.socket()\") >/dev/null 2>&1 & exit 7'";

#[test]
fn bsock_ends_with_its_program_and_with_follow_when_the_last_descendant_does() {
    let (output, directory) = script(&format!("$bsock trace -o $d/trace -- {LATE}; echo $?; touch $d/go"));
    assert_eq!(text(&output.stdout), "7\n", "it does not wait for the child: {}", text(&output.stderr));
    assert!(!fs::read_to_string(directory.path().join("trace")).expect("written").contains("socket(AF_INET"));
    let (output, directory) = script(&format!(
        "$bsock trace --follow -o $d/trace -- {LATE} & pid=$!\n\
         until grep -q 'sh -c' $d/trace; do sleep 0.01; done; touch $d/go; wait $pid; echo $?"
    ));
    assert_eq!(text(&output.stdout), "7\n", "{}", text(&output.stderr));
    let trace = fs::read_to_string(directory.path().join("trace")).expect("written");
    assert!(trace.contains("socket(AF_INET"), "{trace}");
}

#[test]
fn a_signal_ends_the_following_of_what_does_not_end() {
    let (output, _) = script(
        "$bsock run --follow -- sh -c 'sleep 50 >/dev/null 2>&1 & echo $! >$d/child; exit 7' & pid=$!\n\
         until [ -s $d/child ]; do sleep 0.01; done\n\
         program() { cat /proc/$pid/task/$pid/children; }\n\
         until [ \"$(program)\" = \"$(cat $d/child) \" ]; do sleep 0.01; done\n\
         kill -TERM $pid; wait $pid; echo $?; kill $(cat $d/child) && echo alive",
    );
    assert_eq!(text(&output.stdout), "7\nalive\n", "{}", text(&output.stderr));
}

#[test]
fn time_that_is_over_ends_the_program_and_what_it_started() {
    for (command, what) in [
        ("sleep 50", "by itself"),
        ("sh -c 'sleep 50 & wait'", "with a child"),
        ("sh -c 'trap \"\" TERM; sleep 50 & wait $!; sleep 50'", "that ignores SIGTERM"),
    ] {
        let (output, _) = script(&format!("$bsock trace --timeout 0.2 -- {command}; echo $?"));
        let said = text(&output.stderr);
        assert_eq!(text(&output.stdout), "124\n", "{what}: {said}");
        assert!(said.contains("--timeout") && said.contains(" lost"), "{what}: {said}");
    }
    let (output, _) = script("$bsock run --timeout 50 -- sh -c 'exit 7'; echo $?");
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("7\n", ""));
    let (output, _) = script("$bsock run --follow --timeout 0.2 -- sh -c 'setsid sleep 50 & exit 7'; echo $?");
    assert_eq!(text(&output.stdout), "124\n", "a descendant's time is over, too");
}

#[test]
fn control_c_ends_the_program_as_without_bsock_and_the_trace_is_there() {
    let source = "#include <sys/socket.h>\n#include <unistd.h>\n\
                  int main(void) { int s = socket(AF_UNIX, SOCK_STREAM, 0); (void)s; puts_ready: write(1, \"ready\\n\", 6);\n\
                  pause(); goto puts_ready; }\n";
    let program = compile_c_text::<&str>(source, &["-Wno-unused-result"]);
    let terminal = "import os, pty, sys\n\
                    pid, fd = pty.fork()\n\
                    if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
                    seen = b''\n\
                    while b'ready' not in seen: seen += os.read(fd, 1000)\n\
                    os.write(fd, b'\\x03')\n\
                    try:\n    while True: seen += os.read(fd, 1000)\n\
                    except OSError: pass\n\
                    print(seen.decode()); print('status', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n";
    let output = Command::new("timeout")
        .args(["-k", "1", "60", "python3", "-c", terminal])
        .arg(target_dir().join("bsock"))
        .args(["trace", "--"])
        .arg(program.path())
        .output()
        .expect("runs");
    let said = text(&output.stdout);
    assert!(said.contains("socket(AF_UNIX, SOCK_STREAM, 0) = 3") && said.ends_with("status -2\n"), "{said}");
}

#[test]
fn a_killed_bsock_leaves_the_program_running_normally() {
    // Sends and receives for as long as bsock is there, and then some more; the sum proves that nothing was lost or hung.
    let source = "#include <stdio.h>\n#include <sys/socket.h>\n#include <unistd.h>\n\
                  int main(void) { int p[2]; char b; long calls = 0, rest = 100000; pid_t parent = getppid();\n\
                  if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return 1;\n\
                  while (rest > 0) { if (send(p[0], \"x\", 1, 0) != 1 || recv(p[1], &b, 1, 0) != 1) return 2;\n\
                  if (++calls == 1000) { puts(\"going\"); fflush(stdout); }\n\
                  if (getppid() != parent) rest--; }\n\
                  puts(\"done\"); return 0; }\n";
    let program = compile_c_text::<&str>(source, &[]);
    for verb in ["run", "run --lossless --ring-kib 4", "trace -o /dev/null"] {
        let (output, _) = script(&format!(
            "exec 3< <(exec $bsock {verb} -- {} 2>/dev/null & echo $!; wait); read -u 3 pid; read -u 3 word\n\
             echo $word; kill -KILL $pid; cat <&3",
            program.path().display()
        ));
        assert_eq!(text(&output.stdout), "going\ndone\n", "{verb}: {}", text(&output.stderr));
    }
}

#[test]
fn what_a_killed_bsock_had_seen_is_in_its_file_and_the_program_goes_on() {
    let source = "#include <stdio.h>\n#include <sys/socket.h>\n\
                  static int sends(int fd) { for (int i = 0; i < 100; i++) if (send(fd, \"x\", 1, 0) != 1) return 0; return 1; }\n\
                  int main(void) { int p[2];\n\
                  if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) || !sends(p[0])) return 1;\n\
                  puts(\"half\"); fflush(stdout);\n\
                  if (getchar() != 'g' || !sends(p[0])) return 2;\n\
                  puts(\"done\"); return 0; }\n";
    let program = compile_c_text::<&str>(source, &[]);
    // What the program did is in the file while bsock still runs, or nobody could wait for it there.
    let (output, directory) = script(&format!(
        "mkfifo $d/go; exec 3< <(exec $bsock run --record $d/kept -- {} <$d/go & echo $!; wait); exec 4>$d/go\n\
         read -u 3 pid; read -u 3 word; echo $word\n\
         until [ \"$($bsock trace $d/kept 2>&1 | grep -c ' send(')\" = 100 ]; do sleep 0.01; done\n\
         kill -KILL $pid; $bsock trace -o $d/trace $d/kept 2>$d/said; echo $?; echo g >&4; cat <&3",
        program.path().display()
    ));
    assert_eq!(text(&output.stdout), "half\n0\ndone\n", "{}", text(&output.stderr));
    let [trace, said] = ["trace", "said"].map(|name| fs::read_to_string(directory.path().join(name)).expect("written"));
    assert_eq!(trace.matches(" send(").count(), 100, "{trace}");
    assert!(!said.contains("what came before it is shown"), "the last round is whole: {said}");
}
