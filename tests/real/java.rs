//! A Java virtual machine as server and another as client: blocking and non-blocking channels, HTTP, datagrams, UNIX sockets.

use crate::stage::Stage;
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "java",
    needs: &[("java", "openjdk-17-jdk-headless"), ("javac", "openjdk-17-jdk-headless")],
    recorded: &["java", "javac"],
    version: &["java", "-version"],
    seconds: 240,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    stage.file("Server.java", include_str!("programs/Server.java"));
    stage.file("Client.java", include_str!("programs/Client.java"));
    stage.step("compile", stage.command("javac").args(["Server.java", "Client.java"]));
    let server = stage.start("server", stage.command("java").args(["-cp", ".", "Server"])).says("ready");
    stage.step("client", stage.command("java").args(["-cp", ".", "Client"]).arg(server.log().trim()));
    stage.ends(server);
}
