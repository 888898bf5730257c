//! curl: downloads, uploads, parallel transfers, TLS, a UNIX socket, and the ways to fail.

use crate::http::{certificate, curl, many, server};
use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "curl",
    needs: &[("curl", "curl"), ("python3", "python3"), ("openssl", "openssl")],
    recorded: &["curl", "python3", "openssl"],
    version: &["curl", "--version"],
    seconds: 120,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let (port, tls, nobody) = (stage.port(), stage.port(), stage.port());
    // What curl says of itself in trying: how long it took.
    stage.rule(r"after \d+ ms", "after TIME");
    stage.rule(r"after \d+ milliseconds", "after TIME");
    // The ports of its own ends.
    stage.rule(r"127\.0\.0\.1 port \d+ ", "127.0.0.1 port OWN ");
    let upload = stage.large_file("upload", 3_000_000);
    certificate(stage);
    let plain = server(stage, port, &["unix", "socket"]);
    let secure = server(stage, tls, &["tls"]);
    let fetch = |arguments: &str| {
        let arguments = arguments.replace("PLAIN", &format!("http://127.0.0.1:{port}"));
        let arguments = arguments.replace("TLS", &format!("https://localhost:{tls}"));
        let arguments = arguments.replace("NOBODY", &format!("http://127.0.0.1:{nobody}"));
        curl(stage, &arguments)
    };
    for (what, arguments) in [
        ("GET", "-i PLAIN/hello"),
        ("HEAD", "-I PLAIN/large"),
        ("what it does", "-v PLAIN/hello"),
        ("redirect", "-iL PLAIN/redirect"),
        ("chunks", "PLAIN/chunked"),
        ("a body", "-d one=1&two=2 PLAIN/form"),
        ("one connection for three", "-w %{num_connects}\\n PLAIN/1 PLAIN/2 PLAIN/3"),
        ("4 MiB", "-o large -w %{size_download}\\n PLAIN/large"),
        ("TLS", "--cacert cert.pem -i TLS/hello"),
        ("TLS, 4 MiB", "--cacert cert.pem -o large -w %{size_download}\\n TLS/large"),
        ("a UNIX socket", "--unix-socket socket -i http://localhost/hello"),
        ("IPv6 is not there, IPv4 is", "--connect-to ::127.0.0.1: -i PLAIN/hello"),
    ] {
        stage.step(what, &mut fetch(arguments));
    }
    many(stage, "large ones", "large_#1", &format!("http://127.0.0.1:{port}/large?[1-8]"));
    many(stage, "small ones", "out_#1", &format!("http://127.0.0.1:{port}/page[1-100]"));
    stage.step("an upload", fetch("").arg("-T").arg(&upload).arg(format!("http://127.0.0.1:{port}/file")));
    for (what, status, arguments) in [
        ("refused", 7, "NOBODY/hello"),
        ("no answer", 28, "--max-time 0.3 -o large PLAIN/never"),
        ("a connection cut", 18, "-o cut PLAIN/cut"),
        ("a certificate of nobody", 60, "-o cut TLS/hello"),
        ("not TLS", 35, "--insecure https://127.0.0.1:PORT/hello"),
    ] {
        let arguments = arguments.replace("PORT", &port.to_string());
        stage.quiet_step(what, status, &mut fetch(&arguments));
    }
    stage.step("what was fetched", stage.command("sh").args(["-c", "sha256sum large* out_* | sort"]));
    stage.stop(plain, libc::SIGTERM);
    stage.stop(secure, libc::SIGTERM);
}
