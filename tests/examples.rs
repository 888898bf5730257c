//! The programs of `c-examples/` as a whole: they are built by one command, and tell their usage. What each says has a test in
//! `repeater.rs` or in a file `examples_*.rs`, what the checker says of them one in `check_examples.rs`.

mod support;

use std::fs;
use std::process::Command;

use support::examples::{Example, Form, example};
use support::{Server, TempDir, root, text};

/// The names of the C programs in a folder.
fn programs(folder: &str) -> Vec<String> {
    let files = fs::read_dir(root().join(folder)).expect("is committed").flatten();
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut programs: Vec<_> = names.filter_map(|name| Some(name.strip_suffix(".c")?.to_owned())).collect();
    programs.sort();
    programs
}

#[test]
fn every_program_tells_its_usage_when_it_gets_too_much() {
    for (folder, form) in [("c-examples", Form::Bsock), ("c-examples/posix", Form::Libc)] {
        for name in programs(folder) {
            let output = Example::new(&name, form).run(&["1"; 9], "");
            assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{name}");
            assert!(text(&output.stderr).starts_with(&format!("usage: {name}")), "{name}: {}", text(&output.stderr));
        }
    }
}

/// A folder as the repository's root is after `make`, with nothing built in `c-examples`.
fn fresh_root() -> TempDir {
    let folder = TempDir::new();
    let script = "cp -r \"$1/c-examples\" \"$1/include\" . && rm -rf c-examples/build && mkdir target && ln -s \"$2\" target/release";
    let status = Command::new("sh")
        .args(["-ec", script, "sh"])
        .args([root(), support::target_dir()])
        .current_dir(folder.path())
        .status();
    assert!(status.expect("sh runs").success());
    folder
}

/// Runs a script in such a folder. Not a word of complaint is expected.
fn run_in(folder: &TempDir, script: &str) {
    let output = Command::new("sh")
        .env_remove("MAKEFLAGS")
        .args(["-ec", script])
        .current_dir(folder.path())
        .output()
        .expect("sh runs");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{script}");
}

#[test]
fn one_command_builds_every_program_or_one_of_them() {
    let folder = fresh_root();
    let built = |path: &str| folder.path().join("c-examples/build").join(path).exists();
    run_in(&folder, "make -C c-examples ping posix/shutdown_how");
    assert!(built("ping") && built("posix/shutdown_how") && !built("shutdown_how") && !built("posix/ping"));
    run_in(&folder, "make -C c-examples");
    assert!(programs("c-examples").iter().all(|name| built(name)));
    assert!(programs("c-examples/posix").iter().all(|name| built(&format!("posix/{name}"))));
}

#[test]
fn the_commands_of_the_readme_build_what_they_say() {
    let folder = fresh_root();
    let readme = fs::read_to_string(root().join("c-examples/README.md")).expect("is committed");
    let scripts = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    for (script, built) in
        scripts.zip([&["udp_repeater_server"][..], &["udp_repeater_server"], &["server-libc", "server-posix"]])
    {
        let programs = folder.path().join("c-examples/build");
        let _ = fs::remove_dir_all(&programs);
        // The third relies on the folder of the second, as does who reads them.
        run_in(&folder, &format!("mkdir -p c-examples/build; {script}"));
        for program in built {
            let server = Server::start(Command::new(programs.join(program)).env_remove("LD_LIBRARY_PATH").arg("0"));
            assert!(server.address().starts_with("127.0.0.1:"));
        }
    }
}

#[test]
fn a_port_that_is_none_is_told() {
    for name in ["repeater_server", "repeater_client", "udp_repeater_server", "udp_repeater_client", "timestamp_server"]
    {
        let output = example(name).run(&["no such service"], "");
        assert_eq!(output.status.code(), Some(1), "{name}");
        let error = text(&output.stderr);
        let asked = format!("{name}: getaddrinfo(\"127.0.0.1\", \"no such service\", ");
        let why = "A service is a port from 0 to 65535, or a name that /etc/services has for that type of socket.\n";
        assert!(error.starts_with(&asked) && error.ends_with(why), "{error}");
    }
}
