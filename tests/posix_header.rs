//! `bsock_posix.h`: an unchanged program, results of POSIX, behaviour of libc.

mod support;

use std::process::Command;
use support::{TempDir, compile_c_text, declared_functions, link_flags, root, text};

fn with_header(mode: &str) -> Vec<String> {
    let mut flags = link_flags();
    flags.extend(["-include", "bsock_posix.h", mode].map(String::from));
    flags
}

/// Prints one line for each failing expression, so that libc's and bsock's output can be compared as a whole.
const RESULTS: &str = r#"
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <netinet/in.h>
    #include <poll.h>
    #include <signal.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <unistd.h>

    /* With _GNU_SOURCE, glibc's functions take their addresses as unions of pointers. */
    #pragma GCC diagnostic ignored "-Wpedantic"

    struct methods { int (*bind)(int); int close; };

    static int pipes;
    static void on_pipe(int number) { (void)number; pipes++; }

    #define SAY(expression) do { \
        errno = 1234; \
        long result = (long)(expression); \
        printf("%s: %ld %d\n", #expression, result < 0 ? result : 0, errno); \
    } while (0)

    int main(void) {
        struct methods methods = { NULL, 7 };
        struct sockaddr_in any;
        socklen_t length = sizeof any;
        char byte = 'x';
        memset(&any, 0, sizeof any);
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        signal(SIGPIPE, on_pipe);

        int listener = socket(AF_INET, SOCK_STREAM, 0);
        SAY(bind(listener, (struct sockaddr *)&any, sizeof any));
        SAY(listen(listener, 5));
        getsockname(listener, (struct sockaddr *)&any, &length);
        int client = socket(AF_INET, SOCK_STREAM, 0);
        SAY(connect(client, (struct sockaddr *)&any, sizeof any));
        int server = accept(listener, NULL, NULL);
        SAY(send(client, &byte, 1, 0));
        SAY(recv(server, &byte, 1, 0));
        printf("close-on-exec: %d %d\n", fcntl(client, F_GETFD), fcntl(server, F_GETFD));
        SAY(shutdown(client, SHUT_WR));
        SAY(send(client, &byte, 1, 0));
        SAY(write(client, &byte, 1));
        SAY(sendto(client, &byte, 1, 0, NULL, 0));
        struct iovec part = { &byte, 1 };
        struct mmsghdr message;
        memset(&message, 0, sizeof message);
        message.msg_hdr.msg_iov = &part;
        message.msg_hdr.msg_iovlen = 1;
        SAY(sendmsg(client, &message.msg_hdr, 0));
        SAY(sendmmsg(client, &message, 1, 0));
        printf("pipes: %d\n", pipes);

        int pair[2], option = 7;
        socklen_t option_length = sizeof option;
        struct pollfd waiting = { server, POLLIN, 0 };
        SAY(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
        printf("close-on-exec: %d\n", fcntl(pair[0], F_GETFD));
        SAY(write(pair[0], &byte, 1));
        SAY(read(pair[1], &byte, 1));
        SAY(sendmsg(pair[0], &message.msg_hdr, 0));
        SAY(recvmsg(pair[1], &message.msg_hdr, 0));
        SAY(sendmmsg(pair[0], &message, 1, 0));
        SAY(recvmmsg(pair[1], &message, 1, 0, NULL));
        printf("flags: %x\n", (unsigned)message.msg_hdr.msg_flags);
        SAY(sendto(pair[0], &byte, 1, 0, NULL, 0));
        SAY(recvfrom(pair[1], &byte, 1, 0, NULL, NULL));
        SAY(getpeername(client, (struct sockaddr *)&any, &length));
        SAY(getsockopt(client, SOL_SOCKET, SO_TYPE, &option, &option_length));
        SAY(setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &option, option_length));
        SAY(poll(&waiting, 1, 0));
        SAY(accept4(listener, NULL, NULL, 12345));
        SAY(socketpair(AF_INET, SOCK_STREAM, 0, pair));
        SAY(write(-1, &byte, 1));
        SAY(read(client, (void *)1, 0));
        SAY(read(-1, &byte, 1));
        SAY(recvmsg(pair[1], (void *)1, 0));
        SAY(recvmmsg(pair[1], (void *)1, 1, MSG_DONTWAIT, NULL));
        SAY(getsockname(listener, NULL, NULL));
        SAY(getpeername(listener, (struct sockaddr *)&any, &length));
        SAY(getsockopt(client, 12345, 1, &option, &option_length));
        SAY(setsockopt(client, SOL_SOCKET, 12345, &option, option_length));
        SAY(recvfrom(pair[1], &byte, 1, MSG_DONTWAIT, NULL, NULL));
        void *volatile nowhere = (void *)1;
        SAY(poll(nowhere, 1, 0));

        SAY(socket(-1, SOCK_STREAM, 0));
        SAY(bind(listener, (struct sockaddr *)&any, 3));
        SAY(bind(listener, (struct sockaddr *)1, sizeof any));
        SAY(connect(client, NULL, sizeof any));
        SAY(listen(0x7fffffff, 5));
        SAY(accept(client, NULL, NULL));
        SAY(send(client, (void *)1, 5, MSG_NOSIGNAL));
        SAY(recv(listener, &byte, 1, 0));
        SAY(shutdown(client, 99));
        SAY(close(-1));
        SAY(close(client));
        printf("%d\n", methods.close);
        return 0;
    }"#;

