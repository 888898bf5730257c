//! HAProxy: a master with workers of four threads, two backends, TLS, its statistics socket, a reload that hands the
//! listening sockets over, and a graceful stop.

use std::fs;

use crate::http::{certificate, curl, many};
use crate::stage::Stage;
use crate::{By, Scenario, system};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "haproxy",
    needs: &[("haproxy", "haproxy"), ("curl", "curl"), ("openssl", "openssl"), ("socat", "socat")],
    recorded: &["haproxy", "curl", "socat"],
    version: &["haproxy", "-v"],
    seconds: 120,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let (front, tls, back) = (stage.port(), stage.port(), stage.port());
    certificate(stage);
    let pem = ["cert.pem", "key.pem"].map(|name| fs::read_to_string(stage.path(name)).expect("was made")).concat();
    stage.file("both.pem", pem);
    let text = include_str!("programs/haproxy.cfg").replace("DIRECTORY", &stage.path("").display().to_string());
    let text = text.replace("FRONT", &front.to_string()).replace("TLS", &tls.to_string());
    let configuration = stage.file("haproxy.cfg", text.replace("BACK", &back.to_string()));
    let mut command = stage.command("haproxy");
    command.arg("-W").arg("-S").arg(format!("unix@{}", stage.path("master.sock").display()));
    command.arg("-f").arg(&configuration);
    let server = stage.start("haproxy", &mut command).says("Loading success").listens(front).listens(tls);
    let step = |what: &str, arguments: &str| {
        let arguments = arguments.replace("FRONT", &format!("http://127.0.0.1:{front}"));
        let arguments = arguments.replace("TLS", &format!("--cacert cert.pem https://localhost:{tls}"));
        stage.step(what, &mut curl(stage, &arguments));
    };
    let ask = |what: &str, socket: &str, words: &str| {
        let script = format!("echo '{words}' | socat -t 30 - UNIX:{socket}");
        stage.step(what, stage.command("sh").args(["-c", &script]));
    };
    step("a request", "-i FRONT/a");
    step("TLS with HTTP/2", "--http2 -i TLS/b");
    many(stage, "many", "many_#1", &format!("http://127.0.0.1:{front}/page?[1-300]"));
    step("a body", "-d one=1 -w %{http_code}\\n FRONT/form");
    step("refused by a rule", "-o absent -w %{http_code}\\n FRONT/forbidden");
    step("nobody behind it", "-o absent -w %{http_code}\\n FRONT/nobody");
    ask("its backends", "stats.sock", "show backend");
    system::signal(server.process(), libc::SIGUSR2);
    let mut server = server;
    server.until(|server| server.log().matches("Loading success").count() == 2);
    many(stage, "many after the reload", "many_#1", &format!("http://127.0.0.1:{front}/page?[1-300]"));
    ask("the master", "master.sock", "show version");
    stage.step("all the same", stage.command("sh").args(["-c", "cat many_* | sort | uniq -c"]));
    stage.stop(server, libc::SIGUSR1);
}
