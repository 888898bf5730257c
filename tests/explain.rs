//! The causes that `bsock_explain` looks up: who holds a port or a path, which limit is reached, what a kernel lacks.
#![allow(unsafe_code)] // Calls what C calls.

mod support;

use bsock::capi::connection::{bsock_bind, bsock_connect, bsock_listen};
use bsock::capi::errors::bsock_explain;
use bsock::capi::option::bsock_setsockopt;
use bsock::capi::socket::{bsock_close, bsock_shutdown, bsock_socket, bsock_socketpair};
use libc::{AF_INET, AF_UNIX, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, sockaddr_in, sockaddr_un, socklen_t};
use std::ffi::c_int;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::from_ref;
use support::call::{
    LENGTH, bound, close, connection, explanation, fails, generic, loopback, marked, stream, succeeds,
};
use support::{Server, TempDir, compile_c_text, link_flags, text};

/// A program that listens, says where, and waits for its end.
const SERVER: &str = r#"
    #include <arpa/inet.h>
    #include <netinet/in.h>
    #include <stdio.h>
    #include <string.h>
    #include <unistd.h>
    #include "bsock.h"
    int main(void) {
        struct sockaddr_in any;
        socklen_t length = sizeof any;
        memset(&any, 0, sizeof any);
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = bsock_socket(AF_INET, SOCK_STREAM, 0);
        if (bsock_bind(fd, (const struct sockaddr *)&any, sizeof any) < 0 || bsock_listen(fd, 5) < 0
            || bsock_getsockname(fd, (struct sockaddr *)&any, &length) < 0)
            return 1;
        printf("listening on 127.0.0.1:%d\n", ntohs(any.sin_port));
        fflush(stdout);
        pause();
        return 0;
    }"#;

fn port_of(address: &sockaddr_in) -> u16 {
    u16::from_be(address.sin_port)
}

/// Asserts that the explanation of the last failure goes on like this behind the code.
fn explained(cause: &str) {
    let explanation = explanation();
    let (_, found) = explanation.rsplit_once(": E").expect("has a code");
    let (_, found) = found.split_once(". ").expect("has a cause");
    assert_eq!(found, cause);
}

#[test]
fn a_second_server_learns_who_holds_the_port() {
    let program = compile_c_text(SERVER, &link_flags());
    let server = Server::start(&mut program.command());
    let (port, process) = (server.port(), server.process());
    let fd = stream();
    for host in [[127, 0, 0, 1], [0, 0, 0, 0]] {
        let mut address = loopback(port);
        address.sin_addr.s_addr = u32::from_ne_bytes(host);
        fails(libc::EADDRINUSE, || bsock_bind(fd, generic(&address), LENGTH));
        explained(&format!(
            "Port {port} is held by `program` (process {process}), which listens on 127.0.0.1:{port}: stop it, or choose \
             another port."
        ));
    }
    close(&[fd]);
}

#[test]
fn a_port_that_the_process_itself_holds_is_told_by_its_descriptor() {
    let (listener, address) = bound();
    let port = port_of(&address);
    succeeds(|| bsock_listen(listener, 5));
    let fd = stream();
    fails(libc::EADDRINUSE, || bsock_bind(fd, generic(&address), LENGTH));
    explained(&format!(
        "Port {port} is held by this process itself (descriptor {listener}), which listens on 127.0.0.1:{port}: close \
         that socket first, or choose another port."
    ));
    close(&[listener, fd]);
}

#[test]
fn a_port_that_nobody_listens_on_is_told_as_such() {
    let (silent, address) = bound();
    let fd = stream();
    fails(libc::EADDRINUSE, || bsock_bind(fd, generic(&address), LENGTH));
    explained(&format!(
        "Another socket is bound to port {} without listening, and the system does not tell whose it is: close it, or \
         choose another port.",
        port_of(&address)
    ));
    close(&[silent, fd]);
}

#[test]
fn a_refused_listen_learns_who_listens() {
    let on: c_int = 1;
    let reuse = |fd| {
        let (value, length) = ((&raw const on).cast(), size_of::<c_int>() as socklen_t);
        // SAFETY: the option holds no address.
        succeeds(|| unsafe { bsock_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, value, length) })
    };
    let [first, second] = [(); 2].map(|()| stream());
    reuse(first);
    reuse(second);
    let (mut address, mut length) = (loopback(0), LENGTH);
    succeeds(|| bsock_bind(first, generic(&address), LENGTH));
    // SAFETY: the address is ours and as long as said.
    unsafe { libc::getsockname(first, (&raw mut address).cast(), &mut length) };
    succeeds(|| bsock_bind(second, generic(&address), LENGTH));
    succeeds(|| bsock_listen(first, 5));
    fails(libc::EADDRINUSE, || bsock_listen(second, 5));
    let port = port_of(&address);
    explained(&format!(
        "Port {port} is held by this process itself (descriptor {first}), which listens on 127.0.0.1:{port}: close that \
         socket first, or choose another port."
    ));
    close(&[first, second]);
}

