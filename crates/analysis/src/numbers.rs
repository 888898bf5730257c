//! Port numbers in the words of a command line. What a program was asked to do is the best witness of what it meant to
//! do, and it stands in the recording.

/// A number from 1 to 65535 in an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) port: u16,
    /// Stands by itself (`8080`, `127.0.0.1:8080`, `--port=8080`, `-p8080`), and not inside a word or a dotted number.
    pub(crate) alone: bool,
}

/// The numbers in an argument.
pub(crate) fn mentions(argument: &[u8]) -> impl Iterator<Item = Mention> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(start) = argument.get(at..)?.iter().position(u8::is_ascii_digit).map(|skip| at + skip) {
            let length = argument[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            at = start + length;
            if let Some(port) = port(&argument[start..at]) {
                return Some(Mention { port, alone: alone(argument, start, at) });
            }
        }
        None
    })
}

fn port(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|port| *port != 0)
}

fn alone(argument: &[u8], start: usize, end: usize) -> bool {
    let joins = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'.' | b'_');
    let short_option = start == 2 && argument[0] == b'-' && argument[1].is_ascii_alphabetic();
    let before = start.checked_sub(1).and_then(|index| argument.get(index));
    (short_option || !before.is_some_and(joins)) && !argument.get(end).is_some_and(joins)
}

/// A set of ports.
pub(crate) struct PortSet {
    words: Box<[u64; 1024]>,
}

impl Default for PortSet {
    fn default() -> Self {
        Self { words: Box::new([0; 1024]) }
    }
}

impl PortSet {
    pub(crate) fn insert(&mut self, port: u16) {
        self.words[usize::from(port >> 6)] |= 1 << (port & 63);
    }

    pub(crate) fn contains(&self, port: u16) -> bool {
        self.words[usize::from(port >> 6)] & 1 << (port & 63) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(argument: &str) -> Vec<u16> {
        mentions(argument.as_bytes()).filter(|mention| mention.alone).map(|mention| mention.port).collect()
    }

    fn anywhere(argument: &str) -> Vec<u16> {
        mentions(argument.as_bytes()).map(|mention| mention.port).collect()
    }

    #[test]
    fn a_port_is_found_in_the_forms_in_which_people_write_it() {
        for argument in
            ["8080", "127.0.0.1:8080", "--port=8080", "-p8080", "[::1]:8080", "http://host:8080/x", "host,8080"]
        {
            assert!(alone(argument).contains(&8080), "{argument}");
        }
    }

    #[test]
    fn numbers_inside_words_addresses_and_versions_do_not_stand_alone() {
        for argument in [
            "x8080",
            "8080ms",
            "1.8080",
            "10.0.80.80",
            "log_8080",
            "v8080",
            "0",
            "65536",
            "99999999999999999999",
            "端8080",
        ] {
            assert_eq!(alone(argument), [0; 0], "{argument}");
        }
        assert_eq!(anywhere("s.bind(('', int('x36895')))"), [36895]);
        assert_eq!(anywhere("0 00 1-2"), [1, 2]);
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let mut set = PortSet::default();
        for port in [0, 63, 64, 65535] {
            assert!(!set.contains(port));
            set.insert(port);
            assert!(set.contains(port));
        }
        assert!(!set.contains(1));
    }
}
