//! `libbsock.so` as the loader sees it: the names that the headers promise and no other, and thread-local storage that
//! exists before anybody asks.

mod support;

use std::process::Command;
use support::{declared_functions, library, text};

fn readelf(option: &str) -> String {
    let output = Command::new("readelf").args([option, "-W"]).arg(library()).output();
    let output = output.expect("readelf runs");
    assert!(output.status.success());
    text(&output.stdout)
}

#[test]
fn exports_are_what_the_headers_declare() {
    let symbols = readelf("--dyn-syms");
    let mut exported: Vec<&str> = symbols
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|columns| columns.len() == 8 && columns[6] != "UND" && columns[6] != "Ndx")
        .map(|columns| columns[7])
        .collect();
    exported.sort_unstable();
    let mut declared = declared_functions("bsock.h");
    declared.extend(declared_functions("bsock_posix.h"));
    declared.sort();
    assert_eq!(exported, declared);
    assert_eq!(declared.len(), 34 + 21 + 24, "the headers are understood");
}

#[test]
fn thread_local_storage_is_small_and_static() {
    assert!(readelf("--dynamic").contains("STATIC_TLS"));
    let headers = readelf("--program-headers");
    let tls = headers.lines().find(|line| line.trim_start().starts_with("TLS")).expect("has TLS");
    let size = tls.split_whitespace().nth(5).and_then(|size| size.strip_prefix("0x"));
    let size = size.and_then(|size| u32::from_str_radix(size, 16).ok());
    assert!(size.is_some_and(|size| (1..=256).contains(&size)), "{tls}");
}

#[test]
fn the_stack_is_not_executable() {
    let headers = readelf("--program-headers");
    let stack = headers.lines().find(|line| line.contains("GNU_STACK")).expect("is marked");
    assert!(stack.contains("RW ") && !stack.contains("RWE"), "{stack}");
}

/// The recorder attributes a call to the program's line by looking one frame above libbsock. So each function has to call
/// libc itself: neither from a function below it, nor by jumping there in its own place.
#[test]
#[cfg(target_arch = "x86_64")]
fn every_call_is_made_from_the_functions_own_frame() {
    let output = Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(library()).output();
    let output = output.expect("objdump runs");
    assert!(output.status.success());
    let code = text(&output.stdout);
    for function in declared_functions("bsock_posix.h") {
        let call = function.strip_prefix("bsock_posix_").expect("is called so");
        for (name, libc) in [(function.clone(), call), (format!("bsock_{call}"), call)] {
            // Deliberately not what they are named for.
            let libc = match name.as_str() {
                "bsock_accept" => "accept4",
                "bsock_write" => "send",
                _ => libc,
            };
            let (_, body) = code.split_once(&format!("<{name}>:\n")).expect("is exported");
            let body = body.split("\n\n").next().unwrap_or_default();
            let target = format!("<{libc}@");
            let calls = body.lines().filter(|line| line.contains(&target));
            assert!(calls.clone().count() == 1 && calls.clone().all(|line| line.contains("call ")), "{name}: {body}");
        }
    }
}
