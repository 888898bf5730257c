//! The drop-in's promises: a program under the preload does what it does without it, and its recording holds every call or
//! says how many it does not. Numbers are those of `tests/requirements/table.rs`.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use bsock_recording::event::{Outcome, What};
use bsock_recording::function::Function;
use support::recording::{Contents, of_the_program, recorded};
use support::{TempDir, TempProgram, cannot_be_played, compile_c, root, target_dir};

fn program(name: &str) -> TempProgram {
    compile_c(&root().join("tests/programs").join(name), &["-pthread"])
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_a_recorder_could_change_it_does_not_14_15_19_21_22_28_30_31_34_35_36() {
    let program = program("fidelity.c");
    let directory = TempDir::new();
    let plain = program.command().output().expect("runs");
    let preload = target_dir().join("libbsock_preload.so");
    let idle = program.command().env("LD_PRELOAD", preload).output().expect("runs");
    let file = directory.path().join("recording");
    let recorded = recorded(&program.path(), &[], &file).output().expect("runs");
    assert_eq!(plain.status.code(), Some(42), "{}", text(&plain));
    for (how, other) in [("idle", &idle), ("recorded", &recorded)] {
        assert_eq!(text(&plain), text(other), "output, {how}");
        assert_eq!(plain.status, other.status, "{how}");
        assert_eq!(of_the_program(&other.stderr), "", "{how}");
    }
    let contents = Contents::of(&file);
    assert_eq!(contents.lost, 0);
    // The exec's new image is the same process, and its call is there.
    let images: BTreeSet<_> = contents.events.iter().map(|event| (event.thread.process, event.thread.image)).collect();
    let processes: BTreeSet<_> = images.iter().map(|(process, _)| process).collect();
    assert!(images.len() > processes.len(), "one process ran two programs");
    // What the children of vfork closed is marked as theirs.
    assert_eq!(contents.calls(Function::Close).filter(|(_, call)| call.vfork_child).count(), 3);
}

#[test]
fn errors_and_addresses_are_recorded_as_they_were_21_22() {
    let program = program("fidelity.c");
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    recorded(&program.path(), &[], &file).output().expect("runs");
    let contents = Contents::of(&file);
    let accepted: Vec<_> = contents.calls(Function::Accept).filter(|(_, call)| call.address_result.is_some()).collect();
    let address = accepted[0].1.address_result.as_ref().expect("filled in");
    assert_eq!((address.claimed, address.bytes.len()), (16, 4), "22: the kernel's length, the program's room");
    assert_eq!(accepted[0].1.args[1], 4);
    let hostile =
        contents.calls(Function::Connect).find(|(_, call)| call.args[0] == 1).expect("connect to address 1").1;
    assert_eq!(hostile.outcome, Outcome::Failed(14));
    assert!(
        hostile.address.as_ref().is_some_and(|address| address.bytes.is_empty() && address.claimed == 16),
        "unreadable"
    );
    assert!(contents.calls(Function::Recv).any(|(_, call)| call.outcome == Outcome::Failed(4)), "28: EINTR");
    let missing =
        contents.calls(Function::Execve).find(|(_, call)| call.outcome == Outcome::Failed(2)).expect("no such file").1;
    assert_eq!(missing.path.as_ref().expect("a path").bytes, b"/nonexistent");
    // 14: fifty threads were cancelled in recv, or before it; those in it never returned from it.
    let unfinished = contents.calls(Function::Recv).filter(|(_, call)| call.outcome == Outcome::Unfinished).count();
    assert!(unfinished <= 50);
    assert!(
        contents.events.windows(2).all(|pair| pair[0].end <= pair[1].end || pair[0].thread == pair[1].thread),
        "order of time"
    );
}

/// Rings that hold all that a hammer does, so that a test on a busy machine tells losses by mistake from those for want of
/// room.
const ROOMY: &str = "65536";

/// Runs a program of ours; what it says it sent, and what the recording says.
fn hammered(how: &str, ring_kib: &str) -> (u64, Contents, Output) {
    counted("hammer.c", how, ring_kib)
}

fn counted(source: &str, how: &str, ring_kib: &str) -> (u64, Contents, Output) {
    let program = program(source);
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--ring-kib", ring_kib, "--record"]).arg(&file).arg("--").arg(program.path()).arg(how);
    let output = command.output().expect("runs");
    let sent =
        text(&output).trim().strip_prefix("sent ").and_then(|number| number.parse().ok()).expect("says what it sent");
    (sent, Contents::of(&file), output)
}

fn sends(contents: &Contents) -> u64 {
    contents.calls(Function::Send).count() as u64
}

#[test]
fn threads_and_forks_lose_nothing_36_47() {
    let (sent, contents, _) = hammered("threads", "512");
    assert_eq!(sends(&contents) + contents.lost, sent);
    let children =
        contents.events.iter().filter(|event| matches!(&event.what, What::ProcessStart(start) if start.forked));
    assert_eq!(children.count(), 50);
    let forks: BTreeSet<i64> = contents
        .calls(Function::Fork)
        .filter_map(|(_, call)| if let Outcome::Returned(child) = call.outcome { Some(child) } else { None })
        .collect();
    let started: BTreeSet<i64> = contents
        .events
        .iter()
        .filter(|event| matches!(&event.what, What::ProcessStart(start) if start.forked))
        .map(|event| i64::from(event.thread.process))
        .collect();
    assert_eq!(forks, started, "every child that the parent knows has attached");
}

#[test]
fn a_handler_that_interrupts_a_hook_records_too_33() {
    let (sent, contents, _) = hammered("signals", ROOMY);
    assert_eq!(sends(&contents) + contents.lost, sent);
    assert_eq!(contents.lost, 0, "one level of interruption finds room");
}

#[test]
fn a_full_ring_counts_what_it_cannot_hold_44() {
    // The smallest that the command accepts: 64 records.
    let (sent, contents, _) = hammered("full", "4");
    assert_eq!(sent, 1_001_000);
    assert!(contents.lost > 900_000, "the ring is smaller than that: lost {}", contents.lost);
    assert_eq!(sends(&contents) + contents.lost, sent);
    let gaps = contents.events.iter().filter(|event| matches!(event.what, What::Lost(_)));
    let threads: BTreeSet<_> = contents.calls(Function::Send).map(|(event, _)| event.thread.thread).collect();
    assert_eq!(gaps.map(|event| event.thread.thread).collect::<BTreeSet<_>>(), threads, "whose gap it is");
}

#[test]
fn six_hundred_threads_share_the_rings() {
    let (sent, contents, _) = hammered("short", "512");
    assert_eq!(sends(&contents) + contents.lost, sent);
    let ends = contents.events.iter().filter(|event| event.what == What::ThreadEnd).count();
    assert!(ends >= 600, "each gave its ring back: {ends}");
}

#[test]
fn a_handler_at_every_instruction_of_a_hook_loses_nothing_33() {
    for how in ["same", "alternate", "exit"] {
        let (sent, contents, output) = counted("single_step.c", how, "512");
        assert!(sent > 150, "{how}: the recorder was interrupted: {sent}");
        assert_eq!((sends(&contents), contents.lost), (sent, 0), "{how}");
        assert_eq!(output.status.code(), Some(0), "{how}");
    }
}

#[test]
fn children_that_no_hook_sees_are_processes_of_their_own_35_36() {
    let (sent, contents, _) = counted("odd_children.c", "unhooked", ROOMY);
    let by_process = |contents: &Contents| {
        let mut counts = std::collections::BTreeMap::new();
        contents.calls(Function::Send).for_each(|(event, _)| *counts.entry(event.thread.process).or_insert(0_u64) += 1);
        let mut counts: Vec<u64> = counts.into_values().collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!((sends(&contents), contents.lost), (sent, 0));
    assert_eq!(by_process(&contents), [sent / 2, sent / 2 + 1]);
    let (sent, contents, _) = counted("odd_children.c", "threads", "512");
    assert_eq!((sends(&contents), contents.lost), (sent, 0), "rings of threads that vforked go back");
    let (sent, contents, _) = counted("odd_children.c", "shared", ROOMY);
    assert_eq!(sends(&contents), sent / 2);
    assert!(
        (sent / 2..sent / 2 + 10).contains(&contents.lost),
        "the child's calls are told as lost: {}",
        contents.lost
    );
    let (sent, contents, _) = counted("odd_children.c", "borrowed", ROOMY);
    assert_eq!((sends(&contents), contents.lost), (sent, 0));
    assert!(contents.calls(Function::Close).all(|(_, call)| call.vfork_child), "the close is the child's");
}

#[test]
fn a_probe_for_seccomp_confines_nothing() {
    let source = "#define _GNU_SOURCE\n#include <sys/socket.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n\
                  int main(void) { syscall(SYS_seccomp, 0, 1, (void *)0); return close(socket(AF_INET, SOCK_DGRAM, 0)); }\n";
    let program = support::compile_c_text::<&str>(source, &[]);
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let output = recorded(&program.path(), &[], &file).output().expect("runs");
    assert_eq!(of_the_program(&output.stderr), "");
    assert_eq!(Contents::of(&file).calls(Function::Socket).count(), 1);
}

#[test]
fn memory_that_runs_out_costs_records_and_not_the_program() {
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) != 0) {
        return cannot_be_played("it needs a /dev/shm of its own, and who is not root has none");
    }
    let program = program("hammer.c");
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let (bsock, file_name, hammer) = (target_dir().join("bsock"), file.display(), program.path());
    let script = format!(
        "mount -t tmpfs -o size=4M tmpfs /dev/shm && {} run --record {file_name} -- {} threads",
        bsock.display(),
        hammer.display()
    );
    let output = Command::new("unshare").args(["-m", "sh", "-c", &script]).output().expect("runs");
    if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("ermission denied") {
        return cannot_be_played("there are no mount namespaces, or they are not for us");
    }
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let sent: u64 =
        text(&output).trim().strip_prefix("sent ").and_then(|number| number.parse().ok()).expect("a number");
    let contents = Contents::of(&file);
    assert!(sends(&contents) + contents.lost >= sent, "all is told");
    assert!(contents.lost > 0, "there was no room for all");
}

