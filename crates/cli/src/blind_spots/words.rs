//! What bsock says of what it could not see, in both languages.

use std::fmt;
use std::os::unix::ffi::OsStrExt;

use bsock_analysis::address::Printable;
use bsock_analysis::forms;
use bsock_analysis::message::{Form, Language, Message};

use super::Passed;
use crate::elf::Obstacle;
use crate::quantity::counted;
use crate::recordings::Damaged;

forms! {
    NOTHING = "nothing-recorded", "nothing was recorded", "没有记录到任何调用";
    PROGRAM = "program-not-recorded", "a program was not recorded", "有一个程序没有被记录";
    PROGRAM_TIMES = "program-not-recorded-times",
        "a program was not recorded, {count} times",
        "有一个程序没有被记录（共 {count} 次）";
    ONE_MORE = "one-more-program", "1 other program was not recorded either", "另有 1 个程序也没有被记录";
    MORE = "more-programs",
        "{count} other programs were not recorded either",
        "另有 {count} 个程序也没有被记录";

    STATIC = "static-program",
        "{path} is statically linked, so the recorder cannot be loaded into it",
        "{path} 是静态链接的程序，无法载入记录器";
    SET_USER = "set-user-program",
        "{path} is set-user-id or set-group-id, and the dynamic linker loads no recorder into such programs",
        "{path} 设置了 set-user-ID 或 set-group-ID 位，动态链接器不会为这类程序载入记录器";
    FOREIGN = "foreign-program",
        "{path} is of another architecture than bsock",
        "{path} 与 bsock 的体系结构不同";
    ABSENT = "absent-program",
        "{path} did not attach to the recorder",
        "{path} 没有连接到记录器";
    ABSENT_DESCRIPTOR = "absent-program-of-descriptor",
        "what was executed by its descriptor did not attach to the recorder",
        "通过描述符执行的程序没有连接到记录器";
    LEFT_OUT = "environment-left-out",
        "{path} was given an environment that does not lead to the recorder",
        "传给 {path} 的环境变量中没有通向记录器的变量";
    LEFT_OUT_DESCRIPTOR = "environment-left-out-of-descriptor",
        "what was executed by its descriptor was given an environment that does not lead to the recorder",
        "传给通过描述符执行的程序的环境变量中没有通向记录器的变量";
    SHORT_LIVED = "short-lived-program",
        "{path} ended before it attached to the recorder",
        "{path} 在连接到记录器之前就结束了";
    SHORT_LIVED_DESCRIPTOR = "short-lived-program-of-descriptor",
        "what was executed by its descriptor ended before it attached to the recorder",
        "通过描述符执行的程序在连接到记录器之前就结束了";
    SHORT_LIVED_OR_CUT = "short-lived-program-or-recording",
        "{path} ended, or the recording did, before it attached to the recorder",
        "在 {path} 连接到记录器之前，它或者记录就结束了";
    SHORT_LIVED_OR_CUT_DESCRIPTOR = "short-lived-program-or-recording-of-descriptor",
        "what was executed by its descriptor ended, or the recording did, before it attached to the recorder",
        "在通过描述符执行的程序连接到记录器之前，它或者记录就结束了";
    KILLED = "killed-early",
        "{signal} ended the program before it attached to the recorder",
        "程序在连接到记录器之前被 {signal} 终止";
    DID_NOT_ATTACH = "did-not-attach",
        "the program did not attach to the recorder; its dynamic linker may have stopped it, or memory for the recording may \
         be beyond its limits (ulimit -v)",
        "程序没有连接到记录器；可能是动态链接器中止了它，或者记录所需的内存超出了它的限额（ulimit -v）";
    NO_ROOM = "no-room-for-recording",
        "the limits (ulimit -v, ulimit -f) leave no room for a recording: {error}",
        "资源限额（ulimit -v、ulimit -f）没有给记录留出空间：{error}";
    ONE_CONFINED = "one-confined",
        "a process confined itself by seccomp; what it did after that is not in the recording",
        "有一个进程用 seccomp 限制了自己，此后的行为不在记录中";
    CONFINED = "confined",
        "{count} processes confined themselves by seccomp; what they did after that is not in the recording",
        "有 {count} 个进程用 seccomp 限制了自己，此后的行为不在记录中";

    NOT_SEEN = "not-seen", "not seen", "没有看到";
    NOT_SEEN_TIMES = "not-seen-times", "not seen, {count} times", "没有看到（共 {count} 次）";
    IO_URING = "io-uring",
        "operations of io_uring, which a program has set up",
        "程序启用了 io_uring，经由它进行的操作";
    SYSTEM_CALL = "raw-system-call",
        "a system call on descriptors that a program made without libc's functions",
        "程序绕过 libc 函数，直接对描述符进行的系统调用";
    DEEP_BIND = "deep-bind",
        "calls of {object}, which a program loaded with RTLD_DEEPBIND",
        "{object} 中的调用，程序以 RTLD_DEEPBIND 方式加载了它";
    NAMESPACE = "linker-namespace",
        "calls of {object}, which a program loaded into a namespace of its own",
        "{object} 中的调用，程序把它加载到了单独的链接命名空间";
    STDIO = "stdio-on-socket",
        "what passed through a socket that a program made a stream with fdopen",
        "程序用 fdopen 把套接字变成标准 I/O 流之后，经由它传输的数据";

    DAMAGE = "damage", "{damage}; what came before it is shown", "{damage}；此前的内容已经显示";
}

/// Something that bsock could not see.
#[derive(Clone, Debug)]
pub(crate) struct BlindSpot {
    sentence: Sentence,
    /// Whole programs, or what they did on sockets from some moment on, may be missing for it.
    hides: bool,
}

