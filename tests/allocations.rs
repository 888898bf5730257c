//! No function of the library allocates but those that ask the resolver: not even on a thread's first call into a library
//! that was opened late, which is where thread-local storage usually comes from the allocator.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use support::{compile_c, declared_functions, library, root, text};

/// They ask the resolver, which allocates in libc and gives everything back (the header's opening comment).
const ASKING: [&str; 5] =
    ["bsock_resolve", "bsock_service_port", "bsock_service_name", "bsock_listen_on", "bsock_connect_to"];

/// Opens the library as any Python program does, and calls it in a thread that it has never seen.
const SCRIPT: &str = "
import ctypes, sys, threading
library = ctypes.CDLL(sys.argv[1])
count = ctypes.CDLL(None).count_allocations
count.argtypes = [ctypes.c_void_p]
thread = threading.Thread(target=count, args=(library._handle,))
thread.start()
thread.join()
";

#[test]
fn only_the_resolver_allocates() {
    let include = format!("-I{}", root().join("include").display());
    let flags = ["-shared", "-fPIC", "-ldl", "-Wno-pedantic", "-Wno-unused-value", &include];
    let counter = compile_c(&root().join("tests/programs/allocations.c"), &flags);
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT]).arg(library()).env("LD_PRELOAD", counter.path());
    let output = python.output().expect("python3 runs");
    let printed = text(&output.stdout);
    assert!(output.status.success() && printed.ends_with("done 0\n"), "{printed}{}", text(&output.stderr));
    let mut counts = BTreeMap::<&str, u32>::new();
    for line in printed.lines() {
        let (name, count) = line.split_once(' ').expect("a name and a number");
        *counts.entry(name).or_default() += count.parse::<u32>().expect("is a number");
    }
    counts.remove("done");
    let called: BTreeSet<String> = counts.keys().map(|name| (*name).to_owned()).collect();
    let declared = ["bsock.h", "bsock_posix.h"].map(declared_functions).concat();
    assert_eq!(called, declared.into_iter().collect(), "every function is called");
    for (name, count) in counts {
        match ASKING.contains(&name) {
            // That the counter counts is shown by those that do allocate.
            true => assert!(count > 0 || name == "bsock_connect_to", "{name}: the counter does not count"),
            false => assert_eq!(count, 0, "{name} allocates"),
        }
    }
}
