//! What bsock says of recordings that it cannot read, or not to their end, in both languages. Errors of the system are told in
//! the system's words.

use std::fmt;

use bsock_analysis::forms;
use bsock_analysis::message::{Form, Language, Message};
use bsock_recording::damage::{Damage, Flaw};

forms! {
    RING = "ring", "ring {ring}", "第 {ring} 号环形缓冲区";
    DAMAGED = "damaged",
        "{place}: damaged at byte {offset}: {flaw}",
        "{place}：在第 {offset} 字节处损坏：{flaw}";
    BEYOND_US = "beyond-this-version",
        "{place}: cannot be read from byte {offset} on: {flaw}",
        "{place}：从第 {offset} 字节起无法读取：{flaw}";

    SHORT_HEADER = "short-header", "shorter than a recording's header", "内容比记录文件的文件头还短";
    FOREIGN = "foreign-file", "not a bsock recording", "不是 bsock 的记录文件";
    NO_VERSION = "no-version", "not a version of a bsock recording", "不是 bsock 记录文件的任何版本";
    NEWER = "newer-recording", "made by a newer bsock, which can read it", "由更新版本的 bsock 生成，用该版本可以读取";
    SHORT_ITEM = "short-item", "an item cut short", "有一个条目不完整";
    ITEM_BEYOND_FILE = "item-beyond-file",
        "an item that reaches beyond the end of the file",
        "有一个条目超出了文件末尾";
    ITEM_TOO_SHORT = "item-too-short", "an item too short for its kind", "有一个条目的长度小于其类型所需的长度";
    NO_LINES = "record-of-no-lines", "a record of no lines", "有一条记录的行数为零";
    SHORT_RECORD = "short-record", "a record shorter than a line", "有一条记录不足一行";
    SECTION_BEYOND_RECORD = "section-beyond-record",
        "a section that reaches beyond its record",
        "有一个小节超出了所属记录的末尾";

    CANNOT_READ = "cannot-read", "cannot read {name}: {error}", "无法读取 {name}：{error}";
    NOT_THERE = "not-there",
        "cannot read {name}: {error}; a program to be run stands behind `--`",
        "无法读取 {name}：{error}；要运行的程序应写在 `--` 之后";
    PROGRAM = "program-instead",
        "{name} is a program and no recording; to run it, write `--` before it: {typed}",
        "{name} 是程序，不是记录文件；要运行它，请在前面加上 `--`：{typed}";
    ANOTHER_BOOT = "another-boot",
        "{name} was recorded in another boot, or on another machine, than {first}: their times cannot be compared; look at them \
         one by one",
        "{name} 与 {first} 不是在同一台机器的同一次启动期间记录的，时间无法相互比较；请逐个查看";
    NONE_NAMED = "none-named", "no recording was named", "没有指定记录文件";
}

/// Damage, and in what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damaged {
    of: Of,
    damage: Damage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Of {
    File(String),
    Ring(u32),
}

impl Damaged {
    /// In the file of this name; the damage's place is counted from its beginning.
    pub(crate) fn file(name: &str, damage: Damage) -> Self {
        Self { of: Of::File(name.to_owned()), damage }
    }

    /// In what came from a ring.
    pub(crate) const fn ring(ring: u32, damage: Damage) -> Self {
        Self { of: Of::Ring(ring), damage }
    }

    /// For the user.
    pub(crate) fn text(&self, language: Language) -> String {
        let place = match &self.of {
            Of::File(name) => name.clone(),
            Of::Ring(ring) => Message::new(&RING).with("ring", u64::from(*ring)).text(language),
        };
        let Damage { offset, flaw } = self.damage;
        let form = if flaw == Flaw::Newer { &BEYOND_US } else { &DAMAGED };
        let sentence = Message::new(form).with("place", place).with("offset", offset);
        sentence.with("flaw", words(flaw).text(language)).text(language)
    }
}

const fn words(flaw: Flaw) -> &'static Form {
    match flaw {
        Flaw::ShortHeader => &SHORT_HEADER,
        Flaw::Foreign => &FOREIGN,
        Flaw::NoVersion => &NO_VERSION,
        Flaw::Newer => &NEWER,
        Flaw::ShortItem => &SHORT_ITEM,
        Flaw::ItemBeyondFile => &ITEM_BEYOND_FILE,
        Flaw::ItemTooShort => &ITEM_TOO_SHORT,
        Flaw::NoLines => &NO_LINES,
        Flaw::ShortRecord => &SHORT_RECORD,
        Flaw::SectionBeyondRecord => &SECTION_BEYOND_RECORD,
    }
}

/// Why there is nothing to look at.
#[derive(Clone, Debug)]
pub(crate) enum Unread {
    /// For this reason.
    Said(Message),
    /// Its beginning is damaged.
    Damaged(Damaged),
}

impl Unread {
    pub(super) fn system(name: &str, error: &std::io::Error) -> Self {
        Self::Said(Message::new(&CANNOT_READ).with("name", name).with("error", error.to_string()))
    }

    pub(super) fn not_there(name: &str, error: &std::io::Error) -> Self {
        Self::Said(Message::new(&NOT_THERE).with("name", name).with("error", error.to_string()))
    }

    /// `typed`: how it should have been, to be run.
    pub(super) fn program(name: &str, typed: String) -> Self {
        Self::Said(Message::new(&PROGRAM).with("name", name).with("typed", typed))
    }

    pub(super) fn another_boot(name: &str, first: &str) -> Self {
        Self::Said(Message::new(&ANOTHER_BOOT).with("name", name).with("first", first))
    }

    pub(super) const fn none_named() -> Self {
        Self::Said(Message::new(&NONE_NAMED))
    }

    /// For the user.
    pub(crate) fn text(&self, language: Language) -> String {
        match self {
            Self::Said(message) => message.text(language),
            Self::Damaged(damaged) => damaged.text(language),
        }
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_said_in_both_languages_with_the_same_values() {
        assert_eq!(FORMS.iter().filter_map(|form| form.fault()).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn damage_is_told_in_english_as_the_recordings_crate_tells_it_and_in_chinese_without_a_word_of_english() {
        for flaw in Flaw::ALL {
            let damage = Damage { offset: 56, flaw };
            assert_eq!(Damaged::file("r", damage).to_string(), format!("r: {damage}"));
            assert_eq!(Damaged::ring(3, damage).to_string(), format!("ring 3: {damage}"));
            let chinese = Damaged::ring(3, damage).text(Language::Chinese).replace("bsock", "");
            assert!(!chinese.contains(|letter: char| letter.is_ascii_alphabetic()), "{chinese}");
        }
    }
}
