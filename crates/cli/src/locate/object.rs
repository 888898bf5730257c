//! An object file: who it is, what its debug information says of an address, and how its frames are unwound.

use std::fs;
use std::path::Path;

use addr2line::Loader;
use bsock_analysis::site::{NoSource, Source};
use object::{Object as _, ObjectSection as _, ReadCache};

use super::unwind::{self, Frame};

/// Objects above this size are not programs that somebody wants to see a line of.
const LARGEST: u64 = 4 << 30;

/// An opened object file.
pub(super) struct Object {
    debug: Loader,
    build_id: Vec<u8>,
    frames: Option<unwind::Table>,
}

/// What is known of an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) function: Option<String>,
    pub(super) source: Result<Source, NoSource>,
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
        Some(Self { debug: Loader::new(path).ok()?, build_id, frames })
    }

    /// Whether this is the file that ran, as far as can be told.
    pub(super) fn is(&self, build_id: &[u8]) -> bool {
        build_id.is_empty() || build_id == self.build_id
    }

    /// The functions and lines at an address of the file: the innermost of inlined functions first. At least one.
    pub(super) fn places(&self, address: u64) -> Vec<Place> {
        let mut places = self.debugged(address);
        if places.is_empty() {
            let function = self.debug.find_symbol(address).map(str::to_owned);
            places.push(Place { function, source: Err(NoSource::NoDebugInformation) });
        }
        places
    }

    fn debugged(&self, address: u64) -> Vec<Place> {
        let Ok(mut frames) = self.debug.find_frames(address) else { return Vec::new() };
        let mut places = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            let Some(source) = frame.location.and_then(source) else { break };
            let named = frame.function.and_then(|name| Some(name.demangle().ok()?.into_owned()));
            let function = named.or_else(|| self.debug.find_symbol(address).map(str::to_owned));
            places.push(Place { function, source: Ok(source) });
        }
        places
    }

    pub(super) fn unwind(&self, address: u64, frame: Frame, stack: &[u8]) -> Option<Frame> {
        self.frames.as_ref()?.unwind(address, frame, stack)
    }
}

fn source(location: addr2line::Location<'_>) -> Option<Source> {
    let line = location.line.filter(|line| *line > 0)?;
    Some(Source { file: location.file?.to_owned(), line, column: location.column.filter(|column| *column > 0) })
}
