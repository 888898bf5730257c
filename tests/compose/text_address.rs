//! Addresses as text, and back.

use std::ffi::{CStr, CString, c_int};
use std::mem;
use std::ptr::{from_ref, null, null_mut};

use bsock::capi::text_address::{bsock_address_format, bsock_address_parse};
use bsock::error::ENULL;
use fastrand::Rng;
use libc::{AF_INET, AF_INET6, AF_UNIX, sockaddr, sockaddr_storage, socklen_t};

use crate::harness::{marked, pointer};

pub(crate) fn parse(text: &str) -> Result<(sockaddr_storage, socklen_t), c_int> {
    parse_bytes(text.as_bytes())
}

fn parse_bytes(text: &[u8]) -> Result<(sockaddr_storage, socklen_t), c_int> {
    let text = CString::new(text).unwrap();
    // SAFETY: zeros are a value of each field.
    let (mut address, mut length) = (unsafe { mem::zeroed() }, 0);
    // SAFETY: the structure and the length are ours.
    match marked(|| unsafe { bsock_address_parse(text.as_ptr(), &mut address, &mut length) }) {
        0 => Ok((address, length)),
        code => Err(code),
    }
}

fn format_bytes(address: *const sockaddr, length: socklen_t) -> Result<Vec<u8>, c_int> {
    let mut buffer = [0xff_u8; 1024];
    let size = buffer.len();
    // SAFETY: the address is as long as said, and the buffer is ours.
    match marked(|| unsafe { bsock_address_format(address, length, buffer.as_mut_ptr().cast(), size) }) {
        written @ 0.. => {
            let text = CStr::from_bytes_until_nul(&buffer).unwrap().to_bytes().to_vec();
            assert_eq!(text.len(), written as usize);
            Ok(text)
        }
        code => Err(code),
    }
}

pub(crate) fn text_of(address: &sockaddr_storage, length: socklen_t) -> String {
    String::from_utf8(format_bytes(pointer(address), length).unwrap()).unwrap()
}

/// All bytes of the structure, all of which were set.
fn bytes_of(address: &sockaddr_storage) -> &[u8] {
    // SAFETY: as many bytes as the structure has.
    unsafe { std::slice::from_raw_parts(from_ref(address).cast(), size_of::<sockaddr_storage>()) }
}

#[test]
fn random_addresses_read_back_as_they_were_written() {
    let mut random = Rng::with_seed(11);
    for round in 0..20_000 {
        let mut bytes = [0_u8; size_of::<sockaddr_storage>()];
        let mut fill = |range: std::ops::Range<usize>, smallest: u8| {
            for byte in &mut bytes[range] {
                *byte = (random.u8(..)).max(smallest);
            }
        };
        let variant = round / 4;
        let (family, length) = match round % 4 {
            0 => {
                fill(2..8, 0);
                (AF_INET, 16)
            }
            1 => {
                fill(2..4, 0);
                // Runs of zeros are what is special about these.
                fill(8 + variant % 17..24, 0);
                fill(24..24 + variant % 2 * 4, 0);
                (AF_INET6, 28)
            }
            2 => {
                let path = 1 + variant % 108;
                fill(2..2 + path, 1);
                (AF_UNIX, (2 + path + 1).min(110))
            }
            _ => {
                let name = variant % 108;
                fill(3..3 + name, 0);
                (AF_UNIX, 3 + name)
            }
        };
        bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
        let text = format_bytes(bytes.as_ptr().cast(), length as socklen_t).unwrap();
        let (again, again_length) = parse_bytes(&text).unwrap();
        assert_eq!((again_length as usize, bytes_of(&again)), (length, &bytes[..]), "{}", text.escape_ascii());
    }
}

#[test]
fn random_texts_are_read_or_refused() {
    let mut random = Rng::with_seed(13);
    let alphabet = b"[]:%.@\\/0123456789abcdefunixlo\xe5\x01";
    let valid = ["127.0.0.1:8989", "[fe80::1%lo]:80", "[::ffff:1.2.3.4]:5", "unix:/a\\5cb", "unix:@name"];
    let mut read = 0;
    for round in 0..100_000 {
        let text: Vec<u8> = match round % 3 {
            0 => (0..random.usize(..24)).map(|_| alphabet[random.usize(..alphabet.len())]).collect(),
            1 => (0..random.usize(..200)).map(|_| (random.u8(..)).max(1)).collect(),
            _ => {
                let mut text = valid[random.usize(..valid.len())].as_bytes().to_vec();
                let place = random.usize(..text.len());
                text[place] = alphabet[random.usize(..alphabet.len())];
                text
            }
        };
        if let Ok((address, length)) = parse_bytes(&text) {
            read += 1;
            let written = format_bytes(pointer(&address), length).unwrap();
            let (again, again_length) = parse_bytes(&written).unwrap();
            assert_eq!((bytes_of(&again), again_length), (bytes_of(&address), length), "{}", text.escape_ascii());
        }
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn random_bytes_are_written_or_refused() {
    let mut random = Rng::with_seed(17);
    for round in 0..50_000_usize {
        let mut bytes: Vec<u8> = (0..round % 129).map(|_| random.u8(..)).collect();
        let family = [AF_UNIX, AF_INET, AF_INET6, random.usize(..50) as c_int][round / 129 % 4];
        if let Some(start) = bytes.first_chunk_mut() {
            *start = (family as u16).to_ne_bytes();
        }
        if let Ok(text) = format_bytes(bytes.as_ptr().cast(), bytes.len() as socklen_t) {
            assert!(parse_bytes(&text).is_ok(), "{}", text.escape_ascii());
        }
    }
    let (address, _) = parse("1.2.3.4:5").unwrap();
    assert_eq!(format_bytes(pointer(&address), 129), Err(-libc::EINVAL));
    assert_eq!(format_bytes(pointer(&address), socklen_t::MAX), Err(-libc::EINVAL));
    assert_eq!(format_bytes(null(), 16), Err(ENULL));
}

#[test]
fn format_is_like_snprintf_and_parse_stores_all_or_nothing() {
    let (address, length) = parse("127.0.0.1:8989").unwrap();
    // SAFETY: NULL has no room, or is answered with a code.
    unsafe {
        assert_eq!(bsock_address_format(pointer(&address), length, null_mut(), 0), 14);
        assert_eq!(bsock_address_format(pointer(&address), length, null_mut(), 1), ENULL);
    }
    let mut small = [0xff_u8; 6];
    // SAFETY: the buffer is longer than said.
    assert_eq!(unsafe { bsock_address_format(pointer(&address), length, small.as_mut_ptr().cast(), 5) }, 14);
    assert_eq!(&small, b"127.\0\xff");
    let mut kept = address;
    // SAFETY: the structure is ours; NULL is answered with a code.
    unsafe {
        assert_eq!(bsock_address_parse(null(), null_mut(), null_mut()), ENULL);
        assert_eq!(bsock_address_parse(c"nonsense".as_ptr(), &mut kept, &mut 0), -libc::EINVAL);
    }
    assert_eq!(text_of(&kept, length), "127.0.0.1:8989");
}
