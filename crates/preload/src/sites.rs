//! Call sites and the loaded objects that they lie in.
//!
//! The command needs to know of every object whose code makes calls: where it is mapped and which file it is. At the first
//! call of a site the object is looked up by `_dl_find_object`, which neither locks nor allocates and may run in a signal
//! handler (`dl_iterate_phdr` and `dladdr` may not), and told in a record of its own if it is new. After that a site costs
//! one comparison. What is loaded before `main` is told at the start: a call through libbsock comes from an object that
//! may make no call of its own. glibc before 2.35 has no `_dl_find_object`; there, nothing more is ever told.

use core::ffi::{CStr, c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU64};

use bsock_recording::layout::{Line, PAGE, flag, kind, section};
use bsock_recording::writer::{Ring, Section};

use crate::call::Frame;
use crate::thread::Writer;
use crate::{memory, routes};

const SITES: usize = 1024;
const OBJECTS: usize = 256;

/// Set in a site's word if its object is transparent, or if its function was called by a frame that can be followed. User
/// addresses do not reach so far.
const TRANSPARENT: u64 = 1 << 63;
const FOLLOWED: u64 = 1 << 62;

/// Known sites, each in one of the places that its address leads to; a newcomer takes the place of the former.
static KNOWN: [AtomicU64; SITES] = [const { AtomicU64::new(0) }; SITES];

/// First addresses of the objects that were told; bit 0 marks a transparent one (objects begin on a page).
static TOLD: [AtomicU64; OBJECTS] = [const { AtomicU64::new(0) }; OBJECTS];

/// Before `dlclose`: another object may come to lie where one was. What is still loaded is told again at its next call.
pub(crate) extern "C" fn forget() {
    TOLD.iter().chain(&KNOWN).for_each(|word| word.store(0, Relaxed));
}

fn place(site: u64) -> &'static AtomicU64 {
    &KNOWN[(site ^ (site >> 10)) as usize % SITES]
}

/// True if the site is known and there is nothing more to know of a call there: the usual case, in one comparison.
#[inline(always)]
pub(crate) fn is_plain(site: u64) -> bool {
    place(site).load(Relaxed) == site
}

/// True if the call of `line` was made by libbsock. Tells of the site's object if that is new, and by which route the site was
/// reached. What a site's first call shows holds for all of them.
pub(crate) fn examine(writer: Writer, line: &mut Line, frame: Frame) -> bool {
    let known = place(line.caller).load(Relaxed);
    let marks = if known & !(TRANSPARENT | FOLLOWED) == line.caller { known } else { look(writer, line, frame) };
    if marks & FOLLOWED != 0 {
        routes::take(writer, line, frame);
    }
    marks & TRANSPARENT != 0
}

/// What is to be known of a site, by its marks.
#[cold]
#[inline(never)]
fn look(writer: Writer, line: &Line, frame: Frame) -> u64 {
    let Some(object) = find(line.caller) else { return 0 };
    let marks = |transparent| match transparent {
        true => TRANSPARENT,
        false if routes::leads_here(line.caller, frame) => FOLLOWED,
        false => 0,
    };
    match told(&object, writer.ring, line.end, frame.address()) {
        Some(transparent) => {
            place(line.caller).store(line.caller | marks(transparent), Relaxed);
            marks(transparent)
        }
        None => marks(object.transparent()),
    }
}

/// Tells of the object unless that was done; whether it is transparent. `None` if there was no room to tell it.
fn told(object: &Object, ring: Ring, now: u64, stack: u64) -> Option<bool> {
    let start = object.start.addr() as u64;
    for entry in &TOLD {
        let word = entry.load(Acquire);
        if word & !1 == start {
            return Some(word & 1 != 0);
        }
        if word == 0 {
            let transparent = object.transparent();
            if !tell(object, transparent, ring, now, stack) {
                return None;
            }
            // Somebody else may have taken the place for another object: then this one is told again some day.
            let _ = entry.compare_exchange(0, start | u64::from(transparent), Release, Relaxed);
            return Some(transparent);
        }
    }
    None
}

fn tell(object: &Object, transparent: bool, ring: Ring, now: u64, stack: u64) -> bool {
    let args = [object.start.addr() as u64, object.end.addr() as u64, object.bias];
    let flags = if transparent { flag::TRANSPARENT } else { 0 };
    let mut record = Line { kind: kind::MODULE, flags, fd: -1, begin: now, end: now, args, ..Line::default() };
    let path = object.path.to_bytes();
    let path = path.get(..path.len().min(4096)).unwrap_or(&[]);
    let sections = [Section::whole(section::PATH, path), Section::whole(section::BUILD_ID, object.build_id())];
    ring.append(&mut record, &sections, stack)
}

/// Tells of everything that is loaded. For the constructor, in which the dynamic linker is still at work: at any other time
/// this would lock.
pub(crate) fn tell_loaded(ring: Ring) {
    let mut ring = ring;
    // SAFETY: `loaded` is called with the data that it is given here, before this returns.
    unsafe { libc::dl_iterate_phdr(Some(loaded), (&raw mut ring).cast()) };
}

