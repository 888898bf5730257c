//! The language in which bsock speaks of findings: what was asked for, or what the environment says.

use std::env;

use bsock_analysis::message::Language;
use clap::ValueEnum;

/// A language as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// English
    En,
    /// Chinese (中文)
    Zh,
}

impl Choice {
    /// What was asked for, or else the language of the environment.
    pub(crate) fn or_of_environment(asked: Option<Self>) -> Language {
        match asked {
            Some(Self::En) => Language::English,
            Some(Self::Zh) => Language::Chinese,
            None => of_environment(|name| env::var(name).ok()),
        }
    }
}

/// POSIX: the first of these that is set and not empty decides.
fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
    let mut values = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable);
    match values.find(|value| !value.is_empty()) {
        Some(value) if value.starts_with("zh") => Language::Chinese,
        _ => Language::English,
    }
}

/// The tag of a language (BCP 47), for files.
pub(crate) const fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Chinese => "zh-CN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let with = |settings: &[(&str, &str)]| {
            of_environment(|name| {
                settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(&[]), Language::English);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), Language::English);
        assert_eq!(with(&[("LANG", "en_GB"), ("LC_MESSAGES", "zh_TW"), ("LC_ALL", "")]), Language::Chinese);
    }
}
