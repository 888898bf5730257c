//! A trace for scripts: one object a line. `docs/trace-json.md` describes the fields; a test holds the two together.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use bsock_analysis::address::{Address, Printable};
use bsock_analysis::model::{Connection, Model};
use bsock_analysis::site::Location;
use bsock_recording::clock::Scale;
use bsock_recording::event::{Call, Event, Memory, Outcome, ProcessStart};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Counts, Shown};
use crate::blind_spots::BlindSpot;
use crate::place::Place;
use crate::words;

/// Changes when a script that reads the older version would misread the newer.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
struct CallObject<'a> {
    version: u32,
    event: &'static str,
    pid: u32,
    tid: u32,
    process: String,
    call: &'a str,
    fd: Option<i32>,
    args: [i64; 3],
    text: String,
    address: Option<String>,
    address_result: Option<String>,
    path: Option<String>,
    result: Option<i64>,
    errno: Option<String>,
    start_ns: u64,
    end_ns: u64,
    connection: Option<String>,
    injected: bool,
    vfork_child: bool,
    location: Option<Place>,
}

/// One line.
fn line(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(object)?;
    text.push(b'\n');
    out.write_all(&text)
}

/// A call. `model` is the state after it.
pub(super) fn call(
    out: &mut dyn Write,
    model: &Model,
    event: &Event,
    call: &Call,
    scale: &Scale,
    place: Option<Location>,
) -> io::Result<()> {
    let address = |memory: &Option<Memory>| memory.as_ref().and_then(Address::from_memory).map(|it| it.to_string());
    let (result, errno) = match call.outcome {
        Outcome::Returned(result) => (Some(result), None),
        Outcome::Failed(errno) => (Some(-1), Some(words::errno(errno).0)),
        Outcome::Unfinished => (None, None),
    };
    line(
        out,
        &CallObject {
            version: VERSION,
            event: "call",
            pid: event.thread.process,
            tid: event.thread.thread,
            process: model.process(event.thread).map_or_else(|| "?".to_owned(), |process| process.program().name()),
            call: call.function.name(),
            fd: (call.fd >= 0).then_some(call.fd),
            args: call.args.map(|word| word as i64),
            text: Shown(call).to_string(),
            address: address(&call.address),
            address_result: address(&call.address_result),
            path: call.path.as_ref().map(|path| Printable(&path.bytes).to_string()),
            result,
            errno,
            start_ns: scale.since_start(event.begin),
            end_ns: scale.since_start(event.end),
            connection: model.subject().map(|endpoint| Connection(endpoint).to_string()).filter(|it| !it.is_empty()),
            injected: call.injected,
            vfork_child: call.vfork_child,
            location: place.map(Place::from),
        },
    )
}

/// A program that begins to be recorded.
pub(super) fn start(out: &mut dyn Write, event: &Event, start: &ProcessStart, scale: &Scale) -> io::Result<()> {
    let text = |bytes: &[u8]| Printable(bytes).to_string();
    let arguments: Vec<Value> = start.arguments.iter().map(|argument| text(argument).into()).collect();
    line(
        out,
        &json!({
            "version": VERSION,
            "event": "start",
            "pid": event.thread.process,
            "parent": start.parent,
            "forked": start.forked,
            "executable": text(&start.executable),
            "arguments": arguments,
            "start_ns": scale.since_start(event.begin),
        }),
    )
}

/// A process that has ended, with its wait status where that is known.
pub(super) fn exit(out: &mut dyn Write, event: &Event, status: Option<i32>, scale: &Scale) -> io::Result<()> {
    let ended = status.map(ExitStatus::from_raw);
    line(
        out,
        &json!({
            "version": VERSION,
            "event": "exit",
            "pid": event.thread.process,
            "status": ended.and_then(|ended| ended.code()),
            "signal": ended.and_then(|ended| ended.signal()).map(words::signal),
            "end_ns": scale.since_start(event.end),
        }),
    )
}

/// Calls of a thread that were not recorded.
pub(super) fn lost(out: &mut dyn Write, event: &Event, calls: u64, scale: &Scale) -> io::Result<()> {
    let (pid, tid, end_ns) = (event.thread.process, event.thread.thread, scale.since_start(event.end));
    line(out, &json!({ "version": VERSION, "event": "lost", "pid": pid, "tid": tid, "calls": calls, "end_ns": end_ns }))
}

