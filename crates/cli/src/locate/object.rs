//! An object file: who it is, what its debug information says of an address, and how its frames are unwound.

use std::fs;
use std::path::Path;
use std::rc::Rc;

use addr2line::Loader;
use bsock_analysis::site::{Location, NoSource, Source};
use object::{Object as _, ObjectSection as _, ReadCache};

use super::answers::Answers;
use super::shown;
use super::unwind::{self, Frame, Step};

/// Objects above this size are not programs that somebody wants to see a line of.
const LARGEST: u64 = 4 << 30;

/// An opened object file.
pub(super) struct Object {
    /// Its path, for people.
    name: String,
    debug: Loader,
    build_id: Vec<u8>,
    frames: Option<unwind::Table>,
    places: Answers<Rc<[Location]>>,
    steps: Answers<Option<Step>>,
}

impl Object {
    pub(super) fn open(path: &Path) -> Option<Self> {
        // Opening a pipe would wait for somebody to write to it.
        let metadata = fs::metadata(path).ok()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return None;
        }
        // Of a program of a gigabyte, the few sections that are asked for.
        let bytes = ReadCache::new(fs::File::open(path).ok()?);
        let file = object::File::parse(&bytes).ok()?;
        let build_id = file.build_id().ok().flatten().unwrap_or_default().to_vec();
        let frames = file.section_by_name(".eh_frame").and_then(|section| {
            let bytes = section.uncompressed_data().ok()?.into_owned();
            Some(unwind::Table { bytes, address: section.address() })
        });
        let debug = Loader::new(path).ok()?;
        let (places, steps) = (Answers::default(), Answers::default());
        Some(Self { name: shown(path), debug, build_id, frames, places, steps })
    }

    /// Whether this is the file that ran, as far as can be told.
    pub(super) fn is(&self, build_id: &[u8]) -> bool {
        build_id.is_empty() || build_id == self.build_id
    }

    /// The functions and lines at an address of the file: the innermost of inlined functions first. At least one.
    pub(super) fn places(&self, address: u64) -> Rc<[Location]> {
        self.places.get(address, || {
            let place = |(function, source)| Location { module: self.name.clone(), offset: address, function, source };
            let mut places: Vec<Location> = self.debugged(address).into_iter().map(place).collect();
            if places.is_empty() {
                places.push(place((self.symbol(address), Err(NoSource::NoDebugInformation))));
            }
            places.into()
        })
    }

    fn debugged(&self, address: u64) -> Vec<(Option<String>, Result<Source, NoSource>)> {
        let Ok(mut frames) = self.debug.find_frames(address) else { return Vec::new() };
        let mut places = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            let Some(source) = frame.location.and_then(source) else { break };
            let named = frame.function.and_then(|name| Some(name.demangle().ok()?.into_owned()));
            places.push((named.or_else(|| self.symbol(address)), Ok(source)));
        }
        places
    }

    fn symbol(&self, address: u64) -> Option<String> {
        self.debug.find_symbol(address).map(str::to_owned)
    }

    /// The frame that called the function which holds `address` (of the file), whose stack pointer is `frame`'s.
    pub(super) fn unwind(&self, address: u64, frame: Frame, stack: &[u8]) -> Option<Frame> {
        let table = self.frames.as_ref()?;
        self.steps.get(address, || table.step(address))?.take(frame, stack)
    }

    /// Whether the function that holds `address` (of the file) has a frame pointer there, which leads to its caller's.
    pub(super) fn is_chained(&self, address: u64) -> bool {
        let step = |table: &unwind::Table| self.steps.get(address, || table.step(address));
        self.frames.as_ref().and_then(step) == Some(Step::FramePointer)
    }

    /// How often the file itself had to be asked.
    #[cfg(test)]
    pub(super) fn lookups(&self) -> u64 {
        self.places.found() + self.steps.found()
    }
}

fn source(location: addr2line::Location<'_>) -> Option<Source> {
    let line = location.line.filter(|line| *line > 0)?;
    Some(Source { file: location.file?.to_owned(), line, column: location.column.filter(|column| *column > 0) })
}
