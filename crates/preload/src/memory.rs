//! Reads what the program points to, without ever believing it.
//!
//! A pointer proves nothing by having been passed: `bind` with a bad length never touches its pointer, a failed `connect`
//! may have been refused before its address was looked at. Nor is it enough that the kernel has read the bytes: the other end
//! has them then, and a thread that it answers may unmap them before this one is back from its call. Bytes are read directly
//! only where the kernel has just written them, where they lie on the stack that we stand on (in the page of our frame or, on
//! the process's first stack, above it), and, where there is no other thread, if the kernel has read them. Others are copied by
//! the kernel, which answers EFAULT instead of killing; not once the process is confined, and then they are *unreadable*.

use core::ffi::{CStr, c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicPtr, AtomicUsize};

use bsock_recording::layout::PAGE;
use bsock_recording::raw;
use bsock_recording::writer::Section;

use crate::call::Frame;
use crate::process;

/// As many bytes of an address as are ever kept: the size of `sockaddr_storage`.
pub(crate) const ADDRESS_BYTES: usize = 128;

/// What the kernel has done with memory that a call passed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It has written every byte. Until the call returns, nobody else knows that it did.
    Written,
    /// It has read every byte. The other end may have answered already, and a thread that hears of it may free them.
    Read,
    /// It may have left them alone, as calls do that fail, `write` to /dev/null, and TCP with MSG_TRUNC.
    Doubtful,
}

impl Use {
    /// What a call has read if it succeeded.
    pub(crate) const fn read_by(succeeded: bool) -> Self {
        if succeeded { Self::Read } else { Self::Doubtful }
    }

    /// What a call has written if it succeeded.
    pub(crate) const fn written_by(succeeded: bool) -> Self {
        if succeeded { Self::Written } else { Self::Doubtful }
    }
}

/// A copy of some of the program's memory, for a record.
pub(crate) struct Captured {
    kind: u16,
    claimed: u32,
    length: usize,
    bytes: [u8; ADDRESS_BYTES],
}

impl Captured {
    /// Copies `length` bytes (128 at most) of an object that is `claimed` long.
    pub(crate) fn read(
        kind: u16,
        claimed: u32,
        address: *const c_void,
        length: usize,
        used: Use,
        frame: Frame,
    ) -> Self {
        let mut captured = Self { kind, claimed, length: 0, bytes: [0; ADDRESS_BYTES] };
        let length = length.min(ADDRESS_BYTES);
        if let Some(into) = captured.bytes.get_mut(..length)
            && read(address, into, used, frame)
        {
            captured.length = length;
        }
        captured
    }

    /// Copies a string up to its NUL, or as much of it as fits.
    pub(crate) fn string(kind: u16, address: *const c_char, frame: Frame) -> Self {
        let mut captured = Self { kind, claimed: 0, length: 0, bytes: [0; ADDRESS_BYTES] };
        while captured.length < ADDRESS_BYTES {
            let start = address.wrapping_add(captured.length);
            // Not beyond the page: the string may end in it, and the next may not be there.
            let length = (PAGE - start.addr() % PAGE).min(ADDRESS_BYTES - captured.length);
            let Some(into) = captured.bytes.get_mut(captured.length..captured.length + length) else { break };
            if !read(start.cast(), into, Use::Doubtful, frame) {
                break;
            }
            if let Some(end) = into.iter().position(|byte| *byte == 0) {
                captured.length += end;
                break;
            }
            captured.length += length;
        }
        captured.claimed = captured.length.max(1) as u32;
        captured
    }

    /// True if nothing of it could be read.
    pub(crate) const fn is_unreadable(&self) -> bool {
        self.length == 0
    }

    /// For the record.
    pub(crate) fn section(&self) -> Section<'_> {
        Section { kind: self.kind, claimed: self.claimed, bytes: self.bytes.get(..self.length).unwrap_or(&[]) }
    }
}

/// The value of a `socklen_t` of the program's.
pub(crate) fn length_at(address: *const libc::socklen_t, used: Use, frame: Frame) -> Option<u32> {
    let mut bytes = [0; 4];
    (!address.is_null() && read(address.cast(), &mut bytes, used, frame)).then(|| u32::from_ne_bytes(bytes))
}

