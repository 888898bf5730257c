//! Why a call failed and what to do: one sentence or two for the common failures, nothing for the others.
//!
//! A sentence states only what the call and its arguments prove, or what the manual page names as the cause. Where
//! there are two causes it names both. Silence is better than a guess.

use super::address::Address;
use super::own;
use crate::last_call::{Call, FailedCall};

/// Ports below this number need a privilege, unless the administrator has changed `ip_unprivileged_port_start`.
const FIRST_FREE_PORT: u16 = 1024;

/// Linux still accepts IPv6 addresses without `sin6_scope_id` (RFC 2133).
const SHORTEST_IPV6: usize = 24;

/// The advice for a failed call, if there is any.
pub(super) fn for_call(failed: &FailedCall) -> Option<&'static str> {
    of_every_call(failed).or_else(|| match failed.call {
        Call::Socket => socket(failed),
        Call::Bind => bind(failed),
        Call::Listen => listen(failed),
        Call::SocketPair => socketpair(failed),
        Call::Accept | Call::Accept4 => accept(failed),
        Call::Connect => connect(failed),
        Call::Send | Call::SendTo | Call::SendMsg | Call::SendMMsg | Call::Write => send(failed),
        Call::Recv | Call::RecvFrom | Call::RecvMsg | Call::RecvMMsg | Call::Read => recv(failed),
        Call::GetSockName => None,
        Call::GetPeerName => getpeername(failed),
        Call::GetSockOpt | Call::SetSockOpt => option(failed),
        Call::Poll => poll(failed),
        Call::Shutdown => shutdown(failed),
        Call::Close => close(failed),
        _ => own::advice(failed),
    })
}

fn of_every_call(failed: &FailedCall) -> Option<&'static str> {
    let takes_a_descriptor = failed.call.takes_a_descriptor();
    Some(match failed.reason() {
        libc::EBADF if takes_a_descriptor && failed.int(0) < 0 => {
            "A negative descriptor is the result of a call that failed earlier: check that result"
        }
        libc::EBADF if failed.call == Call::Close => {
            "The descriptor is not open: it was closed before, perhaps by another owner"
        }
        libc::EBADF => "The descriptor is not open: it was closed before, or never opened",
        libc::ENOTSOCK => "The descriptor is open, but it is a file, a pipe or a terminal",
        libc::EFAULT => "A pointer does not point to that much usable memory of this process",
        libc::EMFILE => {
            "Every descriptor of this process is in use: close what is not needed, or raise \
             ulimit -n"
        }
        libc::ENFILE => "Every descriptor of the system is in use",
        libc::EINTR if failed.call == Call::Close => {
            "The descriptor is closed all the same on Linux: do not close it again"
        }
        libc::EINTR if failed.call == Call::Connect => {
            "The connection is still being made: wait with poll until the socket is writable, \
             then read SO_ERROR"
        }
        libc::EINTR if failed.call == Call::Poll => {
            "A signal handler ran, and poll is never begun again by itself: call again with the time that is left"
        }
        libc::EINTR => "A signal handler ran: call again",
        _ => return None,
    })
}

fn socket(failed: &FailedCall) -> Option<&'static str> {
    Some(match failed.reason() {
        libc::EAFNOSUPPORT => {
            "This system has no such address family: the first argument is AF_INET, AF_INET6 or \
             AF_UNIX"
        }
        libc::EPROTONOSUPPORT | libc::ESOCKTNOSUPPORT => {
            "The family has no such type and protocol together: protocol 0 chooses the type's own"
        }
        libc::EACCES if is_for_ping(failed) => {
            "This socket is for the groups in /proc/sys/net/ipv4/ping_group_range, which belongs to root; SOCK_RAW \
             needs root or CAP_NET_RAW instead"
        }
        libc::EPERM | libc::EACCES => "Raw and packet sockets need root or CAP_NET_RAW",
        libc::EINVAL => {
            "The second argument is a type such as SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK \
             and SOCK_CLOEXEC as its only flags"
        }
        _ => return None,
    })
}

/// The datagram sockets of ICMP take another right than the raw ones; icmp(7).
fn is_for_ping(failed: &FailedCall) -> bool {
    let kind = failed.int(1) & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
    kind == libc::SOCK_DGRAM && [libc::IPPROTO_ICMP, libc::IPPROTO_ICMPV6].contains(&failed.int(2))
}

