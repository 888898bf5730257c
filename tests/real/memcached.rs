//! memcached: four threads, eight clients with pipelines, UDP, a UNIX socket.

use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "memcached",
    needs: &[("memcached", "memcached"), ("python3", "python3")],
    recorded: &["memcached", "python3"],
    version: &["memcached", "--version"],
    seconds: 120,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let port = stage.port();
    let script = stage.file("memcached.py", include_str!("programs/memcached.py"));
    let options = format!("-l 127.0.0.1 -p {port} -U {port} -t 4 -u nobody");
    let server = stage.start("memcached", stage.command("memcached").args(options.split(' '))).listens(port);
    stage.step("clients", stage.command("python3").arg(script).arg(port.to_string()));
    stage.stop(server, libc::SIGTERM);
}
