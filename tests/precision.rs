//! docs/precision.md: what `make test-real` plays, and what `bsock check` rightly finds there, made from its files.

#[path = "real/true_findings.rs"]
mod true_findings;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use true_findings::TrueFinding;

const PAGE: &str = "docs/precision.md";

/// What the driver's files say of the software that they play, in their first sentences.
fn software() -> Vec<String> {
    let folder = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real")).expect("is committed");
    let mut files: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
    // What the guard plays is no software, and the driver itself plays nothing.
    files.retain(|file| {
        let name = file.file_stem().expect("has a name");
        file.extension().is_some_and(|extension| extension == "rs") && name != "guard" && name != "main"
    });
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).expect("is text"));
    texts.filter(|text| text.contains("Scenario {")).map(|text| opening(&text)).collect()
}

/// The first paragraph of a module's documentation.
fn opening(text: &str) -> String {
    text.lines().map_while(|line| line.strip_prefix("//! ")).collect::<Vec<_>>().join(" ")
}

fn listed(finding: &TrueFinding) -> String {
    let TrueFinding { software, rule, says, place, line, why } = finding;
    let says = says.replace('#', "*n*");
    format!("### {software}: [{rule}](rules/{rule}.md)\n\n{says}\n\n{place}:\n\n```text\n{line}\n```\n\n{why}\n\n")
}

/// What stands between the page's markers.
fn made() -> [(&'static str, String); 2] {
    let findings = true_findings::all().iter().fold(String::new(), |all, finding| all + &listed(finding));
    let played = software().iter().fold(String::new(), |mut all, what| {
        writeln!(all, "- {what}").expect("memory");
        all
    });
    [("software", played), ("true findings", findings.trim_end().to_owned() + "\n")]
}

#[test]
fn the_committed_page_is_what_the_driver_knows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let committed = fs::read_to_string(&path).expect("is committed");
    let mut page = committed.clone();
    for (name, text) in made() {
        let [begin, end] = [format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->")];
        let (head, rest) = page.split_once(&begin).expect("a marker");
        let (_, tail) = rest.split_once(&end).expect("the marker of its end");
        page = format!("{head}{begin}\n{text}\n{end}{tail}");
    }
    if std::env::var_os("BSOCK_WRITE").is_some() {
        fs::write(path, page).expect("docs can be written");
    } else {
        assert!(committed == page, "{PAGE} is not what tests/real says: run `make docs`");
    }
}

/// A row that the driver does not have would never be looked for.
#[test]
fn every_true_finding_belongs_to_a_row_and_to_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let driver: String = fs::read_dir(root.join("tests/real"))
        .expect("is committed")
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path()).ok().filter(|_| entry.path().extension().is_some()))
        .collect();
    let findings = true_findings::all();
    assert!(!findings.is_empty());
    for finding in findings {
        let row = format!("\"{}\"", finding.software);
        assert!(driver.contains(&row), "there is no row {row}");
        let rule = format!("docs/rules/{}.md", finding.rule);
        assert!(root.join(&rule).exists(), "there is no {rule}");
        assert!(finding.is(finding.rule, &finding.says.replace('#', "10")), "{} is not what it says", finding.says);
        assert!(!finding.is(finding.rule, &format!("{} twice", finding.says)));
    }
}
