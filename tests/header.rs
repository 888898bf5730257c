//! `bsock.h` as a C programmer meets it: it compiles everywhere, says its version, documents all that it declares.

mod support;

use bsock::error::table::{ALIASES, CODES};
use std::fs;
use std::process::Command;
use support::{TempDir, compile_c_text, link_flags, root, text, without_comments};

const C_MODES: [&str; 8] = ["c89", "c90", "c99", "c11", "c17", "c2x", "gnu89", "gnu17"];
const CPP_MODES: [&str; 5] = ["c++98", "c++11", "c++17", "c++20", "c++23"];
const C_WARNINGS: [&str; 3] = ["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wcast-qual"];
const CPP_WARNINGS: [&str; 1] = ["-Wold-style-cast"];
const WARNINGS: [&str; 8] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Wshadow", "-Wredundant-decls", "-Werror", "-fsyntax-only"];
const SYSTEM: &str = "#include <sys/socket.h>\n#include <netdb.h>\n#include <sys/uio.h>\n";
const HEADER: &str = "#include \"bsock.h\"\n";
const USE: &str = "int use(void);\nint use(void) { return bsock_close(BSOCK_EBADF); }\n";

fn header() -> String {
    fs::read_to_string(root().join("include/bsock.h")).expect("is committed")
}

fn compile(compiler: &str, suffix: &str, mode: &str, warnings: &[&str], source: &str) {
    let directory = TempDir::new();
    let file = directory.path().join(format!("use.{suffix}"));
    fs::write(&file, source).expect("the directory is ours");
    let output = Command::new(compiler)
        .arg(format!("-std={mode}"))
        .args(WARNINGS)
        .args(warnings)
        .arg("-I")
        .arg(root().join("include"))
        .arg(&file)
        .output()
        .expect("the compiler runs");
    assert!(output.status.success(), "{compiler} -std={mode}\n{source}\n{}", text(&output.stderr));
}

/// The header alone, twice, and on either side of the system's.
fn orders() -> [String; 4] {
    [
        format!("{HEADER}{USE}"),
        format!("{HEADER}{HEADER}{USE}"),
        format!("{HEADER}{SYSTEM}{USE}"),
        format!("{SYSTEM}{HEADER}{USE}"),
    ]
}

#[test]
fn compiles_without_a_warning_in_every_c() {
    for (mode, source) in C_MODES.iter().flat_map(|mode| orders().map(|source| (mode, source))) {
        compile("cc", "c", mode, &C_WARNINGS, &source);
    }
}

#[test]
fn compiles_without_a_warning_in_every_cpp() {
    for (mode, source) in CPP_MODES.iter().flat_map(|mode| orders().map(|source| (mode, source))) {
        compile("c++", "cc", mode, &CPP_WARNINGS, &source);
    }
}

#[test]
fn compiles_under_every_feature_test_macro() {
    for definition in ["_POSIX_C_SOURCE 200809L", "_XOPEN_SOURCE 700", "_GNU_SOURCE"] {
        compile("cc", "c", "c11", &C_WARNINGS, &format!("#define {definition}\n{HEADER}{USE}"));
    }
}

#[test]
fn header_library_and_package_agree_about_the_version() {
    let source = r#"
        #include <stdio.h>
        #include "bsock.h"
        int main(void) {
            printf("%d.%d.%d %s %s %d %d\n", BSOCK_VERSION_MAJOR, BSOCK_VERSION_MINOR, BSOCK_VERSION_PATCH,
                   BSOCK_VERSION_STRING, bsock_version_string(), BSOCK_VERSION, bsock_version());
            return 0;
        }"#;
    let output = compile_c_text(source, &link_flags()).command().output().expect("runs");
    let version = env!("CARGO_PKG_VERSION");
    let number = version.split('.').fold(0, |sum, part| sum * 100 + part.parse::<u32>().unwrap());
    let expected = format!("{version} {version} {version} {number} {number}\n");
    assert_eq!(text(&output.stdout), expected);
}

#[test]
fn the_compiler_warns_of_buffers_that_are_too_small_and_results_that_nobody_reads() {
    for (mistake, warning) in [
        ("char small[8]; return bsock_recv(fd, small, 64, 0) < 0;", "stringop-overflow"),
        ("char small[8] = \"\"; return bsock_send(fd, small, 64, 0) < 0;", "stringop-overread"),
        ("char small[8]; return bsock_read(fd, small, 64) < 0;", "stringop-overflow"),
        ("char small[8] = \"\"; return bsock_write(fd, small, 64) < 0;", "stringop-overread"),
        ("char small[2] = \"\"; return bsock_setsockopt(fd, 1, 2, small, 4) < 0;", "stringop-overread"),
        ("char small[8]; return bsock_strerror_r(fd, small, 64);", "stringop-overflow"),
        ("bsock_listen(fd, 5); return 0;", "unused-result"),
    ] {
        let directory = TempDir::new();
        let file = directory.path().join("use.c");
        let source = format!("{HEADER}int use(int fd);\nint use(int fd) {{ {mistake} }}\n");
        fs::write(&file, source).expect("the directory is ours");
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-Wall", "-I"]).arg(root().join("include")).arg(&file);
        // Only the optimiser sees sizes, so the whole compiler has to run.
        cc.args(["-c", "-o", "/dev/null"]);
        let output = cc.output().expect("cc runs");
        assert!(text(&output.stderr).contains(warning), "{mistake}: {}", text(&output.stderr));
    }
}

#[test]
fn everything_that_it_declares_is_documented() {
    let header = header();
    let lines: Vec<&str> = header.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        // A declaration begins in the first column; continuations are indented or begin with an attribute alone.
        let is_function = line.contains(" *bsock_") || line.contains(" bsock_");
        let is_declaration = !line.starts_with([' ', '#', '/']) && is_function && !line.contains("bsock_error");
        let is_enumerator = line.starts_with("    BSOCK_E");
        let is_macro = line.starts_with("#define BSOCK_V");
        if is_declaration || is_enumerator || is_macro {
            let above = lines[..index].iter().rev().find(|line| **line != "BSOCK__WUR");
            assert!(above.is_some_and(|line| line.ends_with("*/")), "not documented: {line}");
        }
    }
}

#[test]
fn every_function_says_what_it_returns() {
    let header = header();
    for function in support::declared_functions("bsock.h") {
        let (before, _) = header.split_once(&format!("{function}(")).map_or_else(
            || panic!("{function} is not declared"),
            |_| header.rsplit_once(&format!("{function}(")).expect("just found"),
        );
        let comment = before.rsplit("/**").next().unwrap_or_default();
        assert!(comment.contains("Returns "), "{function}");
    }
}

#[test]
fn the_enumeration_has_every_code_of_the_table_and_no_other() {
    let code = without_comments(&header());
    let (_, rest) = code.split_once("enum bsock_error {").expect("is declared");
    let (body, _) = rest.split_once('}').expect("ends");
    let found: Vec<String> =
        body.split(',').map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let name = |name: &std::ffi::CStr| format!("BSOCK_{}", name.to_str().unwrap());
    let expected = CODES
        .iter()
        .map(|row| format!("{} = {}", name(row.name), row.code))
        .chain(ALIASES.iter().map(|(alias, of)| format!("BSOCK_{alias} = {}", name(of))));
    assert_eq!(found, expected.collect::<Vec<_>>());
}