#[test]
fn connections_that_have_ended_are_told_from_those_that_have_not() {
    let (client, server) = connection();
    let (mut address, mut length) = (loopback(0), LENGTH);
    // SAFETY: the address is ours and as long as said.
    unsafe { libc::getsockname(server, (&raw mut address).cast(), &mut length) };
    let port = port_of(&address);
    let fd = stream();
    fails(libc::EADDRINUSE, || bsock_bind(fd, generic(&address), LENGTH));
    explained(&format!(
        "Nobody listens on port {port}, but this process itself (descriptor {server}) has a connection at \
         127.0.0.1:{port}: end it, or set SO_REUSEADDR before bind in every run of the server."
    ));
    // The server ends first and so keeps the connection in TIME_WAIT.
    succeeds(|| bsock_shutdown(server, libc::SHUT_RDWR));
    close(&[client, server]);
    fails(libc::EADDRINUSE, || bsock_bind(fd, generic(&address), LENGTH));
    explained(&format!(
        "Only connections in TIME_WAIT hold port {port}, for a minute at most: set SO_REUSEADDR before bind (which helps \
         only if the run that left them had set it, too)."
    ));
    close(&[fd]);
}

#[test]
fn a_datagram_port_has_a_receiver() {
    let [holder, fd] = [(); 2].map(|()| succeeds(|| bsock_socket(AF_INET, SOCK_DGRAM, 0)));
    let (mut address, mut length) = (loopback(0), LENGTH);
    succeeds(|| bsock_bind(holder, generic(&address), LENGTH));
    // SAFETY: the address is ours and as long as said.
    unsafe { libc::getsockname(holder, (&raw mut address).cast(), &mut length) };
    fails(libc::EADDRINUSE, || bsock_bind(fd, generic(&address), LENGTH));
    let port = port_of(&address);
    explained(&format!(
        "Port {port} is held by this process itself (descriptor {holder}), which receives on 127.0.0.1:{port}: close that \
         socket first, or choose another port."
    ));
    close(&[holder, fd]);
}

fn unix(path: &Path) -> (sockaddr_un, socklen_t) {
    named(path.as_os_str().as_bytes(), 1)
}

/// An address of this name, with this much behind it.
fn named(name: &[u8], more: usize) -> (sockaddr_un, socklen_t) {
    let mut address = sockaddr_un { sun_family: AF_UNIX as u16, sun_path: [0; 108] };
    for (place, byte) in address.sun_path.iter_mut().zip(name) {
        *place = *byte as libc::c_char;
    }
    (address, (2 + name.len() + more) as socklen_t)
}

#[test]
fn paths_of_unix_sockets_are_looked_at() {
    let directory = TempDir::new();
    let path = directory.path().join("a socket");
    let shown = path.display();
    let [listener, fd] = [(); 2].map(|()| succeeds(|| bsock_socket(AF_UNIX, SOCK_STREAM, 0)));
    let (address, length) = unix(&path);
    let bind = |fd, address: &sockaddr_un, length| bsock_bind(fd, from_ref(address).cast(), length);

    fails(libc::ENOENT, || bsock_connect(fd, from_ref(&address).cast(), length));
    explained(&format!("There is no socket file \"{shown}\": start the server first, and check the path."));
    succeeds(|| bind(listener, &address, length));
    succeeds(|| bsock_listen(listener, 5));
    fails(libc::EADDRINUSE, || bind(fd, &address, length));
    explained(&format!(
        "The name \"{shown}\" is held by this process itself (descriptor {listener}), which listens: stop it, or choose \
         another name."
    ));
    succeeds(|| bsock_close(listener));
    fails(libc::EADDRINUSE, || bind(fd, &address, length));
    explained(&format!("The file \"{shown}\" exists, and no socket is open under that name: unlink it before bind."));

    let missing = directory.path().join("none");
    let (address, length) = unix(&missing.join("below/socket"));
    fails(libc::ENOENT, || bind(fd, &address, length));
    explained(&format!("The directory \"{}\" does not exist.", missing.display()));
    fails(libc::ENOENT, || bsock_connect(fd, from_ref(&address).cast(), length));
    explained(&format!("The directory \"{}\" does not exist.", missing.display()));
    close(&[fd]);
}

