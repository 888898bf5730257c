//! socat: a forking server, half-closed streams, datagrams, UNIX sockets, TLS, a child on a socket and on a terminal.

use crate::http::certificate;
use crate::stage::{Server, Stage};
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "socat",
    needs: &[("socat", "socat"), ("openssl", "openssl")],
    recorded: &["socat", "cat", "tr"],
    version: &["socat", "-V"],
    seconds: 120,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let ports: Vec<u16> = (0..5).map(|_| stage.port()).collect();
    certificate(stage);
    stage.large_file("input", 1_500_000);
    let serve = |name: &str, from: &str, to: &str, port: u16| -> Server {
        let from = from.replace("PORT", &port.to_string());
        stage
            .start(name, stage.command("socat").args(["-d", "-d", "-d", "-t", "30", &from, to]))
            .says("starting accept loop")
    };
    let tcp = ",bind=127.0.0.1,fork,reuseaddr";
    let servers = [
        serve("upper", &format!("TCP-LISTEN:PORT{tcp}"), "EXEC:tr a-z A-Z", ports[0]),
        serve("echo", &format!("TCP-LISTEN:PORT{tcp}"), "PIPE", ports[1]),
        serve(
            "terminal",
            &format!("TCP-LISTEN:PORT{tcp}"),
            "SYSTEM:echo on a terminal; tty -s && echo yes,pty,raw,echo=0",
            ports[2],
        ),
        serve("tls", &format!("OPENSSL-LISTEN:PORT{tcp},cert=cert.pem,key=key.pem,verify=0"), "EXEC:cat", ports[3]),
        serve("unix", "UNIX-LISTEN:socket,fork", "EXEC:cat", 0),
    ];
    let step = |what: &str, script: &str| {
        let mut script = script.to_owned();
        for (index, port) in ports.iter().enumerate() {
            script = script.replace(&format!("P{index}"), &port.to_string());
        }
        stage.step(what, stage.command("sh").args(["-c", &script]));
    };
    step("a child on a socket", "echo some words | socat -t 30 - TCP:127.0.0.1:P0");
    step("half-closed, 1.5 MB", "socat -t 30 - TCP:127.0.0.1:P1 <input | sha256sum");
    step(
        "ten at a time",
        "for i in 1 2 3 4 5 6 7 8 9 10; do socat -t 30 - TCP:127.0.0.1:P1 <input | sha256sum & done; wait",
    );
    step("a child on a terminal", "socat -t 30 -u TCP:127.0.0.1:P2 -");
    step("TLS", "socat -t 30 - OPENSSL:localhost:P3,cafile=cert.pem,pf=ip4 <input | sha256sum");
    step("a UNIX socket", "socat -t 30 - UNIX:socket <input | sha256sum");
    step("a line in both directions", "echo hello | socat -t 30 - SYSTEM:'read line; echo got $line'");
    let datagrams = stage.start(
        "datagrams",
        stage.command("socat").args([
            "-d",
            "-d",
            "-u",
            &format!("UDP-RECV:{},bind=127.0.0.1", ports[4]),
            "OPEN:received,creat,append",
        ]),
    );
    let mut datagrams = datagrams.says("starting data transfer loop");
    step("datagrams", "for i in 1 2 3; do echo datagram $i | socat -u - UDP:127.0.0.1:P4; done");
    let received = stage.path("received");
    datagrams.until(|_| std::fs::read_to_string(&received).is_ok_and(|text| text.contains("datagram 3")));
    step("what was received", "cat received");
    stage.quiet_step("refused", 1, stage.command("socat").args(["-", &format!("TCP:127.0.0.1:{}", ports[4])]));
    for server in servers.into_iter().chain([datagrams]) {
        stage.stop(server, libc::SIGTERM);
    }
}
