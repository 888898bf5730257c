//! The ways in which a program is run: by itself, under bsock, and under the tools that it is compared with.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::bench::Bench;

/// A way to run a program.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    /// What stands before the program.
    before: Vec<OsString>,
    /// How much less work it is given, since it takes so much longer for it.
    pub(crate) slowness: u32,
    /// What it may add to a call, in nanoseconds.
    pub(crate) goal: Option<f64>,
}

impl Way {
    fn new(name: &'static str, before: &[&str], slowness: u32, goal: Option<f64>) -> Self {
        Self { name, before: before.iter().map(OsString::from).collect(), slowness, goal }
    }

    /// A program to be run in this way, on these processors if they are named.
    pub(crate) fn command(&self, processors: Option<&str>, program: impl Into<OsString>) -> Command {
        let pinned = processors.map(|list| ["taskset", "-c", list].map(OsString::from)).into_iter().flatten();
        let mut words = pinned.chain(self.before.iter().cloned()).chain([program.into()]);
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words);
        command
    }
}

/// All ways that this machine has, the plain one first. Those that it lacks are told.
pub(crate) fn ways(bench: &Bench) -> Vec<Way> {
    let recorder = format!("LD_PRELOAD={}", bench.recorder().display());
    let bsock = bench.bsock().display().to_string();
    let mut ways = vec![
        Way::new("plain", &[], 1, None),
        Way::new("preloaded, nobody listening", &["env", &recorder], 1, Some(10.0)),
        Way::new("recorded", &[&bsock, "run", "--"], 1, Some(100.0)),
    ];
    for (name, slowness) in [("strace", 20), ("ltrace", 200)] {
        match is_there(Command::new(name).arg("-V")) {
            true => ways.push(Way::new(name, &[name, "-f", "-o", "/dev/null"], slowness, None)),
            false => println!("{name} is not installed"),
        }
    }
    match socket_wrapper(bench) {
        Some(before) => ways.push(Way { name: "socket_wrapper", before, slowness: 1, goal: None }),
        None => println!("socket_wrapper is not installed"),
    }
    ways
}

/// True if the command runs and has nothing to complain of.
pub(crate) fn is_there(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success() && output.stderr.is_empty())
}

/// `env` with what it wants to be told, if the dynamic linker finds the library.
fn socket_wrapper(bench: &Bench) -> Option<Vec<OsString>> {
    let folder = bench.work().join("socket_wrapper");
    std::fs::create_dir_all(&folder).expect("a temporary directory");
    let mut folder_variable = OsString::from("SOCKET_WRAPPER_DIR=");
    folder_variable.push(folder);
    let settings = ["env", "LD_PRELOAD=libsocket_wrapper.so", "SOCKET_WRAPPER_DEFAULT_IFACE=1"];
    let before: Vec<OsString> = settings.into_iter().map(OsString::from).chain([folder_variable]).collect();
    is_there(Command::new(&before[0]).args(&before[1..]).arg("true")).then_some(before)
}

/// The first so many processors that this process may use, as taskset(1) takes them; nothing if there are fewer.
pub(crate) fn processors(count: usize) -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?.trim().to_owned();
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?)
    };
    let numbers: Vec<String> = list.split(',').filter_map(range).flatten().take(count).map(|n| n.to_string()).collect();
    (numbers.len() == count).then(|| numbers.join(","))
}
