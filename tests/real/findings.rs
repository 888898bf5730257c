//! What `bsock check` says of a scenario's recording, beside what it rightly says.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::true_findings::{self, TrueFinding};

#[derive(Default)]
pub(crate) struct Findings {
    /// How many of them are listed as true.
    listed: usize,
    /// The others, a sentence each.
    unlisted: Vec<String>,
    /// Those that are listed and did not appear.
    absent: Vec<TrueFinding>,
    /// What could not be judged.
    remarks: Vec<String>,
}

impl Findings {
    /// Asks `command`, which is bsock, about a recording of `software`.
    pub(crate) fn of(command: &Path, recording: &Path, software: &str) -> Result<Self, String> {
        let output = Command::new(command)
            .args(["check", "--lang", "en", "--format", "json"])
            .arg(recording)
            .current_dir(recording.parent().expect("is in a folder"))
            .output();
        let output = output.map_err(|error| format!("bsock check cannot be run: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(format!("bsock check: {}\n{said}", output.status));
        }
        let absent = true_findings::all().into_iter().filter(|known| known.software == software).collect();
        let mut findings = Self { absent, ..Self::default() };
        for line in said.lines().filter(|line| line.starts_with('{')) {
            findings.take(&serde_json::from_str(line).map_err(|error| format!("bsock check: {error}: {line}"))?);
        }
        Ok(findings)
    }

    fn take(&mut self, line: &Value) {
        if line["kind"] == "summary" {
            let remarks = line["remarks"].as_array().into_iter().flatten();
            self.remarks = remarks.filter_map(Value::as_str).map(str::to_owned).collect();
            return;
        }
        let [rule, message] = ["rule", "message"].map(|field| line[field].as_str().unwrap_or_default());
        // One of the list stands for one finding: a second that says the same is another mistake, or none.
        match self.absent.iter().position(|known| known.is(rule, message)) {
            Some(index) => {
                self.absent.remove(index);
                self.listed += 1;
            }
            None => self.unlisted.push(sentence(line, rule, message)),
        }
    }

    /// Whether there are none but those of the list.
    pub(crate) fn all_true(&self) -> bool {
        self.unlisted.is_empty()
    }

    /// For the table.
    pub(crate) fn word(&self) -> String {
        match (self.unlisted.len(), self.listed) {
            (0, 0) => "none".into(),
            (0, listed) => format!("{listed} true"),
            (unlisted, 0) => format!("{unlisted} unlisted"),
            (unlisted, listed) => format!("{unlisted} unlisted, {listed} true"),
        }
    }

    /// For the lines below the table.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        let unlisted = self.unlisted.iter().map(|finding| format!("not listed as true: {finding}"));
        let absent = |known: &TrueFinding| format!("listed as true, and not found: {}: {}", known.rule, known.says);
        unlisted.chain(self.absent.iter().map(absent)).chain(self.remarks.clone())
    }
}

/// What is known of a finding, in a line.
fn sentence(line: &Value, rule: &str, message: &str) -> String {
    let location = &line["location"];
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let place = match (word(&location["file"]), word(&location["module"])) {
        (Some(file), _) => format!("{file}:{}", location["line"]),
        (None, Some(module)) => format!("{module}+{:#x}", location["offset"].as_u64().unwrap_or_default()),
        (None, None) => "an unknown place".into(),
    };
    let process = format!("{} {}", line["process"]["name"].as_str().unwrap_or_default(), line["process"]["pid"]);
    format!("{rule}: {message} ({}, {process}, {place})", line["confidence"].as_str().unwrap_or_default())
}
