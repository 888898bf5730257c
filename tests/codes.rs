//! The table of error codes: right numbers, distinct names and words, answers for any number.

use bsock::capi::errors::{
    bsock_err_name, bsock_err_name_r, bsock_is_in_progress, bsock_is_interrupted, bsock_is_try_again, bsock_strerror,
    bsock_strerror_r,
};
use bsock::error::table::{ALIASES, CODES};
use bsock::error::{ENULL, err_name, strerror};
use std::collections::HashSet;
use std::ffi::{CStr, c_char, c_int};

/// Every errno of the `libc` crate by its name.
macro_rules! errnos {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name)),*] };
}

const LIBC: &[(&str, i32)] = errnos! {
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY
    EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK
    EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT
    EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOSTR ENODATA ETIME
    ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ
    EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK
    EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT
    EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS
    EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS
    ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED
    EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
};

const LIBC_ALIASES: &[(&str, i32)] = errnos! { EWOULDBLOCK EDEADLOCK ENOTSUP };

#[test]
fn the_numbers_are_the_systems() {
    let ours = CODES.iter().filter(|row| row.code > ENULL);
    let ours: Vec<_> = ours.map(|row| (row.name.to_str().unwrap(), -row.code)).collect();
    assert_eq!(ours, LIBC);
}

#[test]
fn the_second_names_are_the_systems() {
    for ((alias, name), (libc_name, number)) in ALIASES.iter().zip(LIBC_ALIASES) {
        assert_eq!((alias, err_name(*number)), (libc_name, *name));
    }
    assert_eq!(ALIASES.len(), LIBC_ALIASES.len());
}

#[test]
fn names_and_words_are_distinct_and_ascii() {
    let mut seen = HashSet::new();
    for row in CODES {
        for string in [row.name, row.text] {
            assert!(string.to_bytes().iter().all(|byte| (b' '..=b'~').contains(byte)), "{string:?}");
            assert!(seen.insert(string), "{string:?} twice");
        }
    }
}

#[test]
fn the_librarys_own_codes_are_out_of_the_systems_range() {
    assert!(CODES.iter().all(|row| (-4095..=-1).contains(&row.code) || row.code <= -10_000));
    assert_eq!(err_name(ENULL), c"ENULL");
}

#[test]
fn the_sign_does_not_matter() {
    for row in CODES {
        assert_eq!((err_name(row.code), strerror(row.code)), (row.name, row.text));
        assert_eq!((err_name(-row.code), strerror(-row.code)), (row.name, row.text));
    }
}

#[test]
fn every_number_has_an_answer() {
    for code in [41, 58, 134, -4096, -9_999, -11_000, -11_011, i32::MIN, i32::MAX] {
        assert_eq!((err_name(code), strerror(code)), (c"EUNKNOWN", c"unknown error code"));
    }
    assert_eq!((err_name(0), strerror(0)), (c"OK", c"success"));
}

#[test]
#[allow(unsafe_code)] // Reads the strings as C does.
fn c_gets_the_same_strings() {
    // SAFETY: the functions answer NUL-terminated strings that live for ever.
    let (name, text) = unsafe { (CStr::from_ptr(bsock_err_name(-13)), CStr::from_ptr(bsock_strerror(-13))) };
    assert_eq!((name, text), (c"EACCES", c"permission denied"));
}

/// Every resolver error of the `libc` crate.
const RESOLVER: &[(&str, i32)] = errnos! {
    EAI_BADFLAGS EAI_NONAME EAI_AGAIN EAI_FAIL EAI_NODATA EAI_FAMILY EAI_SOCKTYPE EAI_SERVICE EAI_MEMORY EAI_OVERFLOW
};

#[test]
fn the_resolvers_codes_are_numbered_by_the_systems() {
    for (name, number) in RESOLVER {
        let row = CODES.iter().find(|row| row.name.to_bytes() == name.as_bytes()).expect(name);
        assert_eq!(row.code, -11_000 - number.abs());
    }
    assert_eq!(err_name(-11_000 - libc::EAI_SYSTEM.abs()), c"EUNKNOWN");
}

/// The text that one of the functions with a buffer writes, and what it answers.
#[allow(unsafe_code)] // Calls what C calls.
fn with_buffer(
    function: unsafe extern "C" fn(c_int, *mut c_char, usize) -> c_int,
    code: c_int,
    size: usize,
) -> (String, c_int) {
    let mut buffer = [0xff_u8; 80];
    // SAFETY: the buffer is ours and longer than said.
    let length = unsafe { function(code, buffer.as_mut_ptr().cast(), size) };
    let text = CStr::from_bytes_until_nul(&buffer).map_or(String::new(), |text| text.to_string_lossy().into_owned());
    (text, length)
}

#[test]
fn with_a_buffer_unknown_codes_are_told_by_their_numbers() {
    assert_eq!(with_buffer(bsock_strerror_r, -13, 80), ("permission denied".to_owned(), 17));
    assert_eq!(with_buffer(bsock_err_name_r, -13, 80), ("EACCES".to_owned(), 6));
    assert_eq!(with_buffer(bsock_strerror_r, 0, 80), ("success".to_owned(), 7));
    assert_eq!(with_buffer(bsock_strerror_r, -4000, 80), ("unknown error code -4000".to_owned(), 24));
    assert_eq!(with_buffer(bsock_strerror_r, i32::MIN, 80), ("unknown error code -2147483648".to_owned(), 30));
    assert_eq!(with_buffer(bsock_err_name_r, 5000, 80), ("EUNKNOWN(5000)".to_owned(), 14));
    assert_eq!(with_buffer(bsock_err_name_r, -13, 3), ("EA".to_owned(), 6));
    assert_eq!(with_buffer(bsock_err_name_r, -13, 0), (String::new(), 6));
}

#[test]
#[allow(unsafe_code)] // Calls what C calls.
fn a_buffer_that_is_null_is_asked_for_nothing_or_refused() {
    for function in [bsock_strerror_r, bsock_err_name_r] {
        // SAFETY: NULL has no room, and with a size it is answered with a code.
        let (asked, refused) =
            unsafe { (function(-2, std::ptr::null_mut(), 0), function(-2, std::ptr::null_mut(), 9)) };
        assert!(asked > 0);
        assert_eq!(refused, ENULL);
    }
}

#[test]
fn the_longest_words_fit_the_buffers_that_the_header_names() {
    for row in CODES {
        assert!(row.name.count_bytes() < 32 && row.text.count_bytes() < 80, "{:?}", row.name);
    }
}

#[test]
fn questions_about_codes_are_answered_for_failures_alone() {
    let answers = |code| [bsock_is_try_again(code), bsock_is_in_progress(code), bsock_is_interrupted(code)];
    assert_eq!(answers(-libc::EAGAIN), [1, 0, 0]);
    assert_eq!(answers(-libc::EWOULDBLOCK), [1, 0, 0]);
    assert_eq!(answers(-libc::EINPROGRESS), [0, 1, 0]);
    assert_eq!(answers(-libc::EALREADY), [0, 1, 0]);
    assert_eq!(answers(-libc::EINTR), [0, 0, 1]);
    // Eleven bytes arrived, and descriptor 4 was made: those are not EAGAIN and EINTR.
    for result in [0, libc::EAGAIN, libc::EINTR, libc::EINPROGRESS, -libc::EBADF, ENULL, i32::MIN, i32::MAX] {
        assert_eq!(answers(result), [0, 0, 0]);
    }
}
