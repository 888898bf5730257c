//! The same random calls through libc and through bsock, compared after each step; and what is told when they differ.

mod support;

use std::env;
use support::conformance::{Differences, Mutant, calls, folder};
use support::{TempProgram, compile_c, link_flags, text};

fn compile(library: Vec<String>) -> TempProgram {
    let mut flags: Vec<String> = calls().iter().map(|call| format!("-DHAVE_{call}")).collect();
    flags.push("-O1".into());
    flags.extend(library);
    compile_c(&folder().join("random.c"), &flags)
}

/// What the table of differences allows, as arguments.
fn allowed() -> [String; 2] {
    let Differences { close_on_exec, no_sigpipe } = Differences::read();
    [format!("--close-on-exec={}", close_on_exec.join(",")), format!("--no-sigpipe={}", no_sigpipe.join(","))]
}

fn setting(name: &str, otherwise: &str) -> String {
    env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| otherwise.to_owned())
}

/// `STEPS` and `SEED` choose other calls: `make conformance STEPS=10000000 SEED=7`.
#[test]
fn random_calls_do_what_libc_does() {
    let (steps, seed) = (setting("STEPS", "100000"), setting("SEED", "1"));
    let output = compile(link_flags()).command().args([&steps, &seed]).args(allowed()).output().expect("runs");
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}{}", text(&output.stderr));
    let succeeded = printed.split("; ").find_map(|part| part.strip_suffix(" calls succeeded")?.parse::<u64>().ok());
    let steps: u64 = steps.parse().expect("STEPS is a number");
    assert!(succeeded.is_some_and(|number| number >= steps / 20), "too few calls get anywhere: {printed}");
    println!("{printed}");
}

#[test]
fn a_mistake_is_told_in_as_few_steps_as_show_it() {
    let mutant = Mutant::build();
    let program = compile(mutant.link_flags());
    // Each with the steps that it takes: a connected pair for `recv`, nothing at all for a bad descriptor.
    for (mistake, needed, last) in [
        ("wrong-errno:bind", 1..=1, "bind("),
        ("errno-set-on-success:listen", 2..=3, "listen("),
        ("minus-one:shutdown", 1..=2, "shutdown("),
        ("inherited:socket", 1..=1, "socket("),
        ("peek-dropped:recv", 3..=9, "recv("),
    ] {
        let mut command = program.command();
        let output = command.args(["100000", "1"]).args(allowed()).env("MUTANT", mistake).output().expect("runs");
        let printed = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "nobody notices {mistake}: {printed}");
        assert!(printed.starts_with("libc and bsock differ (SEED=1, "), "{printed}");
        let steps: Vec<&str> = printed.lines().filter(|line| line.starts_with("    ")).collect();
        assert!(needed.contains(&steps.len()), "{mistake} takes {} steps:\n{printed}", steps.len());
        assert!(steps.last().is_some_and(|step| step.contains(last)), "{mistake}:\n{printed}");
    }
    let output = program.command().args(["20000", "1"]).args(allowed()).output().expect("runs");
    assert!(output.status.success(), "without a mistake: {}", text(&output.stdout));
}
