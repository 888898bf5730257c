//! The table of error codes: right numbers, distinct names and words, answers for any number.

use bsock::capi::errors::{bsock_err_name, bsock_strerror};
use bsock::error::table::{ALIASES, CODES};
use bsock::error::{ENULL, err_name, strerror};
use std::collections::HashSet;
use std::ffi::CStr;

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
    for code in [41, 58, 134, -4096, -9_999, i32::MIN, i32::MAX] {
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
