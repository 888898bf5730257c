//! What a failed call leaves behind for `bsock_explain`: which call, its arguments, the error, the address.
//!
//! Only facts are stored; causes are looked up when somebody asks. A successful call stores nothing, and a failed one
//! neither allocates nor locks, so that all this may happen in a signal handler.
//!
//! The address is copied by the kernel (`process_vm_readv` on this process), because a failure proves nothing about
//! the caller's pointer: `bind` on a closed descriptor never looks at it. That is the one system call that the calls
//! make of their own, and only after a failed `bind`, `connect`, `sendto` or `sendmsg`.
//!
//! The functions that read names, addresses and numbers of their own keep the beginning of the texts that they were
//! given in the address's place: who is refused `bsock_resolve("locahost", ...)` sees the misspelt word.
//!
//! A thread's state has room for five argument words and the address. Two calls have six arguments, `sendto` and
//! `recvfrom`, and both have an `int` of flags among them, which fits beside the error: so every argument of every call is
//! kept whole, and nothing depends on the size of a word.

use crate::error::Errno;
use crate::error::code::Code;
use crate::memory::ToKernel;
use crate::{sys, thread_state};
use core::cell::Cell;
use core::ffi::{CStr, c_int};

/// The most address bytes that are kept: the size of `struct sockaddr_storage`, which every address fits.
pub(crate) const ADDRESS_BYTES: usize = 128;
/// Less than an address family is not an address.
const SMALLEST_ADDRESS: usize = 2;
/// The most arguments that a call of the API has.
pub(crate) const ARGUMENTS: usize = 6;
/// How many of them are kept in whole words: all of five, or all but the flags of six.
const WORDS: usize = 5;

/// Declares the calls with their numbers, once.
macro_rules! calls {
    ($($call:ident = $number:literal $name:literal,)*) => {
        /// The calls of the API, by the names under which their failures are told: what is made of several calls fails
        /// under the name of the one that failed, and under its own where it refuses something itself. Numbers start at
        /// 1: 0 is the state of a thread in which no call failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Call {
            $($call = $number,)*
        }

        impl Call {
            /// The name that the call has in POSIX, or in Linux if it is not POSIX's.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$call => $name,)*
                }
            }

            fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$call),)*
                    _ => None,
                }
            }
        }
    };
}

calls! {
    Socket = 1 "socket",
    Bind = 2 "bind",
    Listen = 3 "listen",
    Accept = 4 "accept",
    Connect = 5 "connect",
    Send = 6 "send",
    Recv = 7 "recv",
    Shutdown = 8 "shutdown",
    Close = 9 "close",
    SocketPair = 10 "socketpair",
    Accept4 = 11 "accept4",
    Read = 12 "read",
    Write = 13 "write",
    SendTo = 14 "sendto",
    RecvFrom = 15 "recvfrom",
    SendMsg = 16 "sendmsg",
    RecvMsg = 17 "recvmsg",
    SendMMsg = 18 "sendmmsg",
    RecvMMsg = 19 "recvmmsg",
    GetSockName = 20 "getsockname",
    GetPeerName = 21 "getpeername",
    GetSockOpt = 22 "getsockopt",
    SetSockOpt = 23 "setsockopt",
    Poll = 24 "poll",
    GetAddrInfo = 25 "getaddrinfo",
    GetServByName = 26 "getservbyname",
    GetServByPort = 27 "getservbyport",
    AddressParse = 28 "bsock_address_parse",
    AddressFormat = 29 "bsock_address_format",
    SetTimeout = 30 "bsock_set_timeout",
    GetTimeout = 31 "bsock_get_timeout",
    SetBlocking = 32 "bsock_set_blocking",
    GetBlocking = 33 "bsock_get_blocking",
    GetError = 34 "bsock_get_error",
    ConnectTimeout = 35 "bsock_connect_timeout",
    RecvExactly = 36 "bsock_recv_exactly",
    LineReaderInit = 37 "bsock_line_reader_init",
    ReadLine = 38 "bsock_read_line",
    ReaderBuffered = 39 "bsock_reader_buffered",
    PcbGet = 40 "bsock_pcb_get",
    PcbList = 41 "bsock_pcb_list",
    ListenOn = 42 "bsock_listen_on",
    ConnectTo = 43 "bsock_connect_to",
}

impl Call {
    /// Whether all six argument places are in use. The fourth of them is then an `int` of flags.
    const fn has_six_arguments(self) -> bool {
        matches!(self, Self::SendTo | Self::RecvFrom)
    }

    /// Whether the first argument is a descriptor.
    pub(crate) const fn takes_a_descriptor(self) -> bool {
        !matches!(
            self,
            Self::Socket
                | Self::SocketPair
                | Self::Poll
                | Self::GetAddrInfo
                | Self::GetServByName
                | Self::GetServByPort
                | Self::AddressParse
                | Self::AddressFormat
                | Self::LineReaderInit
                | Self::ReaderBuffered
                | Self::PcbList
                | Self::ListenOn
                | Self::ConnectTo
        )
    }
}

