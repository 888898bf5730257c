//! PostgreSQL: a cluster of its own under another user, SQL with notifications, cancellation and parallel workers, pgbench.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use crate::stage::Stage;
use crate::{By, Scenario};

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
    let is_root = fs::metadata("/proc/self").map(|status| std::os::unix::fs::MetadataExt::uid(&status) == 0);
    let users = fs::read_to_string("/etc/passwd").ok().filter(|_| is_root.unwrap_or(false))?;
    let fields: Vec<&str> = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').collect();
    Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
}

fn play(stage: &mut Stage) {
    let port = stage.port();
    stage.rule(r"PID \d+", "PID");
    let stage = &*stage;
    let folder = folder().expect("is installed");
    let user = other_user();
    let home = stage.path("home");
    fs::create_dir(&home).expect("ours");
    if let Some((user, group)) = user {
        chown(&home, Some(user), Some(group)).expect("is root");
    }
    let program = |name: &str, arguments: &str| -> Command {
        let mut command = stage.command(folder.join(name));
        command.current_dir(&home).env("HOME", &home).env("PGHOST", &home).env("PGPORT", port.to_string());
        command.env("PGUSER", "tester").env("PGDATABASE", "postgres").args(arguments.split_whitespace());
        if let Some((user, group)) = user {
            command.uid(user).gid(group);
        }
        command
    };
    stage.quiet_step("make a cluster", 0, &mut program("initdb", "-D data -U tester -A trust -N --locale=C -E UTF8"));
    let sockets = home.display();
    let options = format!("-D data -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={sockets}");
    let server = stage.start("postgres", &mut program("postgres", &options)).says("ready to accept connections");
    let sql = |what: &str, text: &str| {
        stage.step(what, program("psql", "-X -A -t -q -v ON_ERROR_STOP=0").args(["-c", text]));
    };
    sql("a query", "SELECT sum(number) FROM generate_series(1, 100000) number");
    sql("a table", "CREATE TABLE words AS SELECT n, md5(n::text) word FROM generate_series(1, 200000) n");
    sql("much output", "SELECT md5(string_agg(word, ',' ORDER BY n)) FROM words");
    let parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; \
                    SELECT count(DISTINCT word), count(*) FILTER (WHERE word ~ '^a.*z?0$') > 0 FROM words";
    sql("parallel workers", parallel);
    sql("a notification", "LISTEN news; NOTIFY news, 'here'");
    stage.file("input.sql", "\\copy (SELECT * FROM words ORDER BY n) TO STDOUT\n");
    let copied = program("psql", "-X -A -t -q -h 127.0.0.1 -f ../input.sql").output().expect("psql runs");
    stage.say(&format!("== copy out over TCP: {} {}", copied.status, copied.stdout.len()));
    stage.step_ending(
        "a statement's time is over",
        1,
        program("psql", "-X").args(["-c", "SET statement_timeout = 50", "-c", "SELECT pg_sleep(60)"]),
    );
    stage.step_ending("an error", 1, program("psql", "-X").args(["-c", "SELECT 1/0"]));
    stage.step_ending(
        "no such database",
        2,
        &mut program("psql", "-X -h 127.0.0.1 -d absent -c SELECT").arg("-q").env("PGPORT", port.to_string()),
    );
    // Its figures are timings; the exit status says that all transactions were made, and the tables which.
    stage.quiet_step("pgbench, tables", 0, &mut program("pgbench", "-i -s 1 -q"));
    stage.quiet_step("pgbench", 0, &mut program("pgbench", "-n -c 8 -j 4 -t 100 -M prepared"));
    stage.quiet_step("pgbench over TCP", 0, &mut program("pgbench", "-n -h 127.0.0.1 -c 4 -j 2 -t 100 -S"));
    stage.quiet_step("pgbench, a connection each", 0, &mut program("pgbench", "-n -C -c 4 -j 2 -t 20"));
    sql(
        "what they left",
        "SELECT count(*), (SELECT sum(abalance) FROM pgbench_accounts) = sum(delta) FROM pgbench_history",
    );
    // SIGINT: disconnect everybody and stop.
    stage.stop(server, libc::SIGINT);
}
