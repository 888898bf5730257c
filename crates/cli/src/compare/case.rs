//! A case as libc and bsock answered it, and whether that is the same, differs on purpose, or differs.

use super::differences::{DIFFERENCES, Difference};
use super::statistics::Timing;
use crate::words;

/// A row of the table, made in both ways.
#[derive(Debug)]
pub(crate) struct Case {
    /// The call, by libc's name.
    pub(crate) call: String,
    /// What is special about it, as the row is named: `a_port_in_use`.
    pub(crate) name: String,
    /// The call with its arguments, as libc was passed them.
    pub(crate) arguments: String,
    pub(crate) libc: Side,
    pub(crate) bsock: Side,
    /// `None` for calls that wait, and where nothing was to be measured.
    pub(crate) timing: Option<Timing>,
}

/// What one of them did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) answer: Answer,
    /// What the row observed afterwards.
    pub(crate) state: String,
}

/// A call's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Success, with this value.
    Value(i64),
    /// Failure, with this errno's name.
    Error(String),
    /// The thread was cancelled in the call, as it had to be.
    Cancelled,
    /// Not as the row expects, or not as the call's convention is.
    Wrong(String),
    /// The machine cannot make this case.
    Skipped(String),
}

/// What the comparison says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The same result, errno and state.
    Same,
    /// The same but for what these rows of the table of differences say.
    OnPurpose(Vec<&'static str>),
    /// Something that nobody meant.
    Different,
    /// Not made.
    Skipped(String),
}

impl Side {
    /// From what `tests/conformance/run.h` prints behind the case's name.
    pub(crate) fn parse(text: &str) -> Self {
        let side = |answer, state: &str| Self { answer, state: state.trim().to_owned() };
        if let Some(why) = text.strip_prefix("skipped: ") {
            return side(Answer::Skipped(why.to_owned()), "");
        }
        if let Some(wrong) = text.strip_prefix("WRONG: ") {
            let (wrong, state) = wrong.split_once(';').unwrap_or((wrong, ""));
            return side(Answer::Wrong(wrong.to_owned()), state);
        }
        let (result, state) = text.split_once(' ').unwrap_or((text, ""));
        let answer = match (result.parse(), result) {
            (Ok(value), _) => Answer::Value(value),
            (_, "cancelled") => Answer::Cancelled,
            (_, name) => Answer::Error(name.to_owned()),
        };
        side(answer, state)
    }
}

impl Answer {
    /// The errno's name, of a failure.
    pub(crate) fn errno(&self) -> Option<&str> {
        if let Self::Error(name) = self { Some(name) } else { None }
    }

    /// What `bsock.h`'s function returned: the result, or the negative errno. That the two belong together was checked
    /// where the call was made.
    pub(crate) fn code(&self) -> Option<i64> {
        match self {
            Self::Value(value) => Some(*value),
            Self::Error(name) => words::errno_number(name).map(|number| -i64::from(number)),
            _ => None,
        }
    }
}

impl Case {
    /// What is special about it, in words.
    pub(crate) fn words(&self) -> String {
        self.name.replace('_', " ")
    }

    /// As it is chosen on the command line.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.call, self.name)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if let (Answer::Skipped(why), Answer::Skipped(_)) = (&self.libc.answer, &self.bsock.answer) {
            return Verdict::Skipped(why.clone());
        }
        let (expected, differences) = with_differences(&self.libc.state);
        if self.libc.answer != self.bsock.answer || expected != self.bsock.state {
            Verdict::Different
        } else if differences.is_empty() {
            Verdict::Same
        } else {
            Verdict::OnPurpose(differences)
        }
    }
}

/// What bsock leaves behind where libc leaves this, and the differences that make it so.
///
/// The rows name the call that could make a difference: `cloexec:accept=0`, `sigpipe:send=1`.
fn with_differences(state: &str) -> (String, Vec<&'static str>) {
    let (mut expected, mut names) = (state.to_owned(), Vec::new());
    for Difference { name, calls, flag, .. } in DIFFERENCES {
        for call in calls.iter().filter_map(|call| call.strip_prefix("bsock_")) {
            let changed = match *flag {
                libc::SOCK_CLOEXEC | libc::MSG_CMSG_CLOEXEC => {
                    expected.replace(&format!("cloexec:{call}=0"), &format!("cloexec:{call}=1"))
                }
                libc::MSG_NOSIGNAL => expected.replace(&format!(" sigpipe:{call}=1"), ""),
                // Nothing that a row can see.
                _ => continue,
            };
            if changed != expected && !names.contains(name) {
                names.push(*name);
            }
            expected = changed;
        }
    }
    (expected, names)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A case with these answers, as the runner prints them.
    pub(crate) fn case(libc: &str, bsock: &str) -> Case {
        Case {
            call: "accept".into(),
            name: "a_client".into(),
            arguments: "accept(3, NULL, NULL)".into(),
            libc: Side::parse(libc),
            bsock: Side::parse(bsock),
            timing: Timing::of(&[100; 9], &[102; 9]),
        }
    }

    #[test]
    fn answers_are_read_as_they_are_printed() {
        let side = |text: &str| Side::parse(text);
        assert_eq!(
            side("5 it[cloexec=0] open=1"),
            Side { answer: Answer::Value(5), state: "it[cloexec=0] open=1".into() }
        );
        assert_eq!(side("EBADF open=1").answer.errno(), Some("EBADF"));
        assert_eq!(side("EBADF open=1").answer.code(), Some(-9));
        assert_eq!(side("cancelled cleaned=1").answer, Answer::Cancelled);
        assert_eq!(side("skipped: no IPv6").answer, Answer::Skipped("no IPv6".into()));
        let wrong = side("WRONG: expected ok, got EBADF; open=1");
        assert_eq!(wrong, Side { answer: Answer::Wrong("expected ok, got EBADF".into()), state: "open=1".into() });
    }

    #[test]
    fn only_what_is_in_the_table_of_differences_may_differ() {
        let verdict = |libc: &str, bsock: &str| case(libc, bsock).verdict();
        assert_eq!(verdict("0 open=1", "0 open=1"), Verdict::Same);
        assert_eq!(verdict("0 open=1", "0 open=2"), Verdict::Different);
        assert_eq!(verdict("EBADF open=1", "EINVAL open=1"), Verdict::Different);
        assert_eq!(verdict("0 open=1", "skipped: no IPv6"), Verdict::Different);
        assert_eq!(verdict("skipped: no IPv6", "skipped: no IPv6"), Verdict::Skipped("no IPv6".into()));
        let purpose = Verdict::OnPurpose(vec!["close-on-exec, accepted connections"]);
        assert_eq!(verdict("4 new[cloexec:accept=0 x]", "4 new[cloexec:accept=1 x]"), purpose);
        assert_eq!(verdict("4 new[cloexec:accept=0 x]", "4 new[cloexec:accept=0 x]"), Verdict::Different, "forgotten");
        assert_eq!(verdict("4 it[cloexec=0]", "4 it[cloexec=1]"), Verdict::Different, "of nobody's making");
        let purpose = Verdict::OnPurpose(vec!["no SIGPIPE"]);
        assert_eq!(verdict("EPIPE open=1 sigpipe:send=1", "EPIPE open=1"), purpose);
    }
}