/// The stored form, in the thread's state. Its zero bytes say that no call failed.
#[repr(C)]
pub(crate) struct LastCall {
    call: Cell<u8>,
    address_length: Cell<u8>,
    /// The code without its sign.
    reason: Cell<u16>,
    flags: Cell<c_int>,
    words: Cell<[usize; WORDS]>,
    address: Cell<[u8; ADDRESS_BYTES]>,
}

/// A failed call, as it was.
#[derive(Clone, Copy)]
pub(crate) struct FailedCall {
    pub(crate) call: Call,
    pub(crate) code: Code,
    /// In the order of the C function, each as one word.
    pub(crate) arguments: [usize; ARGUMENTS],
    address: [u8; ADDRESS_BYTES],
    address_length: usize,
}

impl FailedCall {
    /// Argument `index` as the `int` that it was.
    pub(crate) fn int(&self, index: usize) -> c_int {
        int(self.word(index))
    }

    /// Argument `index` as the address or size that it was.
    pub(crate) fn word(&self, index: usize) -> usize {
        self.arguments.get(index).copied().unwrap_or_default()
    }

    /// The code without its sign: an errno, or a number of the library's own.
    pub(crate) fn reason(&self) -> c_int {
        self.code.number().wrapping_neg()
    }

    /// The address that the call was given, as far as it could be read. Empty if it could not, or was not one.
    pub(crate) fn address(&self) -> &[u8] {
        self.address.get(..self.address_length).unwrap_or_default()
    }

    /// Text `index` of the `count` that the call was given, and whether it was longer than that.
    pub(crate) fn text(&self, index: usize, count: usize) -> (&[u8], bool) {
        let share = ADDRESS_BYTES / count.max(1);
        let kept = self.address().chunks(share).nth(index).unwrap_or_default();
        match kept.iter().position(|byte| *byte == 0) {
            Some(end) => (kept.get(..end).unwrap_or_default(), false),
            None => (kept, !kept.is_empty()),
        }
    }
}

impl LastCall {
    /// No call failed.
    #[cfg(any(test, not(all(target_arch = "x86_64", target_os = "linux"))))]
    pub(crate) const fn none() -> Self {
        Self {
            call: Cell::new(0),
            address_length: Cell::new(0),
            reason: Cell::new(0),
            flags: Cell::new(0),
            words: Cell::new([0; WORDS]),
            address: Cell::new([0; ADDRESS_BYTES]),
        }
    }

    /// The failed call, if there was one.
    pub(crate) fn get(&self) -> Option<FailedCall> {
        let call = Call::from_number(self.call.get())?;
        let [a, b, c, d, e] = self.words.get();
        Some(FailedCall {
            call,
            code: Code::from_reason(self.reason.get()),
            arguments: match call.has_six_arguments() {
                true => [a, b, c, word(self.flags.get()), d, e],
                false => [a, b, c, d, e, 0],
            },
            address: self.address.get(),
            address_length: self.address_length.get().into(),
        })
    }

    fn set(&self, call: Call, reason: c_int, arguments: &[usize]) {
        let mut words = [0; WORDS];
        let mut in_int = 0;
        if let [a, b, c, flags, d, e] = *arguments {
            words = [a, b, c, d, e];
            in_int = flags as c_int;
        } else {
            for (word, argument) in words.iter_mut().zip(arguments) {
                *word = *argument;
            }
        }
        self.call.set(call as u8);
        self.reason.set(reason as u16); // An errno is at most 4095, the library's own codes end below 12000.
        self.flags.set(in_int);
        self.words.set(words);
        self.address_length.set(0);
    }

    fn set_address(&self, address: &[u8; ADDRESS_BYTES], length: usize) {
        self.address.set(*address);
        self.address_length.set(length as u8); // At most `ADDRESS_BYTES`.
    }
}

/// This thread's last failed call.
pub(crate) fn get() -> Option<FailedCall> {
    thread_state::with(|state| state.last_call.get())
}

/// The `int` that an argument word was made of.
pub(crate) fn int(word: usize) -> c_int {
    word as c_int // What `word` has added to it is cut off again.
}

/// An `int` as an argument word.
pub(crate) fn word(argument: c_int) -> usize {
    argument as usize
}

/// Remembers a failed call whose arguments say all. Answers the error, for the caller to pass on.
///
/// The arguments come by reference: their caller writes them to its stack before the call, which is cheaper for the
/// calls that succeed than to keep them in registers across it.
#[cold]
#[inline(never)]
pub(crate) fn failed(call: Call, errno: Errno, arguments: &[usize]) -> Errno {
    thread_state::with(|state| state.last_call.set(call, errno.number(), arguments));
    errno
}

