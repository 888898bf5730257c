//! The command's own words around findings, in both languages.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use bsock_analysis::finding::{Confidence, Finding};
use bsock_analysis::forms;
use bsock_analysis::message::{Form, Language, Message};
use bsock_analysis::sink::FINDINGS;
use bsock_analysis::summary::Summary;

use super::{Counts, Ending};
use crate::programs::NotStarted;
use crate::quantity::{calls, counted, findings, processes, sockets};

forms! {
    ERROR = "error", "error", "错误";
    WARNING = "warning", "warning", "警告";
    ADVICE = "advice", "advice", "建议";
    HELP = "help", "help", "修改";
    NOTE = "note", "note", "说明";

    BY = "by",
        "by `{name}` (process {process}), on descriptor {fd}",
        "发生在程序 `{name}`（进程 {process}）的描述符 {fd} 上";
    TIMES = "times",
        "{count} times here, first by `{name}` (process {process}), on descriptor {fd}",
        "此处共发生 {count} 次，首次发生在程序 `{name}`（进程 {process}）的描述符 {fd} 上";
    THROUGH = "through",
        "by way of {wrappers}",
        "经由 {wrappers} 调用";
    MORE = "more",
        "for more, run `bsock explain {rule}`",
        "详细讲解请运行 `bsock explain {rule}`";
    NO_PLACE = "no-place",
        "the place of the call is not known",
        "无法确定这次调用在程序中的位置";

    NOTHING_CHECKED = "nothing-checked",
        "nothing could be checked: in what was seen, {calls} of {processes}, there is no socket, and not everything was seen",
        "无法进行检查：所看到的内容（{processes}的 {calls}）中没有套接字，而且并非全部内容都能看到";
    NO_FINDINGS = "no-findings", "no findings", "没有发现问题";

    CERTAIN_COUNT = "certain-count", "{count} certain", "确定 {count} 个";
    LIKELY_COUNT = "likely-count", "{count} likely", "很可能 {count} 个";
    ADVICE_COUNT = "advice-count", "{count} advice", "建议 {count} 个";
    VERDICT = "verdict", "{findings} ({kinds})", "{findings}（{kinds}）";
    SEEN = "seen",
        "{verdict} in {calls} on {sockets} of {processes}; {sent} bytes sent, {received} received",
        "{verdict}；检查了 {processes}在 {sockets}上的 {calls}；发送 {sent} 字节，接收 {received} 字节";

    DROPPED = "dropped",
        "there is room for {room} different findings of each confidence: {count} more, equal ones among them, are not shown; \
         mend some of those that are, and check again",
        "每种可信度最多保留 {room} 个不同的问题：另有 {count} 个（其中可能有相同的）没有显示；请先修改已显示的问题，再重新检查";

    LOST_ONE = "lost-one",
        "1 call could not be recorded, so what it may have touched was not judged",
        "有 1 次调用未能记录下来，因此它可能涉及的套接字未作判断";
    LOST = "lost",
        "{count} calls could not be recorded, so what they may have touched was not judged",
        "有 {count} 次调用未能记录下来，因此它们可能涉及的套接字未作判断";
    OPAQUE_ONE = "opaque-one",
        "1 socket was not judged, since not everything that happened to it is known",
        "有 1 个套接字未作判断，因为并不清楚它经历的全部操作";
    OPAQUE = "opaque",
        "{count} sockets were not judged, since not everything that happened to them is known",
        "有 {count} 个套接字未作判断，因为并不清楚它们经历的全部操作";
    UNKNOWN_ONE = "unknown-one",
        "1 call was made on sockets from outside the recording, which are not judged",
        "有 1 次调用发生在记录范围之外创建的套接字上，对这类套接字不作判断";
    UNKNOWN = "unknown",
        "{count} calls were made on sockets from outside the recording, which are not judged",
        "有 {count} 次调用发生在记录范围之外创建的套接字上，对这类套接字不作判断";
    UNRECOGNISED = "unrecognised",
        "{count} calls of kinds that this version of bsock does not know were skipped, and their sockets not judged; \
         a newer bsock made the recording",
        "跳过了 {count} 次本版本 bsock 不认识的调用，相关套接字未作判断；该记录由更新版本的 bsock 生成";

    ENDED = "ended", "the program ended with status {status}", "程序结束，退出状态为 {status}";
    KILLED = "killed", "the program was ended by {signal}", "程序被 {signal} 终止";
    SERVER_ENDED = "server-ended", "the server ended with status {status}", "服务器结束，退出状态为 {status}";
    SERVER_KILLED = "server-killed", "the server was ended by {signal}", "服务器被 {signal} 终止";
    STUBBORN = "stubborn",
        "the server did not end on SIGTERM and was killed",
        "服务器收到 SIGTERM 后没有结束，已被强制终止";
    TIMED_OUT = "timed-out",
        "the time was up, so bsock ended the program; what it did until then was checked",
        "已到时限，bsock 终止了程序；此前的行为已经检查";
    NEVER_LISTENED = "never-listened",
        "the server ended before it listened, so the command was not run",
        "服务器在开始监听之前就结束了，因此没有运行客户端命令";
    DEAF = "deaf",
        "the server did not listen in time, so bsock ended it and did not run the command; --timeout gives it longer",
        "服务器没有及时开始监听，bsock 已将其终止，也没有运行客户端命令；可用 --timeout 延长等待时间";
    BROKEN = "broken",
        "the rule {rule} failed and was skipped, which is a mistake in bsock; please report it",
        "规则 {rule} 运行出错，已跳过；这是 bsock 自身的缺陷，请向我们报告";
    ALLOWED = "allowed",
        "{file} allows {rules}, so these findings are not shown",
        "{file} 允许 {rules}，因此不显示这类问题";
}

