//! OpenSSH: sshd with its sandbox, commands, files, forwarded ports, one connection for several sessions, and a refusal.
//!
//! sshd gives a session a new environment. What is started in one is not recorded, and bsock says so; the scenario holds
//! it to the same output all the same.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::http::{curl, many, server as http_server};
use crate::stage::{Server, Stage};
use crate::{By, Scenario, system};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "openssh",
    needs: &[("sshd", "openssh-server"), ("ssh", "openssh-client"), ("curl", "curl"), ("python3", "python3")],
    recorded: &["sshd", "ssh", "sftp", "scp"],
    version: &["ssh", "-V"],
    seconds: 180,
    by: By::Transcript,
    play,
};

/// A running sshd and how to reach it.
pub(crate) struct Sshd {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Sshd {
    /// Starts one that lets this user in with the key in `key`. Its client's options are in `ssh_config`.
    pub(crate) fn start(stage: &mut Stage) -> Self {
        let port = stage.port();
        for name in ["host_key", "key", "other_key"] {
            let mut command = stage.command("ssh-keygen");
            stage.quiet_step(name, 0, command.args(["-q", "-t", "ed25519", "-N", "", "-C", "a key", "-f", name]));
        }
        let directory = stage.path("").display().to_string();
        let text = include_str!("programs/sshd_config").replace("PORT", &port.to_string());
        let configuration = stage.file("sshd_config", text.replace("DIRECTORY", &directory));
        let text = include_str!("programs/ssh_config").replace("PORT", &port.to_string());
        stage.file("ssh_config", text.replace("DIRECTORY", &directory));
        fs::copy(stage.path("key.pub"), stage.path("authorized_keys")).expect("was made");
        // The folder of the unprivileged half, which the init script makes otherwise.
        let made = fs::create_dir_all("/run/sshd");
        if made.is_ok() {
            let _ = fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755));
        }
        let program = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].iter().find(|path| fs::metadata(path).is_ok());
        let mut command = stage.command(program.expect("is installed: sshd wants to be started by its full path"));
        let server = stage.start("sshd", command.arg("-D").arg("-e").arg("-f").arg(configuration)).listens(port);
        Self { server, port }
    }
}

/// `ssh` or one of its kin, with the scenario's configuration.
fn client(stage: &Stage, program: &str) -> Command {
    let mut command = stage.command(program);
    command.args(["-F", "ssh_config"]);
    command
}

fn play(stage: &mut Stage) {
    let ports = [stage.port(), stage.port(), stage.port()];
    let sshd = Sshd::start(stage);
    sessions(stage);
    files(stage);
    tunnel(stage, ports);
    // What it takes from the network before it knows the user is handled by a process that may hardly do anything.
    assert!(sshd.server.log().contains("attaching seccomp filter program"), "sshd has a sandbox");
    stage.stop(sshd.server, libc::SIGTERM);
}

fn ssh(stage: &Stage, what: &str, status: i32, arguments: &[&str]) {
    stage.step_ending(what, status, client(stage, "ssh").args(arguments));
}

fn sessions(stage: &Stage) {
    ssh(stage, "a command", 0, &["host", "echo out; echo err >&2"]);
    ssh(stage, "its exit status", 7, &["host", "exit 7"]);
    if system::is_root() {
        ssh(stage, "a terminal", 0, &["-tt", "host", "tty -s && echo on a terminal"]);
    } else {
        stage.note("no session on a terminal: only root's sshd can hand one out on every system");
    }
    ssh(stage, "a key that is not known", 255, &["stranger", "true"]);
}

fn files(stage: &Stage) {
    let large = stage.large_file("large", 3_000_000);
    let input = fs::File::open(large).expect("was made");
    stage.step("3 MB to a command", client(stage, "ssh").args(["host", "sha256sum"]).stdin(input));
    stage.step("the same", stage.command("sha256sum").arg("large"));
    let copy = format!("host:{}", stage.path("copy").display());
    stage.step("scp", client(stage, "scp").args(["-q", "large", &copy]));
    stage.file("batch", format!("cd {}\nget large fetched\nrename copy moved\n", stage.path("").display()));
    stage.quiet_step("sftp", 0, client(stage, "sftp").args(["-q", "-b", "batch", "host"]));
    stage.step("the same files", stage.command("cmp").args(["fetched", "moved"]));
}

/// One connection with a forwarded port, a proxy and further sessions.
fn tunnel(stage: &Stage, [web, forwarded, proxy]: [u16; 3]) {
    let web_server = http_server(stage, web, &[]);
    let options = format!("-N -M -S control -D {proxy} -L {forwarded}:127.0.0.1:{web} host");
    let connection = stage.start("tunnel", client(stage, "ssh").args(options.split(' ')));
    let connection = connection.listens(forwarded).listens(proxy);
    stage.step("through a forwarded port", &mut curl(stage, &format!("http://127.0.0.1:{forwarded}/hello")));
    let through = format!("http://127.0.0.1:{web}/large?[1-5] --socks5 127.0.0.1:{proxy}");
    many(stage, "five through a proxy", "page_#1", &through);
    stage.step("what came", stage.command("sh").args(["-c", "sha256sum page_*"]));
    for number in ["1", "2", "3"] {
        ssh(stage, "a session in the same connection", 0, &["-S", "control", "host", "echo session", number]);
    }
    ssh(stage, "end of the connection", 0, &["-S", "control", "-q", "-O", "exit", "host"]);
    stage.ends(connection);
    stage.stop(web_server, libc::SIGTERM);
}
