//! What programs did that hooks noticed and could not record, in the recorder's own words: one sentence for each program
//! and each way, however many of its processes did it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bsock_analysis::address::Printable;
use bsock_recording::event::{Blind, Event, ProcessStart, What};

/// How many sentences are told.
const TOLD: usize = 20;

/// Collects what was noticed.
#[derive(Default)]
pub(crate) struct BlindWays {
    /// The program of each process.
    programs: HashMap<u32, String>,
    /// The processes of which each sentence is true.
    said: BTreeMap<String, BTreeSet<u32>>,
}

impl BlindWays {
    /// Looks at an event.
    pub(crate) fn event(&mut self, event: &Event) {
        let process = event.thread.process;
        match &event.what {
            What::ProcessStart(start) => {
                let name = self.name(start);
                self.programs.insert(process, name);
            }
            What::Blind(blind) => {
                let name = self.programs.get(&process).cloned().unwrap_or_else(|| format!("process {process}"));
                self.said.entry(sentence(&name, blind)).or_default().insert(process);
            }
            _ => {}
        }
    }

    fn name(&self, start: &ProcessStart) -> String {
        if start.forked {
            return self.programs.get(&start.parent).cloned().unwrap_or_else(|| format!("a child of {}", start.parent));
        }
        Printable(start.arguments.first().unwrap_or(&start.executable)).to_string()
    }

    /// One sentence each.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let sentence = |(text, processes): (&String, &BTreeSet<u32>)| match processes.len() {
            1 => text.clone(),
            many => format!("{text} ({many} processes)"),
        };
        let more = self.said.len().saturating_sub(TOLD);
        let rest = (more > 0).then(|| format!("{more} more things were done that are not in the recording"));
        self.said.iter().take(TOLD).map(sentence).chain(rest).collect()
    }
}

fn sentence(program: &str, blind: &Blind) -> String {
    let what =
        blind.way.map_or("did something that only a newer bsock has a name for and that is not in the recording", {
            |way| way.sentence()
        });
    let name = if blind.path.is_empty() { String::new() } else { format!(": {}", Printable(&blind.path)) };
    format!("{program} {what}{name}")
}

#[cfg(test)]
mod tests {
    use bsock_recording::blind::Way;
    use bsock_recording::event::Thread;

    use super::*;

    fn event(process: u32, what: What) -> Event {
        Event { thread: Thread { process, thread: process, image: 1 }, begin: 1, end: 1, what }
    }

    fn starts(process: u32, parent: u32, forked: bool) -> Event {
        let arguments = if forked { Vec::new() } else { vec![b"./a".to_vec()] };
        let executable = Vec::new();
        let start = ProcessStart { parent, forked, wall_clock: 0, executable, arguments, truncated: false };
        event(process, What::ProcessStart(Box::new(start)))
    }

    fn blind(process: u32, way: Option<Way>, path: &[u8]) -> Event {
        event(process, What::Blind(Box::new(Blind { way, detail: 0, fd: -1, path: path.to_vec() })))
    }

    #[test]
    fn a_program_and_a_way_are_one_sentence() {
        let mut ways = BlindWays::default();
        let uring = Some(Way::IoUring);
        let told =
            [starts(7, 1, false), starts(8, 7, true), blind(7, uring, b""), blind(8, uring, b""), blind(8, uring, b"")];
        told.iter().for_each(|event| ways.event(event));
        assert_eq!(ways.sentences(), ["./a uses io_uring, whose operations are not in the recording (2 processes)"]);
        ways.event(&blind(9, None, b"x\x1by"));
        assert!(
            ways.sentences()[1].starts_with("process 9 did something") && ways.sentences()[1].ends_with(": x\\u{1b}y")
        );
    }
}
