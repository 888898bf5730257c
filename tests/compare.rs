//! `bsock compare`: what it says of a library that does what libc does, and of one that does not.

mod support;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Output};
use std::sync::OnceLock;
use support::conformance::{Mutant, calls};
use support::{TempDir, library, root, target_dir, text};

/// The command over the library that was built, ended by force if it hangs.
fn compare(arguments: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "300"]).arg(target_dir().join("bsock")).arg("compare").args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    compare(arguments).output().expect("runs")
}

fn objects(output: &Output) -> Vec<Value> {
    let lines = text(&output.stdout);
    lines.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// The whole table, from C, not timed.
fn everything() -> &'static (Option<i32>, Vec<Value>) {
    static EVERYTHING: OnceLock<(Option<i32>, Vec<Value>)> = OnceLock::new();
    EVERYTHING.get_or_init(|| {
        let output = run(&["--format", "json", "--repetitions", "0"]);
        (output.status.code(), objects(&output))
    })
}

fn named<'a>(objects: &'a [Value], name: &str) -> &'a Value {
    let is_it = |object: &&Value| format!("{}/{}", text_of(object, "call"), text_of(object, "case")) == name;
    objects.iter().find(is_it).unwrap_or_else(|| panic!("no case {name}"))
}

fn text_of<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("{field} is no string in {object}"))
}

#[test]
fn every_call_is_compared_and_nothing_differs_but_on_purpose() {
    let (status, objects) = everything();
    let bad: Vec<&Value> = objects.iter().filter(|object| object["verdict"] == "different").collect();
    assert!(bad.is_empty() && *status == Some(0), "{bad:#?}");
    let compared: BTreeSet<String> = objects.iter().map(|object| text_of(object, "call").to_owned()).collect();
    assert_eq!(compared, calls().into_iter().collect());
    let purposes: BTreeSet<&str> = objects
        .iter()
        .flat_map(|object| object["differences"].as_array().expect("a list"))
        .filter_map(Value::as_str)
        .collect();
    assert!(purposes.contains("no SIGPIPE") && purposes.contains("close-on-exec, new sockets"), "{purposes:?}");
}

#[test]
fn results_errnos_and_arguments_are_those_of_the_call() {
    let (_, objects) = everything();
    for (name, libc, bsock, errno, arguments) in [
        ("bind/a_port_in_use", -1, -98, Some("EADDRINUSE"), "bind(3, 127.0.0.1:"),
        ("bind/a_folder_of_others", -1, -13, Some("EACCES"), "bind(3, unix:folder/socket, "),
        ("connect/nobody_listens", -1, -111, Some("ECONNREFUSED"), "connect(4, 127.0.0.1:"),
        ("connect/a_path_of_others", -1, -13, Some("EACCES"), "connect("),
        ("socket/no_family", -1, -97, Some("EAFNOSUPPORT"), "socket(AF_UNSPEC, SOCK_STREAM, 0)"),
        ("shutdown/unconnected_datagrams", -1, -107, Some("ENOTCONN"), "shutdown(3, SHUT_RDWR)"),
        ("recv/a_part", 3, 3, None, "recv("),
        ("recv/a_signal", -1, -4, Some("EINTR"), "recv("),
    ] {
        let object = named(objects, name);
        let sides = [(&object["libc"], libc), (&object["bsock"], bsock)];
        for (side, result) in sides {
            assert_eq!((side["result"].as_i64(), side["errno"].as_str()), (Some(result), errno), "{object}");
        }
        assert!(text_of(object, "arguments").starts_with(arguments), "{object}");
    }
    let broken = named(objects, "send/a_peer_that_has_closed");
    assert_eq!(
        (&broken["verdict"], &broken["differences"][0]),
        (&"on purpose".into(), &"no SIGPIPE".into()),
        "{broken}"
    );
    assert!(text_of(&broken["libc"], "state").contains("sigpipe:send=1"), "{broken}");
}

