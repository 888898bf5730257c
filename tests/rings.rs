//! The rings from outside: hundreds of threads, rings that are full, readers and writers that die. Whatever happens, what is
//! in the recording and what it says was lost add up to what the program did.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

use support::recording::sends_and_losses;
use support::{TempDir, TempProgram, cannot_be_played, compile_c, root, target_dir, text};

fn program(name: &str) -> TempProgram {
    compile_c(&root().join("tests/programs").join(name), &["-pthread"])
}

/// Runs `program` under `bsock run OPTIONS`; how that ended, what the program says it sent, and what the recording says.
fn recorded(program: &TempProgram, arguments: &[&str], options: &[&str]) -> (Output, u64, (u64, u64)) {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-k", "1", "120"]).arg(target_dir().join("bsock")).args(["run", "--record"]);
    let output = command.arg(&file).args(options).arg("--").arg(program.path()).args(arguments).output().expect("runs");
    let sent = text(&output.stdout).trim().strip_prefix("sent ").and_then(|number| number.parse().ok());
    let sent = sent.unwrap_or_else(|| panic!("it says what it sent: {}", text(&output.stderr)));
    (output, sent, sends_and_losses(&file))
}

#[test]
fn a_thousand_threads_at_one_time_are_recorded() {
    let program = program("many_threads.c");
    let (output, sent, (sends, lost)) = recorded(&program, &["1000", "20"], &[]);
    assert_eq!((output.status.code(), sent), (Some(0), 20_000), "{}", text(&output.stderr));
    assert_eq!((sends, lost), (sent, 0));
}

#[test]
fn threads_beyond_the_rings_are_counted_as_lost_and_no_more_than_they_made() {
    let program = program("many_threads.c");
    // Rings of 16 MiB, of which there are few.
    let (_, sent, (sends, lost)) = recorded(&program, &["100", "50"], &["--ring-kib", "16384"]);
    assert_eq!(sends + lost, sent);
    assert!(lost > 0 && sends > 0, "{sends} recorded, {lost} lost");
}

#[test]
fn without_loss_writers_wait_for_room_of_which_there_is_little() {
    let program = program("many_threads.c");
    for threads in ["1", "8"] {
        let (_, sent, (sends, lost)) = recorded(&program, &[threads, "20000"], &["--lossless", "--ring-kib", "4"]);
        assert_eq!((sends, lost), (sent, 0), "{threads} threads");
    }
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_not_the_program() {
    let program = program("many_threads.c");
    for lossless in ["", "--lossless"] {
        let line = format!(
            "$bsock run {lossless} --ring-kib 4 --record /dev/full -- {} 8 20000; echo $?",
            program.path().display()
        );
        let mut command = Command::new("timeout");
        command.args(["-k", "1", "60", "sh", "-c", &line]).env("bsock", target_dir().join("bsock"));
        let output = command.output().expect("runs");
        let said = text(&output.stderr);
        assert_eq!(text(&output.stdout), "sent 160000\n125\n", "{said}");
        assert!(said.contains("No space left on device"), "{said}");
    }
}

#[test]
fn what_was_done_before_sigkill_is_in_the_recording() {
    let program = program("many_threads.c");
    let (output, sent, (sends, lost)) = recorded(&program, &["200", "30", "killed"], &[]);
    assert_eq!(output.status.signal(), Some(9));
    assert_eq!((sends, lost), (sent, 0), "every call had returned");
}

#[test]
fn rings_of_killed_processes_in_a_pid_namespace_of_their_own_return() {
    let probe = Command::new("unshare").args(["--pid", "--fork", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return cannot_be_played("there are no pid namespaces, or they are not for us");
    }
    let program = program("many_threads.c");
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    // There are fewer rings than processes that are killed.
    let line = format!(
        "$bsock run --ring-kib 65536 --record {} -- unshare --pid --fork sh -c '\
         i=0; while [ $i -lt 40 ]; do {} 1 400 killed; i=$((i+1)); done'",
        file.display(),
        program.path().display()
    );
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "60", "sh", "-c", &line]).env("bsock", target_dir().join("bsock"));
    let output = command.output().expect("runs");
    assert_eq!(text(&output.stdout).matches("sent 400").count(), 40, "{}", text(&output.stderr));
    // What was lost may be calls of the shells as well.
    let (sends, lost) = sends_and_losses(&file);
    assert!(sends <= 16_000 && sends + lost >= 16_000, "{sends} sends, {lost} lost");
}