#[test]
fn sigkill_loses_nothing_that_was_done_39() {
    let (sent, contents, output) = hammered("killed", ROOMY);
    assert_eq!((sends(&contents), contents.lost), (sent, 0));
    assert_eq!(output.status.signal(), Some(9), "bsock dies as its program did");
}

#[test]
fn a_process_that_confines_itself_stays_alive_57() {
    let program = program("sandbox.c");
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let output = recorded(&program.path(), &[], &file).output().expect("runs");
    assert_eq!((text(&output).as_str(), output.status.code()), ("alive\n", Some(7)));
    assert!(String::from_utf8_lossy(&output.stderr).contains("seccomp"), "and bsock says from where on it saw nothing");
    assert_eq!(sends(&Contents::of(&file)), 1);
}

#[test]
fn a_filter_that_kills_for_every_other_system_call_finds_nothing_to_kill_for_57() {
    let program = compile_c(&root().join("tests/programs/requirements/filter.c"), &["-pthread"]);
    let directory = TempDir::new();
    for arguments in [&[][..], &["by prctl"]] {
        let file = directory.path().join("recording");
        let plain = program.command().args(arguments).output().expect("runs");
        assert_eq!(plain.status.code(), Some(7), "{}", text(&plain));
        let preload = target_dir().join("libbsock_preload.so");
        let idle = program.command().args(arguments).env("LD_PRELOAD", preload).output().expect("runs");
        let under = recorded(&program.path(), arguments, &file).output().expect("runs");
        for (how, other) in [("idle", &idle), ("recorded", &under)] {
            assert_eq!((text(other), other.status), (text(&plain), plain.status), "{how} {arguments:?}");
        }
        told_as_far_as_it_goes(&Contents::of(&file));
    }
}