fn socketpair(failed: &FailedCall) -> Option<&'static str> {
    match failed.reason() {
        libc::EOPNOTSUPP => Some("Pairs are made in the family AF_UNIX: the first argument is AF_UNIX"),
        _ => socket(failed),
    }
}

fn bind(failed: &FailedCall) -> Option<&'static str> {
    let address = Address::parse(failed.address());
    let is_unix = address.is_some_and(|address| address.is_unix());
    let port = address.and_then(|address| address.port());
    Some(match failed.reason() {
        libc::EACCES if port.is_some_and(|port| port < FIRST_FREE_PORT) => {
            "Ports below 1024 need root or CAP_NET_BIND_SERVICE"
        }
        libc::EACCES if is_unix => "The process may not make a file in that directory",
        libc::EADDRINUSE if is_unix => "A file of that name exists already: unlink it before bind",
        libc::EADDRINUSE => {
            "Another socket has that port, or a connection of an earlier run is still in \
             TIME_WAIT: choose another port, or set SO_REUSEADDR before bind"
        }
        libc::EADDRNOTAVAIL => "This machine has no such address: INADDR_ANY (0.0.0.0) stands for all that it has",
        libc::EINVAL => wrong_length(failed)
            .unwrap_or("The socket is bound already, or the length is not that of the address family"),
        libc::EAFNOSUPPORT => "The address's family is not the socket's: set sin_family",
        libc::ENOENT => "A directory in that path does not exist",
        _ => return None,
    })
}

fn listen(failed: &FailedCall) -> Option<&'static str> {
    Some(match failed.reason() {
        libc::EOPNOTSUPP => {
            "Only sockets that make connections listen: SOCK_STREAM and SOCK_SEQPACKET, not \
             SOCK_DGRAM"
        }
        libc::EADDRINUSE => "Another socket listens on that port already",
        libc::EINVAL => "The socket is connected, or of the UNIX family and not bound",
        _ => return None,
    })
}

fn accept(failed: &FailedCall) -> Option<&'static str> {
    Some(match failed.reason() {
        libc::EAGAIN => {
            "The socket is non-blocking, or its timeout is over, and nobody is waiting: poll \
             until it is readable"
        }
        libc::EINVAL => "The socket is not listening (call listen first), or the address length is negative",
        libc::EOPNOTSUPP => "The socket is not of a type that makes connections",
        libc::ECONNABORTED => "The client was gone before it was accepted: accept the next one",
        _ => return None,
    })
}

fn connect(failed: &FailedCall) -> Option<&'static str> {
    let is_unix = Address::parse(failed.address()).is_some_and(|address| address.is_unix());
    Some(match failed.reason() {
        libc::ECONNREFUSED if is_unix => "The socket file exists but nobody listens on it: start the server first",
        libc::ECONNREFUSED => {
            "Nobody listens on that address and port: start the server first, and check the port \
             (htons)"
        }
        libc::EINPROGRESS => "The socket is non-blocking: wait with poll until it is writable, then read SO_ERROR",
        libc::EALREADY => "An earlier connect on this non-blocking socket has not ended yet",
        libc::EISCONN => "A stream socket connects once: make a new socket for another connection",
        libc::ETIMEDOUT => "No answer: the host is down, or a firewall drops the packets",
        libc::ENETUNREACH => "This machine has no route to that network",
        libc::EHOSTUNREACH => "The network answers that it cannot reach that host",
        libc::EADDRNOTAVAIL => {
            "Every local port for that destination is in use, or the address cannot be connected \
             to"
        }
        libc::EAFNOSUPPORT => "The address's family is not the socket's: set sin_family",
        libc::EINVAL => return wrong_length(failed),
        libc::ENOENT => "No such socket file: start the server first, and check the path",
        libc::EACCES if is_unix => "The process may not write to that socket file, or not enter its directory",
        libc::EACCES | libc::EPERM => "A broadcast address needs SO_BROADCAST; otherwise a firewall rule forbids it",
        libc::EAGAIN if is_unix => "The server's queue of waiting connections is full",
        _ => return None,
    })
}

