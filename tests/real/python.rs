//! Python's standard library: http.server, ssl, asyncio, subprocess, socketserver, selectors, multiprocessing.

use crate::http::certificate;
use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "python3",
    needs: &[("python3", "python3"), ("openssl", "openssl")],
    recorded: &["python3"],
    version: &["python3", "--version"],
    seconds: 180,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    certificate(stage);
    let script = stage.file("network.py", include_str!("programs/network.py"));
    for part in ["http", "tls", "asyncio", "processes", "forking", "datagrams", "passing", "signals"] {
        stage.step(part, stage.command("python3").arg(&script).arg(part));
    }
}