#[test]
fn results_errno_and_signals_are_those_of_libc() {
    let run = |flags: &[String]| {
        let output = compile_c_text(RESULTS, flags).command().output().expect("runs");
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    };
    let libc = run(&[]);
    assert_eq!(run(&with_header("-std=gnu17")), libc);
    assert!(libc.contains("pipes: 5") && libc.contains("close-on-exec: 0 0"), "{libc}");
}

#[test]
fn the_calls_go_to_bsock_and_nothing_else_changes() {
    let program = compile_c_text(RESULTS, &with_header("-std=gnu17"));
    let symbols = Command::new("nm").args(["-u"]).arg(program.path()).output().expect("nm runs");
    let symbols = text(&symbols.stdout);
    for function in declared_functions("bsock_posix.h") {
        let call = function.strip_prefix("bsock_posix_").expect("is called so");
        assert!(symbols.contains(&format!("{function}\n")), "{call}: {symbols}");
        assert!(!symbols.contains(&format!(" {call}@")), "{call}: {symbols}");
    }
    assert!(symbols.contains(" fcntl@"), "{symbols}");
}

#[test]
fn a_failure_can_be_explained() {
    let source = r#"
        #include <stdio.h>
        #include <unistd.h>
        #include "bsock.h"
        int main(void) {
            char why[512];
            if (close(-1) == -1 && bsock_explain(why, sizeof why) > 0)
                puts(why);
            return 0;
        }"#;
    let output = compile_c_text(source, &with_header("-std=c11")).command().output().expect("runs");
    assert!(text(&output.stdout).starts_with("close(-1): EBADF: bad file descriptor. "));
}

#[test]
fn it_is_silent_in_c_and_cpp_and_feature_test_macros_still_work() {
    // POSIX's names show under -std=c11 only because the macro comes before the first system header.
    let source = "#define _POSIX_C_SOURCE 200809L\n#include <unistd.h>\n#include <stdio.h>\n\
                  int main(void) { return fileno(stdin) + close(-1) == -1 ? 0 : 1; }\n";
    for (compiler, suffix, mode) in
        [("cc", "c", "c89"), ("cc", "c", "c11"), ("c++", "cc", "c++98"), ("c++", "cc", "c++20")]
    {
        let directory = TempDir::new();
        let file = directory.path().join(format!("use.{suffix}"));
        std::fs::write(&file, source).expect("the directory is ours");
        let output = Command::new(compiler)
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "-o", "/dev/null"])
            .arg(format!("-std={mode}"))
            .arg("-I")
            .arg(root().join("include"))
            .args(["-include", "bsock_posix.h"])
            .arg(&file)
            .output()
            .expect("the compiler runs");
        assert!(output.status.success(), "{mode}: {}", text(&output.stderr));
    }
}