#[test]
fn an_abstract_name_has_a_holder_too() {
    let name = format!("\0bsock test {}", std::process::id());
    let (address, length) = named(name.as_bytes(), 0);
    let [holder, fd] = [(); 2].map(|()| succeeds(|| bsock_socket(AF_UNIX, SOCK_DGRAM, 0)));
    succeeds(|| bsock_bind(holder, from_ref(&address).cast(), length));
    fails(libc::EADDRINUSE, || bsock_bind(fd, from_ref(&address).cast(), length));
    explained(&format!(
        "The name \"@bsock test {}\" is held by this process itself (descriptor {holder}): stop it, or choose another \
         name.",
        std::process::id()
    ));
    close(&[holder, fd]);
}

#[test]
fn a_family_that_the_kernel_lacks_is_named() {
    fails(libc::EAFNOSUPPORT, || bsock_socket(123, SOCK_STREAM, 0));
    explained("This kernel has no address family 123: AF_INET, AF_INET6 and AF_UNIX are the usual ones.");
    let (code, _) = marked(|| bsock_socket(6, SOCK_STREAM, 0));
    if code == -libc::EAFNOSUPPORT {
        assert!(explanation().starts_with("socket(6, SOCK_STREAM, 0): EAFNOSUPPORT"), "{}", explanation());
        explained(
            "This kernel has no address family 6 (AF_NS, Xerox Network Systems; the number is that of AF_NETROM on \
             Linux): AF_INET, AF_INET6 and AF_UNIX are the usual ones.",
        );
    }
    let mut pair = [0; 2];
    // SAFETY: the two ints are ours.
    fails(libc::EAFNOSUPPORT, || unsafe { bsock_socketpair(123, SOCK_STREAM, 0, pair.as_mut_ptr()) });
    explained("This kernel has no address family 123: AF_INET, AF_INET6 and AF_UNIX are the usual ones.");
}

#[test]
fn the_limit_of_descriptors_is_told_even_when_it_is_reached() {
    let source = r#"
        #include <stdio.h>
        #include <sys/resource.h>
        #include "bsock.h"
        int main(void) {
            struct rlimit limit = { 9, 77 };
            char why[512];
            int fd;
            if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
                return 1;
            while ((fd = bsock_socket(AF_INET, SOCK_STREAM, 0)) >= 0)
                continue;
            if (fd == BSOCK_EMFILE && bsock_explain(why, sizeof why) > 0)
                puts(why);
            return 0;
        }"#;
    let output = compile_c_text(source, &link_flags()).command().output().expect("runs");
    assert_eq!(
        text(&output.stdout),
        "socket(AF_INET, SOCK_STREAM, 0): EMFILE: too many open files in the process. This process may have 9 \
         descriptors (RLIMIT_NOFILE) and has them all: close what is not needed, or raise the limit, with ulimit -n up to \
         77.\n"
    );
}

#[test]
fn explaining_leaves_errno_and_descriptors_as_they_are() {
    let (silent, address) = bound();
    let fd = stream();
    fails(libc::EADDRINUSE, || bsock_bind(fd, generic(&address), LENGTH));
    let next_descriptor = || {
        let fd = stream();
        succeeds(|| bsock_close(fd));
        fd
    };
    let before = next_descriptor();
    let mut buffer = [0_u8; 8];
    // SAFETY: the buffer is ours and as long as said.
    succeeds(|| unsafe { bsock_explain(buffer.as_mut_ptr().cast(), buffer.len()) });
    // Other tests open and close descriptors at the same time; that only their number goes up for good would be a leak.
    for _ in 0..100 {
        // SAFETY: as above.
        unsafe { bsock_explain(buffer.as_mut_ptr().cast(), buffer.len()) };
    }
    assert!(next_descriptor() < before + 50);
    close(&[silent, fd]);
}

#[test]
fn explaining_allocates_nothing() {
    let source = r#"
        #include <netinet/in.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include "bsock.h"
        static int allocations;
        void *__libc_malloc(size_t size);
        void *malloc(size_t size) { allocations++; return __libc_malloc(size); }
        int main(void) {
            struct sockaddr_in any;
            socklen_t length = sizeof any;
            char why[512];
            memset(&any, 0, sizeof any);
            any.sin_family = AF_INET;
            int first = bsock_socket(AF_INET, SOCK_STREAM, 0), second = bsock_socket(AF_INET, SOCK_STREAM, 0);
            if (bsock_bind(first, (struct sockaddr *)&any, length) < 0 || bsock_listen(first, 1) < 0
                || bsock_getsockname(first, (struct sockaddr *)&any, &length) < 0)
                return 1;
            allocations = 0;
            if (bsock_bind(second, (struct sockaddr *)&any, length) != BSOCK_EADDRINUSE
                || bsock_explain(why, sizeof why) < 0 || strstr(why, "itself") == NULL)
                return 2;
            return allocations == 0 ? 0 : 3;
        }"#;
    assert_eq!(compile_c_text(source, &link_flags()).command().status().expect("runs").code(), Some(0));
}