/// The word that a finding of this confidence is headed by.
pub(super) fn level(confidence: Confidence, language: Language) -> &'static str {
    let form = match confidence {
        Confidence::Certain => &ERROR,
        Confidence::Likely => &WARNING,
        Confidence::Advice => &ADVICE,
    };
    form.text(language)
}

pub(super) fn help(language: Language) -> &'static str {
    HELP.text(language)
}

pub(super) fn note(language: Language) -> &'static str {
    NOTE.text(language)
}

/// Who did it, and how often.
pub(super) fn by(finding: &Finding, name: &str) -> Message {
    let message = match finding.count {
        0 | 1 => Message::new(&BY),
        count => Message::new(&TIMES).with("count", count),
    };
    message.with("name", name).with("process", finding.process.pid).with("fd", finding.fd)
}

/// Through which functions the call was made.
pub(super) fn through(wrappers: String) -> Message {
    Message::new(&THROUGH).with("wrappers", wrappers)
}

pub(super) fn more(rule: &str) -> Message {
    Message::new(&MORE).with("rule", rule)
}

pub(super) fn no_place() -> Message {
    Message::new(&NO_PLACE)
}

/// What was found and what was looked at, in one sentence; where that is nothing, the first of the [`remarks`] says so.
pub(super) fn seen(ending: &Ending, language: Language) -> Option<Message> {
    (!ending.nothing_checked()).then(|| found_and_seen(ending.counts, &ending.summary, language))
}

fn found_and_seen(counts: Counts, seen: &Summary, language: Language) -> Message {
    Message::new(&SEEN)
        .with("verdict", verdict(counts, language))
        .with("calls", calls(seen.calls).text(language))
        .with("sockets", sockets(seen.sockets).text(language))
        .with("processes", processes(seen.processes).text(language))
        .with("sent", seen.sent)
        .with("received", seen.received)
}

fn verdict(counts: Counts, language: Language) -> String {
    if counts.all() == 0 {
        return NO_FINDINGS.text(language).to_owned();
    }
    let kinds = [(counts.certain, &CERTAIN_COUNT), (counts.likely, &LIKELY_COUNT), (counts.advice, &ADVICE_COUNT)];
    let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
    let kinds: Vec<String> = kinds.map(|(count, form)| counted(count, form, form).text(language)).collect();
    let comma = match language {
        Language::English => ", ",
        Language::Chinese => "，",
    };
    let findings = findings(counts.all()).text(language);
    Message::new(&VERDICT).with("findings", findings).with("kinds", kinds.join(comma)).text(language)
}

/// How the program ended and what could not be judged, so that silence is not taken for more than it is.
pub(super) fn remarks(ending: &Ending, language: Language) -> Vec<String> {
    let blind_spots = ending.blind_spots.iter().map(|spot| spot.text(language));
    let in_use = ending.in_use.iter().map(|failed| failed.sentence(language));
    let nothing = ending.nothing_checked().then(|| nothing_checked(&ending.summary, language).text(language));
    let own = sentences(ending).into_iter().map(|sentence| sentence.text(language));
    nothing.into_iter().chain(own).chain(in_use).chain(blind_spots).collect()
}

fn nothing_checked(seen: &Summary, language: Language) -> Message {
    Message::new(&NOTHING_CHECKED)
        .with("calls", calls(seen.calls).text(language))
        .with("processes", processes(seen.processes).text(language))
}

fn sentences(ending: &Ending) -> Vec<Message> {
    let mut remarks = Vec::new();
    let seen = &ending.summary;
    if ending.dropped > 0 {
        remarks.push(Message::new(&DROPPED).with("room", FINDINGS as u64).with("count", ending.dropped));
    }
    for (count, one, many) in [
        (seen.lost, &LOST_ONE, &LOST),
        (seen.opaque, &OPAQUE_ONE, &OPAQUE),
        (seen.unknown, &UNKNOWN_ONE, &UNKNOWN),
        (seen.unrecognised, &UNRECOGNISED, &UNRECOGNISED),
    ] {
        remarks.extend((count > 0).then(|| counted(count, one, many)));
    }
    remarks.extend(ending.broken.iter().map(|rule| Message::new(&BROKEN).with("rule", *rule)));
    if !ending.allowed.is_empty() {
        remarks.push(Message::new(&ALLOWED).with("file", ".bsock.toml").with("rules", ending.allowed.join(", ")));
    }
    remarks.extend(course(ending));
    remarks
}

/// How the programs ended, unless they did so with success.
fn course(ending: &Ending) -> Vec<Message> {
    let course = &ending.course;
    let own = ending.status.filter(|_| course.not_started.is_none() && !course.timed_out);
    let own = own.and_then(|status| ended(status, &ENDED, &KILLED));
    let server = ending.unhappy_server().and_then(|status| ended(status, &SERVER_ENDED, &SERVER_KILLED));
    let not_started = course.not_started.map(|reason| match reason {
        NotStarted::ServerEnded => Message::new(&NEVER_LISTENED),
        NotStarted::ServerIsDeaf => Message::new(&DEAF),
    });
    let timed_out = course.timed_out.then(|| Message::new(&TIMED_OUT));
    let stubborn = course.killed.then(|| Message::new(&STUBBORN));
    [own, timed_out, server, stubborn, not_started].into_iter().flatten().collect()
}

fn ended(status: ExitStatus, by_itself: &'static Form, by_signal: &'static Form) -> Option<Message> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(Message::new(by_itself).with("status", code)),
        (None, signal) => Some(Message::new(by_signal).with("signal", crate::words::signal(signal.unwrap_or(0)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_said_in_both_languages_with_the_same_values() {
        assert_eq!(FORMS.iter().filter_map(|form| form.fault()).collect::<Vec<_>>(), [""; 0]);
    }
}
