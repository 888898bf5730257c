//! Messages that are sent one after the other, and what is said of them.

use bsock_recording::event::Thread;
use bsock_recording::function::Function;

use crate::testing::{Story, transfer};

const BUFFER: u64 = 0x7ffd_1234_5000;

/// A text in a buffer of 48 bytes that held this before.
fn over(text: &str, before: &[u8; 48]) -> [u8; 48] {
    let mut buffer = *before;
    buffer[..text.len()].copy_from_slice(text.as_bytes());
    buffer[text.len()] = 0;
    buffer
}

/// A buffer with a number in it, at this place.
fn with_word(word: u64, place: usize) -> [u8; 48] {
    let mut buffer = [0; 48];
    buffer[place..place + 8].copy_from_slice(&word.to_ne_bytes());
    buffer
}

fn client(story: &mut Story) -> Thread {
    let client = story.program(&["./client"]);
    story.socket(client, 3);
    client
}

fn send(story: &mut Story, client: Thread, memory: &[u8]) {
    story.call(client, transfer(Function::Send, 3, BUFFER, memory, memory.len()));
}

fn receive(story: &mut Story, thread: Thread, buffer: u64, memory: &[u8], bytes: usize) {
    story.call(thread, transfer(Function::Recv, 3, buffer, memory, bytes));
}

fn said(story: &Story) -> Vec<String> {
    let findings = story.findings();
    let ours = findings.iter().filter(|found| found.rule == "send-sizeof-buffer");
    ours.map(|found| format!("{}; {}; {}", found.message, found.label, found.notes[0])).collect()
}

/// What is said of messages that are sent one after the other.
fn said_of(messages: &[&[u8]]) -> Vec<String> {
    let mut story = Story::new();
    let client = client(&mut story);
    messages.iter().for_each(|message| send(&mut story, client, message));
    said(&story)
}

#[test]
fn the_end_of_an_older_text_is_likely_left_there() {
    let long = over("hello, everybody\n", &[0; 48]);
    let short = over("bye\n", &long);
    let sentence = "send() sends 48 bytes each time, and behind the text in them the end of an older one; the text here \
                    ends after 4 bytes; the 12 bytes at 5 are left from the text that was sent from this buffer before";
    assert_eq!(said_of(&[&long, &short]), [sentence]);
    assert_eq!(said_of(&[&long, &short, &over("so long\n", &short), &short]).len(), 1, "and others do not change that");
    assert_eq!(said_of(&[&long, &over("bye\n", &[0; 48])]), [""; 0], "zeros may be meant");
    assert_eq!(said_of(&[&long, &over("bye\n", &[7; 48])]), [""; 0], "and so may other fields");
    assert_eq!(said_of(&[&long, &long, &long]), [""; 0], "the same message shows nothing");
}

#[test]
fn a_peer_that_is_not_recorded_may_read_records() {
    let name = over("alexander of macedonia", &[0; 48]);
    assert_eq!(said_of(&[&name, &over("bob", &name)]), [""; 0], "a field needs no end of a line");
    let mut line = over("hello, everybody\n", &[0; 48]);
    line[44] = 7;
    assert_eq!(said_of(&[&line, &over("bye\n", &line)]), [""; 0], "there is another field");
    let long = over("hello, everybody\n", &[0; 48]);
    let mut story = Story::new();
    let client = client(&mut story);
    receive(&mut story, client, 0x9000, &over("welcome\n", &[0; 48]), 48);
    send(&mut story, client, &long);
    send(&mut story, client, &over("bye\n", &long));
    assert_eq!(said(&story), [""; 0], "the same length in both directions");
}

#[test]
fn a_peer_that_is_recorded_and_reads_no_records_reads_text() {
    let name = over("alexander of macedonia", &[0; 48]);
    for (joined, findings) in [(true, 1), (false, 0)] {
        let mut story = Story::new();
        let (server, client) = story.server_and_client();
        if !joined {
            story.socket(client, 3);
        }
        for message in [name, over("bob", &name)] {
            send(&mut story, client, &message);
            story.call(server, transfer(Function::Recv, 4, 0x9000, &[1; 100], 48));
        }
        assert_eq!(said(&story).len(), findings, "{joined}");
    }
}

