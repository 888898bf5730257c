//! The rules. A new one is a file here, whose `//!` comment is its documentation, and a line in the table below. What
//! does not fit into the file (tests, tables, wording) goes into a folder of the rule's name. Its documentation in Chinese is a
//! file beside it, `RULE.zh.md`, without which this does not compile: a comment in two languages would be too long to read, and
//! a folder of translations elsewhere would be forgotten when the comment changes.

use bsock_recording::event::Event;

use crate::finding::Confidence;
use crate::message::{Form, Language};
use crate::model::{EndpointId, Model};
use crate::sink::Sink;

#[cfg(test)]
mod tests;

/// Looks at a recording, event by event.
pub trait Rule {
    /// Something happened; the model is as it is afterwards.
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink);

    /// Nothing refers to this endpoint any more, and no event will: what is remembered of it alone is to be forgotten.
    fn gone(&mut self, _endpoint: EndpointId) {}

    /// Nothing more will happen.
    fn finish(&mut self, _model: &Model, _sink: &mut Sink) {}
}

/// A rule as the registry knows it.
#[derive(Clone)]
pub struct Declaration {
    /// Named for the fault, so that "allow port-byte-order" reads well.
    pub name: &'static str,
    /// The fault in one line.
    pub summary: Form,
    /// Every sentence that it can say.
    pub messages: &'static [&'static Form],
    /// How sure its findings can be.
    pub confidences: &'static [Confidence],
    /// Starts it.
    pub new: fn() -> Box<dyn Rule>,
    source: &'static str,
    chinese: &'static str,
}

impl Declaration {
    /// One that stands in no table.
    #[cfg(test)]
    pub(crate) const fn of_test(name: &'static str, new: fn() -> Box<dyn Rule>) -> Self {
        let summary = Form { id: name, english: "a rule of a test", chinese: "测试用的规则" };
        Self { name, summary, messages: &[], confidences: &[Confidence::Certain], new, source: "", chinese: "" }
    }

    /// The whole story, in Markdown: the comment that its file begins with, or its Chinese twin.
    #[must_use]
    pub fn documentation(&self, language: Language) -> String {
        if language == Language::Chinese {
            return self.chinese.to_owned();
        }
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
    }
}

/// The rule of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Declaration> {
    ALL.iter().find(|declaration| declaration.name == name)
}

/// A line of the table: the file and the type in it, the rule's name, how sure it can be, the fault in English and Chinese.
macro_rules! rules {
    ($($module:ident::$Rule:ident, $name:literal, [$($confidence:ident)+], $english:literal, $chinese:literal;)*) => {
        $(mod $module;)*

        /// All rules, in the order of their names.
        pub static ALL: &[Declaration] = &[$(Declaration {
            name: $name,
            summary: Form { id: $name, english: $english, chinese: $chinese },
            messages: $module::FORMS,
            confidences: &[$(Confidence::$confidence),+],
            new: || Box::new($module::$Rule::default()),
            source: include_str!(concat!(stringify!($module), ".rs")),
            chinese: include_str!(concat!(stringify!($module), ".zh.md")),
        }),*];
    };
}

rules! {
    addrlen_not_set::AddrlenNotSet, "addrlen-not-set", [Certain Likely],
        "an address length that was not set before the call", "调用之前没有设置地址长度";
    close_with_unread::CloseWithUnread, "close-with-unread", [Likely Advice],
        "a close that resets the connection because bytes are unread", "仍有数据未读就关闭，导致连接被复位";
    connect_error_ignored::ConnectErrorIgnored, "connect-error-ignored", [Certain],
        "a connection that is used though connect() failed", "connect() 失败后仍然使用该连接";
    fd_leak::FdLeak, "fd-leak", [Certain Likely Advice],
        "a socket that is never closed though its conversation is over", "通信已经结束却始终没有关闭的套接字";
    missing_shutdown::MissingShutdown, "missing-shutdown", [Likely],
        "a peer that waits for an end of file which is never sent", "对端一直等待文件结束，而本端从未发出";
    port_byte_order::PortByteOrder, "port-byte-order", [Certain Likely],
        "a port that was not converted by htons()", "端口没有用 htons() 转换字节序";
    recv_as_message::RecvAsMessage, "recv-as-message", [Certain Likely],
        "a part of a message that is taken for the whole", "把消息的一部分当作整条消息";
    recv_zero_ignored::RecvZeroIgnored, "recv-zero-ignored", [Certain],
        "an end of file that is not told from data", "没有区分数据流结束与数据";
    send_sizeof_buffer::SendSizeofBuffer, "send-sizeof-buffer", [Likely],
        "a whole buffer that is sent, with what stands behind the text in it", "发送了整个缓冲区，连同文本之后的残留内容";
    short_send_ignored::ShortSendIgnored, "short-send-ignored", [Likely Advice],
        "a send() that took only a part, and whose rest was never sent", "send() 只发送了一部分数据，剩余部分却被丢弃";
    sigpipe_death::SigpipeDeath, "sigpipe-death", [Certain Likely],
        "a program that SIGPIPE killed while it sent", "发送数据时被 SIGPIPE 终止的程序";
    stale_bytes_sent::StaleBytesSent, "stale-bytes-sent", [Likely],
        "an answer with the end of an older message behind it", "应答之后带着旧消息的末尾";
    use_after_close::UseAfterClose, "use-after-close", [Certain Likely],
        "a descriptor that is used after it was closed", "描述符关闭之后仍被使用";
}