#[derive(Clone, Debug)]
enum Sentence {
    /// And why, where that is a sentence of its own.
    Said(Message, Option<Message>),
    /// Nothing behind it was read.
    Damaged(Damaged),
}

impl BlindSpot {
    /// Nothing was recorded, since this stood in the way of a program that ended by `signal`, if by any.
    pub(crate) fn nothing(obstacle: Option<&Obstacle>, signal: Option<i32>) -> Self {
        let why = match (obstacle, signal) {
            (Some(obstacle), _) => self::obstacle(obstacle),
            (None, Some(signal)) => Message::new(&KILLED).with("signal", crate::words::signal(signal)),
            (None, None) => Message::new(&DID_NOT_ATTACH),
        };
        Self::hiding(Message::new(&NOTHING), Some(why))
    }

    /// Nothing was recorded, since there is no memory for it.
    pub(crate) fn no_room(error: &str) -> Self {
        Self::hiding(Message::new(&NOTHING), Some(Message::new(&NO_ROOM).with("error", error)))
    }

    /// A program was not recorded, since this stood in the way.
    pub(crate) fn behind(obstacle: &Obstacle) -> Self {
        Self::program(self::obstacle(obstacle), 1)
    }

    /// So many processes, one at least, may make no system calls of ours.
    pub(crate) fn confined(processes: u64) -> Self {
        Self::hiding(counted(processes, &ONE_CONFINED, &CONFINED), None)
    }

    /// A part of a recording that cannot be read.
    pub(crate) const fn damage(damaged: Damaged) -> Self {
        Self { sentence: Sentence::Damaged(damaged), hides: true }
    }

    pub(super) fn program(reason: Message, times: u64) -> Self {
        Self::hiding(counted(times, &PROGRAM, &PROGRAM_TIMES), Some(reason))
    }

    pub(super) fn more_programs(count: u64) -> Self {
        Self::hiding(counted(count, &ONE_MORE, &MORE), None)
    }

    /// `hides`: sockets are known to be among it.
    pub(super) fn not_seen(what: &Passed, times: u64, hides: bool) -> Self {
        let sentence = Sentence::Said(counted(times, &NOT_SEEN, &NOT_SEEN_TIMES), Some(passed(what)));
        Self { sentence, hides }
    }

    const fn hiding(what: Message, why: Option<Message>) -> Self {
        Self { sentence: Sentence::Said(what, why), hides: true }
    }

    /// It is no proof of anything that no socket was seen.
    pub(crate) const fn hides(&self) -> bool {
        self.hides
    }

    /// For the user.
    pub(crate) fn text(&self, language: Language) -> String {
        let colon = match language {
            Language::English => ": ",
            Language::Chinese => "：",
        };
        match &self.sentence {
            Sentence::Said(what, None) => what.text(language),
            Sentence::Said(what, Some(why)) => format!("{}{colon}{}", what.text(language), why.text(language)),
            Sentence::Damaged(damaged) => Message::new(&DAMAGE).with("damage", damaged.text(language)).text(language),
        }
    }
}

impl fmt::Display for BlindSpot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

pub(super) fn obstacle(obstacle: &Obstacle) -> Message {
    let (form, path): (&'static Form, _) = match obstacle {
        Obstacle::Static(path) => (&STATIC, path),
        Obstacle::SetUser(path) => (&SET_USER, path),
        Obstacle::Foreign(path) => (&FOREIGN, path),
    };
    Message::new(form).with("path", Printable(path.as_os_str().as_bytes()).to_string())
}

/// It should have attached, and did not.
pub(super) fn absent(path: &[u8]) -> Message {
    of_program(path, &ABSENT, &ABSENT_DESCRIPTOR)
}

/// It could not find the recorder.
pub(super) fn left_out(path: &[u8]) -> Message {
    of_program(path, &LEFT_OUT, &LEFT_OUT_DESCRIPTOR)
}

/// It may not have come so far as to attach.
pub(super) fn short_lived(path: &[u8]) -> Message {
    of_program(path, &SHORT_LIVED, &SHORT_LIVED_DESCRIPTOR)
}

/// The same of a program of which only the parent is known to have ended.
pub(super) fn short_lived_or_cut(path: &[u8]) -> Message {
    of_program(path, &SHORT_LIVED_OR_CUT, &SHORT_LIVED_OR_CUT_DESCRIPTOR)
}

/// `named`, of the program at `path`; `unnamed`, if it was executed by its descriptor.
fn of_program(path: &[u8], named: &'static Form, unnamed: &'static Form) -> Message {
    match path {
        [] => Message::new(unnamed),
        _ => Message::new(named).with("path", Printable(path).to_string()),
    }
}

fn passed(what: &Passed) -> Message {
    match what {
        Passed::IoUring => Message::new(&IO_URING),
        Passed::SystemCall => Message::new(&SYSTEM_CALL),
        Passed::DeepBind(object) => Message::new(&DEEP_BIND).with("object", object.as_str()),
        Passed::Namespace(object) => Message::new(&NAMESPACE).with("object", object.as_str()),
        Passed::Stdio => Message::new(&STDIO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_said_in_both_languages_with_the_same_values() {
        assert_eq!(FORMS.iter().filter_map(|form| form.fault()).collect::<Vec<_>>(), [""; 0]);
        let spot = BlindSpot::program(absent(b"/bin/x"), 2);
        assert_eq!(spot.to_string(), "a program was not recorded, 2 times: /bin/x did not attach to the recorder");
        assert_eq!(spot.text(Language::Chinese), "有一个程序没有被记录（共 2 次）：/bin/x 没有连接到记录器");
    }
}
