//! The registry keeps its own promises: every rule declared, documented, and where it belongs.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::{env, fs};

use super::ALL;
use crate::message::{Form, Language};

const SECTIONS: [&str; 6] =
    ["# What it does", "# Why is this bad", "# Example", "# Use instead", "# How it tells", "# References"];

const CHINESE_SECTIONS: [&str; 6] =
    ["# 检查什么", "# 为什么有问题", "# 错误示例", "# 正确写法", "# 判断依据", "# 参考资料"];

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_rule_has_a_file_of_its_name_and_every_file_is_declared() {
    let declared: Vec<String> = ALL.iter().map(|rule| format!("{}.rs", rule.name.replace('-', "_"))).collect();
    let mut files: Vec<String> = fs::read_dir(here("src/rules"))
        .expect("the folder of the rules")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| name.ends_with(".rs") && name != "mod.rs" && name != "tests.rs")
        .collect();
    files.sort();
    assert_eq!(declared, files, "the table in rules/mod.rs is sorted by name and names each file of rules/ once");
}

#[test]
fn every_rule_is_documented_in_the_fixed_order() {
    for rule in ALL {
        for (language, sections) in [(Language::English, SECTIONS), (Language::Chinese, CHINESE_SECTIONS)] {
            let text = rule.documentation(language);
            let found: Vec<&str> = headings(&text);
            assert_eq!(found, sections, "the sections of {}", rule.name);
            let first = text.lines().next().unwrap_or_default();
            assert_eq!(first, sections[0], "{} begins with its first section", rule.name);
        }
    }
}

/// What a translation must not change: the code but for its comments, how many items each section has, the references, how sure
/// a finding is, and every name and number that stands in backquotes.
#[test]
fn the_story_in_chinese_says_what_the_one_in_english_says() {
    for rule in ALL {
        let [english, chinese] = [Language::English, Language::Chinese].map(|language| rule.documentation(language));
        assert_eq!(code(&chinese), code(&english), "the code of {}", rule.name);
        assert_eq!(items(&chinese), items(&english), "the items of the sections of {}", rule.name);
        assert_eq!(quoted(&chinese), quoted(&english), "what is quoted in {}", rule.name);
        assert_eq!(confidences(&chinese), confidences(&english), "how sure {} is", rule.name);
        let references =
            |text: &str| text.rsplit("\n# ").next().map(|last| words(last.split_once("\n").map_or("", |two| two.1)));
        assert_eq!(references(&chinese), references(&english), "the references of {}", rule.name);
        let has_chinese = |line: &&str| line.chars().any(|letter| matches!(letter, '\u{4e00}'..='\u{9fff}'));
        assert!(chinese.lines().filter(has_chinese).count() > 10, "{} is in Chinese", rule.name);
    }
}

/// How sure a story says that findings are, in English.
fn confidences(text: &str) -> Vec<&'static str> {
    let known = |word: &str| match word {
        "certain" | "确定" => Some("certain"),
        "likely" | "很可能" => Some("likely"),
        "advice" | "建议" => Some("advice"),
        _ => None,
    };
    text.split('*').filter_map(known).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The lines of code, without their comments.
fn code(text: &str) -> Vec<String> {
    let mut code = false;
    let lines = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        code ^= fence;
        code || fence
    });
    lines.map(|line| line.split("/*").next().unwrap_or(line).trim_end().to_owned()).collect()
}

/// How many items there are under each heading.
fn items(text: &str) -> Vec<usize> {
    let count = |section: &str| section.lines().filter(|line| line.trim_start().starts_with("- ")).count();
    text.split("\n# ").map(count).collect()
}

/// Whatever stands in backquotes outside of code, each once: a translation may say it again or in another order.
fn quoted(text: &str) -> BTreeSet<String> {
    let outside: Vec<&str> = text.split("```").step_by(2).collect();
    outside.iter().flat_map(|text| text.split('`').skip(1).step_by(2)).map(|name| words(name).join(" ")).collect()
}

/// The first-level headings outside of code.
fn headings(text: &str) -> Vec<&str> {
    let mut code = false;
    let outside = text.lines().filter(move |line| {
        code ^= line.starts_with("```");
        !code
    });
    outside.filter(|line| line.starts_with("# ")).collect()
}

#[test]
fn summaries_read_alike() {
    for rule in ALL {
        let english = rule.summary.english;
        assert!(!english.ends_with('.') && english.len() < 80, "{}: a phrase without a full stop", rule.name);
        assert!(english.starts_with("a ") || english.starts_with("an "), "{}: names the fault", rule.name);
        assert!(!rule.confidences.is_empty(), "{} can find something", rule.name);
    }
}

#[test]
fn every_sentence_is_said_in_both_languages_with_the_same_values() {
    for rule in ALL {
        assert!(!rule.messages.is_empty(), "{} says something", rule.name);
        let forms = rule.messages.iter().copied().chain([&rule.summary]);
        let faults: Vec<String> = forms.filter_map(Form::fault).collect();
        assert_eq!(faults, [""; 0], "{}", rule.name);
        let identities: HashSet<&str> = rule.messages.iter().map(|form| form.id).collect();
        assert_eq!(identities.len(), rule.messages.len(), "{}: an identity is one sentence's", rule.name);
    }
}

/// `BSOCK_WRITE=1 cargo test -p bsock-analysis` writes the pages.
#[test]
fn the_pages_in_docs_are_the_comments_of_the_rules() {
    let folder = here("../../docs/rules");
    let write = env::var_os("BSOCK_WRITE").is_some();
    if write {
        fs::create_dir_all(&folder).expect("docs/rules");
    }
    let languages = [(Language::English, "md"), (Language::Chinese, "zh-CN.md")];
    for (rule, (language, ending)) in ALL.iter().flat_map(|rule| languages.map(|language| (rule, language))) {
        let path = folder.join(format!("{}.{ending}", rule.name));
        let page = format!(
            "<!-- From crates/analysis/src/rules. Written by: BSOCK_WRITE=1 cargo test -p bsock-analysis -->\n\n{}",
            rule.documentation(language)
        );
        if write {
            fs::write(&path, &page).expect("a page");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == page, "{} is not up to date; cure: BSOCK_WRITE=1 cargo test -p bsock-analysis", path.display());
    }
    let pages = fs::read_dir(&folder).expect("docs/rules").count();
    assert_eq!(pages, languages.len() * ALL.len(), "a page in docs/rules has no rule");
}
