//! Where in a program a call was made, and the question that this raises: which line of the source is that? The
//! analysis can carry the question but must not read files, so whoever can answers it by [`Locate`].

use std::sync::Arc;

use bsock_recording::event::Call;
use bsock_recording::layout::section;

use crate::forms;
use crate::message::Message;
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
    /// Return addresses further out, innermost first, where the program's functions have frame pointers. They are such only if
    /// the unwind table of the object says so.
    pub outer: Vec<u64>,
    /// The name of the function that was called.
    pub function: &'static str,
    /// The line from which the call comes, where the program itself told it because no stack shows it.
    pub told: Option<Source>,
}

/// Answers where a site is in the source.
pub trait Locate {
    /// The calls that were under way at a site, innermost first, as far out as is known: the one that was recorded, the one
    /// of the function that made it, and so on. None if not even the object is known.
    fn frames(&self, site: &Site) -> Vec<Location>;

    /// Whether `location` is in the user's own sources.
    fn is_users(&self, location: &Location) -> bool;

    /// Whether the function at `location` does no more than pass its arguments on to `callee`.
    fn is_wrapper(&self, location: &Location, callee: &str) -> bool;

    /// The place that a user would call the place of the call.
    fn place(&self, site: &Site) -> Option<Place> {
        Place::choose(self, site)
    }
}

/// The place of a call, in the user's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub location: Location,
    /// What is called there: the recorded function, or the outermost of the wrappers.
    pub callee: String,
    /// The wrappers and the library code between it and the recorded call, innermost first.
    pub through: Vec<Location>,
}

impl Place {
    /// The innermost frame in the user's sources that is not a mere wrapper. Where all that is known of the user's sources is
    /// wrappers, the outermost of them; where nothing is, the call itself.
    fn choose(locate: &(impl Locate + ?Sized), site: &Site) -> Option<Self> {
        let mut frames = locate.frames(site);
        let mut callee = site.function.to_owned();
        let mut chosen = (0, callee.clone());
        for (index, frame) in frames.iter().enumerate() {
            if frame.source.is_ok() && locate.is_users(frame) {
                chosen = (index, callee.clone());
                if !locate.is_wrapper(frame, &callee) {
                    break;
                }
            }
            callee = frame.function.clone().unwrap_or_default();
        }
        let (index, callee) = chosen;
        frames.truncate(index + 1);
        Some(Self { location: frames.pop()?, callee, through: frames })
    }
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

forms! {
    NO_DEBUG_INFORMATION = "no-debug-information",
        "compile with -g to see the line",
        "编译时加上 -g，就能看到源代码行";
    REBUILT = "rebuilt",
        "the program was rebuilt since it ran, so the line is not known",
        "程序运行之后又重新编译过，因此无法确定源代码行";
    UNREADABLE = "unreadable",
        "the file cannot be read, so the line is not known",
        "无法读取该文件，因此无法确定源代码行";
    PYTHON = "python",
        "python: line unknown",
        "python：源代码行未知";
}

impl NoSource {
    /// For the user.
    #[must_use]
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::NoDebugInformation => &NO_DEBUG_INFORMATION,
            Self::Rebuilt => &REBUILT,
            Self::Unreadable => &UNREADABLE,
            Self::Python => &PYTHON,
        })
    }
}

/// Tells whether two sites are the same place, also in two runs of a program that was loaded at two addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SiteKey {
    executable: Vec<u8>,
    function: &'static str,
    frames: Vec<Frame>,
    told: Option<(String, u32)>,
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
            outer: program.outer(call),
            function: call.function.name(),
            told: call.details.get(section::PLACE).map(|place| Source {
                file: String::from_utf8_lossy(&place.bytes).into_owned(),
                line: place.claimed,
                column: None,
            }),
        }
    }

    pub(crate) fn key(&self) -> SiteKey {
        let beyond = self.outer.iter().copied().chain(self.beyond_transparent());
        let frames = std::iter::once(self.caller).chain(beyond).map(|address| self.frame(address)).collect();
        let told = self.told.as_ref().map(|source| (source.file.clone(), source.line));
        SiteKey { executable: self.program.executable.clone(), function: self.function, frames, told }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames by name: of the user's sources where the name ends in `.c`, wrappers where it begins with `x`.
    struct Named(&'static [&'static str]);

    impl Locate for Named {
        fn frames(&self, _site: &Site) -> Vec<Location> {
            let location = |name: &&str| Location {
                module: String::new(),
                offset: 0,
                function: name.split('.').next().map(str::to_owned),
                source: if name.contains('.') {
                    Ok(Source { file: (*name).to_owned(), line: 1, column: None })
                } else {
                    Err(NoSource::NoDebugInformation)
                },
            };
            self.0.iter().map(location).collect()
        }

        fn is_users(&self, location: &Location) -> bool {
            location.source.as_ref().is_ok_and(|source| source.file.ends_with(".c"))
        }

        fn is_wrapper(&self, location: &Location, callee: &str) -> bool {
            location.function.as_ref().is_some_and(|name| name.starts_with('x') && !callee.is_empty())
        }
    }

    #[test]
    fn the_place_is_the_innermost_of_the_users_frames_that_is_no_wrapper() {
        let site = Site {
            program: Arc::default(),
            caller: 1,
            stack: Vec::new(),
            outer: Vec::new(),
            function: "send",
            told: None,
        };
        for (frames, place, callee, through) in [
            (&["main.c"][..], "main", "send", &[][..]),
            (&["xsend.c", "serve.c", "main.c"], "serve", "xsend", &["xsend"]),
            (&["lib.so", "fputs.h", "xput.c", "xlog.c", "main.c"], "main", "xlog", &["lib", "fputs", "xput", "xlog"]),
            (&["xsend.c"], "xsend", "send", &[]),
            (&["xsend.c", "xall.c", "nobody"], "xall", "xsend", &["xsend"]),
            (&["printf", "main"], "printf", "send", &[]),
        ] {
            let chosen = Named(frames).place(&site).expect("a place");
            let names: Vec<&str> = chosen.through.iter().filter_map(|frame| frame.function.as_deref()).collect();
            assert_eq!((chosen.location.function.as_deref(), &*chosen.callee), (Some(place), callee), "{frames:?}");
            assert_eq!(names, through, "{frames:?}");
        }
        assert_eq!(Named(&[]).place(&site), None);
    }

    #[test]
    fn reasons_are_said_in_both_languages() {
        assert_eq!(FORMS.iter().filter_map(|form| form.fault()).collect::<Vec<_>>(), [""; 0]);
    }
}
