//! Who holds an address, in both languages.

use bsock_analysis::forms;
use bsock_analysis::message::{Language, Message};

use super::{Failed, Held, Holder};

forms! {
    FAILED = "bind-failed",
        "in process {process}, bind of descriptor {fd} to {address} failed with EADDRINUSE: {cause}",
        "进程 {process} 中，把描述符 {fd} 绑定到 {address} 失败（EADDRINUSE）：{cause}";

    ITSELF_LISTENS = "itself-listens",
        "the process itself listens on {local}, by its descriptor {fd}",
        "该进程自己的描述符 {fd} 正在监听 {local}";
    LISTENS = "listens",
        "`{name}` (process {process}) listens on {local}",
        "程序 `{name}`（进程 {process}）正在监听 {local}";
    SOMEBODY_LISTENS = "somebody-listens",
        "a process that bsock may not look at listens on {local}",
        "某个 bsock 无权查看的进程正在监听 {local}";
    ITSELF_RECEIVES = "itself-receives",
        "the process itself receives on {local}, by its descriptor {fd}",
        "该进程自己的描述符 {fd} 正在 {local} 上接收数据报";
    RECEIVES = "receives",
        "`{name}` (process {process}) receives on {local}",
        "程序 `{name}`（进程 {process}）正在 {local} 上接收数据报";
    SOMEBODY_RECEIVES = "somebody-receives",
        "a process that bsock may not look at receives on {local}",
        "某个 bsock 无权查看的进程正在 {local} 上接收数据报";
    ITSELF_IS_CONNECTED = "itself-is-connected",
        "nobody listens there, but the process itself has a connection at {local}, its descriptor {fd}",
        "没有进程在那里监听，但该进程自己的描述符 {fd} 有一个本端地址为 {local} 的连接";
    IS_CONNECTED = "is-connected",
        "nobody listens there, but `{name}` (process {process}) has a connection at {local}; SO_REUSEADDR, set before bind in \
         every run of the server, allows for that",
        "没有进程在那里监听，但程序 `{name}`（进程 {process}）有一个本端地址为 {local} 的连接；服务器每次运行都在 bind 之前设置 \
         SO_REUSEADDR 即可避免";
    SOMEBODY_IS_CONNECTED = "somebody-is-connected",
        "nobody listens there, but a process that bsock may not look at has a connection at {local}",
        "没有进程在那里监听，但某个 bsock 无权查看的进程有一个本端地址为 {local} 的连接";
    TIME_WAIT = "time-wait",
        "connections in TIME_WAIT hold the port, for a minute at most; SO_REUSEADDR, set before bind in every run of the \
         server, allows for that",
        "处于 TIME_WAIT 状态的连接占着该端口，最多一分钟；服务器每次运行都在 bind 之前设置 SO_REUSEADDR 即可避免";
    ITSELF_HAS = "itself-has-name",
        "the process itself has a socket of that name, its descriptor {fd}",
        "该进程自己的描述符 {fd} 就是这个名字的套接字";
    HAS = "has-name",
        "`{name}` (process {process}) has a socket of that name",
        "程序 `{name}`（进程 {process}）有一个这个名字的套接字";
    SOMEBODY_HAS = "somebody-has-name",
        "a process that bsock may not look at has a socket of that name",
        "某个 bsock 无权查看的进程有一个这个名字的套接字";
    LEFT = "file-left",
        "the file exists, and no socket is open under that name; unlink it before bind",
        "该文件已经存在，却没有打开着的套接字使用这个名字；请在 bind 之前用 unlink 删除它";
}

/// Who is in the way.
pub(super) fn cause(failed: &Failed) -> Message {
    let (by, local, [itself, process, hidden]) = match &failed.held {
        Held::Listening { by, local, is_tcp: true } => (by, local, [&ITSELF_LISTENS, &LISTENS, &SOMEBODY_LISTENS]),
        Held::Listening { by, local, .. } => (by, local, [&ITSELF_RECEIVES, &RECEIVES, &SOMEBODY_RECEIVES]),
        Held::Connected { by, local } => (by, local, [&ITSELF_IS_CONNECTED, &IS_CONNECTED, &SOMEBODY_IS_CONNECTED]),
        Held::Named { by } => (by, &String::new(), [&ITSELF_HAS, &HAS, &SOMEBODY_HAS]),
        Held::TimeWait => return Message::new(&TIME_WAIT),
        Held::Left => return Message::new(&LEFT),
    };
    let message = match by {
        Holder::Itself { fd } => Message::new(itself).with("fd", *fd),
        Holder::Process { name, process: number } => {
            Message::new(process).with("name", name.as_str()).with("process", *number)
        }
        Holder::Hidden => Message::new(hidden),
    };
    message.with("local", local.as_str())
}

/// The failure with its cause.
pub(super) fn sentence(failed: &Failed, language: Language) -> String {
    let message = Message::new(&FAILED).with("process", failed.process).with("fd", failed.fd);
    message.with("address", failed.address.to_string()).with("cause", cause(failed).text(language)).text(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_said_in_both_languages_with_the_same_values() {
        assert_eq!(FORMS.iter().filter_map(|form| form.fault()).collect::<Vec<_>>(), [""; 0]);
    }
}
