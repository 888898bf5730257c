//! A call's arguments as a C programmer would write them, from the words that the runner tells (`cases/pass_on.h`).

use bsock_analysis::address::{Address, Printable};

use crate::words;

/// The most bytes of data that are shown.
const SHOWN: usize = 16;

/// The call, from `NAME MEANINGS WORD...`; empty where there was none.
pub(super) fn call(told: &str) -> String {
    let mut parts = told.split(' ');
    let (Some(name), Some(meanings)) = (parts.next(), parts.next()) else { return String::new() };
    let words: Vec<&str> = parts.collect();
    let level = meanings.find('V').and_then(|at| words.get(at)?.parse().ok()).unwrap_or_default();
    let shown: Vec<String> =
        meanings.chars().zip(&words).map(|(meaning, word)| argument(meaning, word, level)).collect();
    format!("{name}({})", shown.join(", "))
}

/// One argument. `level`: that of the option, if there is one.
fn argument(meaning: char, word: &str, level: i32) -> String {
    match word.as_bytes().first() {
        Some(b'@') if word == "@0" => return "NULL".into(),
        Some(b'@') => return format!("0x{}", &word[1..]),
        Some(b'&') => return if meaning == 'm' { "message" } else { "buffer" }.into(),
        Some(b'*') => return format!("&{}", &word[1..]),
        Some(b'=') => return pointed_to(meaning, &bytes(&word[1..])),
        _ => {}
    }
    let Ok(number) = word.parse::<i64>() else { return word.into() };
    let int = number as i32;
    match meaning {
        'F' => words::family(int).to_string(),
        'T' => words::kind(int).to_string(),
        'P' => words::protocol(int).to_string(),
        'h' => words::direction(int).to_string(),
        'f' => words::message_flags(int).to_string(),
        'V' => words::option(level, 0).0.to_string(),
        'O' => words::option(level, int).1.to_string(),
        'n' => (number as u64).to_string(),
        'l' | 'u' => (number as u32).to_string(),
        _ => int.to_string(),
    }
}

fn pointed_to(meaning: char, bytes: &[u8]) -> String {
    let int = |from: usize| bytes.get(from..from + 4).and_then(|four| four.try_into().ok()).map(i32::from_ne_bytes);
    match (meaning, bytes.len()) {
        ('a', _) => {
            Address::decode(bytes).map_or_else(|| format!("{} bytes", bytes.len()), |address| address.to_string())
        }
        ('v', 4) => int(0).unwrap_or_default().to_string(),
        // struct pollfd: the descriptor, then what is waited for in two bytes.
        ('s', _) => format!("[{} for {:#x}]", int(0).unwrap_or_default(), int(4).unwrap_or_default() & 0xffff),
        _ => {
            let more = if bytes.len() > SHOWN { "…" } else { "" };
            format!("\"{}\"{more}", Printable(&bytes[..bytes.len().min(SHOWN)]))
        }
    }
}

/// Bytes from hexadecimal digits.
fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..digits.len()).step_by(2).map_while(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_have_their_names() {
        let inet = "=0200231d7f0000010000000000000000";
        assert_eq!(call(&format!("bind dal 3 {inet} 16")), "bind(3, 127.0.0.1:8989, 16)");
        assert_eq!(call("bind dal -1 @0 4294967295"), "bind(-1, NULL, 4294967295)");
        assert_eq!(call("socket FTP 2 2049 6"), "socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP)");
        assert_eq!(call("send dbnf 4 =68656c6c6f 5 64"), "send(4, \"hello\", 5, MSG_DONTWAIT)");
        assert_eq!(call("recv dpnf 4 & -1 0"), "recv(4, buffer, 18446744073709551615, 0)");
        assert_eq!(call("setsockopt dVOvl 3 1 2 =01000000 4"), "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, 1, 4)");
        assert_eq!(call("getsockname dpL 3 & *16"), "getsockname(3, buffer, &16)");
        assert_eq!(call("poll sni =0300000001000000 1 -1"), "poll([3 for 0x1], 1, -1)");
        assert_eq!(call("recvmsg dmf 3 @1000 0"), "recvmsg(3, 0x1000, 0)");
        assert_eq!(call(""), "");
    }

    #[test]
    fn nothing_that_is_told_can_make_it_panic() {
        for told in ["bind", "bind dal", "bind dal =é @ *", "poll s =00", "setsockopt dVOvl x y z = &", "x a =0"] {
            let _ = call(told);
        }
    }
}
