//! Which rules look: all that were not allowed, or only those that were named; and which the project's file left out.

use std::path::Path;

use bsock_analysis::rules::{self, Declaration};

use super::options::Options;
use super::settings::Settings;
use crate::explain;
use crate::session::Failure;

/// Rules, as they were chosen.
pub(super) struct Selected {
    /// Those that look.
    pub(super) rules: Vec<&'static Declaration>,
    /// Those that would, but for the project's file: silence is explained.
    pub(super) left_out: Vec<&'static str>,
}

/// The rules that look, and those that do not since the file allows what they find.
pub(super) fn selected(options: &Options, settings: &Settings, file: Option<&Path>) -> Result<Selected, Failure> {
    for name in options.allow.iter().chain(&options.only) {
        known(name).map_err(Failure::Own)?;
    }
    if let Some(file) = file {
        let in_file = |error| Failure::Own(format!("{}: {error}", file.display()));
        settings.allow.iter().try_for_each(|name| known(name).map_err(in_file))?;
    }
    let has = |list: &[String], rule: &Declaration| list.iter().any(|name| name == rule.name);
    let named = |rule: &Declaration| has(&options.only, rule);
    let wanted = |rule: &&Declaration| (named(rule) || options.only.is_empty()) && !has(&options.allow, rule);
    // Whoever names a rule means it, whatever the project's file says.
    let (left_out, rules): (Vec<_>, _) =
        rules::ALL.iter().filter(wanted).partition(|rule| has(&settings.allow, rule) && !named(rule));
    Ok(Selected { rules, left_out: left_out.iter().map(|rule| rule.name).collect() })
}

fn known(name: &str) -> Result<(), String> {
    rules::named(name).map(|_| ()).ok_or_else(|| explain::unknown(name))
}
