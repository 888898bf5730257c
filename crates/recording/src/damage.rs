//! What cannot be a recording: where, and which of a few flaws it is. A flaw is a kind and not a sentence, so that whoever tells
//! people of it does so in their language.

use std::fmt;

/// Bytes that cannot be a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where, counted from the beginning of what was being decoded.
    pub offset: u64,
    /// What was found there.
    pub flaw: Flaw,
}

/// What is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Less than a file's header.
    ShortHeader,
    /// A file that something else wrote.
    Foreign,
    /// A version that there never was.
    NoVersion,
    /// No damage, but beyond this version.
    Newer,
    /// Less than an item's header.
    ShortItem,
    /// An item that ends behind the file.
    ItemBeyondFile,
    /// An item that cannot hold what its kind does.
    ItemTooShort,
    /// A record that takes no room.
    NoLines,
    /// A record that has no room for its first line.
    ShortRecord,
    /// A section that ends behind its record.
    SectionBeyondRecord,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ShortHeader,
        Self::Foreign,
        Self::NoVersion,
        Self::Newer,
        Self::ShortItem,
        Self::ItemBeyondFile,
        Self::ItemTooShort,
        Self::NoLines,
        Self::ShortRecord,
        Self::SectionBeyondRecord,
    ];

    /// In English.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ShortHeader => "shorter than a recording's header",
            Self::Foreign => "not a bsock recording",
            Self::NoVersion => "not a version of a bsock recording",
            Self::Newer => "made by a newer bsock, which can read it",
            Self::ShortItem => "an item cut short",
            Self::ItemBeyondFile => "an item that reaches beyond the end of the file",
            Self::ItemTooShort => "an item too short for its kind",
            Self::NoLines => "a record of no lines",
            Self::ShortRecord => "a record shorter than a line",
            Self::SectionBeyondRecord => "a section that reaches beyond its record",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (offset, flaw) = (self.offset, self.flaw.text());
        match self.flaw {
            Flaw::Newer => write!(f, "cannot be read from byte {offset} on: {flaw}"),
            _ => write!(f, "damaged at byte {offset}: {flaw}"),
        }
    }
}

impl std::error::Error for Damage {}
