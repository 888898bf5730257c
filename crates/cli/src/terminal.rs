//! What the stream that bsock writes to can show: colour only on a terminal and never against `NO_COLOR`, lines as wide
//! as it is.

use std::env;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use terminal_size::{Width, terminal_size_of};

/// Width of lines where there is no terminal to ask.
const PLAIN_WIDTH: usize = 100;

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Colours and bold letters.
    pub(crate) colour: bool,
    /// Columns.
    pub(crate) width: usize,
}

impl Terminal {
    /// Not a terminal: a file, a pipe, a test.
    pub(crate) const PLAIN: Self = Self { colour: false, width: PLAIN_WIDTH };

    /// What this stream is.
    pub(crate) fn of(stream: &(impl IsTerminal + AsFd)) -> Self {
        if !stream.is_terminal() {
            return Self::PLAIN;
        }
        let wanted = |name: &str| env::var_os(name).is_none_or(|value| value.is_empty());
        let capable = env::var_os("TERM").is_none_or(|kind| kind != "dumb");
        let width = terminal_size_of(stream).map_or(PLAIN_WIDTH, |(Width(width), _)| usize::from(width));
        Self { colour: wanted("NO_COLOR") && capable, width: width.clamp(40, 200) }
    }

    /// The text in bold letters, where there are such.
    pub(crate) fn bold(self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }
}
