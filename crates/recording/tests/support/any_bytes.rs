//! Reads bytes that may be anything, to the end. That it comes back is the test: `cargo test` gives it the recordings that
//! are kept here and mutations of them (`any_bytes.rs`), `make fuzz` what a fuzzer thinks up.

use bsock_recording::details::Details;
use bsock_recording::drain::Item;
use bsock_recording::event::{Call, Event, Memory, What, decode};
use bsock_recording::file::{Broken, Recording};
use bsock_recording::layout::section;
use bsock_recording::merge::Merger;

/// As a recording file.
pub(crate) fn as_a_file(bytes: &[u8]) {
    let Ok(mut recording) = Recording::open(bytes) else { return };
    let mut merger = Merger::new();
    loop {
        match recording.item() {
            Ok(Some(Item::Chunk { ring, bytes })) => drop(merger.chunk(ring as usize % 512, bytes)),
            Ok(Some(Item::Round { horizon })) => merger.round(horizon),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(Broken::Damaged(damage)) => {
                assert!(damage.offset <= bytes.len() as u64, "{damage} of {}", bytes.len());
                assert!(matches!(recording.item(), Ok(None)), "what follows damage cannot be trusted");
            }
            Err(Broken::Unreadable(error)) => unreachable!("memory can be read: {error}"),
        }
        take(&mut merger);
    }
    merger.finish();
    take(&mut merger);
}

/// As the bytes of two rings, whose first byte of each 64 says how they are cut.
pub(crate) fn as_records(bytes: &[u8]) {
    let mut merger = Merger::new();
    let mut rest = bytes;
    while let Some(how) = rest.first() {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(*how) * 8 + 1));
        let _ = merger.chunk(usize::from(how & 1), piece);
        merger.round(u64::from(*how) << 8);
        take(&mut merger);
        rest = after;
    }
    merger.finish();
    take(&mut merger);
}

/// As the control messages of a call, which are decoded when somebody looks at them.
pub(crate) fn as_control_messages(bytes: &[u8]) {
    let Ok(Some(Event { what: What::Call(mut call), .. })) = decode(Default::default(), &recvmsg()) else {
        unreachable!("is a call")
    };
    let memory = Memory { claimed: bytes.len() as u32, bytes: bytes.to_vec() };
    call.details = Details::of([(section::CONTROL, memory)]);
    let mut ints = 0;
    for (index, message) in call.control(section::CONTROL).enumerate() {
        // Each takes at least its header, so that the walk comes to an end.
        assert!((index + 1) * 16 <= bytes.len() && message.data.len() <= bytes.len());
        ints += message.ints().count();
    }
    assert!(ints * 4 <= bytes.len());
}

/// The record of a call without anything.
fn recvmsg() -> [u8; 64] {
    let mut record = [0; 64];
    record[..2].copy_from_slice(&bsock_recording::function::Function::Recvmsg.number().to_ne_bytes());
    record[2] = 1;
    record
}

/// Takes what there is, and looks at all of it: what a call's sections hold is decoded only then.
fn take(merger: &mut Merger) {
    while let Some(event) = merger.pop() {
        if let What::Call(call) = &event.what {
            look_at(call);
        }
    }
}

fn look_at(call: &Call) {
    let _ = (call.more(2), call.after(0), call.sigpipe(), call.waiting());
    let arrays = call.polled().count() + call.epoll_events().count() + call.buffers().count() + call.messages().count();
    let passed = call.descriptors().count() + call.queues().count();
    let sets = [section::READ_SET, section::EXCEPT_SET_AFTER].map(|set| call.set(set).map_or(0, Iterator::count));
    let controls = [section::CONTROL, section::CONTROL_RESULT].map(|number| call.control(number).count());
    // 255 lines hold so many bytes, and a set so many bits.
    assert!(arrays + passed + sets[0] + sets[1] + controls[0] + controls[1] <= 255 * 64 * 8);
}