fn told_as_far_as_it_goes(contents: &Contents) {
    // The thread that was new to it cannot be attached any more, and its calls are told as lost.
    let sends = sends(contents);
    assert!((202..=303).contains(&sends), "{sends} sends");
    assert!(sends + contents.lost >= 303, "{sends} sends, {} lost", contents.lost);
}

#[test]
fn exports_are_exactly_the_hooks_10() {
    let table = fs::read_to_string(root().join("crates/preload/src/table.rs")).expect("the table");
    let entry = |line: &str| Some(line.strip_prefix("    ")?.split_once(':')?.0.to_owned());
    let hooks: BTreeSet<String> = table.lines().filter_map(entry).collect();
    assert!(hooks.contains("send") && hooks.contains("vfork"));
    let symbols = |library: &Path| -> BTreeSet<String> {
        let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output().expect("nm runs");
        text(&output)
            .lines()
            .filter_map(|line| line.split(' ').nth(2))
            .map(|name| name.split('@').next().unwrap_or(name).to_owned())
            .collect()
    };
    let mut exported = symbols(&target_dir().join("libbsock_preload.so"));
    assert!(
        exported.remove("bsock_preload_place"),
        "what a program tells its line by, which stands for nothing of libc's"
    );
    assert_eq!(exported, hooks);
    let libc = symbols(Path::new(&libc_path()));
    assert!(hooks.is_subset(&libc), "each stands for a function of libc: {:?}", hooks.difference(&libc));
}

