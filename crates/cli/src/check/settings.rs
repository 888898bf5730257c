//! `.bsock.toml`: what a project allows, so that nobody has to type it and nothing in the program's source needs changing.
//!
//! ```toml
//! [check]
//! allow = ["port-byte-order"]   # rules whose findings are not wanted here
//! advice = true                 # as --advice
//! lang = "zh"                   # as --lang
//! ```
//!
//! It is looked for in the working directory and above it, up to the root of the repository (the folder with `.git`). Without
//! a repository only the working directory counts: a file in `/tmp` or in a home directory that somebody forgot would silence
//! findings in everything below it. What is not known is an error: a misspelt setting that does nothing is worse than none.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

use crate::language::Choice;
use crate::session::Failure;

/// The name of the file.
const NAME: &str = ".bsock.toml";

/// What the file says of `check`.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    pub(super) allow: Vec<String>,
    pub(super) advice: bool,
    #[serde(deserialize_with = "language")]
    pub(super) lang: Option<Choice>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    check: Settings,
}

/// The settings for the working directory, and the file that they stand in, if there is one.
pub(super) fn here() -> Result<(Settings, Option<PathBuf>), Failure> {
    let Some(path) = env::current_dir().ok().and_then(|folder| find(&folder)) else {
        return Ok((Settings::default(), None));
    };
    let settings = read(&path).map_err(|error| Failure::Own(format!("{}: {error}", path.display())))?;
    Ok((settings, Some(path)))
}

fn find(folder: &Path) -> Option<PathBuf> {
    let in_repository = folder.ancestors().any(|folder| folder.join(".git").exists());
    let mut folders = folder.ancestors().take(if in_repository { usize::MAX } else { 1 });
    let mut above_root = false;
    folders
        .by_ref()
        .take_while(|folder| !std::mem::replace(&mut above_root, folder.join(".git").exists()))
        .map(|folder| folder.join(NAME))
        .find(|path| path.exists())
}

fn read(path: &Path) -> Result<Settings, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => return Err(format!("cannot read it: {error}")),
    };
    parse(&text)
}

fn parse(text: &str) -> Result<Settings, String> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count());
        format!("line {line}: {}", error.message())
    })?;
    Ok(file.check)
}

fn language<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Choice>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "en" => Ok(Some(Choice::En)),
        "zh" => Ok(Some(Choice::Zh)),
        other => Err(serde::de::Error::unknown_variant(other, &["en", "zh"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_absent_ones_are_as_without_the_file() {
        let expected = Settings { allow: vec!["port-byte-order".to_owned()], advice: true, lang: Some(Choice::Zh) };
        assert_eq!(parse("[check]\nallow = [\"port-byte-order\"]\nadvice = true\nlang = \"zh\"\n"), Ok(expected));
        assert_eq!(parse(""), Ok(Settings::default()));
    }

    #[test]
    fn what_is_misspelt_is_named_with_its_line() {
        for (text, expected) in [
            ("[check]\n\nalow = []\n", "line 3: unknown field `alow`"),
            ("[chek]\n", "line 1: unknown field `chek`"),
            ("[check]\nlang = \"de\"\n", "line 2: unknown variant `de`"),
            ("[check]\nallow = \"x\"\n", "line 2: invalid type: string"),
            ("[check\n", "line 1: "),
        ] {
            let error = parse(text).expect_err("a mistake");
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn it_is_found_up_to_the_root_of_the_repository_and_no_further() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let root = root.path();
        let (repository, inner) = (root.join("repository"), root.join("repository/inner/more"));
        fs::create_dir_all(&inner).expect("ours");
        let set = |folder: &Path| fs::write(folder.join(NAME), "").expect("ours");
        set(root);
        assert_eq!(find(root), Some(root.join(NAME)));
        assert_eq!(find(&inner), None, "without a repository only the folder itself counts");
        fs::create_dir(repository.join(".git")).expect("ours");
        assert_eq!(find(&inner), None, "what lies above the repository is not its own");
        set(&repository);
        assert_eq!(find(&inner), Some(repository.join(NAME)));
        set(&inner);
        assert_eq!(find(&inner), Some(inner.join(NAME)));
    }
}
