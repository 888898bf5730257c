//! The comparison for scripts: one object a line. `docs/compare-json.md` describes the fields; a test holds the two together.

use std::io::{self, Write};

use serde::Serialize;

use super::Comparison;
use super::case::{Answer, Case, Side, Verdict};
use crate::arguments::Caller;

/// Changes when a script that reads the older version would misread the newer.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    from: &'static str,
    call: &'a str,
    case: &'a str,
    arguments: &'a str,
    verdict: &'static str,
    differences: Vec<&'static str>,
    skipped: Option<String>,
    libc: SideObject<'a>,
    bsock: SideObject<'a>,
    ratio: Option<f64>,
    ratio_low: Option<f64>,
    ratio_high: Option<f64>,
    repetitions: usize,
    clock_ns: u32,
}

#[derive(Serialize)]
struct SideObject<'a> {
    result: Option<i64>,
    errno: Option<&'a str>,
    wrong: Option<&'a str>,
    state: &'a str,
    median_ns: Option<f64>,
}

/// Writes the cases.
pub(super) fn json(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    for case in &comparison.cases.cases {
        serde_json::to_writer(&mut *out, &object(comparison, case))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn object<'a>(comparison: &Comparison, case: &'a Case) -> Object<'a> {
    let (verdict, differences, skipped) = match case.verdict() {
        Verdict::Same => ("same", Vec::new(), None),
        Verdict::OnPurpose(differences) => ("on purpose", differences, None),
        Verdict::Different => ("different", Vec::new(), None),
        Verdict::Skipped(why) => ("skipped", Vec::new(), Some(why)),
    };
    let timing = case.timing;
    let interval = timing.and_then(|timing| timing.interval);
    let libc_result = match &case.libc.answer {
        Answer::Error(_) => Some(-1),
        answer => answer.code(),
    };
    Object {
        version: VERSION,
        from: match comparison.from {
            Caller::C => "c",
            Caller::Python => "python",
        },
        call: &case.call,
        case: &case.name,
        arguments: &case.arguments,
        verdict,
        differences,
        skipped,
        libc: side(&case.libc, libc_result, timing.map(|timing| timing.libc)),
        bsock: side(&case.bsock, case.bsock.answer.code(), timing.map(|timing| timing.bsock)),
        ratio: timing.map(|timing| timing.ratio),
        ratio_low: interval.map(|(low, _)| low),
        ratio_high: interval.map(|(_, high)| high),
        repetitions: timing.map_or(0, |timing| timing.repetitions),
        clock_ns: comparison.cases.clock,
    }
}

fn side(side: &Side, result: Option<i64>, median_ns: Option<f64>) -> SideObject<'_> {
    let wrong = if let Answer::Wrong(wrong) = &side.answer { Some(wrong.as_str()) } else { None };
    SideObject { result, errno: side.answer.errno(), wrong, state: &side.state, median_ns }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::compare::case::tests::case;
    use crate::compare::cases::Cases;

    /// Every field by its path, with what is below the sides once.
    fn fields(value: &Value, path: &str, into: &mut Vec<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            fields(value, &path, into);
            into.push(path);
        }
    }

    #[test]
    fn the_page_describes_every_field_and_no_other() {
        let mut written = Vec::new();
        let cases = Cases { cases: vec![case("EBADF open=1", "EBADF open=1")], clock: 17 };
        json(&Comparison { from: Caller::C, cases }, &mut written).expect("memory");
        let object: Value = serde_json::from_slice(&written).expect("one object");
        assert_eq!(object["libc"]["result"], -1);
        assert_eq!((&object["bsock"]["result"], &object["bsock"]["errno"]), (&(-9).into(), &"EBADF".into()));
        let mut present = Vec::new();
        fields(&object, "", &mut present);
        let page = include_str!("../../../../docs/compare-json.md");
        let mut described: Vec<String> =
            page.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned())).collect();
        present.sort();
        described.sort();
        assert_eq!(present, described);
        assert!(page.contains(&format!("version `{VERSION}`")));
    }
}
