//! A sentence as data: its identity, its English form, and the values in it. A script grades by identity and values,
//! and another language needs only another form under the same identity.

use std::fmt;

/// A sentence of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// What is said; stable, and never reused for something else.
    pub id: &'static str,
    /// How English says it, with `{name}` where a value belongs.
    pub form: &'static str,
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

impl Message {
    /// A sentence without values yet.
    #[must_use]
    pub const fn new(id: &'static str, form: &'static str) -> Self {
        Self { id, form, parameters: Vec::new() }
    }

    /// The same with a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    /// Says it with another form of the same names.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    pub fn say(&self, form: &str, f: &mut impl fmt::Write) -> fmt::Result {
        let mut rest = form;
        while let Some((before, name, after)) = placeholder(rest) {
            f.write_str(before)?;
            match self.parameters.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => write!(f, "{value}")?,
                None => write!(f, "{{{name}}}")?,
            }
            rest = after;
        }
        f.write_str(rest)
    }
}

/// What stands before the first `{name}`, the name, and what stands behind it.
fn placeholder(form: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = form.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.say(self.form, f)
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

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_where_their_names_stand_in_any_language() {
        let message = Message::new("bound", "bound to {used}, not {meant}").with("used", 36895).with("meant", 8080);
        assert_eq!(message.to_string(), "bound to 36895, not 8080");
        let mut other = String::new();
        message.say("应为 {meant}，而非 {used}", &mut other).expect("a string takes everything");
        assert_eq!(other, "应为 8080，而非 36895");
    }

    #[test]
    fn a_form_that_names_nothing_known_is_printed_as_it_stands() {
        assert_eq!(Message::new("x", "{a} {b").with("c", "d").to_string(), "{a} {b");
    }
}
