//! dnsmasq: questions by dig over UDP and TCP, forwarding to a second one, a reload by signal.

use crate::stage::{Server, Stage};
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "dnsmasq",
    needs: &[("dnsmasq", "dnsmasq-base"), ("dig", "bind9-dnsutils")],
    recorded: &["dnsmasq", "dig"],
    version: &["dnsmasq", "--version"],
    seconds: 120,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let (port, upstream) = (stage.port(), stage.port());
    stage.rule(r"id: \d+", "id: ID");
    stage.rule(r"Query time: \d+", "Query time: TIME");
    stage.rule(r"WHEN: .*", "WHEN: DATE");
    stage.rule("COOKIE: .*", "COOKIE");
    stage.file("hosts", "10.1.2.3 printer.test\nfd00::5 printer.test\n");
    let start = |name: &str, port: u16, arguments: &str| -> Server {
        let common = "--keep-in-foreground --log-facility=- --log-queries --no-resolv --no-hosts --bind-interfaces --user=root \
                      --listen-address=127.0.0.1 --conf-file=/dev/null --pid-file";
        let mut command = stage.command("dnsmasq");
        command.args(common.split_whitespace()).arg("--port").arg(port.to_string());
        stage.start(name, command.args(arguments.split_whitespace())).says("started").listens(port)
    };
    let long = "x".repeat(200);
    let texts = (0..12).map(|number| format!("--txt-record=long.test,{number}{long} ")).collect::<String>();
    let behind = start("upstream", upstream, &format!("--address=/far.test/10.9.9.9 {texts}"));
    let hosts = stage.path("hosts").display().to_string();
    let server = start(
        "dnsmasq",
        port,
        &format!(
            "--addn-hosts={hosts} --mx-host=mail.test,printer.test,10 --server=127.0.0.1#{upstream} --txt-record=short.test,words"
        ),
    );
    let dig = |what: &str, arguments: &str| {
        let mut command = stage.command("dig");
        stage.step(
            what,
            command.args(["@127.0.0.1", "-p", &port.to_string(), "+norrcomments"]).args(arguments.split(' ')),
        );
    };
    for arguments in [
        "printer.test A",
        "printer.test AAAA",
        "mail.test MX",
        "short.test TXT",
        "-x 10.1.2.3",
        "nowhere.test A",
        "somewhere.far.test A",
        "somewhere.far.test A +tcp",
        "long.test TXT +bufsize=512",
        "printer.test A mail.test MX short.test TXT +short",
    ] {
        dig(arguments, arguments);
    }
    stage.file("hosts", "10.1.2.4 printer.test\n");
    crate::system::signal(server.process(), libc::SIGHUP);
    // It says so when it has read them: two before, one now.
    let server = server.says("hosts - 1 names");
    dig("after a reload", "printer.test A +short");
    stage.stop(server, libc::SIGTERM);
    stage.stop(behind, libc::SIGTERM);
}
