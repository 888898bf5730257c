//! From where the function was called that makes a call, and from where that one's caller was: a program's own `Send()`, as
//! textbooks write it, makes all its calls at one place, and what is wrong with one of them was decided by whoever called it.
//!
//! Only frames that a frame pointer chains are followed, as compilers lay them out while a program is being written (`-O0`) or
//! where they are told to: two loads each, and no table has to be read. Whether the frames really are such is for the command to
//! ask of the object's unwind table; a register that only looks like a frame pointer costs nothing but a route that is not
//! believed. Only frames of the executable count, so that a place whose caller is libc (in `main`) stays without.
//!
//! A route is told once, in a record of its own, and has a number from then on, which calls carry beside their return address.
//! The number is the place in the table that the route's addresses lead to; two routes that lead to both of the same places
//! are rare, and the later one stays untold.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU64, AtomicUsize};

use bsock_recording::layout::{Line, kind};

use crate::call::Frame;
use crate::memory;
use crate::thread::Writer;

/// A power of two, below what a number has room for.
const ROUTES: usize = 4096;

/// What the addresses of a told route are mixed to; 0 where there is none.
static TOLD: [AtomicU64; ROUTES] = [const { AtomicU64::new(0) }; ROUTES];

/// The executable, from its first address to its end.
static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// The executable lies here.
pub(crate) fn executable(start: usize, end: usize) {
    START.store(start, Relaxed);
    END.store(end, Relaxed);
}

fn in_the_executable(address: u64) -> bool {
    (START.load(Relaxed)..END.load(Relaxed)).contains(&(address as usize))
}

/// True if a call of this place in the executable seems to come from a function with a frame pointer, which the executable has
/// called.
pub(crate) fn leads_here(caller: u64, frame: Frame) -> bool {
    in_the_executable(caller) && outer(frame)[0] != 0
}

/// Gives the call its route; tells the route first if that is new.
pub(crate) fn take(writer: Writer, line: &mut Line, frame: Frame) {
    let outer = outer(frame);
    if outer[0] == 0 {
        return;
    }
    let route = mixed(line.caller, outer);
    let place = (route >> 52) as usize % ROUTES;
    for place in [place, place ^ 1] {
        let Some(told) = TOLD.get(place) else { return };
        let number = place as u16 + 1;
        match told.load(Acquire) {
            // Two threads may tell the same route: it means the same both times.
            0 if tell(writer, line, number, outer, frame) => told.store(route, Release),
            known if known == route => {}
            0 => return,
            _ => continue,
        }
        return line.set_route(number);
    }
}

fn tell(writer: Writer, line: &Line, number: u16, [first, second]: [u64; 2], frame: Frame) -> bool {
    let args = [u64::from(number), first, second];
    let (begin, end, caller) = (line.end, line.end, line.caller);
    let mut record = Line { kind: kind::ROUTE, fd: -1, begin, end, caller, args, ..Line::default() };
    writer.ring.append(&mut record, &[], frame.address())
}

/// The return addresses beyond the caller's, as far as they lie in the executable and the chain can be read without a doubt.
fn outer(frame: Frame) -> [u64; 2] {
    let Some([base, first]) = frame.base().and_then(|base| link(base, frame)) else { return [0; 2] };
    let second = link(base, frame).map_or(0, |[_, second]| second);
    [first, second]
}

/// What a frame pointer points to: the frame pointer before it, and the function's return address.
fn link(base: u64, frame: Frame) -> Option<[u64; 2]> {
    let link = memory::link_on_our_stack(base, frame)?;
    in_the_executable(link[1]).then_some(link)
}

/// One number for all the addresses of a route, never 0: one that is mixed to 0 is not found again.
fn mixed(caller: u64, [first, second]: [u64; 2]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, address: u64| (sum ^ address).wrapping_mul(ODD).rotate_left(29);
    mix(mix(mix(0, caller), first), second).wrapping_mul(ODD)
}
