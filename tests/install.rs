//! What `make install` puts in place, from the side of who uses it: programs are built against the installed tree by
//! pkg-config and by CMake, manual pages and completions are found, the command finds its preload, and `make uninstall`
//! and the package manager take everything away again.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

use support::{TempDir, declared_functions, root, target_dir, text};

/// A program that works only if header and library are found and belong together.
const PROGRAM: &str = r#"
    #include <bsock.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/socket.h>

    int main(void)
    {
        int ends[2];
        char text[6] = "";
        if (bsock_socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || bsock_sendall(ends[0], "hello", 5, 0, NULL) < 0 ||
            bsock_recv_exactly(ends[1], text, 5, 0, NULL) < 0)
            return 1;
        if (strcmp(bsock_version_string(), BSOCK_VERSION_STRING) != 0)
            return 2;
        printf("%s %s\n", text, bsock_version_string());
        return 0;
    }
"#;

const SAID: &str = concat!("hello ", env!("CARGO_PKG_VERSION"), "\n");

/// `make`, as somebody types it who has no cargo, with what `make` has built before.
fn make(arguments: &[String]) -> Output {
    static BUILT: OnceLock<()> = OnceLock::new();
    let target = target_dir().parent().expect("is in the target directory");
    // `make test` builds everything before the tests; a plain `cargo test` leaves it to them.
    BUILT.get_or_init(|| {
        if env::var_os("BSOCK_ARTEFACTS").is_none() {
            let cargo = format!("CARGO={}", env!("CARGO"));
            succeed(plain("make").args(["all", &cargo]).env("CARGO_TARGET_DIR", target).current_dir(root()));
        }
    });
    let mut make = plain("make");
    make.args(arguments).env("CARGO_TARGET_DIR", target).current_dir(root());
    make.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output().expect("make runs")
}

/// A program with nothing in its environment of what `make` and cargo tell the programs that they start.
fn plain(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "LD_LIBRARY_PATH", "PREFIX", "DESTDIR", "BSOCK_PRELOAD"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// What a command prints, which has to succeed.
fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// An installed tree, and how it was asked for.
struct Installed {
    directory: TempDir,
    variables: Vec<String>,
}

impl Installed {
    /// `make install` with these variables, in which `@` stands for a folder of its own.
    fn with(variables: &[&str]) -> Self {
        let directory = TempDir::new();
        let place = directory.path().display().to_string();
        let installed =
            Self { directory, variables: variables.iter().map(|variable| variable.replace('@', &place)).collect() };
        installed.make("install");
        installed
    }

    fn make(&self, target: &str) {
        let output = make(&[&[target.to_owned(), "CARGO=/nonexistent".to_owned()], &self.variables[..]].concat());
        assert!(output.status.success(), "make {target}: {}{}", text(&output.stdout), text(&output.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// Everything below a folder that is no folder, by its path from there.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            match entry.file_type().expect("is there").is_dir() {
                true => folders.push(entry.path()),
                false => _ = found.insert(entry.path().strip_prefix(folder).expect("is below").to_owned()),
            }
        }
    }
    found
}

/// The value of an entry of the dynamic section: `SONAME`, `NEEDED`.
fn dynamic(file: &Path, tag: &str) -> Vec<String> {
    let output = succeed(plain("readelf").arg("-dW").arg(file));
    let lines = output.lines().filter(|line| line.contains(&format!("({tag})")));
    lines.filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']').to_owned())).collect()
}

/// Compiles [`PROGRAM`] with what pkg-config answers; `prefix` comes before the library.
fn with_pkg_config(folder: &Path, pkg_config: &[&str], prefix: &[&str], pages: &Path) -> PathBuf {
    let flags = succeed(plain("pkg-config").args(pkg_config).arg("bsock").env("PKG_CONFIG_PATH", pages));
    let (source, program) = (folder.join("program.c"), folder.join("program"));
    fs::write(&source, PROGRAM).expect("the folder is ours");
    succeed(
        plain("cc")
            .args(["-Wall", "-Wextra", "-Werror", "-o"])
            .args([&program, &source])
            .args(prefix)
            .args(flags.split_whitespace()),
    );
    program
}

