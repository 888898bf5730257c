//! Which of libc's functions the preload stands for, which it leaves alone and why: every function that this machine's libc
//! exports is in one of the two tables, and docs/preload-symbols.md is what the tables say.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::process::Command;

use support::{root, text};

/// A line of `table.rs`: the exported name, how its arguments are passed on, and the hook.
struct Hook {
    name: String,
    kind: String,
    hook: String,
}

fn hooks() -> Vec<Hook> {
    let table = fs::read_to_string(root().join("crates/preload/src/table.rs")).expect("the table");
    let hook = |line: &str| {
        let (name, rest) = line.strip_prefix("    ")?.split_once(": ")?;
        let (kind, hook) = rest.strip_suffix(';')?.split_once(" => crate::")?;
        Some(Hook { name: name.to_owned(), kind: kind.to_owned(), hook: hook.to_owned() })
    };
    table.lines().filter_map(hook).collect()
}

/// A group of `symbols.txt`.
struct Group {
    name: String,
    reason: String,
    functions: Vec<String>,
}

fn groups() -> Vec<Group> {
    let text = fs::read_to_string(root().join("crates/preload/symbols.txt")).expect("the other table");
    let mut groups: Vec<Group> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            groups.push(Group { name: name.to_owned(), reason: String::new(), functions: Vec::new() });
        } else if let Some(group) = groups.last_mut() {
            match line.strip_prefix("# ") {
                Some(reason) => group.reason = format!("{} {reason}", group.reason).trim().to_owned(),
                None => group.functions.extend(line.split(' ').filter(|name| !name.is_empty()).map(str::to_owned)),
            }
        }
    }
    groups
}

/// The functions that libc exports, for programs and not for its own other libraries.
fn exported() -> BTreeSet<String> {
    let maps = fs::read_to_string("/proc/self/maps").expect("proc");
    let libc = maps.lines().find(|line| line.contains("/libc.so") || line.contains("/libc-")).expect("libc is mapped");
    let path = libc.split_whitespace().last().expect("a path");
    let output = text(&Command::new("nm").args(["-D", "--defined-only", path]).output().expect("nm runs").stdout);
    let function = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (kind, name) = (words.next()?, words.next()?);
        let private = name.contains("@GLIBC_PRIVATE");
        ["T", "W", "i"]
            .contains(&kind)
            .then(|| name.split('@').next())
            .flatten()
            .filter(|_| !private)
            .map(str::to_owned)
    };
    output.lines().filter_map(function).collect()
}

#[test]
fn every_function_of_libc_is_hooked_or_left_alone_for_a_reason() {
    let hooked: BTreeSet<String> = hooks().into_iter().map(|hook| hook.name).collect();
    let mut left = BTreeMap::new();
    for group in groups() {
        assert!(group.reason.len() > 20 && !group.functions.is_empty(), "{} has no reason", group.name);
        for name in group.functions {
            assert!(!hooked.contains(&name), "{name} is hooked, and left alone as {}", group.name);
            let other = left.insert(name.clone(), group.name.clone());
            assert_eq!(other, None, "{name} is in two groups");
        }
    }
    let exported = exported();
    assert!(exported.len() > 2000, "nm found them: {}", exported.len());
    let unknown: Vec<&String> =
        exported.iter().filter(|name| !hooked.contains(*name) && !left.contains_key(*name)).collect();
    assert!(
        unknown.is_empty(),
        "libc has functions that nobody has classified: hook them in crates/preload/src/table.rs, or add them to a group of \
         crates/preload/symbols.txt: {unknown:?}"
    );
}

/// What a drop-in must stand for; the groups are those of POSIX and Linux manuals. Names that some libc lacks are bound where
/// they are.
const MUST: &str = "socket socketpair accept accept4 bind listen connect getsockname getpeername getsockopt setsockopt \
    shutdown sockatmark isfdtype bindresvport send sendto sendmsg sendmmsg write writev sendfile sendfile64 splice recv \
    recvfrom recvmsg recvmmsg read readv __recv_chk __recvfrom_chk __read_chk __pread_chk __pread64_chk __poll_chk \
    __ppoll_chk __fdelt_chk __fdelt_warn close closefrom close_range dup dup2 dup3 fcntl fcntl64 ioctl fclose fcloseall \
    freopen freopen64 fdopen pclose poll ppoll select pselect epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait \
    epoll_pwait2 __read __write __close __connect __send __poll __select __fcntl __dup2 __pread64 __pwrite64 __fork __vfork \
    __clone fork _Fork vfork clone posix_spawn posix_spawnp execve execv execvp execvpe execl execle execlp fexecve execveat \
    system popen daemon forkpty login_tty _exit _Exit quick_exit exit pwrite pwrite64 pwritev pwritev64 pwritev2 pwritev64v2 \
    tee vmsplice copy_file_range pread pread64 preadv preadv64 preadv2 preadv64v2 getaddrinfo freeaddrinfo getnameinfo \
    gethostbyname gethostbyname_r gethostbyname2 gethostbyaddr syscall dlopen dlmopen";

#[test]
fn what_a_drop_in_must_have_is_hooked() {
    let hooked: BTreeSet<String> = hooks().into_iter().map(|hook| hook.name).collect();
    let missing: Vec<&str> = MUST.split_whitespace().filter(|name| !hooked.contains(*name)).collect();
    assert!(missing.is_empty(), "not hooked: {missing:?}");
}

/// The page: what is hooked, by the file that its hook is in, then what is not, with the reasons.
fn page() -> String {
    let mut page = String::from(
        "# The functions of libc, and what the recorder does with them\n\n\
         Made from `crates/preload/src/table.rs` and `crates/preload/symbols.txt` by `make docs`. A test fails when the libc of the\n\
         machine exports a function that stands in neither. Functions of libc's own libraries (GLIBC_PRIVATE) are left alone.\n\n\
         ## Hooked\n\n\
         *recorded*: the call is made by a hook and recorded with its arguments and result. *looked at*: all registers are kept,\n\
         and libc's function is jumped to.\n\n\
         | function | how | hook |\n|---|---|---|\n",
    );
    for Hook { name, kind, hook } in hooks() {
        let how = if kind == "observe" { "looked at" } else { "recorded" };
        writeln!(page, "| `{name}` | {how} | `{hook}` |").expect("memory");
    }
    page.push_str("\n## Left alone\n");
    for Group { name, reason, functions } in groups() {
        write!(page, "\n### {name}\n\n{reason}\n\n").expect("memory");
        if name == "none" {
            writeln!(page, "{} functions of glibc: see the file.", functions.len()).expect("memory");
        } else {
            let names: Vec<String> = functions.iter().map(|name| format!("`{name}`")).collect();
            writeln!(page, "{}", names.join(", ")).expect("memory");
        }
    }
    page
}

#[test]
fn the_committed_page_is_what_the_tables_say() {
    let path = root().join("docs/preload-symbols.md");
    let page = page();
    if std::env::var_os("BSOCK_WRITE").is_some() {
        fs::write(&path, &page).expect("docs can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/preload-symbols.md is not what the tables say: run `make docs`");
}
