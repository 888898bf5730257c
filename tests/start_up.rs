//! The drop-in where a program begins and where it ends: before `main`, in the loader's corners, in threads that are being
//! made and unmade. Numbers are those of `tests/requirements/table.rs`.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use bsock_recording::event::{Outcome, What};
use bsock_recording::function::Function;
use support::recording::{Contents, of_the_program, output, recorded, same_in_every_way};
use support::{TempDir, TempProgram, compile_c, compile_c_text, root, target_dir, text};

fn program(name: &str, flags: &[&str]) -> TempProgram {
    compile_c(&root().join("tests/programs/requirements").join(name), flags)
}

/// An allocator that opens files and sockets while it is set up, and sets itself up in the first `malloc`, which may come
/// from the loader.
#[test]
fn an_allocator_may_make_calls_before_anything_else_runs_1() {
    let program = program("allocator.c", &["-pthread"]);
    let expected = "allocator made a socket: 1\nand was asked for memory meanwhile: 0\nmain made a socket: 1\n";
    let contents = same_in_every_way(&program, &[], expected);
    assert!(contents.calls(Function::Socket).count() >= 1, "main's socket is recorded");
}

/// Allocators of the world, which read files while they set themselves up, and the Debian packages that have them.
const ALLOCATORS: [(&str, &str); 2] =
    [("libjemalloc.so.2", "libjemalloc2"), ("libtcmalloc_minimal.so.4", "libtcmalloc-minimal4")];