/// A plain structure of the program's. `T` is one of C's: any bytes are a value of it.
pub(crate) fn copy<T: Copy>(address: *const T, used: Use, frame: Frame) -> Option<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: the bytes of `value`, which are initialised.
    let into = unsafe { core::slice::from_raw_parts_mut(value.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    // SAFETY: zeroed at least, and a structure of C's.
    (!address.is_null() && read(address.cast(), into, used, frame)).then(|| unsafe { value.assume_init() })
}

/// As [`copy`], of as many of an array as fit and lie in the page of the first, where the array may end: how many, 0 if they
/// cannot be read.
pub(crate) fn some<T: Copy>(address: *const T, into: &mut [T], frame: Frame) -> usize {
    let together = (PAGE - address.addr() % PAGE) / size_of::<T>();
    let count = together.max(1).min(into.len());
    // SAFETY: the bytes of the first `count`, of which there are as many at least.
    let bytes = unsafe { core::slice::from_raw_parts_mut(into.as_mut_ptr().cast(), count * size_of::<T>()) };
    if read(address.cast(), bytes, Use::Doubtful, frame) { count } else { 0 }
}

/// So many strings are asked for at a time, and so many bytes of each.
pub(crate) const MANY: usize = 32;
pub(crate) const BEGINNING: usize = 16;

/// The first bytes of strings, in no order, with one question to the kernel for all that are doubtful; the NUL and what stands
/// behind it count as well. False if one of them cannot be read.
pub(crate) fn beginnings(strings: &[*const c_char], into: &mut [[u8; BEGINNING]; MANY], frame: Frame) -> bool {
    let is_ours = |string: &&*const c_char| on_our_stack(string.addr(), BEGINNING, frame);
    let mut places = [libc::iovec { iov_base: ptr::null_mut(), iov_len: BEGINNING }; MANY];
    let mut used = 0;
    for (place, string) in places.iter_mut().zip(strings.iter().filter(|string| !is_ours(string))) {
        place.iov_base = string.cast_mut().cast();
        used += 1;
    }
    let Some((doubtful, ours)) = into.split_at_mut_checked(used) else { return false };
    for (bytes, string) in ours.iter_mut().zip(strings.iter().filter(is_ours)) {
        read(string.cast(), bytes, Use::Doubtful, frame);
    }
    let places = places.get(..used).unwrap_or(&[]);
    used == 0 || (!process::confined() && raw::read_memories(process::number(), places, doubtful.as_flattened_mut()))
}

/// As [`copy`], of what the kernel wrote if the call succeeded. If it failed, nothing is looked at: not even what is thrown away
/// afterwards, since only the optimizer's mercy would keep that from being read.
pub(crate) fn written<T: Copy>(address: *const T, succeeded: bool, frame: Frame) -> Option<T> {
    if succeeded { copy(address, Use::Written, frame) } else { None }
}

/// True if these bytes, of which the kernel has made such use, may be read where they are until the call returns that passed
/// them.
#[inline(always)]
pub(crate) fn stays(address: *const c_void, length: usize, used: Use, frame: Frame) -> bool {
    match used {
        Use::Written => true,
        Use::Read => is_alone() || on_our_stack(address.addr(), length, frame),
        Use::Doubtful => on_our_stack(address.addr(), length, frame),
    }
}

/// Some bytes of the program's, for a record: where they are if they stay there, otherwise as many as `scratch` has room for,
/// copied there. `None` if they cannot be read.
pub(crate) fn view(
    address: *const c_void,
    length: usize,
    used: Use,
    scratch: &mut [u8],
    frame: Frame,
) -> Option<&[u8]> {
    if address.is_null() || length == 0 {
        return None;
    }
    if stays(address, length, used, frame) {
        return Some(in_place(address, length));
    }
    let wanted = length.min(scratch.len());
    let into = scratch.get_mut(..wanted)?;
    read(address, into, used, frame).then_some(into)
}

/// Bytes of which [`stays`] is true, for a record. Should another thread write to them, what the ring gets is as undecided as
/// what the kernel got; they are copied once, and nothing is concluded from them here.
#[inline(always)]
pub(crate) fn in_place<'a>(address: *const c_void, length: usize) -> &'a [u8] {
    // SAFETY: nobody unmaps them before the call returns that passed them, as `stays` says.
    unsafe { core::slice::from_raw_parts(address.cast(), length) }
}

/// The stack from the return address on, up to the end of its page at least: beyond it, only what the kernel says is there.
pub(crate) fn stack_above(frame: Frame, into: &mut [u8]) -> &[u8] {
    let start = frame.address() as usize;
    let all = into.len();
    if !read(start as *const c_void, into, Use::Doubtful, frame) {
        let length = (PAGE - start % PAGE).min(all);
        // SAFETY: up to the page's end it is the page that the return address lies in.
        unsafe { ptr::copy_nonoverlapping(start as *const u8, into.as_mut_ptr(), length) };
        return into.get(..length).unwrap_or(&[]);
    }
    into
}

/// The two words at `base`, if that lies on the stack that we stand on, above our frame.
pub(crate) fn link_on_our_stack(base: u64, frame: Frame) -> Option<[u64; 2]> {
    let address = usize::try_from(base).ok()?;
    let above = base > frame.address() && base.is_multiple_of(8);
    if !above || !on_our_stack(address, size_of::<[u64; 2]>(), frame) {
        return None;
    }
    // SAFETY: they are there, since we stand below them, and aligned. Whatever they hold is a number.
    Some(unsafe { ptr::read(ptr::with_exposed_provenance(address)) })
}

/// Copies some bytes of the program's; false if they cannot be read.
pub(crate) fn read(address: *const c_void, into: &mut [u8], used: Use, frame: Frame) -> bool {
    if into.is_empty() || address.is_null() {
        return false;
    }
    if stays(address, into.len(), used, frame) {
        // SAFETY: nobody unmaps them before the call returns that passed them, as `stays` says.
        unsafe { ptr::copy_nonoverlapping(address.cast(), into.as_mut_ptr(), into.len()) };
        return true;
    }
    !process::confined() && raw::read_memory(process::number(), address, into)
}

/// A piece of the program's memory: where it starts, how long it is.
pub(crate) type Piece = (*const c_void, usize);

/// Copies pieces, one behind the other, with one question to the kernel; false if one of them cannot be read.
pub(crate) fn read_together<const N: usize>(pieces: [Piece; N], into: &mut [u8]) -> bool {
    let places = pieces.map(|(start, length)| libc::iovec { iov_base: start.cast_mut(), iov_len: length });
    let length = pieces.iter().map(|(_, length)| length).sum();
    let Some(into) = into.get_mut(..length) else { return false };
    !process::confined() && raw::read_memories(process::number(), &places, into)
}

/// True if the bytes are there for certain, since we stand below them.
fn on_our_stack(address: usize, length: usize, frame: Frame) -> bool {
    on_our_page(address, length, frame) || above_on_the_stack(address, length, frame)
}

/// True if the kernel says that each page of these bytes can be read. It is not asked once the process is confined.
pub(crate) fn is_there(address: *const u8, length: usize) -> bool {
    let last = address.wrapping_add(length.saturating_sub(1));
    let pages = last.addr() / PAGE - address.addr() / PAGE;
    let in_each = (1..=pages).map(|page| address.wrapping_add(page * PAGE - address.addr() % PAGE));
    !process::confined()
        && core::iter::once(address)
            .chain(in_each)
            .all(|byte| raw::read_memory(process::number(), byte.cast(), &mut [0]))
}

/// True if the bytes lie in the page of the stack that holds the return address.
fn on_our_page(address: usize, length: usize, frame: Frame) -> bool {
    let page = frame.address() as usize / PAGE;
    address / PAGE == page && address.checked_add(length - 1).is_some_and(|last| last / PAGE == page)
}

/// The upper end of the stack that the process began with; 0 while it is not known.
static STACK_END: AtomicUsize = AtomicUsize::new(0);

/// How far below its end that stack is taken to reach. The kernel keeps 128 MiB below it free of other mappings, so whoever has
/// a frame in there stands on it.
const STACK: usize = 4 << 20;

/// That end: where the kernel put the number of arguments, then those, and the environment.
pub(crate) fn stack_end() -> Option<*const usize> {
    let end = core::ptr::with_exposed_provenance::<usize>(STACK_END.load(Relaxed));
    (!end.is_null()).then_some(end)
}

/// libc's variable that says whether the process has one thread; ours where libc has none (glibc before 2.32).
static ALONE: AtomicPtr<u8> = AtomicPtr::new(&raw const NOT_KNOWN as *mut u8);
static NOT_KNOWN: u8 = 0;

/// True if there is no other thread that could give memory back while this one looks at it.
fn is_alone() -> bool {
    // SAFETY: a variable that stays. libc changes it where it makes the first thread, in the only one that there is then.
    unsafe { ptr::read_volatile(ALONE.load(Relaxed)) != 0 }
}

/// Finds that end, and that variable. Not in a hook, since `dlsym` allocates when it does not find.
pub(crate) fn bind() {
    // SAFETY: a NUL-terminated name.
    let variable = |name: &CStr| unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    let end = variable(c"__libc_stack_end").cast::<usize>();
    if !end.is_null() {
        // SAFETY: the dynamic linker's variable of this name, set before any program ran.
        STACK_END.store(unsafe { *end }, Relaxed);
    }
    let alone = variable(c"__libc_single_threaded").cast::<u8>();
    if !alone.is_null() {
        ALONE.store(alone, Relaxed);
    }
}

/// True if the bytes lie on the process's first stack, above a frame that lies there as well: what is between a frame and the
/// end of its stack is there, or nobody could return. Other threads' stacks have no end that can be known without asking.
fn above_on_the_stack(address: usize, length: usize, frame: Frame) -> bool {
    let (end, frame) = (STACK_END.load(Relaxed), frame.address() as usize);
    let ours = frame < end && end - frame < STACK;
    ours && address >= frame && address.checked_add(length).is_some_and(|last| last <= end)
}
