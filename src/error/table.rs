//! The one table of error codes: name, number, text.
//!
//! Everything that knows a code takes it from here: `bsock_strerror`, `bsock_err_name`, and the enumeration in
//! `bsock.h`, for which `build.rs` compiles this very file; it therefore depends on nothing but `core`. The numbers are
//! Linux's on x86_64 and on every architecture that uses `asm-generic/errno.h`; a test compares each with the `libc`
//! crate, so that a port to another numbering cannot go unnoticed.
//!
//! Codes are only ever added. A retired one stays as a comment, for programs in the field still know its number.

use core::ffi::CStr;

/// One error code.
pub struct Row {
    /// The name without the header's `BSOCK_` in front.
    pub name: &'static CStr,
    /// The negative number that the functions return.
    pub code: i32,
    /// What it means, in English, without a capital or a full stop.
    pub text: &'static CStr,
}

const fn row(code: i32, name: &'static CStr, text: &'static CStr) -> Row {
    Row { name, code, text }
}

/// Every code: first the system's (`-errno`), then the library's own.
#[rustfmt::skip]
pub const CODES: &[Row] = &[
    row(-1, c"EPERM", c"operation not permitted"),
    row(-2, c"ENOENT", c"no such file or directory"),
    row(-3, c"ESRCH", c"no such process"),
    row(-4, c"EINTR", c"interrupted by a signal"),
    row(-5, c"EIO", c"input/output error"),
    row(-6, c"ENXIO", c"no such device or address"),
    row(-7, c"E2BIG", c"argument list too long"),
    row(-8, c"ENOEXEC", c"not an executable format"),
    row(-9, c"EBADF", c"bad file descriptor"),
    row(-10, c"ECHILD", c"no child process"),
    row(-11, c"EAGAIN", c"temporarily unavailable, try again"),
    row(-12, c"ENOMEM", c"out of memory"),
    row(-13, c"EACCES", c"permission denied"),
    row(-14, c"EFAULT", c"bad address"),
    row(-15, c"ENOTBLK", c"not a block device"),
    row(-16, c"EBUSY", c"device or resource busy"),
    row(-17, c"EEXIST", c"file exists"),
    row(-18, c"EXDEV", c"link across file systems"),
    row(-19, c"ENODEV", c"no such device"),
    row(-20, c"ENOTDIR", c"not a directory"),
    row(-21, c"EISDIR", c"is a directory"),
    row(-22, c"EINVAL", c"invalid argument"),
    row(-23, c"ENFILE", c"too many open files in the system"),
    row(-24, c"EMFILE", c"too many open files in the process"),
    row(-25, c"ENOTTY", c"device does not support this ioctl"),
    row(-26, c"ETXTBSY", c"program file is being executed"),
    row(-27, c"EFBIG", c"file too large"),
    row(-28, c"ENOSPC", c"no space left on device"),
    row(-29, c"ESPIPE", c"cannot seek"),
    row(-30, c"EROFS", c"read-only file system"),
    row(-31, c"EMLINK", c"too many links"),
    row(-32, c"EPIPE", c"broken pipe"),
    row(-33, c"EDOM", c"argument outside the domain of the function"),
    row(-34, c"ERANGE", c"result out of range"),
    row(-35, c"EDEADLK", c"would deadlock"),
    row(-36, c"ENAMETOOLONG", c"file name too long"),
    row(-37, c"ENOLCK", c"no lock available"),
    row(-38, c"ENOSYS", c"function not implemented"),
    row(-39, c"ENOTEMPTY", c"directory not empty"),
    row(-40, c"ELOOP", c"too many levels of symbolic links"),
    // -41: Linux skips the number.
    row(-42, c"ENOMSG", c"no message of the wanted type"),
    row(-43, c"EIDRM", c"identifier removed"),
    row(-44, c"ECHRNG", c"channel number out of range"),
    row(-45, c"EL2NSYNC", c"level 2 not synchronized"),
    row(-46, c"EL3HLT", c"level 3 halted"),
    row(-47, c"EL3RST", c"level 3 reset"),
    row(-48, c"ELNRNG", c"link number out of range"),
    row(-49, c"EUNATCH", c"protocol driver not attached"),
    row(-50, c"ENOCSI", c"no CSI structure available"),
    row(-51, c"EL2HLT", c"level 2 halted"),
    row(-52, c"EBADE", c"invalid exchange"),
    row(-53, c"EBADR", c"invalid request descriptor"),
    row(-54, c"EXFULL", c"exchange full"),
    row(-55, c"ENOANO", c"no anode"),
    row(-56, c"EBADRQC", c"invalid request code"),
    row(-57, c"EBADSLT", c"invalid slot"),
    // -58: Linux skips the number.
    row(-59, c"EBFONT", c"bad font file format"),
    row(-60, c"ENOSTR", c"device is not a stream"),
    row(-61, c"ENODATA", c"no data available"),
    row(-62, c"ETIME", c"timer expired"),
    row(-63, c"ENOSR", c"out of stream resources"),
    row(-64, c"ENONET", c"machine is not on the network"),
    row(-65, c"ENOPKG", c"package not installed"),
    row(-66, c"EREMOTE", c"object is remote"),
    row(-67, c"ENOLINK", c"link has been severed"),
    row(-68, c"EADV", c"advertise error"),
    row(-69, c"ESRMNT", c"mounted by a remote machine"),
    row(-70, c"ECOMM", c"communication error on send"),
    row(-71, c"EPROTO", c"protocol error"),
    row(-72, c"EMULTIHOP", c"multihop attempted"),
    row(-73, c"EDOTDOT", c"RFS error"),
    row(-74, c"EBADMSG", c"bad message"),
    row(-75, c"EOVERFLOW", c"value too large for its type"),
    row(-76, c"ENOTUNIQ", c"name not unique on the network"),
    row(-77, c"EBADFD", c"file descriptor in a bad state"),
    row(-78, c"EREMCHG", c"remote address changed"),
    row(-79, c"ELIBACC", c"cannot use a needed shared library"),
    row(-80, c"ELIBBAD", c"shared library is corrupted"),
    row(-81, c"ELIBSCN", c".lib section of the program is corrupted"),
    row(-82, c"ELIBMAX", c"too many shared libraries"),
    row(-83, c"ELIBEXEC", c"a shared library cannot be executed directly"),
    row(-84, c"EILSEQ", c"invalid or incomplete multibyte character"),
    row(-85, c"ERESTART", c"interrupted call should be restarted"),
    row(-86, c"ESTRPIPE", c"stream pipe error"),
    row(-87, c"EUSERS", c"too many users"),
    row(-88, c"ENOTSOCK", c"not a socket"),
    row(-89, c"EDESTADDRREQ", c"destination address required"),
    row(-90, c"EMSGSIZE", c"message too long"),
    row(-91, c"EPROTOTYPE", c"wrong protocol for the socket type"),
    row(-92, c"ENOPROTOOPT", c"protocol has no such option"),
    row(-93, c"EPROTONOSUPPORT", c"protocol not supported"),
    row(-94, c"ESOCKTNOSUPPORT", c"socket type not supported"),
    row(-95, c"EOPNOTSUPP", c"operation not supported"),
    row(-96, c"EPFNOSUPPORT", c"protocol family not supported"),
    row(-97, c"EAFNOSUPPORT", c"address family not supported"),
    row(-98, c"EADDRINUSE", c"address already in use"),
    row(-99, c"EADDRNOTAVAIL", c"address not available"),
    row(-100, c"ENETDOWN", c"network is down"),
    row(-101, c"ENETUNREACH", c"network is unreachable"),
    row(-102, c"ENETRESET", c"connection dropped by the network"),
    row(-103, c"ECONNABORTED", c"connection aborted"),
    row(-104, c"ECONNRESET", c"connection reset by the peer"),
    row(-105, c"ENOBUFS", c"no buffer space available"),
    row(-106, c"EISCONN", c"socket is already connected"),
    row(-107, c"ENOTCONN", c"socket is not connected"),
    row(-108, c"ESHUTDOWN", c"socket has been shut down"),
    row(-109, c"ETOOMANYREFS", c"too many references"),
    row(-110, c"ETIMEDOUT", c"timed out"),
    row(-111, c"ECONNREFUSED", c"connection refused"),
    row(-112, c"EHOSTDOWN", c"host is down"),
    row(-113, c"EHOSTUNREACH", c"no route to the host"),
    row(-114, c"EALREADY", c"operation already in progress"),
    row(-115, c"EINPROGRESS", c"operation now in progress"),
    row(-116, c"ESTALE", c"stale file handle"),
    row(-117, c"EUCLEAN", c"file system needs cleaning"),
    row(-118, c"ENOTNAM", c"not a XENIX named type file"),
    row(-119, c"ENAVAIL", c"no XENIX semaphore available"),
    row(-120, c"EISNAM", c"is a named type file"),
    row(-121, c"EREMOTEIO", c"remote input/output error"),
    row(-122, c"EDQUOT", c"disk quota exceeded"),
    row(-123, c"ENOMEDIUM", c"no medium found"),
    row(-124, c"EMEDIUMTYPE", c"wrong type of medium"),
    row(-125, c"ECANCELED", c"operation cancelled"),
    row(-126, c"ENOKEY", c"required key not available"),
    row(-127, c"EKEYEXPIRED", c"key has expired"),
    row(-128, c"EKEYREVOKED", c"key has been revoked"),
    row(-129, c"EKEYREJECTED", c"key was rejected"),
    row(-130, c"EOWNERDEAD", c"previous owner died"),
    row(-131, c"ENOTRECOVERABLE", c"state not recoverable"),
    row(-132, c"ERFKILL", c"radio is switched off"),
    row(-133, c"EHWPOISON", c"memory page has a hardware error"),
    // -4095 is the last number that the kernel can use for an errno; the library's own codes keep well away from it.
    row(-10000, c"ENULL", c"a pointer that must not be NULL is NULL"),
    row(-10001, c"ECLOSED", c"the peer closed the connection too early"),
    row(-10002, c"ELINE_TOO_LONG", c"the line does not fit into the buffer"),
    // -11000 - n: the resolver's codes, where n is the EAI number of the C library without its sign. The C library uses
    // 1 ... 12 and 100 ... 105; the numbers up to -11999 are reserved for more.
    row(-11001, c"EAI_BADFLAGS", c"invalid flags for the resolver"),
    row(-11002, c"EAI_NONAME", c"unknown host or service name"),
    row(-11003, c"EAI_AGAIN", c"the name server has no answer now, try again later"),
    row(-11004, c"EAI_FAIL", c"the name server has failed for good"),
    row(-11005, c"EAI_NODATA", c"the host has no address"),
    row(-11006, c"EAI_FAMILY", c"address family not known to the resolver"),
    row(-11007, c"EAI_SOCKTYPE", c"socket type not known to the resolver"),
    row(-11008, c"EAI_SERVICE", c"service not known for the socket type"),
    row(-11009, c"EAI_ADDRFAMILY", c"the host has no address of the family"),
    row(-11010, c"EAI_MEMORY", c"out of memory in the resolver"),
    // -11011: EAI_SYSTEM, which says that errno has the reason. It is never returned: the code is -errno instead.
    row(-11012, c"EAI_OVERFLOW", c"name too long for the buffer"),
    // -11100 ... -11104: of getaddrinfo_a(), which the library does not call.
    row(-11105, c"EAI_IDN_ENCODE", c"name not encodable as an international domain name"),
];

/// Second names of system codes: `(name, the name in the table above)`.
pub const ALIASES: &[(&str, &CStr)] =
    &[("EWOULDBLOCK", c"EAGAIN"), ("EDEADLOCK", c"EDEADLK"), ("ENOTSUP", c"EOPNOTSUPP")];
