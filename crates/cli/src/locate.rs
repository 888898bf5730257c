//! From the place of a recorded call to a line of the source: the answer to the question that `bsock_analysis::site`
//! raises.
//!
//! A recorded address belongs to an object of the recorded program; the object's file has debug information, and
//! [`addr2line`] reads it. The file must still be the one that ran, which its build identity tells. Where the caller is
//! a transparent object (libbsock), the program's own call lies one frame or two further out, and [`unwind`] finds it
//! in the stack that was recorded.
//!
//! Files are opened once and kept, and so are their [`answers`]: a trace asks at every call. A recording is not trusted: what
//! it names may be missing, huge, or not an object at all.

mod answers;
mod object;
mod unwind;
mod wrapper;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::iter;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use bsock_analysis::address::Printable;
use bsock_analysis::model::Program;
use bsock_analysis::site::{Locate, Location, NoSource, Site, Source};
use bsock_recording::event::Module;

use self::object::Object;

/// Frames that are looked at, at most.
const FRAMES: usize = 8;

/// Where sources and objects are not the user's own.
const SYSTEM: [&str; 6] = ["/usr/lib", "/usr/include", "/usr/src", "/lib", "/build/", "./"];

/// Reads the debug information of the recorded programs.
#[derive(Default)]
pub(crate) struct Locator {
    objects: RefCell<Objects>,
}

/// By their paths' bytes, since a `Path` is hashed part by part; none where the file cannot be read.
type Objects = HashMap<Box<[u8]>, Option<Rc<Object>>>;

impl Locate for Locator {
    fn frames(&self, site: &Site) -> Vec<Location> {
        if let Some(source) = &site.told {
            return vec![told(site, source)];
        }
        self.calls(site).flat_map(|locations| locations.to_vec()).collect()
    }

    fn is_users(&self, location: &Location) -> bool {
        let of_the_system = |path: &str| SYSTEM.iter().any(|folder| path.starts_with(folder));
        let source = location.source.as_ref();
        source.is_ok_and(|source| !of_the_system(&source.file)) && !of_the_system(&location.module)
    }

    fn is_wrapper(&self, location: &Location, callee: &str) -> bool {
        wrapper::is_wrapper(location, callee)
    }
}

impl Locator {
    /// Where the call itself stands, whatever is made of it: nothing further out is looked at.
    pub(crate) fn innermost(&self, site: &Site) -> Option<Location> {
        match &site.told {
            Some(source) => Some(told(site, source)),
            None => self.calls(site).find_map(|locations| locations.first().cloned()),
        }
    }

    /// The calls in the program's own code, innermost first.
    fn calls(&self, site: &Site) -> impl Iterator<Item = Rc<[Location]>> {
        self.callers(site).map(|caller| self.inlined(site, caller))
    }

    /// The return addresses in the program's own code, innermost first, as far out as is known for certain.
    fn callers(&self, site: &Site) -> impl Iterator<Item = u64> {
        let (mut last, mut outer) = (None, site.outer.iter());
        let frames = iter::from_fn(move || {
            last = match last {
                None => Some(unwind::Frame { caller: site.caller, stack_pointer: size_of::<u64>() }),
                Some(inner) if site.stack.is_empty() => self.chained(site, inner, *outer.next()?),
                Some(inner) => self.unwound(site, inner),
            };
            last
        });
        let own =
            |frame: &unwind::Frame| site.program.module_at(frame.caller).is_some_and(|module| !module.transparent);
        frames.take(FRAMES).filter(own).map(|frame| frame.caller)
    }

    /// The frame of `caller`, to which the recorder followed a frame pointer, if the function of `inner` really has one.
    fn chained(&self, site: &Site, inner: unwind::Frame, caller: u64) -> Option<unwind::Frame> {
        let (object, address) = self.at(site, inner.caller)?;
        object.is_chained(address).then_some(unwind::Frame { caller, ..inner })
    }

    /// The frame further out, which the recorded stack shows.
    fn unwound(&self, site: &Site, inner: unwind::Frame) -> Option<unwind::Frame> {
        if site.stack.len() <= inner.stack_pointer {
            return None;
        }
        let (object, address) = self.at(site, inner.caller)?;
        object.unwind(address, inner, &site.stack)
    }

    /// The object of a return address, if it is the one that ran, and the address of the call in its file.
    fn at(&self, site: &Site, caller: u64) -> Option<(Rc<Object>, u64)> {
        let module = site.program.module_at(caller)?;
        let object = self.object(path(&site.program, module)).filter(|object| object.is(&module.build_id))?;
        Some((object, caller.checked_sub(module.bias)?.checked_sub(1)?))
    }

    /// The frames at a return address: those of inlined functions, innermost first, and of the function that holds them.
    fn inlined(&self, site: &Site, caller: u64) -> Rc<[Location]> {
        let Some(module) = site.program.module_at(caller) else { return Rc::default() };
        let path = path(&site.program, module);
        // The instruction of the call ends where it returns to.
        let Some(offset) = caller.checked_sub(module.bias).and_then(|end| end.checked_sub(1)) else {
            return Rc::default();
        };
        let unknown =
            |reason| Rc::from([Location { module: shown(path), offset, function: None, source: Err(reason) }]);
        match self.object(path) {
            // A line of Python's own sources is true and of no use, and must not be taken for the user's.
            _ if site.program.is_python(path.as_os_str().as_bytes()) => unknown(NoSource::Python),
            None => unknown(NoSource::Unreadable),
            Some(object) if !object.is(&module.build_id) => unknown(NoSource::Rebuilt),
            Some(object) => object.places(offset),
        }
    }

    fn object(&self, path: &Path) -> Option<Rc<Object>> {
        let name = path.as_os_str().as_bytes();
        let mut objects = self.objects.borrow_mut();
        if let Some(known) = objects.get(name) {
            return known.clone();
        }
        let opened = Object::open(path).map(Rc::new);
        objects.insert(name.into(), opened.clone());
        opened
    }
}

#[cfg(test)]
impl Locator {
    /// How often a file had to be asked.
    fn lookups(&self) -> u64 {
        self.objects.borrow().values().flatten().map(|object| object.lookups()).sum()
    }
}

/// The place that the program told; the object is the one that made the call.
fn told(site: &Site, source: &Source) -> Location {
    let module = site.program.module_at(site.caller);
    Location {
        module: module.map_or_else(String::new, |module| shown(path(&site.program, module))),
        offset: module.map_or(0, |module| site.caller.wrapping_sub(module.bias).wrapping_sub(1)),
        function: None,
        source: Ok(source.clone()),
    }
}

fn shown(path: &Path) -> String {
    Printable(path.as_os_str().as_bytes()).to_string()
}

/// The file of a module; the executable's has no path of its own.
fn path<'a>(program: &'a Program, module: &'a Module) -> &'a Path {
    let path = if module.path.is_empty() { &program.executable } else { &module.path };
    Path::new(OsStr::from_bytes(path))
}

#[cfg(test)]
mod tests;