/// The last line: what was looked at, and what could not be.
pub(super) fn end(out: &mut dyn Write, counts: &Counts, blind_spots: &[BlindSpot]) -> io::Result<()> {
    line(
        out,
        &json!({
            "version": VERSION,
            "event": "end",
            "shown": counts.shown,
            "hidden": counts.on_others + counts.left_out,
            "processes": counts.processes.count(),
            "lost": counts.lost,
            "sent": counts.sent,
            "received": counts.received,
            "blind_spots": blind_spots.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bsock_analysis::site::Source;
    use bsock_recording::clock::Pair;
    use bsock_recording::event::{Thread, What};

    use super::*;

    #[test]
    fn the_fields_of_the_objects_are_those_that_the_documentation_names() {
        let scale = Scale::new(Pair { ticks: 0, nanoseconds: 0 }, Pair { ticks: 1000, nanoseconds: 1000 });
        let thread = Thread { process: 7, thread: 8, image: 1 };
        let start = ProcessStart {
            parent: 1,
            forked: false,
            fork_is_told: false,
            namespace: 0,
            wall_clock: 0,
            executable: b"/a".to_vec(),
            arguments: vec![b"a".to_vec(), b"\xff".to_vec()],
            truncated: false,
        };
        let call = crate::call_text::tests::call(
            bsock_recording::function::Function::Recv,
            3,
            [1, u64::MAX, 0],
            Outcome::Failed(libc::EAGAIN),
        );
        let event = |what| Event { thread, begin: 10, end: 20, what };
        let call = event(What::Call(Box::new(call)));
        let What::Call(made) = &call.what else { unreachable!() };
        let location = Location {
            module: "/a".to_owned(),
            offset: 1,
            function: None,
            source: Ok(Source { file: "a.c".to_owned(), line: 1, column: None }),
        };
        let mut out = Vec::new();
        let begun = event(What::ThreadStart);
        super::start(&mut out, &begun, &start, &scale).expect("memory");
        super::call(&mut out, &Model::default(), &call, made, &scale, Some(location)).expect("memory");
        super::lost(&mut out, &begun, 3, &scale).expect("memory");
        for status in [None, Some(libc::SIGPIPE), Some(3 << 8)] {
            super::exit(&mut out, &begun, status, &scale).expect("memory");
        }
        super::end(&mut out, &Counts::default(), &[BlindSpot::confined(1)]).expect("memory");

        let page = include_str!("../../../../docs/trace-json.md");
        assert!(page.contains(&format!("version `{VERSION}`")));
        let mut documented = BTreeMap::<String, Vec<String>>::new();
        let mut section = String::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("## `") {
                section = rest.split('`').next().unwrap_or_default().to_owned();
            } else if let Some(field) = line.strip_prefix("| `").and_then(|rest| rest.split('`').next()) {
                documented.entry(section.clone()).or_default().push(field.to_owned());
            }
        }
        let text = String::from_utf8(out).expect("JSON");
        for line in text.lines() {
            let object: Value = serde_json::from_str(line).expect("an object a line");
            let mut emitted: Vec<String> = object.as_object().expect("an object").keys().cloned().collect();
            if let Some(location) = object["location"].as_object() {
                emitted.extend(location.keys().map(|key| format!("location.{key}")));
            }
            let event = object["event"].as_str().expect("a name");
            emitted.retain(|name| name != "version" && name != "event");
            let mut expected = documented.get(event).cloned().unwrap_or_default();
            expected.sort();
            emitted.sort();
            assert_eq!(emitted, expected, "`{event}` in docs/trace-json.md");
        }
        for ended in
            [r#""signal":null,"status":null"#, r#""signal":"SIGPIPE","status":null"#, r#""signal":null,"status":3"#]
        {
            assert!(text.contains(ended), "{text}");
        }
        assert!(text.contains(r#""errno":"EAGAIN""#) && text.contains(r#""args":[1,-1,0]"#), "{text}");
    }
}