/// The same for a call that can fail for reasons that the system does not know.
#[cold]
#[inline(never)]
pub(crate) fn failed_with_code(call: Call, code: Code, arguments: &[usize]) -> Code {
    thread_state::with(|state| state.last_call.set(call, code.number().wrapping_neg(), arguments));
    code
}

/// The same for one that was given texts, whose beginnings are kept, too.
#[cold]
pub(crate) fn failed_with_texts<const N: usize>(
    call: Call,
    code: Code,
    arguments: &[usize],
    texts: [Option<&CStr>; N],
) -> Code {
    let mut kept = [0; ADDRESS_BYTES];
    for (share, text) in kept.chunks_mut(ADDRESS_BYTES / N).zip(texts) {
        for (place, byte) in share.iter_mut().zip(text.unwrap_or_default().to_bytes()) {
            *place = *byte;
        }
    }
    failed_with_code(call, code, arguments);
    thread_state::with(|state| state.last_call.set_address(&kept, ADDRESS_BYTES));
    code
}

/// Remembers a failed call whose last two arguments are an address and its length, together with that address. Answers
/// the error; errno stays the call's.
#[cold]
#[inline(never)]
pub(crate) fn failed_with_address(call: Call, errno: Errno, arguments: &[usize]) -> Errno {
    failed(call, errno, arguments);
    if let ([.., start, length], true) = (arguments, is_worth_reading(call, errno)) {
        keep_address(*start, *length);
        sys::set_errno(errno.number());
    }
    errno
}

/// Remembers a failed `sendmsg` together with the address in its message, if there is one.
#[cold]
#[inline(never)]
pub(crate) fn failed_with_message(call: Call, errno: Errno, arguments: &[usize]) -> Errno {
    failed(call, errno, arguments);
    if let ([_, message, ..], true) = (arguments, is_worth_reading(call, errno)) {
        let mut name = [0; NAME_BYTES];
        let address = ToKernel::from_raw(core::ptr::without_provenance(*message), NAME_BYTES);
        if sys::read_own_memory(address, &mut name) == NAME_BYTES {
            let start = name.first_chunk().map_or(0, |bytes| usize::from_ne_bytes(*bytes));
            let length = name
                .get(size_of::<usize>()..)
                .and_then(<[u8]>::first_chunk)
                .map_or(0, |bytes| u32::from_ne_bytes(*bytes));
            keep_address(start, length as usize);
        }
        sys::set_errno(errno.number());
    }
    errno
}

/// What a `struct msghdr` begins with: where the address is, and how long it is.
const NAME_BYTES: usize = size_of::<usize>() + size_of::<libc::socklen_t>();
const _: () = {
    assert!(core::mem::offset_of!(libc::msghdr, msg_name) == 0);
    assert!(core::mem::offset_of!(libc::msghdr, msg_namelen) == size_of::<usize>());
};

/// Whether the kernel is asked for the address: after `EFAULT` there is nothing to read, it has just tried; and a sender
/// that has to wait is told so often that the question would cost more than it tells.
fn is_worth_reading(call: Call, errno: Errno) -> bool {
    match errno.number() {
        libc::EFAULT => false,
        libc::EAGAIN | libc::EINTR => !matches!(call, Call::SendTo | Call::SendMsg),
        _ => true,
    }
}

/// Copies an address into the thread's state, as far as there is one. Changes errno.
fn keep_address(start: usize, length: usize) {
    if start != 0 && (SMALLEST_ADDRESS..=ADDRESS_BYTES).contains(&length) {
        let mut bytes = [0; ADDRESS_BYTES];
        let address = ToKernel::from_raw(core::ptr::without_provenance(start), length);
        let readable = sys::read_own_memory(address, &mut bytes);
        thread_state::with(|state| state.last_call.set_address(&bytes, readable));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_six_arguments_are_kept_in_their_order() {
        let last = LastCall::none();
        for (call, given, kept) in [
            (Call::RecvFrom, &[1, 2, 3, word(-4), 5, usize::MAX][..], [1, 2, 3, word(-4), 5, usize::MAX]),
            (Call::GetSockOpt, &[1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0]),
            (Call::Close, &[word(-1)], [word(-1), 0, 0, 0, 0, 0]),
        ] {
            last.set(call, libc::EBADF, given);
            let failed = last.get().expect("was set");
            assert_eq!((failed.call, failed.arguments), (call, kept));
        }
    }

    #[test]
    fn the_numbers_of_the_calls_lead_back_to_them() {
        assert_eq!(Call::from_number(0), None);
        let calls = (1..=u8::MAX).map_while(Call::from_number);
        assert!(calls.clone().enumerate().all(|(index, call)| call as usize == index + 1));
        assert_eq!(calls.last(), Some(Call::ConnectTo));
    }
}
