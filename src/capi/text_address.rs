//! `bsock_address_parse`, `bsock_address_format`: addresses as people write them.

use super::{code_or_number, code_or_zero, invalid, null, number_of, text_buffer};
use crate::last_call::Call;
use crate::text_address;
use core::ffi::{CStr, c_char, c_int};
use libc::{sockaddr, sockaddr_storage, socklen_t};

/// Reads an address that people have written, without asking anybody for names.
///
/// text: one of these, ended by a NUL:
///     127.0.0.1:8989          IPv4: the host in four numbers, the port
///     [::1]:80                IPv6
///     [fe80::1%eth0]:80       IPv6 with the interface, by name or by number
///     unix:/run/my socket     the path of a UNIX socket
///     unix:@name              a UNIX socket with an abstract name
///     unix:                   a UNIX address without a name
/// In paths and names \5c, a backslash and two hexadecimal digits, is any byte;
/// unix:\40x is the path "@x".
/// address: where to store it, ready for bsock_bind and bsock_connect, with
/// zeros behind it. length: where to store how many bytes of it count.
///
/// Returns 0, or a code, and has stored nothing then: BSOCK_EINVAL it is none of
/// these; BSOCK_ENODEV no such interface; BSOCK_ENAMETOOLONG the path has more
/// than 108 bytes, the name more than 107; BSOCK_ENULL a pointer is NULL.
/// Async-signal-safe.
///
/// RFC 4291, 2.2 and RFC 4007, 11 for IPv6; unix(7).
///
/// # Safety
/// text is a string; *address and *length are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_address_parse(
    text: *const c_char,
    address: *mut sockaddr_storage,
    length: *mut socklen_t,
) -> c_int {
    if text.is_null() || address.is_null() || length.is_null() {
        return null(Call::AddressParse);
    }
    // SAFETY: the caller's promise, stated above and in the header.
    let text = unsafe { CStr::from_ptr(text) };
    code_or_zero(text_address::parse(text).map(|(bytes, used)| {
        // SAFETY: as above; the bytes are as many as the structure has.
        unsafe { address.cast::<[u8; size_of::<sockaddr_storage>()]>().write(bytes) };
        // SAFETY: as above.
        unsafe { length.write(used as socklen_t) };
    }))
}

/// Writes an address as bsock_address_parse reads it; what is written reads back
/// as the same address. IPv6 is written as RFC 5952 wants it, and an interface
/// by its name if it still exists. (sin6_flowinfo has no place in it.)
///
/// addr, addrlen: an address as it came from bsock_accept, getsockname(), ...
/// buffer, size: where the text is written, cut to size - 1 bytes and ended with
/// a NUL. 80 bytes are enough for IPv4 and IPv6, 512 for all. NULL with size 0
/// only asks for the length.
///
/// Returns the length of the whole text without its NUL, as snprintf() does;
/// size or more means that it was cut. Or a code, and has written nothing then:
/// BSOCK_EAFNOSUPPORT a family that has no such form; BSOCK_EINVAL too short or
/// too long for its family; BSOCK_ENULL addr is NULL, or buffer is and size is
/// not 0. Async-signal-safe.
///
/// RFC 5952; RFC 4007, 11; unix(7).
///
/// # Safety
/// addrlen bytes can be read at addr, and the size bytes at buffer are the
/// caller's to overwrite.
/// cbindgen:postfix=BSOCK__WRITES_3_4
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_address_format(
    addr: *const sockaddr,
    addrlen: socklen_t,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let buffer = unsafe { text_buffer(buffer, size) };
    let (Some(buffer), false) = (buffer, addr.is_null()) else { return null(Call::AddressFormat) };
    if addrlen as usize > size_of::<sockaddr_storage>() {
        return invalid(Call::AddressFormat, &[0, addrlen as usize]).number();
    }
    // SAFETY: as above.
    let address = unsafe { core::slice::from_raw_parts(addr.cast(), addrlen as usize) };
    code_or_number(text_address::format(address, buffer).map(number_of))
}