/// The C library that this test itself is using.
fn libc_path() -> String {
    let maps = fs::read_to_string("/proc/self/maps").expect("proc");
    let line = maps.lines().find(|line| line.contains("/libc.so") || line.contains("/libc-")).expect("libc is mapped");
    line.split_whitespace().last().expect("a path").to_owned()
}

#[test]
fn the_recorder_makes_no_stack_executable_9() {
    let library = target_dir().join("libbsock_preload.so");
    let headers = Command::new("readelf").args(["-lW"]).arg(&library).output().expect("readelf runs");
    let stack = text(&headers).lines().find(|line| line.contains("GNU_STACK")).expect("a stack header").to_owned();
    assert!(!stack.contains("RWE"), "{stack}");
}

/// A preload that was there before: it has an answer of its own for `getppid`, and changes that of `send`.
const FORMER: &str = "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <sys/socket.h>\n#include <sys/types.h>\n\
    pid_t getppid(void) { return 4711; }\n\
    ssize_t send(int fd, const void *bytes, size_t length, int flags) {\n\
    ssize_t (*next)(int, const void *, size_t, int);\n\
    *(void **)&next = dlsym(RTLD_NEXT, \"send\");\n\
    return next(fd, bytes, length, flags) == 1 && length == 1 ? 47 : -1; }\n";

/// Says what it is given, and so does the program that its child becomes.
const UNDER_TWO: &str = "#include <stdio.h>\n#include <sys/socket.h>\n#include <sys/wait.h>\n#include <unistd.h>\n\
    int main(int count, char **arguments) { int pair[2]; socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);\n\
    printf(\"%d %d\\n\", (int)getppid(), (int)send(pair[0], \"x\", 1, 0)); fflush(stdout);\n\
    if (count > 1) return 0;\n\
    if (fork() == 0) { execl(arguments[0], arguments[0], \"again\", (char *)0); _exit(1); }\n\
    int status = 1; wait(&status); return status; }\n";

#[test]
fn a_former_preload_stays_active_9() {
    let former = support::compile_c_text(FORMER, &["-shared", "-fPIC", "-ldl"]);
    let program = support::compile_c_text::<&str>(UNDER_TWO, &[]);
    let expected = "4711 47\n4711 47\n";
    let (directory, recorder) = (TempDir::new(), target_dir().join("libbsock_preload.so"));
    let both = |one: &Path, other: &Path| format!("{}:{}", one.display(), other.display());
    for preloads in
        [former.path().display().to_string(), both(&former.path(), &recorder), both(&recorder, &former.path())]
    {
        let idle = program.command().env("LD_PRELOAD", &preloads).output().expect("runs");
        assert_eq!((text(&idle).as_str(), idle.status.code()), (expected, Some(0)), "{preloads}, nobody records");
        let file = directory.path().join("recording");
        let output = recorded(&program.path(), &[], &file).env("LD_PRELOAD", &preloads).output().expect("runs");
        assert_eq!((text(&output).as_str(), output.status.code()), (expected, Some(0)), "{preloads}, recorded");
        assert_eq!(of_the_program(&output.stderr), "", "{preloads}");
        let contents = Contents::of(&file);
        let sends: Vec<_> = contents.calls(Function::Send).map(|(_, call)| call.outcome).collect();
        assert_eq!(sends, [Outcome::Returned(1); 2], "{preloads}: the former one stands before the recorder");
    }
}

