//! A number of things, in words that agree with it: `1 call`, `2 calls`, in both languages. Every sentence that counts
//! takes its words from here.

use bsock_analysis::forms;
use bsock_analysis::message::{Form, Message};

forms! {
    ONE_CALL = "one-call", "1 call", "1 次调用";
    CALLS = "calls", "{count} calls", "{count} 次调用";
    ONE_SOCKET = "one-socket", "1 socket", "1 个套接字";
    SOCKETS = "sockets", "{count} sockets", "{count} 个套接字";
    ONE_PROCESS = "one-process", "1 process", "1 个进程";
    PROCESSES = "processes", "{count} processes", "{count} 个进程";
    ONE_FINDING = "one-finding", "1 finding", "发现 1 个问题";
    FINDINGS = "findings", "{count} findings", "发现 {count} 个问题";
}

/// The sentence for one, or the other with the value `count`.
pub(crate) fn counted(count: u64, one: &'static Form, many: &'static Form) -> Message {
    Message::new(if count == 1 { one } else { many }).with("count", count)
}

pub(crate) fn calls(count: u64) -> Message {
    counted(count, &ONE_CALL, &CALLS)
}

pub(crate) fn sockets(count: u64) -> Message {
    counted(count, &ONE_SOCKET, &SOCKETS)
}

pub(crate) fn processes(count: u64) -> Message {
    counted(count, &ONE_PROCESS, &PROCESSES)
}

pub(crate) fn findings(count: u64) -> Message {
    counted(count, &ONE_FINDING, &FINDINGS)
}

#[cfg(test)]
mod tests {
    use bsock_analysis::message::Language;

    use super::*;

    #[test]
    fn one_is_not_many() {
        let said = |count| (calls(count).to_string(), processes(count).text(Language::Chinese));
        assert_eq!(said(0), ("0 calls".into(), "0 个进程".into()));
        assert_eq!(said(1), ("1 call".into(), "1 个进程".into()));
        assert_eq!(said(2), ("2 calls".into(), "2 个进程".into()));
        // "1" stands in the form for one: it has no value, in English or in Chinese.
        assert_eq!(FORMS.iter().filter_map(|form| form.fault()).collect::<Vec<_>>(), [""; 0]);
    }
}