/// The lines of `/proc/PROCESS/maps` that show the file shared with the recorder: where each begins.
const BASES: &str = "#include <stdio.h>\n#include <string.h>\n#include <sys/socket.h>\n#include <unistd.h>\n\
    static unsigned long base(const char *path) { char line[4352]; unsigned long at = 0; FILE *maps = fopen(path, \"r\");\n\
    while (maps && fgets(line, sizeof line, maps)) if (strstr(line, \"/bsock-\") && !at) sscanf(line, \"%lx\", &at);\n\
    return at; }\n\
    int main(void) { char path[64]; int pair[2]; snprintf(path, sizeof path, \"/proc/%d/maps\", (int)getppid());\n\
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);\n\
    for (int i = 0; i < 500; i++) send(pair[0], &i, sizeof i, MSG_DONTWAIT);\n\
    fprintf(stderr, \"%lx %lx\\n\", base(\"/proc/self/maps\"), base(path)); puts(\"sent 500\"); return 0; }\n";

#[test]
fn what_is_shared_may_lie_anywhere_46() {
    let program = support::compile_c_text(BASES, &[] as &[&str]);
    let (output, sent, (sends, lost)) = recorded(&program, &[], &[]);
    let said = text(&output.stderr);
    let bases: Vec<&str> = said.lines().next().unwrap_or_default().split(' ').collect();
    assert!(bases.len() == 2 && !bases.contains(&"0"), "both have it: {said}");
    assert_ne!(bases[0], bases[1], "the reader has it elsewhere than the writer");
    assert_eq!((sends, lost), (sent, 0));
}

#[test]
fn threads_write_to_no_page_that_another_one_writes_to_47() {
    let program = program("requirements/shared_writes.c");
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let output = support::recording::recorded(&program.path(), &[], &file).output().expect("runs");
    let expected = "1 mapping; pages changed by one thread: some, by both: 0, of the control page: 0, of the recorder's \
                    variables: 0\n";
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
}

/// Bytes of shared memory that so many threads take which use sockets and exist at one time.
fn shared_memory(threads: &str) -> u64 {
    let program = compile_c(&root().join("benches/threads.c"), &["-pthread"]);
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--"]).arg(program.path()).arg(threads).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut bsock = command.spawn().expect("runs");
    let mut line = String::new();
    BufReader::new(bsock.stdout.take().expect("piped")).read_line(&mut line).expect("text");
    assert_eq!(line, "ready\n");
    let child = fs::read_to_string(format!("/proc/{0}/task/{0}/children", bsock.id())).expect("Linux");
    let environment = fs::read(format!("/proc/{}/environ", child.trim())).expect("it waits");
    let path = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(b"BSOCK_RECORDING="));
    let path = text(path.expect("it is recorded"));
    let bytes = fs::metadata(path).expect("there").blocks() * 512;
    drop(bsock.stdin.take());
    bsock.wait().expect("ours");
    bytes
}

#[test]
fn eight_threads_take_16_mib_at_most_and_each_further_one_1_mib() {
    const MIB: u64 = 1 << 20;
    let (eight, many) = (shared_memory("8"), shared_memory("64"));
    assert!(eight <= 16 * MIB, "{eight} bytes");
    assert!(many - eight <= 56 * MIB, "{eight} bytes, {many} with 56 more");
}
