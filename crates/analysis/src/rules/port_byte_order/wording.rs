//! What the rule says, in one place.

use bsock_recording::event::Outcome;

use super::Use;
use super::evidence::{Evidence, Way};
use crate::finding::Confidence;
use crate::forms;
use crate::message::Message;

forms! {
    BOUND = "bound",
        "bound to port {used}, which is {meant} with its bytes swapped",
        "绑定到了端口 {used}，它正是 {meant} 的两个字节颠倒后的结果";
    BIND_TRIED = "bind-tried",
        "tried to bind to port {used}, which is {meant} with its bytes swapped",
        "试图绑定端口 {used}，它正是 {meant} 的两个字节颠倒后的结果";
    CONNECTED = "connected",
        "connected to port {used}, which is {meant} with its bytes swapped",
        "连接到了端口 {used}，它正是 {meant} 的两个字节颠倒后的结果";
    CONNECT_TRIED = "connect-tried",
        "tried to connect to port {used}, which is {meant} with its bytes swapped",
        "试图连接端口 {used}，它正是 {meant} 的两个字节颠倒后的结果";
    CONNECT_ZERO = "connect-zero",
        "tried to connect to port 0, where the arguments say {meant}",
        "试图连接端口 0，而命令行参数给出的是 {meant}";
    SENT = "sent",
        "sent to port {used}, which is {meant} with its bytes swapped",
        "把数据发送到了端口 {used}，它正是 {meant} 的两个字节颠倒后的结果";
    SEND_TRIED = "send-tried",
        "tried to send to port {used}, which is {meant} with its bytes swapped",
        "试图把数据发送到端口 {used}，它正是 {meant} 的两个字节颠倒后的结果";
    SEND_ZERO = "send-zero",
        "tried to send to port 0, where the arguments say {meant}",
        "试图把数据发送到端口 0，而命令行参数给出的是 {meant}";
    ASKS_FOR_PORT = "asks-for-port",
        "this asks for port {used}",
        "这里请求的是端口 {used}";
    HTONS = "htons",
        "write `{field} = htons({meant})`: the field holds the most significant byte first, an `int` of this machine the least",
        "应写成 `{field} = htons({meant})`：该字段使用网络字节序（高位字节在前），而本机的 `int` 是低位字节在前";
    HTONS_NOT_HTONL = "htons-not-htonl",
        "write `{field} = htons({meant})`: not `htonl`, whose lower 16 bits are 0 for every port; nor may the field stay unset",
        "应写成 `{field} = htons({meant})`：不能用 `htonl`（对任何端口，其结果的低 16 位都是 0），也不能不给该字段赋值";
    ARGUMENT = "argument",
        "{meant} is among the arguments of `{program}`, {used} is not",
        "`{program}` 的命令行参数中有 {meant}，没有 {used}";
    SERVICE = "service",
        "{meant} is the service that `{program}` asked getaddrinfo() for, {used} is not",
        "`{program}` 向 getaddrinfo() 查询的服务是 {meant}，不是 {used}";
    CUSTOM = "custom",
        "{meant} is a port that many programs use, {used} is not",
        "{meant} 是许多程序常用的端口，{used} 不是";
    ZERO = "zero",
        "nothing can listen at port 0; {meant} is the only argument of `{program}` that may be a port",
        "端口 0 上不可能有程序监听；`{program}` 的命令行参数中只有 {meant} 可能是端口";
    CONNECTS_AS_WELL = "connects-as-well",
        "this connects to {used} as well: two ends with the same mistake find each other, and no other program finds them",
        "这里连接的也是 {used}：两端犯了同样的错误，彼此能找到，别的程序却找不到它们";
    SENDS_AS_WELL = "sends-as-well",
        "this sends to {used} as well: two ends with the same mistake find each other, and no other program finds them",
        "这里发送的目的端口也是 {used}：两端犯了同样的错误，彼此能找到，别的程序却找不到它们";
    BOUND_AS_WELL = "bound-as-well",
        "this is bound to {used} as well: two ends with the same mistake find each other, and no other program finds them",
        "这里绑定的也是 {used}：两端犯了同样的错误，彼此能找到，别的程序却找不到它们";
}

impl Use {
    pub(super) const fn succeeded(&self) -> bool {
        matches!(self.outcome, Outcome::Returned(_))
    }

    pub(super) fn confidence(&self) -> Confidence {
        let proof = matches!(self.evidence, Evidence::Argument | Evidence::Service);
        if proof && self.meant >= 256 { Confidence::Certain } else { Confidence::Likely }
    }

    pub(super) fn message(&self) -> Message {
        let form = match (self.evidence, self.way, self.succeeded()) {
            (Evidence::Zero, Way::Send, _) => &SEND_ZERO,
            (Evidence::Zero, ..) => &CONNECT_ZERO,
            (_, Way::Bind, true) => &BOUND,
            (_, Way::Bind, false) => &BIND_TRIED,
            (_, Way::Connect, true) => &CONNECTED,
            (_, Way::Connect, false) => &CONNECT_TRIED,
            (_, Way::Send, true) => &SENT,
            (_, Way::Send, false) => &SEND_TRIED,
        };
        Message::new(form).with("used", self.used).with("meant", self.meant)
    }

    pub(super) fn label(&self) -> Message {
        Message::new(&ASKS_FOR_PORT).with("used", self.used)
    }

    pub(super) fn help(&self) -> Message {
        let form = match self.evidence {
            Evidence::Zero => &HTONS_NOT_HTONL,
            Evidence::Argument | Evidence::Service | Evidence::Custom => &HTONS,
        };
        let field = if self.inet6 { "sin6_port" } else { "sin_port" };
        Message::new(form).with("field", field).with("meant", self.meant)
    }

    pub(super) fn note(&self) -> Message {
        let form = match self.evidence {
            Evidence::Argument => &ARGUMENT,
            Evidence::Service => &SERVICE,
            Evidence::Custom => &CUSTOM,
            Evidence::Zero => &ZERO,
        };
        let note = Message::new(form).with("used", self.used).with("meant", self.meant);
        note.with("program", self.site.program.name())
    }

    /// What to say of the other end, which uses the port in this way, where it makes the same mistake.
    pub(super) fn symmetry(&self, other: Way) -> Message {
        let form = match other {
            Way::Bind => &BOUND_AS_WELL,
            Way::Connect => &CONNECTS_AS_WELL,
            Way::Send => &SENDS_AS_WELL,
        };
        Message::new(form).with("used", self.used)
    }
}
