//! Redis: commands, redis-benchmark with threads and pipelines, a replica, publish and subscribe, a forked save.

use crate::stage::{Server, Stage};
use crate::{By, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "redis",
    needs: &[("redis-server", "redis-server"), ("redis-benchmark", "redis-tools"), ("redis-cli", "redis-tools")],
    // Debian's redis-server is a link to redis-check-rdb.
    recorded: &["redis-", "redis-benchmark", "redis-cli"],
    version: &["redis-server", "--version"],
    seconds: 180,
    by: By::Transcript,
    play,
};

fn play(stage: &mut Stage) {
    let (port, replica) = (stage.port(), stage.port());
    let start = |name: &str, port: u16, arguments: &str| -> Server {
        let mut command = stage.command("redis-server");
        let common = format!("--port {port} --bind 127.0.0.1 --dir . --dbfilename {name}.rdb --save --io-threads 2");
        command.args(common.replace("--save", "--save \"\"").split(' ').map(|word| word.trim_matches('"')));
        command.args(arguments.split_whitespace());
        stage.start(name, &mut command).says("Ready to accept connections").listens(port)
    };
    let server = start("redis", port, "--unixsocket redis.sock");
    let step = |what: &str, port: u16, arguments: &str| {
        stage.step(what, stage.command("redis-cli").args(["-p", &port.to_string()]).args(arguments.split(' ')));
    };
    for arguments in [
        "SET key value",
        "GET key",
        "INCR counter",
        "LPUSH list a b c",
        "LRANGE list 0 -1",
        "GET list",
        "EVAL return{1,2} 0",
    ] {
        step(arguments, port, arguments);
    }
    step("a UNIX socket", port, "-s redis.sock GET key");
    let set = |number: u32| format!("*3\r\n$3\r\nSET\r\n$8\r\n{number:08}\r\n$5\r\nvalue\r\n");
    stage.file("commands", (0..20_000).map(set).collect::<String>());
    stage.step("20,000 at once", stage.command("sh").args(["-c", &format!("redis-cli -p {port} --pipe <commands")]));
    // Its figures are timings; that it gets an answer to each request is what its exit status says.
    let benchmark = |what: &str, arguments: &str| {
        let mut command = stage.command("redis-benchmark");
        command.args(["-q", "-p", &port.to_string()]).args(arguments.split(' '));
        stage.quiet_step(what, 0, &mut command);
    };
    benchmark("benchmark", "-n 3000 -c 50 -t ping,set,get,incr,lpush,rpop,sadd,hset,mset");
    benchmark("benchmark with pipelines", "-n 30000 -c 20 -P 16 -t set,get");
    benchmark("benchmark with threads", "-n 10000 -c 50 --threads 4 -t set,get");
    benchmark("benchmark with a connection each", "-n 2000 -k 0 -t ping_mbulk");
    step("keys", port, "DBSIZE");
    let subscriber =
        stage.start("subscriber", stage.command("redis-cli").args(["-p", &port.to_string(), "SUBSCRIBE", "news"]));
    let subscriber = subscriber.says("subscribe");
    step("publish", port, "PUBLISH news here");
    let subscriber = subscriber.says("here");
    stage.stop(subscriber, libc::SIGKILL);
    let copy = start("replica", replica, &format!("--replicaof 127.0.0.1 {port}")).says("Finished with success");
    step("a write", port, "SET replicated yes");
    step("the replica has it", port, "WAIT 1 0");
    step("read from the replica", replica, "GET replicated");
    step("written to the replica", replica, "SET key other");
    step("a save", port, "SAVE");
    stage.stop(copy, libc::SIGTERM);
    step("stop", port, "SHUTDOWN NOSAVE");
    stage.ends(server);
}
