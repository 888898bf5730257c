//! `bsock check` where there was nothing to check: silence about a program that nobody could see is no praise of it, and a script
//! that grades by the exit status must not take it for that.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::recording::recorded;
use support::{TempDir, TempProgram, compile_c_text, target_dir, text};

const ENGLISH: &str = "bsock: nothing could be checked: in what was seen, ";
const CHINESE: &str = "bsock：无法进行检查：";

/// Makes a socket, and nothing wrong.
const CORRECT: &str = "#include <sys/socket.h>\n#include <unistd.h>\n\
                       int main(void) { int fd = socket(AF_INET, SOCK_DGRAM, 0); return fd < 0 ? 1 : close(fd); }\n";

/// The same past libc.
const RAW: &str = "#define _GNU_SOURCE\n#include <sys/socket.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n\
                   int main(void) { return syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0) < 0; }\n";

/// Closes what nobody opened past libc, as whoever starts other programs does.
const CLEANS_UP: &str = "#define _GNU_SOURCE\n#include <sys/syscall.h>\n#include <unistd.h>\n\
                         int main(void) { return syscall(SYS_close_range, 100, 200, 0) < 0; }\n";

fn program(source: &str, flags: &[&str]) -> TempProgram {
    compile_c_text(source, flags)
}

fn check(options: &[&str], words: &[&str]) -> Output {
    Command::new(target_dir().join("bsock")).arg("check").args(options).args(words).output().expect("runs")
}

fn path(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().expect("UTF-8").to_owned()
}

/// What was to be checked could not be, and every format says so.
fn assert_nothing_checked(words: &[&str], why: &str) {
    for (language, beginning) in [("en", ENGLISH), ("zh", CHINESE)] {
        let output = check(&["--lang", language], words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(said.starts_with(beginning), "{words:?}: {said}");
        assert!(!said.contains("no findings") && !said.contains("没有发现问题"), "{words:?}: {said}");
    }
    let said = text(&check(&["--lang", "en"], words).stderr);
    assert!(said.contains(why), "{words:?}: {said}");
    let said = text(&check(&["--lang", "en", "--format", "gcc"], words).stderr);
    assert!(said.contains(ENGLISH), "{words:?}: {said}");
    let summary: Value = json(&check(&["--lang", "en", "--format", "json"], words));
    assert_eq!(summary["nothing_checked"], true, "{words:?}: {summary}");
    let document = check(&["--format", "sarif"], words);
    let document: Value = serde_json::from_slice(&document.stderr).expect("one document");
    assert_eq!(document["runs"][0]["invocations"][0]["executionSuccessful"], false, "{words:?}");
}

/// There were no findings, and that is what it means.
fn assert_clean(words: &[&str]) {
    let output = check(&["--lang", "en"], words);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {said}");
    assert!(said.starts_with("bsock: no findings in "), "{words:?}: {said}");
    assert_eq!(json(&check(&["--format", "json"], words))["nothing_checked"], false, "{words:?}");
}

fn json(output: &Output) -> Value {
    serde_json::from_str(text(&output.stderr).lines().last().unwrap_or_default()).expect("a summary")
}

#[test]
fn a_program_into_which_the_recorder_cannot_be_loaded_was_not_checked() {
    let linked = program(CORRECT, &["-static"]);
    let statically = path(linked.path());
    assert_nothing_checked(&["--", &statically], "is statically linked");
    let quoted = format!("'{statically}'; true");
    assert_nothing_checked(&["--", "sh", "-c", &quoted], "is statically linked");
}

#[test]
fn a_program_that_was_kept_from_the_recorder_was_not_checked() {
    let linked = program(CORRECT, &[]);
    assert_nothing_checked(&["--", "env", "-i", &path(linked.path())], "does not lead to the recorder");
    let raw = program(RAW, &[]);
    assert_nothing_checked(&["--", &path(raw.path())], "not seen: a system call on descriptors");
}

#[test]
fn a_program_without_sockets_is_clean_and_so_is_one_beside_which_another_was_not_recorded() {
    assert_clean(&["--", "true"]);
    assert_clean(&["--", &path(program(CLEANS_UP, &[]).path())]);
    let (seen, unseen) = (program(CORRECT, &[]), program(CORRECT, &["-static"]));
    let both = format!("'{}'; '{}'", seen.path().display(), unseen.path().display());
    assert_clean(&["--", "sh", "-c", &both]);
}

#[test]
fn a_recording_whose_beginning_is_damaged_was_not_checked_and_one_whose_end_is_was() {
    let (directory, program) = (TempDir::new(), program(CORRECT, &[]));
    let file = directory.path().join("r.bsock");
    assert!(recorded(&program.path(), &[], &file).status().expect("runs").success());
    let whole = fs::read(&file).expect("recorded");
    let of = |bytes: &[u8]| fs::write(&file, bytes).expect("ours");
    let name = path(&file);
    let words = [&*name];
    assert_clean(&words);
    // Behind the header: nothing, a half item, and an item that says to be longer than the file.
    of(&whole[..56]);
    assert_nothing_checked(&words, "0 calls of 0 processes");
    of(&whole[..70]);
    assert_nothing_checked(&words, "r.bsock: damaged at byte 56: an item cut short");
    let mut endless = whole.clone();
    endless[64..72].copy_from_slice(&u64::MAX.to_le_bytes());
    of(&endless);
    assert_nothing_checked(&words, "damaged at byte 56: an item that reaches beyond the end of the file");
    let chinese = text(&check(&["--lang", "zh"], &words).stderr).replace(&file.display().to_string(), "");
    assert!(chinese.contains("：在第 56 字节处损坏：有一个条目超出了文件末尾；此前的内容已经显示\n"), "{chinese}");
    assert!(!chinese.replace("bsock", "").contains(|letter: char| letter.is_ascii_alphabetic()), "{chinese}");
    of(&whole[..whole.len() - 5]);
    assert_clean(&words);
}

#[test]
fn a_recording_of_a_program_that_was_not_recorded_was_not_checked() {
    let (directory, program) = (TempDir::new(), program(CORRECT, &["-static"]));
    let file = directory.path().join("r.bsock");
    assert!(recorded(&program.path(), &[], &file).status().expect("runs").success());
    assert_nothing_checked(&[&path(&file)], "0 calls of 0 processes");
}

#[test]
fn what_cannot_be_read_is_said_in_the_language_that_was_asked_for() {
    let directory = TempDir::new();
    let file = directory.path().join("foreign");
    fs::write(&file, b"not a recording, and longer than a header, which takes 56 bytes").expect("ours");
    for (word, expected) in [
        ("/nonexistent/r", "无法读取 /nonexistent/r："),
        (&*path(&file), "：在第 0 字节处损坏：不是 bsock 的记录文件\n"),
    ] {
        let output = check(&["--lang", "zh"], &[word]);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(expected), "{said}");
    }
}
