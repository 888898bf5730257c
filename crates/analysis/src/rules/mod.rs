//! The rules. A new one is a file here, whose `//!` comment is its documentation, and a line in the table below. What
//! does not fit into the file (tests, tables, wording) goes into a folder of the rule's name.

use bsock_recording::event::Event;

use crate::finding::Confidence;
use crate::model::Model;
use crate::sink::Sink;

#[cfg(test)]
mod tests;

/// Looks at a recording, event by event.
pub trait Rule {
    /// Something happened; the model is as it is afterwards.
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink);

    /// Nothing more will happen.
    fn finish(&mut self, _model: &Model, _sink: &mut Sink) {}
}

/// A rule as the registry knows it.
pub struct Declaration {
    /// Named for the fault, so that "allow port-byte-order" reads well.
    pub name: &'static str,
    /// The fault in one line.
    pub summary: &'static str,
    /// How sure its findings can be.
    pub confidences: &'static [Confidence],
    /// Starts it.
    pub new: fn() -> Box<dyn Rule>,
    source: &'static str,
}

impl Declaration {
    /// The whole story, in Markdown: the comment that its file begins with.
    #[must_use]
    pub fn documentation(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
    }
}

/// The rule of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Declaration> {
    ALL.iter().find(|declaration| declaration.name == name)
}

macro_rules! rules {
    ($($module:ident::$Rule:ident, $name:literal, [$($confidence:ident)+], $summary:literal;)*) => {
        $(mod $module;)*

        /// All rules, in the order of their names.
        pub static ALL: &[Declaration] = &[$(Declaration {
            name: $name,
            summary: $summary,
            confidences: &[$(Confidence::$confidence),+],
            new: || Box::new($module::$Rule::default()),
            source: include_str!(concat!(stringify!($module), ".rs")),
        }),*];
    };
}

rules! {
    port_byte_order::PortByteOrder, "port-byte-order", [Certain Likely], "a port that was not converted by htons()";
}