/// Where the dynamic linker finds this library.
fn installed(library: &str, package: &str) -> PathBuf {
    let folders =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"];
    let found = folders.iter().map(|folder| Path::new(folder).join(library)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{library} is missing; on Debian or Ubuntu: sudo apt-get install {package}"))
}

/// Preloaded beside the recorder, and linked to the program, in threads that allocate and send.
#[test]
fn allocators_of_the_world_set_themselves_up_under_the_recorder_1() {
    let source = |name: &str| root().join("tests/programs").join(name);
    for (library, package) in ALLOCATORS {
        let path = installed(library, package);
        let linked = compile_c(&source("requirements/allocating.c"), &[&path, Path::new("-pthread")]);
        let contents = same_in_every_way(&linked, &[library], &format!("{library} 1, received 800\n"));
        assert_eq!(contents.calls(Function::Send).count(), 800, "{library}, linked");
        let preloaded = compile_c(&source("requirements/allocating.c"), &["-pthread"]);
        let run = |command: &mut Command| output(command.env("LD_PRELOAD", &path));
        let plain = run(preloaded.command().arg(library));
        assert_eq!(plain, format!("{library} 1, received 800\n"));
        let directory = TempDir::new();
        let file = directory.path().join("recording");
        assert_eq!(run(&mut recorded(&preloaded.path(), &[library], &file)), plain);
        assert_eq!(Contents::of(&file).calls(Function::Send).count(), 800, "{library}, preloaded");
    }
}

/// Constructors of libraries run before the recorder's own, and call it.
#[test]
fn constructors_of_other_libraries_may_make_calls_2() {
    let library = compile_c_text(
        r#"
        #include <sys/socket.h>
        #include <unistd.h>
        int early = -1;
        __attribute__((constructor(101))) static void begin(void) {
            early = socket(AF_INET, SOCK_STREAM, 0);
            close(early);
        }"#,
        &["-shared", "-fPIC"],
    );
    let source = r#"
        #include <stdio.h>
        extern int early;
        int main(void) { printf("early %d\n", early); return 0; }"#;
    let program = compile_c_text(source, &[library.path().to_str().expect("is text")]);
    let contents = same_in_every_way(&program, &["8989", "端口"], "early 3\n");
    assert_eq!(contents.calls(Function::Socket).count(), 1, "the constructor's call is recorded");
    let started = contents.events.iter().find_map(|event| match &event.what {
        What::ProcessStart(start) => Some(&start.arguments[1..]),
        _ => None,
    });
    let arguments = ["8989", "端口"].map(|argument| argument.as_bytes().to_vec());
    assert_eq!(started, Some(&arguments[..]), "and the arguments, which nobody has handed in yet");
}

/// The first call of the process is made in a signal handler that interrupts `malloc`.
#[test]
fn the_first_call_may_be_made_in_a_handler_that_interrupts_malloc_3() {
    let program = program("first_in_handler.c", &["-pthread"]);
    let contents = same_in_every_way(&program, &["300"], "done 300\n");
    assert_eq!(contents.calls(Function::Socket).count(), 300, "one in the handler of each child");
    assert_eq!(contents.lost, 0);
}

/// The oldest glibc that the recorder starts with, as docs/limits.md says.
const OLDEST_GLIBC: [u32; 2] = [2, 34];

/// What a libc may lack is looked for at run time: a symbol that the dynamic linker does not find would end every program.
#[test]
fn functions_that_not_every_libc_has_are_optional_4() {
    let limits = std::fs::read_to_string(root().join("docs/limits.md")).expect("is committed");
    assert!(limits.contains(&format!("glibc {}.{} or newer", OLDEST_GLIBC[0], OLDEST_GLIBC[1])), "it is declared");
    let library = target_dir().join("libbsock_preload.so");
    let symbols = Command::new("readelf").args(["-W", "--dyn-syms"]).arg(library).output().expect("readelf runs");
    let mut looked_at = 0;
    for line in text(&symbols.stdout).lines().filter(|line| line.contains(" UND ") && !line.contains(" WEAK ")) {
        let Some((_, version)) = line.split_once("@GLIBC_") else { continue };
        let mut numbers = version.split([' ', '.']).map_while(|number| number.parse::<u32>().ok());
        let version = [numbers.next().expect("a version"), numbers.next().unwrap_or(0)];
        assert!(version <= OLDEST_GLIBC, "{line}");
        looked_at += 1;
    }
    assert!(looked_at > 5, "symbols were found: {looked_at}");
    // Whatever it hooks is looked up by name.
    for young in ["close_range", "closefrom", "epoll_pwait2", "_Fork", "_dl_find_object", "execveat"] {
        let undefined = |line: &str| line.contains(" UND ") && line.split(['@', ' ']).any(|word| word == young);
        assert!(!text(&symbols.stdout).lines().any(undefined), "{young} must be optional");
    }
}

/// `dlvsym` with libc's version finds libc's function, and a library in a name space of its own finds another libc: both are
/// told, and neither is recorded.
#[test]
fn what_goes_around_the_hooks_is_not_recorded_5_7() {
    let source = r#"
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/socket.h>
        static int made_by(void *found) {
            Dl_info info;
            int (*make)(int, int, int) = (int (*)(int, int, int))found;
            make(AF_UNIX, SOCK_DGRAM, 0);
            return dladdr(found, &info) && strstr(info.dli_fname, "libc.so") != NULL;
        }
        int main(void) {
            void *libc = dlopen("libc.so.6", RTLD_NOW);
            printf("%d %d\n", made_by(dlvsym(RTLD_DEFAULT, "socket", "GLIBC_2.2.5")), made_by(dlsym(libc, "socket")));
            socket(AF_INET, SOCK_DGRAM, 0);
            return 0;
        }"#;
    let program = compile_c_text(source, &["-Wno-pedantic", "-ldl"]);
    let contents = same_in_every_way(&program, &[], "1 1\n");
    assert_eq!(contents.calls(Function::Socket).count(), 1, "only the one by its name");
}

/// Three ways to libc in Python: the module, the process's own names, and libc's handle, which goes around the hooks.
#[test]
fn python_is_seen_by_name_and_not_by_libcs_handle_7() {
    let script = "
import ctypes, socket
ctypes.CDLL('libc.so.6').socket(1, 2, 0)
ctypes.CDLL(None).socket(1, 2, 0)
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach()
";
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--record"]).arg(&file).args(["--", "python3", "-c", script]);
    assert!(command.status().expect("runs").success());
    assert_eq!(Contents::of(&file).calls(Function::Socket).filter(|(_, call)| call.args[1] & 0xf == 2).count(), 2);
}

/// A sanitizer's runtime wants to be the first library.
#[test]
fn programs_with_sanitizers_run_8() {
    let source = r#"
        #include <stdio.h>
        #include <sys/socket.h>
        #include <unistd.h>
        int main(void) {
            int pair[2];
            char byte;
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || send(pair[0], "x", 1, 0) != 1
                || recv(pair[1], &byte, 1, 0) != 1)
                return 1;
            printf("%c\n", byte);
            return 0;
        }"#;
    for sanitizer in ["-fsanitize=address", "-fsanitize=thread", "-fsanitize=undefined"] {
        let program = compile_c_text(source, &[sanitizer]);
        let directory = TempDir::new();
        let file = directory.path().join("recording");
        let output = recorded(&program.path(), &[], &file).output().expect("runs");
        assert_eq!(
            (text(&output.stdout), of_the_program(&output.stderr), output.status.code()),
            ("x\n".into(), String::new(), Some(0)),
            "{sanitizer}"
        );
        assert_eq!(Contents::of(&file).calls(Function::Send).count(), 1, "{sanitizer}");
    }
}

