//! Hooks that turn names into addresses and back. What libc does on sockets meanwhile is its own and not seen.

use core::ffi::{c_char, c_int, c_void};

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use libc::{addrinfo, hostent, sockaddr, socklen_t};

use crate::call::{Frame, Recorded, Sections, record, word};
use crate::memory::{self, Captured, Use};
use crate::next::real;
use crate::sockets::passed;

type GetaddrinfoType =
    unsafe extern "C-unwind" fn(*const c_char, *const c_char, *const addrinfo, *mut *mut addrinfo) -> c_int;
type FreeaddrinfoType = unsafe extern "C-unwind" fn(*mut addrinfo);
type GetnameinfoType = unsafe extern "C-unwind" fn(
    *const sockaddr,
    socklen_t,
    *mut c_char,
    socklen_t,
    *mut c_char,
    socklen_t,
    c_int,
) -> c_int;
type ByNameType = unsafe extern "C-unwind" fn(*const c_char) -> *mut hostent;
type ByName2Type = unsafe extern "C-unwind" fn(*const c_char, c_int) -> *mut hostent;
type ByAddressType = unsafe extern "C-unwind" fn(*const c_void, socklen_t, c_int) -> *mut hostent;
type ByNameRType = unsafe extern "C-unwind" fn(
    *const c_char,
    *mut hostent,
    *mut c_char,
    usize,
    *mut *mut hostent,
    *mut c_int,
) -> c_int;

/// A string, if there is one. It is read before the call, which may last.
fn string(kind: u16, text: *const c_char, frame: Frame) -> Option<Captured> {
    (!text.is_null()).then(|| Captured::string(kind, text, frame))
}

fn add<'a>(sections: &mut Sections<'a>, captured: &'a Option<Captured>) {
    if let Some(captured) = captured {
        sections.add(captured.section());
    }
}

pub(crate) extern "C-unwind" fn getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    list: *mut *mut addrinfo,
    frame: Frame,
) -> c_int {
    let real = || real!(getaddrinfo as GetaddrinfoType, host, service, hints, list);
    let args = memory::copy(hints, Use::Doubtful, frame)
        .map_or([UNREAD; 3], |hints| [hints.ai_flags, hints.ai_family, hints.ai_socktype].map(word));
    let (host, service) = (string(section::HOST, host, frame), string(section::SERVICE, service, frame));
    let Some(mut call) = Recorded::begin(Function::Getaddrinfo, -1, args, frame) else { return real() };
    let code = real();
    call.returned(-i64::from(code));
    let mut sections = Sections::new();
    add(&mut sections, &host);
    add(&mut sections, &service);
    call.append(sections.all());
    code
}

pub(crate) extern "C-unwind" fn freeaddrinfo(list: *mut addrinfo, frame: Frame) {
    let real = || {
        real!(freeaddrinfo as FreeaddrinfoType, list);
        0
    };
    record::<c_int>(Function::Freeaddrinfo, -1, [list.addr() as u64, 0, 0], frame, real);
}

pub(crate) extern "C-unwind" fn getnameinfo(
    address: *const sockaddr,
    length: socklen_t,
    host: *mut c_char,
    host_length: socklen_t,
    service: *mut c_char,
    service_length: socklen_t,
    flags: c_int,
    frame: Frame,
) -> c_int {
    let real =
        || real!(getnameinfo as GetnameinfoType, address, length, host, host_length, service, service_length, flags);
    let address = passed(address, length, Use::Doubtful, frame);
    let Some(mut call) = Recorded::begin(Function::Getnameinfo, -1, [word(flags), 0, 0], frame) else { return real() };
    let code = real();
    call.returned(-i64::from(code));
    let found = |kind, text, length| if code == 0 && length > 0 { string(kind, text, frame) } else { None };
    let (host, service) =
        (found(section::HOST_RESULT, host, host_length), found(section::SERVICE_RESULT, service, service_length));
    let mut sections = Sections::new();
    [&address, &host, &service].into_iter().for_each(|captured| add(&mut sections, captured));
    call.append(sections.all());
    code
}

/// Of the older functions: whether something was found.
fn found(
    function: Function,
    args: [u64; 3],
    name: Option<Captured>,
    frame: Frame,
    real: impl FnOnce() -> *mut hostent,
) -> *mut hostent {
    let Some(mut call) = Recorded::begin(function, -1, args, frame) else { return real() };
    let host = real();
    call.returned(i64::from(!host.is_null()));
    let mut sections = Sections::new();
    add(&mut sections, &name);
    call.append(sections.all());
    host
}

pub(crate) extern "C-unwind" fn gethostbyname(name: *const c_char, frame: Frame) -> *mut hostent {
    let real = || real!(gethostbyname as ByNameType, name);
    found(Function::Gethostbyname, [0; 3], string(section::HOST, name, frame), frame, real)
}

pub(crate) extern "C-unwind" fn gethostbyname2(name: *const c_char, family: c_int, frame: Frame) -> *mut hostent {
    let real = || real!(gethostbyname2 as ByName2Type, name, family);
    found(Function::Gethostbyname2, [word(family), 0, 0], string(section::HOST, name, frame), frame, real)
}

pub(crate) extern "C-unwind" fn gethostbyaddr(
    address: *const c_void,
    length: socklen_t,
    family: c_int,
    frame: Frame,
) -> *mut hostent {
    let real = || real!(gethostbyaddr as ByAddressType, address, length, family);
    let bytes = Captured::read(section::VALUE, length, address, (length as usize).min(16), Use::Doubtful, frame);
    found(Function::Gethostbyaddr, [word(family), 0, 0], Some(bytes), frame, real)
}

pub(crate) extern "C-unwind" fn gethostbyname_r(
    name: *const c_char,
    host: *mut hostent,
    room: *mut c_char,
    room_length: usize,
    result: *mut *mut hostent,
    error: *mut c_int,
    frame: Frame,
) -> c_int {
    let real = || real!(gethostbyname_r as ByNameRType, name, host, room, room_length, result, error);
    let text = string(section::HOST, name, frame);
    crate::call::record_with(Function::GethostbynameR, -1, [0; 3], frame, real, |_| text)
}
