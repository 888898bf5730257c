//! A real server: requests a second of redis-benchmark, with a redis-server under each tool. The servers wait at the same time
//! and are asked in turns.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::measure::compared;
use crate::table::at_least;
use crate::tools::{Way, is_there, ways};

const ROUNDS: usize = 7;
const REQUESTS: u32 = 60_000;

/// Which part of a server's throughput must be left under the recorder.
const GOAL: f64 = 0.95;

/// A server that is running.
struct Server<'a> {
    way: &'a Way,
    child: Child,
    port: u16,
}

pub(crate) fn run(bench: &Bench) {
    for program in ["redis-server", "redis-benchmark", "redis-cli"] {
        if !is_there(Command::new(program).arg("--version")) {
            println!("{program} is not installed");
            return;
        }
    }
    let ways = ways(bench);
    // A server takes a minute to start under ltrace; it would answer a hundred requests a second.
    println!("ltrace is left out: redis-server takes a minute to start under it");
    let servers: Vec<Server<'_>> =
        ways.iter().filter(|way| way.name != "ltrace").map(|way| Server::start(bench, way)).collect();
    println!("{:58} {:>9} {:>9}", "redis-benchmark, GET, 50 clients, requests/s", "median", "ratio");
    let compared = compared(ROUNDS, servers.len(), |server| servers[server].requests_per_second());
    for (server, (figure, ratio)) in servers.iter().zip(compared.figures.iter().zip(&compared.ratios)) {
        let verdict = server.way.goal.map_or_else(String::new, |_| at_least(*ratio, GOAL));
        println!("  {:56} {figure:>9.0} {ratio:>9.2}  {verdict}", server.way.name);
    }
    servers.into_iter().for_each(Server::end);
}

impl<'a> Server<'a> {
    fn start(bench: &Bench, way: &'a Way) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = free.expect("a port").port();
        let child = way
            .command(None, "redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()])
            .current_dir(bench.work())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let server = Self { way, child, port };
        let begin = Instant::now();
        while !server.cli(&["ping"]).status().is_ok_and(|status| status.success()) {
            assert!(begin.elapsed() < Duration::from_secs(30), "redis-server does not answer: {}", way.name);
            sleep(Duration::from_millis(20));
        }
        server
    }

    /// A client. That of socket_wrapper's world must be in it, too.
    fn client(&self, program: &str) -> Command {
        let plain = Command::new(program);
        let mut command = if self.way.name == "socket_wrapper" { self.way.command(None, program) } else { plain };
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]).stdin(Stdio::null());
        command
    }

    fn cli(&self, arguments: &[&str]) -> Command {
        let mut command = self.client("redis-cli");
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn requests_per_second(&self) -> f64 {
        let count = (REQUESTS / self.way.slowness).to_string();
        let mut command = self.client("redis-benchmark");
        let output = command.args(["-c", "50", "-t", "get", "--csv", "-n", &count]).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout);
        // "GET","118343.20",...
        let figure = text.lines().find_map(|line| line.strip_prefix("\"GET\",\"")?.split('"').next()?.parse().ok());
        figure.unwrap_or_else(|| panic!("redis-benchmark says {text:?}"))
    }

    fn end(mut self) {
        let _ = self.cli(&["shutdown", "nosave"]).status();
        let _ = self.child.wait();
    }
}
