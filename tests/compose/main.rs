//! What is made of several calls, through the C functions: everything or an error, lines, time limits, addresses as
//! text, names, servers and clients in one step, the system's view of a socket.
#![allow(unsafe_code)] // Calls what C calls.
#![allow(clippy::unwrap_used)] // As clippy.toml allows in tests; most of these files is their helpers.

mod harness;
mod line_reader;
mod one_step;
mod pcb;
mod resolve;
mod stream;
mod text_address;
mod timeout;
