//! PostgreSQL: a cluster of its own under another user, SQL with notifications, cancellation and parallel workers, pgbench.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use crate::stage::Stage;
use crate::{By, Scenario, system};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "postgresql",
    needs: &[("postgres", "postgresql"), ("initdb", "postgresql"), ("pgbench", "postgresql"), ("psql", "postgresql")],
    recorded: &["postgres", "initdb", "pgbench", "psql"],
    version: &["postgres", "--version"],
    seconds: 300,
    by: By::Transcript,
    play,
};

/// Where Debian has PostgreSQL's programs: below a folder for each version, the newest last.
pub(crate) fn folder() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    versions.map(|entry| entry.path().join("bin")).max()
}

/// The user and group `postgres`, if this is root: PostgreSQL refuses to run as root.
fn other_user() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok().filter(|_| system::is_root())?;
    let fields: Vec<&str> = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').collect();
    Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
}

/// How programs of the cluster are started: as its owner, in its owner's folder.
struct Cluster<'a> {
    stage: &'a Stage,
    folder: PathBuf,
    home: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
}

fn play(stage: &mut Stage) {
    let port = stage.port();
    stage.rule(r"PID \d+", "PID");
    let cluster = Cluster::new(stage, port);
    let initdb = "-D data -U tester -A trust -N --locale=C -E UTF8";
    stage.quiet_step("make a cluster", 0, &mut cluster.program("initdb", initdb));
    let sockets = cluster.home.display();
    let options = format!("-D data -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={sockets}");
    let server =
        stage.start("postgres", &mut cluster.program("postgres", &options)).says("ready to accept connections");
    cluster.queries();
    cluster.failures();
    cluster.load();
    // SIGINT: disconnect everybody and stop.
    stage.stop(server, libc::SIGINT);
}

impl<'a> Cluster<'a> {
    fn new(stage: &'a Stage, port: u16) -> Self {
        let (home, user) = (stage.path("home"), other_user());
        fs::create_dir(&home).expect("ours");
        if let Some((user, group)) = user {
            chown(&home, Some(user), Some(group)).expect("is root");
        }
        Self { stage, folder: folder().expect("is installed"), home, user, port }
    }

    fn program(&self, name: &str, arguments: &str) -> Command {
        let mut command = self.stage.command(self.folder.join(name));
        command.current_dir(&self.home).env("HOME", &self.home);
        command.env("PGHOST", &self.home).env("PGPORT", self.port.to_string());
        command.env("PGUSER", "tester").env("PGDATABASE", "postgres").args(arguments.split_whitespace());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// One line a row, and nothing else.
    fn sql(&self, what: &str, text: &str) {
        self.stage.step(what, self.program("psql", "-X -A -t -q").args(["-c", text]));
    }

    fn queries(&self) {
        self.sql("a query", "SELECT sum(number) FROM generate_series(1, 100000) number");
        self.sql("a table", "CREATE TABLE words AS SELECT n, md5(n::text) word FROM generate_series(1, 200000) n");
        self.sql("a large value", "SELECT md5(string_agg(word, ',' ORDER BY n)) FROM words");
        let parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; \
             SELECT count(DISTINCT word), count(*) FILTER (WHERE word ~ '^a.*z?0$') FROM words";
        self.sql("parallel workers", parallel);
        self.sql("a notification", "LISTEN news; NOTIFY news, 'here'");
        let copy = "\\copy (SELECT * FROM words ORDER BY n) TO copied";
        self.stage.step("8 MB out over TCP", self.program("psql", "-X -h 127.0.0.1").args(["-c", copy]));
        self.stage.step("what came", self.stage.command("sha256sum").arg("home/copied"));
        let copy = "\\copy words FROM copied";
        self.stage.step("and in again", self.program("psql", "-X -h 127.0.0.1").args(["-c", copy]));
        self.sql("twice as many", "SELECT count(*), sum(n) FROM words");
    }

    fn failures(&self) {
        let fails = |what: &str, status: i32, arguments: &str, text: &str| {
            self.stage.step_ending(what, status, self.program("psql", arguments).args(["-c", text]));
        };
        fails("a statement's time is over", 1, "-X", "SET statement_timeout = 50; SELECT pg_sleep(60)");
        fails("an error", 1, "-X", "SELECT 1/0");
        fails("no such database", 2, "-X -h 127.0.0.1 -d absent", "SELECT 1");
    }

    /// Its figures are timings; its exit status says that all transactions were made, and the tables what they did.
    fn load(&self) {
        let pgbench = |what: &str, arguments: &str| {
            self.stage.quiet_step(what, 0, &mut self.program("pgbench", arguments));
        };
        pgbench("pgbench, tables", "-i -s 1 -q");
        pgbench("pgbench", "-n -c 8 -j 4 -t 100 -M prepared");
        pgbench("pgbench over TCP", "-n -h 127.0.0.1 -c 4 -j 2 -t 100 -S");
        pgbench("pgbench, a connection each", "-n -C -c 4 -j 2 -t 20");
        let history = "SELECT count(*), (SELECT sum(abalance) FROM pgbench_accounts) = sum(delta) FROM pgbench_history";
        self.sql("what it left", history);
    }
}