#[test]
fn calls_are_timed_by_turns_unless_they_wait() {
    let output =
        run(&["--format", "json", "--repetitions", "41", "listen", "socket/too_many_descriptors", "poll/a_signal"]);
    let objects = objects(&output);
    // The second gives up a limit: each of its repetitions may need a process of its own.
    for name in ["listen/a_file", "socket/too_many_descriptors"] {
        let object = named(&objects, name);
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} in {object}"));
        let (libc, bsock) = (number(&object["libc"]["median_ns"]), number(&object["bsock"]["median_ns"]));
        assert!(libc > 0.0 && (number(&object["ratio"]) - bsock / libc).abs() < 1e-6, "{object}");
        // On a busy machine the time for one case may be over before.
        let repetitions = number(&object["repetitions"]);
        assert!((1.0..=41.0).contains(&repetitions), "{object}");
        let enough = repetitions >= 9.0;
        assert!(!enough || number(&object["ratio_low"]) <= number(&object["ratio_high"]), "{object}");
    }
    let waiting = named(&objects, "poll/a_signal");
    assert!(waiting["ratio"].is_null() && waiting["repetitions"] == 0 && waiting["verdict"] == "same", "{waiting}");
    assert!(objects.iter().all(|object| ["listen", "socket", "poll"].contains(&text_of(object, "call"))));
}

/// A path in an object, `a.b`.
fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(object, |value, name| &value[name])
}

#[test]
fn each_object_is_as_the_page_describes_it() {
    let page = fs::read_to_string(root().join("docs/compare-json.md")).expect("is committed");
    let rows: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| `")?.split_once("` | ")?.1.split_once(" |").map(|(kind, _)| (line, kind))
        })
        .map(|(line, kind)| (line.split('`').nth(1).unwrap_or_default(), kind))
        .collect();
    assert!(rows.len() > 20, "the page is understood: {rows:?}");
    let is = |value: &Value, kind: &str| match kind {
        "number" => value.is_number(),
        "string" => value.is_string(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array of strings" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        _ => panic!("the page has a type {kind}"),
    };
    let timed = objects(&run(&["--format", "json", "--repetitions", "30", "shutdown"]));
    for object in everything().1.iter().chain(&timed) {
        for (path, kinds) in &rows {
            assert!(object.pointer(&format!("/{}", path.replace('.', "/"))).is_some(), "no {path} in {object}");
            assert!(kinds.split(" or ").any(|kind| is(at(object, path), kind)), "{path} is no {kinds} in {object}");
        }
    }
}