/// Destructors of thread-specific data, `atexit` handlers and destructors of the program: the thread's recorder state may
/// be gone by then, the program's calls are not.
#[test]
fn calls_are_recorded_to_the_very_end_16() {
    let program = program("last_calls.c", &["-pthread"]);
    let contents = same_in_every_way(&program, &[], "thread 1\nthread-specific 1\natexit 1\ndestructor 1\n");
    assert_eq!(contents.calls(Function::Send).count(), 4);
}

/// Unloading the recorder under threads that are in it would leave them nowhere.
#[test]
fn the_recorder_is_never_unloaded_17() {
    let source = r#"
        #include <dlfcn.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <sys/socket.h>
        static void *use(void *found) {
            int pair[2];
            socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
            long (*sends)(int, const void *, unsigned long, int) = (long (*)(int, const void *, unsigned long, int))found;
            return (void *)sends(pair[0], "x", 1, 0);
        }
        int main(int count, char **arguments) {
            pthread_t thread;
            void *result = NULL;
            void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
            if (!library)
                return 1;
            pthread_create(&thread, NULL, use, dlsym(library, "send"));
            pthread_join(thread, &result);
            dlclose(library);
            pthread_create(&thread, NULL, use, dlsym(RTLD_DEFAULT, "send"));
            pthread_join(thread, &result);
            printf("sent %ld, still there %d\n", (long)result, dlopen(arguments[1], RTLD_NOW | RTLD_NOLOAD) != NULL);
            return 0;
        }"#;
    let program = compile_c_text(source, &["-Wno-pedantic", "-D_GNU_SOURCE", "-pthread", "-ldl"]);
    let preload = target_dir().join("libbsock_preload.so");
    let output = program.command().arg(&preload).output().expect("runs");
    assert_eq!((text(&output.stdout), output.status.code()), ("sent 1, still there 1\n".into(), Some(0)));
    for library in ["libbsock_preload.so", "libbsock.so"] {
        let flags =
            Command::new("readelf").args(["-dW"]).arg(target_dir().join(library)).output().expect("readelf runs");
        assert!(text(&flags.stdout).contains("NODELETE"), "{library}");
    }
}

/// The smallest stacks that there are.
#[test]
fn small_stacks_are_enough_32() {
    let program = program("small_stacks.c", &["-pthread"]);
    let contents = same_in_every_way(&program, &[], "thread 1\nsignal stack 1\n");
    assert_eq!(contents.calls(Function::Send).count(), 2);
}

/// Children that libc makes without `fork` are programs of the same recording.
#[test]
fn children_of_the_shell_and_of_spawn_are_recorded_38() {
    let source = r#"
        #define _GNU_SOURCE
        #include <spawn.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/wait.h>
        extern char **environ;
        int main(int count, char **arguments) {
            char command[4096], line[16] = "";
            if (count > 1)
                return socket(AF_INET, SOCK_STREAM, 0) >= 0 && printf("made\n") ? 0 : 1;
            snprintf(command, sizeof command, "%s again", arguments[0]);
            fflush(stdout);
            int by_shell = system(command);
            FILE *pipe = popen(command, "r");
            char *read = pipe ? fgets(line, sizeof line, pipe) : NULL;
            pclose(pipe);
            pid_t child = 0;
            int status = -1;
            char *again[] = {arguments[0], "again", NULL};
            int by_spawn = posix_spawn(&child, arguments[0], NULL, NULL, again, environ);
            waitpid(child, &status, 0);
            printf("%d %s %d %d\n", by_shell, read ? strtok(line, "\n") : "", by_spawn, status);
            return 0;
        }"#;
    let contents = same_in_every_way(&compile_c_text(source, &[] as &[&str]), &[], "made\nmade\n0 made 0 0\n");
    assert_eq!(contents.calls(Function::Socket).count(), 3);
    let started = contents.events.iter().filter(|event| matches!(event.what, What::ProcessStart(_))).count();
    assert!(started >= 4, "{started}");
}

