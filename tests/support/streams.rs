//! Talks to servers byte by byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::{Server, text};

/// Sends this, ends the sending, and answers all that comes back.
pub(crate) fn exchange(server: &Server, request: &[u8]) -> String {
    let mut stream = server.connect();
    stream.write_all(request).expect("the server reads");
    stream.shutdown(Shutdown::Write).expect("is connected");
    read_all(stream)
}

/// All that comes until the server closes.
pub(crate) fn read_all(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server closes in peace");
    text(&answer)
}

/// The next line of a stream, without its end.
pub(crate) fn read_line(stream: &mut TcpStream) -> String {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while stream.read_exact(&mut byte).is_ok() && byte != *b"\n" {
        line.push(byte[0]);
    }
    text(&line)
}