#[test]
fn bsock_ends_as_its_program_does() {
    let bsock = || Command::new(target_dir().join("bsock"));
    let status = |arguments: &[&str]| bsock().arg("run").args(arguments).output().expect("runs").status;
    assert_eq!(status(&["--", "sh", "-c", "exit 7"]).code(), Some(7));
    assert_eq!(status(&["--", "sh", "-c", "kill -TERM $$"]).signal(), Some(15));
    assert_eq!(status(&["--", "/nonexistent/program"]).code(), Some(127));
    assert_eq!(status(&["--", "/etc/passwd"]).code(), Some(126));
    assert_eq!(status(&[]).code(), Some(125));
}

#[test]
fn a_closed_standard_stream_stays_closed_31() {
    let bsock = target_dir().join("bsock");
    let shown = |under: &str| {
        let script = format!(
            "{under} cat /proc/self/fdinfo/1 | grep -c flags; {under} sh -c 'exec 9</dev/null; ls /proc/self/fd' <&-"
        );
        text(&Command::new("sh").args(["-c", &script]).output().expect("runs"))
    };
    assert_eq!(shown(""), shown(&format!("{} run --", bsock.display())));
}

#[test]
fn signal_dispositions_come_through() {
    let shown = "grep -E 'SigIgn|SigBlk' /proc/self/status";
    let plain = Command::new("sh").args(["-c", &format!("trap '' PIPE USR1; {shown}")]).output().expect("runs");
    let bsock = target_dir().join("bsock");
    let script = format!("trap '' PIPE USR1; {} run -- {shown}", bsock.display());
    let under = Command::new("sh").args(["-c", &script]).output().expect("runs");
    assert_eq!(text(&plain), text(&under));
}

#[test]
fn a_static_program_is_named_as_the_reason_for_an_empty_recording_41() {
    let program = compile_c(&root().join("tests/programs/hammer.c"), &["-static", "-pthread"]);
    let directory = TempDir::new();
    let output = recorded(&program.path(), &["short"], &directory.path().join("recording")).output().expect("runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("nothing was recorded") && errors.contains("statically linked"), "{errors}");
}

#[test]
fn a_program_that_takes_no_preload_is_named_as_well_41() {
    let own = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) != 0);
    let source = "#include <sys/auxv.h>\n#include <sys/socket.h>\n\
                  int main(void) { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 1 : getauxval(AT_SECURE) ? 5 : 6; }\n";
    let program = support::compile_c_text::<&str>(source, &[]);
    std::os::unix::fs::chown(program.path(), (!own).then_some(65534), None).expect("ours");
    fs::set_permissions(program.path(), std::os::unix::fs::PermissionsExt::from_mode(0o4755)).expect("ours");
    if program.command().status().expect("runs").code() != Some(5) {
        return cannot_be_played("a program that changes the user is root's to make, where the file system allows it");
    }
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let shell = program.path().display().to_string();
    for (command, said) in
        [(vec![shell.as_str()], "nothing was recorded"), (vec!["sh", "-c", &shell], "was not recorded")]
    {
        let output = recorded(Path::new(command[0]), &command[1..], &file).output().expect("runs");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(5), "{errors}");
        let line = errors.lines().find(|line| line.contains(said) && line.contains(&shell));
        assert!(line.is_some_and(|line| line.contains("set-user-id")), "{errors}");
    }
}

