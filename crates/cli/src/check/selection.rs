//! Which rules look: all that were not allowed, or only those that were named.

use std::path::Path;

use bsock_analysis::rules::{self, Declaration};

use super::options::Options;
use super::settings::Settings;
use crate::explain;
use crate::session::Failure;

/// The rules that look.
pub(super) fn selected(
    options: &Options,
    settings: &Settings,
    file: Option<&Path>,
) -> Result<Vec<&'static Declaration>, Failure> {
    for name in options.allow.iter().chain(&options.only) {
        known(name).map_err(Failure::Own)?;
    }
    if let Some(file) = file {
        let in_file = |error| Failure::Own(format!("{}: {error}", file.display()));
        settings.allow.iter().try_for_each(|name| known(name).map_err(in_file))?;
    }
    let has = |list: &[String], rule: &Declaration| list.iter().any(|name| name == rule.name);
    let wanted = |rule: &&Declaration| {
        // Whoever names a rule means it, whatever the project's file says.
        let named = has(&options.only, rule);
        let allowed = has(&options.allow, rule) || (has(&settings.allow, rule) && !named);
        (named || options.only.is_empty()) && !allowed
    };
    Ok(rules::ALL.iter().filter(wanted).collect())
}

fn known(name: &str) -> Result<(), String> {
    rules::named(name).map(|_| ()).ok_or_else(|| explain::unknown(name))
}