#[test]
fn a_library_with_a_mistake_is_told_by_its_call() {
    let mutant = Mutant::build();
    let faulty = |mistake: &str, arguments: &[&str]| {
        let mut command = compare(arguments);
        command.env("BSOCK_LIBRARY", mutant.library()).env("MUTANT", mistake).output().expect("runs")
    };
    let few = ["--repetitions", "0", "bind", "accept", "listen"];
    assert_eq!(faulty("", &few).status.code(), Some(0), "without a mistake");
    for mistake in ["wrong-errno", "errno-not-set", "minus-one", "errno-set-on-success"] {
        let output = faulty(&format!("{mistake}:listen"), &[&few[..], &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{mistake}: {}", text(&output.stderr));
        let different = objects(&output).into_iter().filter(|object| object["verdict"] == "different");
        let calls: BTreeSet<String> = different.map(|object| text_of(&object, "call").to_owned()).collect();
        assert_eq!(calls, BTreeSet::from(["listen".to_owned()]), "{mistake}");
    }
    let output = faulty("inherited:accept", &few);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "a difference on purpose that is missing is one, too");
    assert!(table.contains("a client: accept(3, NULL, NULL)") && table.contains("DIFFERENT\n    libc: 5 "), "{table}");
    let output = faulty("wrong-errno:bind", &["--from", "python", "--repetitions", "0", "bind", "listen"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}

#[test]
fn from_python_it_is_the_same_but_for_what_python_cannot_do() {
    let output = run(&["--from", "python", "--format", "json", "--repetitions", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let from_python = objects(&output);
    let from_c: BTreeMap<(&str, &str), &Value> =
        everything().1.iter().map(|object| ((text_of(object, "call"), text_of(object, "case")), object)).collect();
    assert_eq!(from_python.len(), from_c.len());
    let mut compared = 0;
    for object in &from_python {
        let other = from_c[&(text_of(object, "call"), text_of(object, "case"))];
        if object["verdict"] == "skipped" {
            let is_cancelled = text_of(object, "case").contains("cancellation");
            assert!(is_cancelled || other["verdict"] == "skipped", "{object}");
            continue;
        }
        for side in ["libc", "bsock"] {
            assert_eq!(
                (&object[side]["result"], &object[side]["errno"]),
                (&other[side]["result"], &other[side]["errno"])
            );
        }
        compared += 1;
    }
    assert!(compared > from_c.len() * 9 / 10, "{compared} of {}", from_c.len());
    let timed = objects(&run(&["--from", "python", "--format", "json", "--repetitions", "9", "getsockname"]));
    assert!(timed.iter().any(|object| object["repetitions"] == 9 && object["from"] == "python"), "{timed:?}");
}

#[test]
fn the_chart_is_well_formed() {
    let folder = TempDir::new();
    let file = folder.path().join("calls.svg");
    let output = compare(&["--format", "svg", "--repetitions", "9", "shutdown", "listen", "-o"])
        .arg(&file)
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let script = "import sys, xml.etree.ElementTree as tree\n\
                  root = tree.parse(sys.argv[1]).getroot()\n\
                  texts = [node.text for node in root.iter('{http://www.w3.org/2000/svg}text')]\n\
                  dots = [node for node in root.iter('{http://www.w3.org/2000/svg}circle') if len(node)]\n\
                  print('shutdown' in texts, 'listen' in texts, 'bind' in texts, len(dots) > 20, '1' in texts)\n";
    let parsed = Command::new("python3").args(["-c", script]).arg(&file).output().expect("runs");
    assert_eq!(text(&parsed.stdout), "True True False True True\n", "{}", text(&parsed.stderr));
}

/// The command and the library where they are installed, with nothing else to be found.
#[test]
fn it_needs_no_compiler_and_no_source_tree() {
    let prefix = TempDir::new();
    let [bin, lib] = ["bin", "lib"].map(|name| prefix.path().join(name));
    for folder in [&bin, &lib] {
        fs::create_dir(folder).expect("ours");
    }
    fs::copy(target_dir().join("bsock"), bin.join("bsock")).expect("copied");
    fs::copy(library(), lib.join("libbsock.so")).expect("copied");
    let installed = |arguments: &[&str]| {
        let mut command = Command::new(bin.join("bsock"));
        command.arg("compare").args(arguments).env("PATH", "/nonexistent").env_remove("BSOCK_LIBRARY").current_dir("/");
        command.output().expect("runs")
    };
    let output = installed(&["--repetitions", "3", "listen"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("0 DIFFERENT"), "{}", text(&output.stdout));
    assert!(!text(&output.stdout).contains('\x1b') && output.stderr.is_empty(), "no terminal: no colour, no progress");
    let output = installed(&["--from", "python", "listen"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("python3 is missing"), "{}", text(&output.stderr));
    fs::remove_file(lib.join("libbsock.so")).expect("ours");
    let output = installed(&["listen"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("name it in BSOCK_LIBRARY"), "{}", text(&output.stderr));
}

#[test]
fn what_cannot_be_done_is_said() {
    for (arguments, said) in [
        (&["bend"][..], "no case is called bend/"),
        (&["bind/a_port_in_us"], "no case is called bind/a_port_in_us"),
        (&["listen", "-o", "/nonexistent/file"], "cannot write /nonexistent/file"),
        (&["--repetitions", "1000000"], "100000"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
    let output = compare(&["listen"]).env("BSOCK_LIBRARY", "/nonexistent/libbsock.so").output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nonexistent/libbsock.so"), "{}", text(&output.stderr));
}