#[test]
fn a_program_is_built_by_pkg_config_dynamically() {
    let installed = Installed::with(&["PREFIX=@"]);
    let (folder, pages) = (TempDir::new(), installed.path("lib/pkgconfig"));
    let program = with_pkg_config(folder.path(), &["--cflags", "--libs"], &[], &pages);
    assert_eq!(dynamic(&installed.path("lib/libbsock.so"), "SONAME"), ["libbsock.so.0"]);
    assert!(dynamic(&program, "NEEDED").contains(&"libbsock.so.0".to_owned()), "it asks for the soname");
    assert_eq!(succeed(plain(&program).env("LD_LIBRARY_PATH", installed.path("lib"))), SAID);
    let version = succeed(plain("pkg-config").args(["--modversion", "bsock"]).env("PKG_CONFIG_PATH", &pages));
    assert_eq!(version.trim(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_program_is_built_by_pkg_config_statically() {
    let installed = Installed::with(&["PREFIX=@", "LIBDIR=lib/somewhere"]);
    let (folder, pages) = (TempDir::new(), installed.path("lib/somewhere/pkgconfig"));
    let program = with_pkg_config(folder.path(), &["--static", "--cflags", "--libs"], &["-static"], &pages);
    assert_eq!(dynamic(&program, "NEEDED"), [""; 0], "a static program needs no library");
    assert_eq!(succeed(&mut plain(&program)), SAID);
}

/// Every library that rustc says the archive needs is named, but for those that the compiler adds itself.
#[test]
fn bsock_pc_names_what_the_static_library_needs() {
    let installed = Installed::with(&["PREFIX=@"]);
    let page = fs::read_to_string(installed.path("lib/pkgconfig/bsock.pc")).expect("is installed");
    let private = page.lines().find_map(|line| line.strip_prefix("Libs.private: ")).expect("is there");
    let told = target_dir().parent().expect("is in the target directory").join("to-install/native-static-libs");
    let told = fs::read_to_string(told).expect("`make` leaves it there");
    let all: BTreeSet<&str> = told.split_whitespace().collect();
    let named: BTreeSet<&str> = private.split_whitespace().collect();
    assert!(named.is_subset(&all) && !named.is_empty(), "{private}");
    assert!(all.difference(&named).all(|library| ["-lgcc_s", "-lc"].contains(library)), "{private} of {told}");
}

const CMAKE_LISTS: &str = "
cmake_minimum_required(VERSION 3.16)
project(uses_bsock C)
find_package(bsock @VERSION@ REQUIRED)
add_executable(shared program.c)
target_link_libraries(shared bsock::bsock)
add_executable(static program.c)
target_link_libraries(static bsock::static)
find_package(bsock @VERSION@ REQUIRED)
";

/// Configures [`CMAKE_LISTS`] for this version of bsock.
fn cmake(folder: &Path, prefix: &Path, version: &str) -> Output {
    fs::write(folder.join("CMakeLists.txt"), CMAKE_LISTS.replace("@VERSION@", version)).expect("the folder is ours");
    fs::write(folder.join("program.c"), PROGRAM).expect("the folder is ours");
    let mut cmake = plain("cmake");
    cmake.arg("-S").arg(folder).arg("-B").arg(folder.join("build")).arg("-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF");
    cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())).output().expect("cmake runs")
}

#[test]
fn a_program_is_built_by_cmake_both_ways() {
    for libdir in ["lib", "lib/x86_64-linux-gnu"] {
        let installed = Installed::with(&["PREFIX=@", &format!("LIBDIR={libdir}")]);
        let folder = TempDir::new();
        let output = cmake(folder.path(), installed.directory.path(), env!("CARGO_PKG_VERSION"));
        assert!(output.status.success(), "{libdir}: {}", text(&output.stderr));
        succeed(plain("cmake").arg("--build").arg(folder.path().join("build")));
        let program = |name: &str| folder.path().join("build").join(name);
        assert!(dynamic(&program("shared"), "NEEDED").contains(&"libbsock.so.0".to_owned()));
        assert!(!dynamic(&program("static"), "NEEDED").iter().any(|name| name.contains("bsock")));
        for name in ["shared", "static"] {
            assert_eq!(succeed(&mut plain(program(name))), SAID, "{libdir}, {name}");
        }
        // docs/limits.md: a call is put down to libbsock where that is a part of the program.
        let trace = plain(installed.path("bin/bsock")).args(["trace", "--"]).arg(program("static")).output();
        let trace = text(&trace.expect("runs").stderr);
        assert!(trace.lines().any(|line| line.contains(" send(") && line.ends_with(" bsock_sendall()")), "{trace}");
    }
}

#[test]
fn cmake_refuses_a_version_that_this_one_cannot_stand_for() {
    let installed = Installed::with(&["PREFIX=@"]);
    for (version, is_refused) in [("0.1", false), ("0.999", true), ("1.0", true)] {
        let folder = TempDir::new();
        let output = cmake(folder.path(), installed.directory.path(), version);
        assert_eq!(!output.status.success(), is_refused, "{version}: {}", text(&output.stderr));
    }
}

/// That the command records, and not only starts a program.
fn assert_records(command: &Path) {
    let output = plain(command).args(["trace", "--", "python3", "-c", "import socket; socket.socket()"]).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", command.display()));
    assert!(text(&output.stderr).contains("socket(AF_INET"), "{}: {}", command.display(), text(&output.stderr));
}

#[test]
fn the_command_finds_its_preload_wherever_libdir_is() {
    let elsewhere = TempDir::new();
    let far = format!("LIBDIR={}/deep/down", elsewhere.path().display());
    for libdir in ["LIBDIR=lib", "LIBDIR=lib64", "LIBDIR=lib/x86_64-linux-gnu", "LIBDIR=a folder", &far] {
        let installed = Installed::with(&["PREFIX=@", libdir]);
        assert_records(&installed.path("bin/bsock"));
        let link = installed.path("link to it");
        symlink(installed.path("bin/bsock"), &link).expect("the folder is ours");
        assert_records(&link);
    }
}

#[test]
fn an_installed_tree_can_be_moved() {
    let installed = Installed::with(&["PREFIX=@/first"]);
    fs::rename(installed.path("first"), installed.path("second")).expect("the folder is ours");
    assert_records(&installed.path("second/bin/bsock"));
}

#[test]
fn a_command_without_its_preload_says_where_it_looked() {
    let installed = Installed::with(&["PREFIX=@"]);
    fs::remove_file(installed.path("lib/bsock/libbsock_preload.so")).expect("was installed");
    let output = plain(installed.path("bin/bsock")).args(["run", "--", "true"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(125));
    let said = text(&output.stderr);
    let looked = installed.path("lib/bsock").canonicalize().expect("exists");
    for part in ["libbsock_preload.so", &looked.display().to_string(), "make install", "BSOCK_PRELOAD"] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
}

#[test]
fn a_staged_tree_is_the_tree_itself() {
    let staged = Installed::with(&["DESTDIR=@", "PREFIX=/usr", "LIBDIR=lib/x86_64-linux-gnu"]);
    let direct = Installed::with(&["PREFIX=@/usr", "LIBDIR=lib/x86_64-linux-gnu"]);
    assert_eq!(files(staged.directory.path()), files(direct.directory.path()));
    let page = fs::read_to_string(staged.path("usr/lib/x86_64-linux-gnu/pkgconfig/bsock.pc")).expect("is installed");
    assert!(page.contains("prefix=/usr\n"), "{page}");
    let place = staged.directory.path().display().to_string();
    for file in files(staged.directory.path()) {
        let bytes = fs::read(staged.path(&file.display().to_string())).expect("is there");
        let names_it = bytes.windows(place.len()).any(|window| window == place.as_bytes());
        assert!(!names_it, "{} names the folder in which it was staged", file.display());
    }
    assert_records(&staged.path("usr/bin/bsock"));
}

#[test]
fn man_finds_the_installed_pages() {
    let installed = Installed::with(&["PREFIX=@"]);
    let manual = installed.path("share/man");
    let mut pages = vec![("1", "bsock".to_owned()), ("7", "bsock".to_owned())];
    pages.extend(declared_functions("bsock.h").into_iter().map(|function| ("3", function)));
    for (section, name) in pages {
        assert!(manual.join(format!("man{section}/{name}.{section}")).exists(), "{name}({section})");
        // Minimal systems have a `man` that only says that there are no pages.
        let found = plain("man").arg("-M").arg(&manual).args(["-w", section, &name]).output();
        if let Some(output) = found.ok().filter(|output| output.status.success()) {
            assert!(text(&output.stdout).contains("/share/man/"), "man {section} {name}: {}", text(&output.stdout));
        }
    }
}

#[test]
fn shells_complete_verbs_and_rules() {
    let installed = Installed::with(&["PREFIX=@"]);
    let script = r#". "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bsock bsock "${*: -1}" "${*: -2:1}"; echo "${COMPREPLY[*]}""#;
    let complete = |words: &[&str]| {
        let file = installed.path("share/bash-completion/completions/bsock");
        succeed(plain("bash").args(["-c", script]).arg(file).args(words)).trim().to_owned()
    };
    assert_eq!(complete(&["bsock", "che"]), "check");
    assert_eq!(complete(&["bsock", "explain", "port-byte"]), "port-byte-order");
    assert_eq!(complete(&["bsock", "check", "--format", "j"]), "json");
    // The other shells are not always there; what they are given is at least their language.
    for (shell, file) in
        [("zsh", "share/zsh/site-functions/_bsock"), ("fish", "share/fish/vendor_completions.d/bsock.fish")]
    {
        let file = installed.path(file);
        assert!(file.exists(), "{}", file.display());
        if let Ok(output) = plain(shell).arg("-n").arg(&file).output() {
            assert!(output.status.success(), "{shell}: {}", text(&output.stderr));
        }
    }
}

#[test]
fn uninstall_takes_away_what_install_brought_and_nothing_else() {
    let installed = Installed::with(&["PREFIX=@", "LIBDIR=lib64"]);
    let theirs = ["lib64/libother.so", "include/other.h", "share/man/man3/send.3", "lib64/bsock/kept"];
    for name in theirs {
        fs::write(installed.path(name), "").expect("the folder is ours");
    }
    assert!(files(installed.directory.path()).len() > 80, "something was installed");
    installed.make("install");
    installed.make("uninstall");
    assert_eq!(files(installed.directory.path()), theirs.iter().map(PathBuf::from).collect());
    for folder in ["lib64/cmake/bsock", "share/doc/bsock"] {
        assert!(!installed.path(folder).exists(), "{folder} is bsock's own");
    }
    installed.make("uninstall");
}

#[test]
fn without_a_build_install_says_what_to_do() {
    let nothing = TempDir::new();
    let mut make = plain("make");
    make.arg("install").arg(format!("PREFIX={}", nothing.path().display())).current_dir(root());
    let output = make.env("CARGO_TARGET_DIR", nothing.path().join("target")).output().expect("make runs");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("run `make` first"), "{}", text(&output.stderr));
    assert_eq!(files(nothing.path()), BTreeSet::new());
}

/// The Debian package, in a root of its own with a package database of its own.
#[test]
fn the_debian_package_installs_and_is_removed() {
    let output = make(&["deb".into(), "CARGO=true".into()]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let package = text(&output.stdout).lines().last().expect("it says where the package is").to_owned();
    assert!(package.contains(concat!("/bsock_", env!("CARGO_PKG_VERSION"), "_")), "{package}");
    let depends = succeed(plain("dpkg-deb").args(["--field", &package, "Depends"]));
    assert!(depends.contains("libc6 (>= ") && depends.contains("libgcc-s1"), "{depends}");

    let directory = TempDir::new();
    let system = directory.path().join("root");
    let database = system.join("var/lib/dpkg");
    for folder in ["updates", "info", "triggers"] {
        fs::create_dir_all(database.join(folder)).expect("the folder is ours");
    }
    fs::write(database.join("status"), "").expect("the folder is ours");
    let dpkg = |action: &str, what: &str| {
        let mut dpkg = plain("dpkg");
        // libc6 is not in that root; the scratch root asks for no other privilege than to write there.
        dpkg.args(["--force-not-root", "--force-bad-path", "--force-depends", "--log=/dev/null", "--root"])
            .arg(&system);
        succeed(dpkg.args([action, what]))
    };
    dpkg("--install", &package);
    assert!(dpkg("--status", "bsock").contains("Status: install ok installed"));
    assert_records(&system.join("usr/bin/bsock"));
    let listed = dpkg("--listfiles", "bsock");
    for name in ["/usr/bin/bsock", "/usr/include/bsock.h", "/pkgconfig/bsock.pc", "/man3/bsock_send.3.gz", "/copyright"]
    {
        assert!(listed.lines().any(|line| line.ends_with(name)), "{name} is missing: {listed}");
    }
    let library = listed.lines().find(|line| line.contains("/libbsock.so.0.")).expect("the library is in it");
    assert_eq!(dynamic(&system.join(&library[1..]), "SONAME"), ["libbsock.so.0"]);
    dpkg("--purge", "bsock");
    assert!(!system.join("usr").exists(), "{:?}", files(&system));
}
