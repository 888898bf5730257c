//! The shells' completions in `packaging/completions` are made here, from the definition of the command line. `make docs`
//! writes them; a plain run fails if the committed ones are not what the command line says.

use std::path::Path;

use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use crate::arguments::Arguments;

/// Each shell, and the file name by which it finds its completions of `bsock`.
const FILES: [(Shell, &str); 3] = [(Shell::Bash, "bsock"), (Shell::Zsh, "_bsock"), (Shell::Fish, "bsock.fish")];

/// The command line, with the rules as what can be typed after `explain`: there a shell can help, while the command itself
/// answers an unknown name better than a list of values would.
fn command() -> clap::Command {
    let rules = PossibleValuesParser::new(bsock_analysis::rules::ALL.iter().map(|rule| rule.name));
    Arguments::command().mut_subcommand("explain", |verb| verb.mut_arg("rule", |argument| argument.value_parser(rules)))
}

#[test]
fn the_completions_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/completions");
    for (shell, name) in FILES {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command(), "bsock", &mut script);
        let path = folder.join(name);
        if std::env::var_os("BSOCK_WRITE").is_some() {
            std::fs::create_dir_all(&folder).expect("packaging can be written");
            std::fs::write(&path, &script).expect("packaging/completions can be written");
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(committed == script, "packaging/completions/{name} is not what the command line says: run `make docs`");
    }
}