#[test]
fn a_killed_command_leaves_the_program_running_and_the_next_one_cleans_up() {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let script = "kill -KILL $PPID; sleep 0; echo still here; exit 3";
    let mut command = recorded(Path::new("/bin/sh"), &["-c", script], &file);
    let output = command.output().expect("runs");
    assert_eq!(output.status.signal(), Some(9));
    assert_eq!(text(&output), "still here\n");
}

/// Flags that make a program that is linked with the recorder find it.
fn linked_flags() -> Vec<String> {
    let library = target_dir().display();
    vec![format!("-L{library}"), format!("-Wl,--disable-new-dtags,-rpath,{library}"), "-lbsock_preload".into()]
}

#[test]
fn a_program_may_be_linked_with_the_recorder_instead_of_preloading_it() {
    let source = root().join("tests/programs/every_call.c");
    let plain = compile_c::<&str>(&source, &[]).command().arg("messages").output().expect("runs");
    let program = compile_c(&source, &linked_flags());
    let alone = program.command().arg("messages").output().expect("runs");
    assert_eq!((text(&alone), alone.status), (text(&plain), plain.status), "with nobody listening");
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let under = recorded(&program.path(), &["messages"], &file).output().expect("runs");
    assert_eq!((text(&under), under.status), (text(&plain), plain.status));
    assert_eq!(Contents::of(&file).calls(Function::Sendmmsg).count(), 3, "each call once, though linked and preloaded");
}

#[test]
fn a_library_that_is_opened_and_closed_again_stays_for_the_threads_that_use_it_17() {
    let source = "#include <dlfcn.h>\n#include <pthread.h>\n#include <sys/socket.h>\n#include <unistd.h>\n\
                  static int (*opened)(int, int, int);\n\
                  static void *use(void *handle) { int fd = opened(AF_INET, SOCK_DGRAM, 0); dlclose(handle); close(fd); return 0; }\n\
                  int main(int count, char **arguments) { pthread_t thread; void *handle = dlopen(arguments[count - 1], RTLD_NOW);\n\
                  if (!handle || !(opened = (int (*)(int, int, int))dlsym(handle, \"socket\"))) return 1;\n\
                  return pthread_create(&thread, 0, use, handle) || pthread_join(thread, 0) || opened(-1, 0, 0) != -1; }\n";
    let program = support::compile_c_text(source, &["-pthread", "-Wno-pedantic"]);
    let status = program.command().arg(target_dir().join("libbsock_preload.so")).status().expect("runs");
    assert_eq!(status.code(), Some(0), "{status}");
}

#[test]
fn an_object_that_cannot_be_read_is_told_all_the_same() {
    let library = support::compile_c_text(
        "#include <sys/socket.h>\nint make(void) { return socket(AF_INET, SOCK_DGRAM, 0); }\n",
        &["-shared", "-fPIC", "-Wl,-z,now"],
    );
    // Its first page, where its headers are, goes out of sight before its first call.
    let source = "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <sys/mman.h>\n#include <unistd.h>\n\
                  int main(int count, char **arguments) { Dl_info info; int (*make)(void);\n\
                  void *handle = dlopen(arguments[count - 1], RTLD_NOW);\n\
                  if (!handle || !(make = (int (*)(void))dlsym(handle, \"make\"))) return 1;\n\
                  if (!dladdr((void *)make, &info) || mprotect(info.dli_fbase, 4096, PROT_NONE)) return 2;\n\
                  return make() < 0 ? 3 : 0; }\n";
    let program = support::compile_c_text(source, &["-Wno-pedantic"]);
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let library = library.path().display().to_string();
    assert_eq!(recorded(&program.path(), &[&library], &file).status().expect("runs").code(), Some(0));
    let contents = Contents::of(&file);
    assert_eq!(contents.calls(Function::Socket).count(), 1);
    let told = contents.events.iter().find_map(|event| match &event.what {
        What::Module(module) if module.path == library.as_bytes() => Some(module),
        _ => None,
    });
    assert!(told.expect("its place can be shown").build_id.is_empty());
}
