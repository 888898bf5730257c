//! Where in a program a call was made, and the question that this raises: which line of the source is that? The
//! analysis can carry the question but must not read files, so whoever can answers it by [`Locate`].

use std::fmt;
use std::sync::Arc;

use bsock_recording::event::Call;

use crate::model::Program;

/// The place of a call, as it was recorded.
#[derive(Clone, Debug)]
pub struct Site {
    /// The program, with the objects that were loaded.
    pub program: Arc<Program>,
    /// Return address of the call; 0 if unknown.
    pub caller: u64,
    /// The stack from the return address on, where the caller is transparent; its first 8 bytes are
    /// [`caller`](Self::caller).
    pub stack: Vec<u8>,
    /// The name of the function that was called.
    pub function: &'static str,
}

/// Answers where a site is in the source.
pub trait Locate {
    /// The place in the source, or as near to it as can be told; `None` if not even the object is known.
    fn locate(&self, site: &Site) -> Option<Location>;
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The object that holds the call.
    pub module: String,
    /// The address of the call in that object's file.
    pub offset: u64,
    /// The function that makes the call.
    pub function: Option<String>,
    /// The line of the source, or why it cannot be told.
    pub source: Result<Source, NoSource>,
}

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// As the compiler was given it, made absolute where the compiler noted its directory.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, if the compiler noted it.
    pub column: Option<u32>,
}

/// Why a line cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSource {
    /// The object has no debug information for the place.
    NoDebugInformation,
    /// The file is not the one that ran.
    Rebuilt,
    /// The file cannot be read, or is not what it should be.
    Unreadable,
    /// The call was made by Python's own machinery: the user's line is one of a Python file, of which no call tells.
    Python,
}

impl fmt::Display for NoSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDebugInformation => "compile with -g to see the line",
            Self::Rebuilt => "the program was rebuilt since it ran, so the line is not known",
            Self::Unreadable => "the file cannot be read, so the line is not known",
            Self::Python => "python: line unknown",
        })
    }
}

/// Tells whether two sites are the same place, also in two runs of a program that was loaded at two addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SiteKey {
    executable: Vec<u8>,
    function: &'static str,
    frames: [Frame; 2],
}

/// An object's path and an address in its file.
type Frame = (Vec<u8>, u64);

impl Site {
    /// Where `call` was made, in a process that runs `program`.
    #[must_use]
    pub fn of(program: &Arc<Program>, call: &Call) -> Self {
        Self {
            program: program.clone(),
            caller: call.caller,
            stack: call.stack.clone(),
            function: call.function.name(),
        }
    }

    pub(crate) fn key(&self) -> SiteKey {
        let frames =
            [self.frame(self.caller), self.beyond_transparent().map(|address| self.frame(address)).unwrap_or_default()];
        SiteKey { executable: self.program.executable.clone(), function: self.function, frames }
    }

    fn frame(&self, address: u64) -> Frame {
        self.program
            .module_at(address)
            .map_or_else(|| (Vec::new(), address), |module| (module.path.clone(), address.wrapping_sub(module.bias)))
    }

    /// The first word above a transparent frame that points into the program's own code: in all likelihood the return
    /// address, and good enough to keep two callers of libbsock apart.
    fn beyond_transparent(&self) -> Option<u64> {
        let words = self.stack.chunks_exact(8).filter_map(|word| word.try_into().ok()).map(u64::from_ne_bytes);
        words.skip(1).find(|word| self.program.module_at(*word).is_some_and(|module| !module.transparent))
    }
}