fn send(failed: &FailedCall) -> Option<&'static str> {
    Some(match failed.reason() {
        libc::EPIPE => {
            "The peer has closed the connection, this side has shut down sending, or there was no connection"
        }
        libc::ECONNRESET => {
            "The peer has broken the connection off, as it does when it closes without reading \
             everything"
        }
        libc::EAGAIN => {
            "The socket is non-blocking, or its timeout is over, and its buffer is full: poll \
             until it is writable"
        }
        libc::ENOTCONN => {
            "Connect the socket first; a server sends on the descriptor from accept, not on the \
             listening one"
        }
        libc::EDESTADDRREQ => "The socket has no peer: connect it, or say where to with sendto",
        libc::EMSGSIZE => "A datagram goes in one piece, and this one is larger than the protocol allows",
        libc::ECONNREFUSED => "An earlier datagram came back: nobody receives on that port",
        libc::ETIMEDOUT => "The peer has stopped answering",
        libc::EISCONN => "The socket is connected already: leave the address away, it is NULL and its length 0",
        libc::EINVAL if failed.call == Call::SendTo => return wrong_length(failed),
        libc::EACCES if failed.call == Call::SendTo => {
            "A broadcast address needs SO_BROADCAST; otherwise a firewall rule, or the rights of a UNIX path, forbid it"
        }
        libc::ENETUNREACH => "This machine has no route to that network",
        _ => return None,
    })
}

fn recv(failed: &FailedCall) -> Option<&'static str> {
    Some(match failed.reason() {
        libc::ECONNRESET => {
            "The peer has broken the connection off, as it does when it closes without reading \
             everything"
        }
        libc::EAGAIN => {
            "The socket is non-blocking, or its timeout is over, and nothing has arrived: poll \
             until it is readable"
        }
        libc::ENOTCONN => {
            "Connect the socket first; a server receives on the descriptor from accept, not on \
             the listening one"
        }
        libc::ECONNREFUSED => "An earlier datagram came back: nobody receives on that port",
        libc::ETIMEDOUT => "The peer has stopped answering",
        _ => return None,
    })
}

fn getpeername(failed: &FailedCall) -> Option<&'static str> {
    match failed.reason() {
        libc::ENOTCONN => Some("The socket was never connected, or its connection has ended since"),
        _ => None,
    }
}

fn option(failed: &FailedCall) -> Option<&'static str> {
    Some(match failed.reason() {
        libc::ENOPROTOOPT => {
            "The level has no option of that number: options belong to the level that they are named for"
        }
        libc::EOPNOTSUPP => "The socket's protocol has no such level",
        libc::EDOM => "A timeout has at most 999999 microseconds: whole seconds go into tv_sec",
        libc::EINVAL if failed.call == Call::SetSockOpt => {
            "The value or its length does not suit the option, or it is too late for it: some want to be set before bind"
        }
        libc::EPERM | libc::EACCES => "That option, or that value, needs root or CAP_NET_ADMIN",
        _ => return None,
    })
}

fn poll(failed: &FailedCall) -> Option<&'static str> {
    match failed.reason() {
        libc::EINVAL => {
            Some("The second argument is above the limit of open files: it is a number of entries, not of bytes")
        }
        _ => None,
    }
}

fn shutdown(failed: &FailedCall) -> Option<&'static str> {
    Some(match failed.reason() {
        libc::ENOTCONN => "There is no connection to end: it was never made, or the peer has broken it off",
        libc::EINVAL => "The second argument is SHUT_RD, SHUT_WR or SHUT_RDWR",
        _ => return None,
    })
}

fn close(failed: &FailedCall) -> Option<&'static str> {
    match failed.reason() {
        libc::EIO => Some("Data written before could not be stored; the descriptor is closed all the same"),
        _ => None,
    }
}

/// What a length that is too short for its address's family should have been.
fn wrong_length(failed: &FailedCall) -> Option<&'static str> {
    let family = Address::parse(failed.address())?.family();
    let length = failed.word(if failed.call == Call::SendTo { 5 } else { 2 });
    match family {
        libc::AF_INET if length < size_of::<libc::sockaddr_in>() => {
            Some("The length of an IPv4 address is sizeof(struct sockaddr_in), 16")
        }
        libc::AF_INET6 if length < SHORTEST_IPV6 => {
            Some("The length of an IPv6 address is sizeof(struct sockaddr_in6), 28")
        }
        _ => None,
    }
}
