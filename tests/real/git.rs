//! Git: clone, push and fetch, over HTTP through its own CGI program, and over ssh.

use std::path::Path;
use std::process::Command;

use crate::openssh::Sshd;
use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const OVER_HTTP: Scenario = Scenario {
    name: "git/http",
    needs: &[("git", "git"), ("python3", "python3")],
    recorded: &["git", "git-remote-http", "git-http-backend", "python3"],
    version: &["git", "--version"],
    seconds: 120,
    by: By::Transcript,
    play: over_http,
};

pub(crate) const OVER_SSH: Scenario = Scenario {
    name: "git/ssh",
    needs: &[("git", "git"), ("sshd", "openssh-server"), ("ssh", "openssh-client")],
    recorded: &["git", "ssh", "sshd"],
    play: over_ssh,
    ..OVER_HTTP
};

fn git(stage: &Stage, folder: &str, arguments: &str) -> Command {
    let mut command = stage.command("git");
    command.arg("-C").arg(stage.path(folder)).args(arguments.split_whitespace());
    for (name, value) in [("NAME", "Tester"), ("EMAIL", "tester@example.org"), ("DATE", "2024-01-01T00:00:00Z")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_DIR");
    command.env("GIT_SSH_COMMAND", format!("ssh -F {}", stage.path("ssh_config").display()));
    command
}

/// Makes a repository with a history, and `served/bare.git` of it.
fn repository(stage: &Stage) {
    stage.file(".gitconfig", "[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n");
    stage.quiet_step("init", 0, &mut git(stage, "", "init -q origin"));
    for number in 0..20 {
        stage.large_file(&format!("origin/file{number}"), 10_000 + number);
        stage.quiet_step("add", 0, &mut git(stage, "origin", "add ."));
        stage.quiet_step("commit", 0, &mut git(stage, "origin", &format!("commit -q -m commit-{number}")));
    }
    stage.quiet_step("a bare one", 0, &mut git(stage, "", "clone -q --bare origin served/bare.git"));
    stage.quiet_step("let it take pushes", 0, &mut git(stage, "served/bare.git", "config http.receivepack true"));
}

fn travel(stage: &Stage, url: &str) {
    stage.quiet_step("clone", 0, &mut git(stage, "", &format!("clone -q {url} first")));
    stage.quiet_step("a shallow clone", 0, &mut git(stage, "", &format!("clone -q --depth 2 {url} second")));
    stage.large_file("first/new", 2_000_000);
    stage.quiet_step("add", 0, &mut git(stage, "first", "add ."));
    stage.quiet_step("commit", 0, &mut git(stage, "first", "commit -q -m new"));
    stage.step("push", &mut git(stage, "first", "push -q origin HEAD:main"));
    stage.step("pull", &mut git(stage, "second", "pull -q"));
    stage.step("the rest", &mut git(stage, "second", "fetch -q --unshallow"));
    stage.step("history", &mut git(stage, "second", "log --format=%H%x20%s"));
    stage.step("whole", &mut git(stage, "second", "fsck --full --no-progress"));
    stage.step("branches", &mut git(stage, "second", "ls-remote origin"));
    stage.step_ending("absent", 128, &mut git(stage, "", &format!("clone -q {url}.absent third")));
}

fn over_http(stage: &mut Stage) {
    let port = stage.port();
    repository(stage);
    let script = stage.file("git_http.py", include_str!("programs/git_http.py"));
    let mut command = stage.command("python3");
    command.arg("-u").arg(script).arg(port.to_string()).env("GIT_PROJECT_ROOT", stage.path("served"));
    command.env("GIT_HTTP_EXPORT_ALL", "1").env("GIT_CONFIG_NOSYSTEM", "1");
    let server = stage.start("http", &mut command).listens(port);
    travel(stage, &format!("http://127.0.0.1:{port}/bare.git"));
    stage.stop(server, libc::SIGTERM);
}

fn over_ssh(stage: &mut Stage) {
    repository(stage);
    let sshd = Sshd::start(stage);
    let folder = stage.path("served/bare.git");
    let folder: &Path = &folder;
    travel(stage, &format!("ssh://host:{}{}", sshd.port, folder.display()));
    stage.stop(sshd.server, libc::SIGTERM);
}
