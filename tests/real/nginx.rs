//! nginx: three workers, files by sendfile, a proxy, TLS with HTTP/2, load by ab, a reload under load, and a graceful stop.

use std::process::Command;

use crate::http::{certificate, curl, many};
use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "nginx",
    needs: &[("nginx", "nginx-light"), ("curl", "curl"), ("openssl", "openssl"), ("ab", "apache2-utils")],
    recorded: &["nginx", "curl", "ab"],
    version: &["nginx", "-v"],
    seconds: 180,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let (front, tls, back) = (stage.port(), stage.port(), stage.port());
    // Process, thread and connection in the error log.
    stage.rule(r"^\d+#\d+: \*\d+ ", "");
    certificate(stage);
    stage.large_file("large", 2_000_000);
    stage.file("small", "small\n");
    let text = include_str!("programs/nginx.conf").replace("DIRECTORY", &stage.path("").display().to_string());
    let text = text.replace("FRONT", &front.to_string()).replace("TLS", &tls.to_string());
    let configuration = stage.file("nginx.conf", text.replace("BACK", &back.to_string()));
    stage.file("access.log", "");
    let mut command: Command = stage.command("nginx");
    command.arg("-e").arg(stage.path("error.log")).arg("-c").arg(&configuration).arg("-p").arg(stage.path(""));
    let server = stage.start("nginx", &mut command).listens(front).listens(tls).listens(back);
    let step = |what: &str, arguments: &str| {
        let arguments = arguments.replace("FRONT", &format!("http://127.0.0.1:{front}"));
        let arguments = arguments.replace("TLS", &format!("--cacert cert.pem https://localhost:{tls}"));
        stage.step(what, &mut curl(stage, &arguments));
    };
    step("a small file", "FRONT/small");
    step("a large file", "-o large.1 -w %{http_code}:%{size_download}\\n FRONT/large");
    step("a range", "-r 1000000-1000099 -o range -w %{http_code}:%{size_download}\\n FRONT/large");
    step("absent", "-o absent -w %{http_code}\\n FRONT/absent");
    step("through the proxy", "-o large.2 -w %{http_code}:%{size_download}\\n FRONT/back/large");
    step("a body through the proxy", "-T large -o uploaded -w %{http_code}:%{size_upload}\\n FRONT/back/small");
    step("HTTP/2", "--http2 -o large.3 -w %{http_version}:%{size_download}\\n TLS/large");
    many(stage, "many", "many#1", &format!("http://127.0.0.1:{front}/small?[1-400]"));
    // Its figures are timings; what became of each request stands in the access log.
    for (what, options) in [("load", "-n 2000 -c 50"), ("load, connections kept", "-n 4000 -c 50 -k")] {
        let mut command = stage.command("ab");
        let command = command.arg("-q").args(options.split(' ')).arg(format!("http://127.0.0.1:{front}/small"));
        stage.quiet_step(what, 0, command);
    }
    // A reload while a slow transfer is under way: it must come to its end in a worker that takes no more.
    let mut slow = curl(stage, &format!("--limit-rate 1500k -o slow http://127.0.0.1:{front}/large"));
    let slow = slow.spawn().expect("curl runs");
    let signal = |what: &str, word: &str| {
        let mut command = stage.command("nginx");
        command.arg("-e").arg(stage.path("error.log")).arg("-c").arg(&configuration).arg("-s").arg(word);
        stage.step(what, command.arg("-p").arg(stage.path("")));
    };
    signal("reload", "reload");
    many(stage, "many during the reload", "many#1", &format!("http://127.0.0.1:{front}/small?[1-400]"));
    let slow = slow.wait_with_output().expect("is our child");
    stage.say(&format!("== the slow transfer: {}", slow.status));
    stage.step("all the same", stage.command("sh").args(["-c", "sha256sum large* slow many1 range"]));
    signal("graceful stop", "quit");
    stage.ends(server);
    let log = std::fs::read_to_string(stage.path("access.log")).expect("was written");
    stage.say_sorted("access log", &log);
    let log = std::fs::read_to_string(stage.path("error.log")).expect("was written");
    stage.say(&format!("== errors\n{}", errors(&log)));
}

/// Lines of the error log of the levels above notice.
fn errors(log: &str) -> String {
    let grave =
        |line: &&str| ["[warn]", "[error]", "[crit]", "[alert]", "[emerg]"].iter().any(|level| line.contains(level));
    log.lines().filter(grave).map(|line| line.splitn(4, ' ').last().unwrap_or_default().to_owned() + "\n").collect()
}
