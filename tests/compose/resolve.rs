//! Names to addresses, services to ports.

use std::ffi::{CStr, c_char, c_int};
use std::fs;
use std::mem;
use std::ptr::{null, null_mut};

use bsock::capi::resolve::{bsock_address, bsock_resolve, bsock_service_name, bsock_service_port};
use bsock::error::ENULL;
use libc::SOCK_STREAM;

use crate::harness::{alone, fails_clean, marked};
use crate::text_address::text_of;

const EAI_BADFLAGS: c_int = -11_001;
const EAI_NONAME: c_int = -11_002;
const EAI_SERVICE: c_int = -11_008;

fn resolve(host: Option<&CStr>, service: Option<&CStr>, flags: c_int, room: usize) -> (c_int, Vec<String>) {
    let mut found: Vec<mem::MaybeUninit<bsock_address>> = (0..room).map(|_| mem::MaybeUninit::uninit()).collect();
    let text = |text: Option<&CStr>| text.map_or(null(), CStr::as_ptr);
    let (host, service, out) = (text(host), text(service), found.as_mut_ptr().cast());
    // SAFETY: the strings are ours, and the array has that room.
    let code = marked(|| unsafe { bsock_resolve(host, service, 0, SOCK_STREAM, flags, out, room) });
    let texts = found.iter().take(code.max(0) as usize).map(|found| {
        // SAFETY: so many were filled in.
        let found = unsafe { found.assume_init_ref() };
        assert_eq!((found.family, found.r#type), (found.address.ss_family.into(), SOCK_STREAM));
        text_of(&found.address, found.length)
    });
    (code, texts.collect())
}

#[test]
fn addresses_in_numbers_resolve_to_themselves() {
    assert_eq!(resolve(Some(c"127.0.0.1"), Some(c"8989"), 0, 4), (1, vec!["127.0.0.1:8989".into()]));
    assert_eq!(resolve(Some(c"::1"), None, 0, 4), (1, vec!["[::1]:0".into()]));
    let (count, all) = resolve(None, Some(c"80"), 0, 4);
    assert!(count >= 1 && all.contains(&"127.0.0.1:80".into()), "{all:?}");
    assert_eq!(resolve(None, Some(c"80"), 0, 0), (count, vec![]));
    assert_eq!(resolve(None, Some(c"80"), 0, 1), (count, vec![all[0].clone()]));
}

#[test]
fn the_resolvers_failures_are_codes() {
    alone("resolve::the_resolvers_failures_are_codes", || {
        // The first look-up opens what stays open; it is not what is tested.
        resolve(None, Some(c"80"), 0, 0);
        fails_clean(EAI_NONAME, || resolve(Some(c"not a number"), None, libc::AI_NUMERICHOST, 1).0);
        fails_clean(EAI_NONAME, || resolve(None, None, 0, 1).0);
        fails_clean(EAI_BADFLAGS, || resolve(Some(c"127.0.0.1"), None, 0x4000_0000, 1).0);
        fails_clean(EAI_SERVICE, || resolve(None, Some(c"no-such-service"), 0, 1).0);
        // SAFETY: NULL with room is answered with a code.
        fails_clean(ENULL, || unsafe { bsock_resolve(null(), c"1".as_ptr(), 0, 0, 0, null_mut(), 1) });
    });
}

#[test]
fn services_are_found_both_ways() {
    // SAFETY: strings are ours.
    let port = |name: *const c_char, protocol: *const c_char| marked(|| unsafe { bsock_service_port(name, protocol) });
    let mut buffer = [0xff_u8; 16];
    let start: *mut c_char = buffer.as_mut_ptr().cast();
    let name = |number, protocol: Option<&CStr>, buffer, size| {
        let protocol = protocol.map_or(null(), CStr::as_ptr);
        // SAFETY: strings and buffers are ours; NULL is answered with a code.
        marked(|| unsafe { bsock_service_name(number, protocol, buffer, size) })
    };
    assert_eq!((port(c"no-such-service".as_ptr(), null()), port(null(), null())), (EAI_SERVICE, ENULL));
    assert_eq!((name(-1, None, start, 16), name(65_536, None, start, 16)), (-libc::EINVAL, -libc::EINVAL));
    assert_eq!(name(80, None, null_mut(), 1), ENULL);
    if !fs::read_to_string("/etc/services").is_ok_and(|services| services.contains("domain")) {
        return; // A system without the file knows no services.
    }
    assert_eq!((port(c"domain".as_ptr(), null()), port(c"domain".as_ptr(), c"udp".as_ptr())), (53, 53));
    assert_eq!(port(c"domain".as_ptr(), c"nonsense".as_ptr()), EAI_SERVICE);
    assert_eq!((name(53, Some(c"nonsense"), start, 16), name(53, Some(c"tcp"), null_mut(), 0)), (EAI_SERVICE, 6));
    assert_eq!(name(53, Some(c"tcp"), start, 4), 6);
    assert_eq!(&buffer[..5], b"dom\0\xff");
}
