//! From the place of a recorded call to a line of the source: the answer to the question that `bsock_analysis::site`
//! raises.
//!
//! A recorded address belongs to an object of the recorded program; the object's file has debug information, and
//! [`addr2line`] reads it. The file must still be the one that ran, which its build identity tells. Where the caller is
//! a transparent object (libbsock), the program's own call lies one frame or two further out, and [`unwind`] finds it
//! in the stack that was recorded.
//!
//! Files are opened once and kept. A recording is not trusted: what it names may be missing, huge, or not an object at
//! all.

mod object;
mod python;
mod unwind;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bsock_analysis::address::Printable;
use bsock_analysis::model::Program;
use bsock_analysis::site::{Locate, Location, NoSource, Site};
use bsock_recording::event::Module;

use self::object::Object;

/// Frames of libbsock between the kernel's door and the program, at most.
const TRANSPARENT_FRAMES: usize = 8;

/// Reads the debug information of the recorded programs.
#[derive(Default)]
pub(crate) struct Locator {
    objects: RefCell<HashMap<PathBuf, Option<Rc<Object>>>>,
}

impl Locate for Locator {
    fn locate(&self, site: &Site) -> Option<Location> {
        let caller = self.program_caller(site)?;
        let module = site.program.module_at(caller)?;
        let path = path(&site.program, module);
        // The instruction of the call ends where it returns to.
        let offset = caller.checked_sub(module.bias)?.checked_sub(1)?;
        let place = if python::is_machinery(&site.program, path) {
            object::Place { function: None, source: Err(NoSource::Python) }
        } else {
            self.place(path, module, offset)
        };
        let module = Printable(path.as_os_str().as_bytes()).to_string();
        Some(Location { module, offset, function: place.function, source: place.source })
    }
}

impl Locator {
    /// What an object's file says of an address in it.
    fn place(&self, path: &Path, module: &Module, offset: u64) -> object::Place {
        match self.object(path) {
            None => object::Place { function: None, source: Err(NoSource::Unreadable) },
            Some(object) if !object.is(&module.build_id) => {
                object::Place { function: None, source: Err(NoSource::Rebuilt) }
            }
            Some(object) => object.place(offset),
        }
    }

    /// The return address in the program's own code.
    fn program_caller(&self, site: &Site) -> Option<u64> {
        let mut frame = unwind::Frame { caller: site.caller, stack_pointer: 8 };
        for _ in 0..TRANSPARENT_FRAMES {
            let module = site.program.module_at(frame.caller)?;
            if !module.transparent {
                return Some(frame.caller);
            }
            let object = self.object(path(&site.program, module)).filter(|object| object.is(&module.build_id))?;
            let address = frame.caller.checked_sub(module.bias)?.checked_sub(1)?;
            frame = object.unwind(address, frame, &site.stack)?;
        }
        None
    }

    fn object(&self, path: &Path) -> Option<Rc<Object>> {
        let mut objects = self.objects.borrow_mut();
        if let Some(known) = objects.get(path) {
            return known.clone();
        }
        let opened = Object::open(path).map(Rc::new);
        objects.insert(path.to_owned(), opened.clone());
        opened
    }
}

/// The file of a module; the executable's has no path of its own.
fn path<'a>(program: &'a Program, module: &'a Module) -> &'a Path {
    let path = if module.path.is_empty() { &program.executable } else { &module.path };
    Path::new(OsStr::from_bytes(path))
}

#[cfg(test)]
mod tests;
