//! Names for numbers in calls: from the library's own tables, which depend on nothing, so that what `bsock_explain` says and
//! what `bsock trace` shows are the same words.

#[allow(dead_code, unreachable_pub, reason = "the library's file: it has more than is used here, for more readers")]
#[path = "../../../src/error/table.rs"]
mod table;

#[allow(dead_code, unused_imports, reason = "as above")]
#[path = "../../../src/explain/names.rs"]
mod names;

#[allow(dead_code, unused_imports, reason = "as above")]
#[path = "../../../src/explain/options.rs"]
mod options;

pub(crate) use self::arguments::{direction, family, kind, message_flags, option, protocol, type_flags};

/// The names are for their parent module only; here they are handed on.
mod arguments {
    use std::fmt::Display;

    pub(crate) fn family(number: i32) -> impl Display {
        super::names::family(number)
    }

    pub(crate) fn kind(number: i32) -> impl Display {
        super::names::kind(number)
    }

    pub(crate) fn protocol(number: i32) -> impl Display {
        super::names::protocol(number)
    }

    pub(crate) fn message_flags(bits: i32) -> impl Display {
        super::names::message_flags(bits)
    }

    /// A socket option's level and name.
    pub(crate) fn option(level: i32, option: i32) -> (impl Display, impl Display) {
        super::options::names(level, option)
    }

    pub(crate) fn type_flags(bits: i32) -> impl Display {
        super::names::type_flags(bits)
    }

    pub(crate) fn direction(number: i32) -> impl Display {
        super::names::direction(number)
    }
}

/// An errno's name and what it means.
pub(crate) fn errno(number: i32) -> (String, &'static str) {
    let row = table::CODES.iter().find(|row| row.code == -number);
    let word = |text: &'static core::ffi::CStr| text.to_str().unwrap_or_default();
    row.map_or_else(|| (format!("errno {number}"), "unknown"), |row| (word(row.name).to_owned(), word(row.text)))
}

/// The number of an errno's name.
pub(crate) fn errno_number(name: &str) -> Option<i32> {
    let row = table::CODES.iter().find(|row| row.name.to_bytes() == name.as_bytes());
    row.map(|row| -row.code)
}

/// The constants of these names, with the names.
macro_rules! named {
    ($($name:ident)*) => { [$((libc::$name, stringify!($name))),*] };
}

/// A signal's name.
pub(crate) fn signal(number: i32) -> String {
    let names = named! {
        SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM
        SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO
        SIGPWR SIGSYS
    };
    let known = names.iter().find(|(signal, _)| *signal == number);
    known.map_or_else(|| format!("signal {number}"), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn signals_have_the_names_that_manuals_give_them() {
        let names = [libc::SIGPIPE, libc::SIGKILL, 40].map(super::signal);
        assert_eq!(names, ["SIGPIPE", "SIGKILL", "signal 40"]);
    }

    #[test]
    fn errors_have_names_and_meanings() {
        assert_eq!(super::errno(libc::ECONNREFUSED).0, "ECONNREFUSED");
        assert!(!super::errno(libc::ECONNREFUSED).1.is_empty());
        assert_eq!(super::errno_number("ECONNREFUSED"), Some(libc::ECONNREFUSED));
        assert_eq!(super::errno(4000), ("errno 4000".to_owned(), "unknown"));
    }
}
