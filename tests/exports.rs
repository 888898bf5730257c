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
    assert_eq!(declared.len(), 14 + 21 + 9, "the headers are understood");
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
