//! A sentence as data: which one it is, and the values in it. A script grades by identity and values; people read it in
//! their language. What a sentence is in each language stands in one place, its [`Form`]: one that lacks a language does
//! not compile.

use std::fmt;

/// A language that bsock speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

/// A sentence without its values, which belong where `{name}` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Form {
    /// What is said; stable, and never reused for something else.
    pub id: &'static str,
    /// How English says it.
    pub english: &'static str,
    /// How Chinese says it.
    pub chinese: &'static str,
}

/// Declares the sentences of a module, each as `NAME = "identity", "English", "Chinese";`, and `FORMS`, all of them.
#[macro_export]
macro_rules! forms {
    ($($(#[doc = $doc:literal])* $NAME:ident = $id:literal, $english:literal, $chinese:literal;)*) => {
        $($(#[doc = $doc])*
        static $NAME: $crate::message::Form =
            $crate::message::Form { id: $id, english: $english, chinese: $chinese };)*

        /// Every sentence of this module; of those of no rule only a test asks.
        #[cfg_attr(not(test), allow(dead_code))]
        pub(crate) static FORMS: &[&$crate::message::Form] = &[$(&$NAME),*];
    };
}

/// A sentence of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Which.
    pub form: &'static Form,
    /// The values, in the order in which the rule gave them.
    pub parameters: Vec<(&'static str, Value)>,
}

/// A value in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text, of the rule's or of the recorded program's making.
    Text(String),
}

impl Form {
    /// How `language` says it.
    #[must_use]
    pub const fn text(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }

    /// What is wrong with it, if anything: a translation without its characters, or with other values than the original.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let (mut english, mut chinese) = (placeholders(self.english), placeholders(self.chinese));
        english.sort_unstable();
        chinese.sort_unstable();
        // Ideographs, or at least the punctuation that is as wide as they are.
        let is_chinese =
            self.chinese.chars().any(|letter| matches!(letter, '\u{4e00}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}'));
        if english != chinese {
            return Some(format!("{}: English has the values {english:?}, Chinese {chinese:?}", self.id));
        }
        (!is_chinese).then(|| format!("{}: its Chinese form is not Chinese: {}", self.id, self.chinese))
    }
}

impl Message {
    /// A sentence without values yet.
    #[must_use]
    pub const fn new(form: &'static Form) -> Self {
        Self { form, parameters: Vec::new() }
    }

    /// The same with a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// The sentence in `language`.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        let mut rest = self.form.text(language);
        while let Some((before, name, after)) = placeholder(rest) {
            text.push_str(before);
            match self.parameters.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => text.push_str(&value.to_string()),
                None => text.extend(["{", name, "}"]),
            }
            rest = after;
        }
        text + rest
    }
}

/// The names of all values in a form.
fn placeholders(mut form: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some((_, name, after)) = placeholder(form) {
        names.push(name);
        form = after;
    }
    names
}

/// What stands before the first `{name}`, the name, and what stands behind it.
fn placeholder(form: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = form.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn form(english: &'static str, chinese: &'static str) -> Form {
        Form { id: "x", english, chinese }
    }

    #[test]
    fn values_go_where_their_names_stand_in_any_language() {
        static BOUND: Form = form("bound to {used}, not {meant}", "应为 {meant}，而非 {used}");
        let message = Message::new(&BOUND).with("used", 36895).with("meant", 8080);
        assert_eq!(message.to_string(), "bound to 36895, not 8080");
        assert_eq!(message.text(Language::Chinese), "应为 8080，而非 36895");
        assert_eq!(BOUND.fault(), None);
    }

    #[test]
    fn a_form_that_names_nothing_known_is_printed_as_it_stands() {
        static UNKNOWN: Form = form("{a} {b", "甲");
        assert_eq!(Message::new(&UNKNOWN).with("c", "d").to_string(), "{a} {b");
    }

    #[test]
    fn a_translation_that_is_missing_or_has_other_values_is_a_fault() {
        for faulty in
            [form("a {b}", "甲"), form("a", "甲 {b}"), form("{a} {b}", "{a} {c} 甲"), form("a", "a"), form("a", "")]
        {
            assert!(faulty.fault().is_some(), "{faulty:?}");
        }
        assert_eq!(form("{a} {b}", "{b} 和 {a}").fault(), None);
    }
}
