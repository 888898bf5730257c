//! What scenarios with HTTP share: a server in Python's standard library, a certificate, curl without a progress meter.

use std::path::PathBuf;
use std::process::Command;

use crate::stage::{Server, Stage};

/// Starts the server; `arguments` are those of `programs/http_server.py`.
pub(crate) fn server(stage: &Stage, port: u16, arguments: &[&str]) -> Server {
    let script = stage.file("http_server.py", include_str!("programs/http_server.py"));
    let mut command = stage.command("python3");
    command.arg("-u").arg(script).arg(port.to_string()).args(arguments);
    stage.start(&format!("http-{}", arguments.first().unwrap_or(&"plain")), &mut command).listens(port)
}

/// Makes a certificate for `localhost`, in `cert.pem`, and its key, in `key.pem`.
pub(crate) fn certificate(stage: &Stage) -> PathBuf {
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                     -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem";
    stage.quiet_step("make a certificate", 0, stage.command("openssl").args(arguments.split_whitespace()));
    stage.path("cert.pem")
}

/// curl, silent but for errors.
pub(crate) fn curl(stage: &Stage, arguments: &str) -> Command {
    let mut command = stage.command("curl");
    command.args(["--silent", "--show-error", "--noproxy", "*"]).args(arguments.split_whitespace());
    command
}

/// Fetches `url`, with curl's `[1-9]` in it, by twenty transfers at a time, into files of this name.
pub(crate) fn many(stage: &Stage, what: &str, files: &str, url: &str) {
    // With -Z curl shows its progress, however silent it was told to be: the transcript has its status alone.
    stage.quiet_step(what, 0, &mut curl(stage, &format!("-Z --parallel-max 20 -o {files} {url}")));
}