/// Whoever reads the recording must not learn what the program said.
#[test]
fn a_recording_does_not_hold_what_was_said_45() {
    let source = r#"
        #include <stdio.h>
        #include <string.h>
        #include <sys/socket.h>
        int main(void) {
            int pair[2];
            char secret[64], room[64];
            snprintf(secret, sizeof secret, "%s-%s", "password", "swordfish");
            socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
            printf("%zd ", send(pair[0], secret, strlen(secret), 0));
            printf("%zd\n", recv(pair[1], room, sizeof room, 0));
            return 0;
        }"#;
    let program = compile_c_text(source, &[] as &[&str]);
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    assert_eq!(text(&recorded(&program.path(), &[], &file).output().expect("runs").stdout), "18 18\n");
    let bytes = std::fs::read(&file).expect("is recorded");
    assert!(!bytes.windows(9).any(|window| window == b"swordfish" || window == b"password-"), "the secret is in it");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("is there").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let sent = Contents::of(&file).calls(Function::Send).map(|(_, call)| call.outcome).collect::<Vec<_>>();
    assert_eq!(sent, [Outcome::Returned(18)]);
}

/// A folder to be the root of `program`: it lies in it as `/program`, with the libraries that it loads, and nothing else does.
fn root_for(program: &TempProgram) -> TempDir {
    let folder = TempDir::new();
    std::fs::copy(program.path(), folder.path().join("program")).expect("ours");
    let libraries = output(Command::new("ldd").arg(program.path()));
    for library in libraries.split_whitespace().filter(|word| word.starts_with('/')) {
        let place = folder.path().join(library.trim_start_matches('/'));
        std::fs::create_dir_all(place.parent().expect("in a folder")).expect("ours");
        std::fs::copy(library, place).expect("ours");
    }
    folder
}

/// Runs `poor.c` plain and recorded, and asserts that it says the same; how many sends were recorded, and what else than the
/// program wrote to its standard error.
fn in_poor_surroundings(program: &TempProgram, arguments: &[&str]) -> (usize, String) {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let plain = program.command().args(arguments).output().expect("runs");
    let (said, again) = (text(&plain.stdout), if arguments.len() > 1 { "changed 0 1 1 x\n" } else { "" });
    // Changing user and root is root's; anybody else is refused, with and without the recorder.
    let allowed = ["changed", "refused"].map(|how| format!("{how} 0 1 1 x\nthread 0 1 1 x\n{again}"));
    assert!(said == allowed[0] || arguments[0] != "memory" && said == allowed[1], "{arguments:?}: {said}");
    let under = recorded(&program.path(), arguments, &file).output().expect("runs");
    assert_eq!((text(&under.stdout), under.status), (said, plain.status), "{arguments:?}");
    (Contents::of(&file).calls(Function::Send).count(), of_the_program(&under.stderr))
}

/// Another user, a changed root, no more memory to be had: whoever attached before goes on to be recorded, threads that make
/// their first call now among them.
#[test]
fn poor_surroundings_change_nothing_58() {
    let program = program("poor.c", &["-pthread"]);
    for how in ["user", "root", "memory"] {
        assert_eq!(in_poor_surroundings(&program, &[how]), (2, String::new()), "{how}");
    }
}

/// A program that begins in them is recorded if it can attach, and otherwise runs without a word of the recorder's.
#[test]
fn a_program_may_begin_in_poor_surroundings_58() {
    let program = program("poor.c", &["-pthread"]);
    assert_eq!(in_poor_surroundings(&program, &["user", "."]), (3, String::new()), "another user may attach");
    assert_eq!(in_poor_surroundings(&program, &["memory", "."]), (2, String::new()), "there is no room for the rings");
    let folder = root_for(&program);
    let (sends, said) = in_poor_surroundings(&program, &["root", folder.path().to_str().expect("is text")]);
    let of_the_linker = said.starts_with("ERROR: ld.so: object ")
        && said.ends_with(" cannot be preloaded (cannot open shared object file): ignored.");
    // Who may not change the root begins once more in the same one.
    assert!((sends, of_the_linker) == (2, true) || (sends, said.as_str()) == (3, ""), "{sends} {said}");
}
