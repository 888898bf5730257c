//! Node.js: HTTP, TCP, UDP and UNIX sockets, a cluster that shares a listening socket, child processes, name lookup.

use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "node",
    needs: &[("node", "nodejs")],
    recorded: &["node"],
    version: &["node", "--version"],
    seconds: 120,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let script = stage.file("network.js", include_str!("programs/network.js"));
    for part in ["http", "streams", "datagrams", "cluster", "children", "failures"] {
        stage.step(part, stage.command("node").arg(&script).arg(part));
    }
}