#[test]
fn addresses_of_the_process_behind_the_text_are_likely_leaked() {
    for (word, place) in [(BUFFER + 0x100, 8), (BUFFER - 0x2000, 16), (BUFFER, 40)] {
        let memory = with_word(word, place);
        let found = said_of(&[&over("hello", &memory), &over("bye\n", &memory)]);
        let note = format!(
            "the eight bytes at {place} are {word:#x}, which points into this process: memory that was never set leaves it"
        );
        assert_eq!(found.len(), 1, "{word:#x} at {place}");
        assert!(found[0].ends_with(&note), "{found:?}");
    }
    for (word, place, why) in [
        (BUFFER, 12, "not where a compiler puts an address"),
        (BUFFER >> 16, 8, "a number"),
        (0x5555_1234_5678_9abc, 8, "not an address"),
        (0x10_0000_1000, 8, "nothing is there"),
    ] {
        let memory = with_word(word, place);
        assert_eq!(said_of(&[&over("hello", &memory), &over("bye\n", &memory)]), [""; 0], "{why}");
    }
}

#[test]
fn other_lengths_and_other_contents_are_no_buffer_of_text() {
    let long = over("hello, everybody\n", &[0; 48]);
    let short = over("bye\n", &long);
    assert_eq!(said_of(&[&long, &short, b"bye"]), [""; 0], "another length");
    assert_eq!(said_of(&[&long, &short, &[0; 48]]), [""; 0], "no text");
    assert_eq!(said_of(&[&[1; 48], &long, &short]), [""; 0], "binary");
    assert_eq!(said_of(&[&long[..17], &long[..17]]), [""; 0], "with its NUL");
}

#[test]
fn what_was_received_is_somebody_elses_mistake() {
    let long = over("hello, everybody\n", &[0; 48]);
    let short = over("bye\n", &long);
    for (buffer, what) in [(BUFFER, "an echo"), (0x9000, "a copy")] {
        let mut story = Story::new();
        let server = client(&mut story);
        for message in [long, short] {
            receive(&mut story, server, buffer, &message, 48);
            send(&mut story, server, &message);
        }
        assert_eq!(said(&story), [""; 0], "{what}");
    }
}

#[test]
fn who_reads_records_of_this_length_gets_records() {
    let (long, leak) = (over("hello, everybody\n", &[0; 48]), with_word(BUFFER, 40));
    for (messages, read, findings) in [
        ([long, over("bye\n", &long)], 48, 0),
        ([long, over("bye\n", &long)], 40, 1),
        ([over("hello", &leak), over("bye\n", &leak)], 48, 1),
    ] {
        let mut story = Story::new();
        let sender = client(&mut story);
        let reader = client(&mut story);
        for message in messages {
            send(&mut story, sender, &message);
            receive(&mut story, reader, 0x9000, &message, read);
            story.call(reader, transfer(Function::Recv, 3, 0x9000, &[0; 100], 48 - read));
        }
        assert_eq!(said(&story).len(), findings, "{read}");
    }
}

#[test]
fn a_peer_that_did_not_come_to_read_may_have_read_records() {
    let long = over("hello, everybody\n", &[0; 48]);
    let mut story = Story::new();
    let sender = client(&mut story);
    let reader = story.program(&["./server"]);
    story.socket(reader, 3);
    story.bind(reader, 3, "127.0.0.1:80");
    send(&mut story, sender, &long);
    send(&mut story, sender, &over("bye\n", &long));
    assert_eq!(said(&story), [""; 0], "nothing was read");
    receive(&mut story, reader, 0x9000, &[1; 100], 95);
    assert_eq!(said(&story), [""; 0], "a byte is left");
    receive(&mut story, reader, 0x9000, &[1; 100], 1);
    assert_eq!(said(&story).len(), 1, "all was read, and not by records");
}

#[test]
fn libraries_other_families_and_gaps_are_silent() {
    let long = over("hello, everybody\n", &[0; 48]);
    let short = over("bye\n", &long);
    let mut library = Story::new();
    let sender = client(&mut library);
    for message in [long, short] {
        library.call_from(0x9_0000, sender, transfer(Function::Send, 3, BUFFER, &message, 48));
    }
    assert_eq!(said(&library), [""; 0], "a library");
    let mut story = Story::new();
    let sender = client(&mut story);
    send(&mut story, sender, &long);
    send(&mut story, sender, &short);
    assert_eq!(said(&story).len(), 1);
    let other = client(&mut story);
    story.lost(other);
    assert_eq!(said(&story), [""; 0], "somebody may have read records");
    story.events.pop();
    assert_eq!(said(&story).len(), 1);
    story.missing();
    assert_eq!(said(&story), [""; 0], "whoever it was");
}