/// SAFETY: called by `dl_iterate_phdr`, with a [`Ring`] as data.
unsafe extern "C" fn loaded(info: *mut libc::dl_phdr_info, _: usize, ring: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let (info, ring) = unsafe { (&*info, *ring.cast::<Ring>()) };
    // SAFETY: the object's program headers, as the dynamic linker has them.
    let headers = unsafe { core::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let segments = headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
    let first = segments.clone().map(|header| header.p_vaddr as usize & !(PAGE - 1)).min();
    let last = segments.map(|header| (header.p_vaddr + header.p_memsz) as usize).max();
    if let (Some(first), Some(last)) = (first, last)
        && !info.dlpi_name.is_null()
    {
        let at = |address: usize| (info.dlpi_addr as usize).wrapping_add(address) as *const u8;
        // SAFETY: a string of the dynamic linker's.
        let path = unsafe { CStr::from_ptr(info.dlpi_name) };
        let object = Object { start: at(first), end: at(last), bias: info.dlpi_addr, path };
        if path.is_empty() {
            routes::executable(object.start.addr(), object.end.addr());
        }
        let here = crate::thread::here();
        ring.telling(here, || told(&object, ring, crate::process::now(), here));
    }
    0
}

/// A loaded object.
struct Object {
    start: *const u8,
    end: *const u8,
    bias: u64,
    /// Empty for the executable.
    path: &'static CStr,
}

impl Object {
    /// True for libbsock, whatever its version.
    fn transparent(&self) -> bool {
        let path = self.path.to_bytes();
        let name =
            path.iter().rposition(|byte| *byte == b'/').map_or(path, |slash| path.get(slash + 1..).unwrap_or(&[]));
        name.starts_with(b"libbsock.so")
    }

    /// The GNU build identity, found through the program headers as they are mapped.
    fn build_id(&self) -> &'static [u8] {
        if !memory::is_there(self.start, 1) {
            return &[]; // A program may protect itself, or what it loads, from being read.
        }
        // SAFETY: a loaded object begins with its ELF header, and ld.so has read the program headers behind it; both lie in
        // the first page, which is there, or the object is not looked at.
        unsafe { build_id(self.start, self.end.addr(), self.bias as usize) }.unwrap_or(&[])
    }
}

/// SAFETY: `start` is the first address of a loaded object that ends at `end`.
unsafe fn build_id(start: *const u8, end: usize, bias: usize) -> Option<&'static [u8]> {
    // SAFETY: the caller's promise; an object's first page holds its ELF header.
    let header = unsafe { &*start.cast::<libc::Elf64_Ehdr>() };
    let (count, offset) = (usize::from(header.e_phnum), usize::try_from(header.e_phoff).ok()?);
    let fits = offset.checked_add(count.checked_mul(size_of::<libc::Elf64_Phdr>())?)? <= PAGE;
    if !header.e_ident.starts_with(b"\x7fELF") || !fits || !offset.is_multiple_of(8) {
        return None;
    }
    // SAFETY: they lie in the object's first page.
    let headers = unsafe { core::slice::from_raw_parts(start.add(offset).cast::<libc::Elf64_Phdr>(), count) };
    for header in headers.iter().filter(|header| header.p_type == libc::PT_NOTE) {
        let address = bias.wrapping_add(header.p_vaddr as usize);
        let length = header.p_memsz as usize;
        if address < start.addr()
            || address.checked_add(length)? > end
            || !memory::is_there(address as *const u8, length)
        {
            continue;
        }
        // SAFETY: a loaded segment of the object, which is there.
        let notes = unsafe { core::slice::from_raw_parts(address as *const u8, length) };
        if let Some(found) = gnu_build_id(notes) {
            return Some(found);
        }
    }
    None
}

/// The note of type 3 by "GNU".
fn gnu_build_id(mut notes: &[u8]) -> Option<&[u8]> {
    loop {
        let word = |at: usize| notes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes).map(|word| word as usize);
        let (name, description, kind) = (word(0)?, word(4)?, word(8)?);
        let start = 12_usize.checked_add(name.next_multiple_of(4))?;
        let end = start.checked_add(description)?;
        if kind == 3 && notes.get(12..16) == Some(b"GNU\0") {
            return notes.get(start..end);
        }
        notes = notes.get(end.checked_next_multiple_of(4)?..)?;
    }
}

/// `struct dl_find_object` of `<dlfcn.h>`, as far as it is used here.
#[repr(C)]
struct Found {
    flags: u64,
    start: *const u8,
    end: *const u8,
    link_map: *const LinkMap,
    eh_frame: *const c_void,
    reserved: [u64; 7],
}

/// The public part of `struct link_map` of `<link.h>`.
#[repr(C)]
struct LinkMap {
    bias: u64,
    path: *const core::ffi::c_char,
}

type Finder = unsafe extern "C" fn(*mut c_void, *mut Found) -> c_int;

/// `_dl_find_object`, if this libc has it; bound with the real functions.
static FINDER: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());

/// Looks for it. Not in a hook, since `dlsym` allocates when it does not find.
pub(crate) fn bind() {
    // SAFETY: a NUL-terminated name.
    FINDER.store(unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_dl_find_object".as_ptr()) }, Relaxed);
}

fn find(address: u64) -> Option<Object> {
    let finder = FINDER.load(Relaxed);
    if finder.is_null() {
        return None;
    }
    // SAFETY: glibc's function of this name and type.
    let finder: Finder = unsafe { core::mem::transmute(finder) };
    let mut found = MaybeUninit::<Found>::zeroed();
    // SAFETY: it takes any address, and fills in the structure.
    if unsafe { finder(address as *mut c_void, found.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: filled in, and zero before.
    let found = unsafe { found.assume_init() };
    // SAFETY: the object is loaded, since code of it is calling us; so is its link map, whose name is a string.
    let (bias, path) = unsafe { ((*found.link_map).bias, CStr::from_ptr((*found.link_map).path)) };
    Some(Object { start: found.start, end: found.end, bias, path })
}
