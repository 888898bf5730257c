//! The formats that programs read: what editors, SARIF viewers and scripts rely on.

use std::collections::BTreeSet;

use super::*;

#[test]
fn editors_find_file_line_and_column() {
    let places = Places::new();
    let findings = [with_the_other_end(1), finding(4, Confidence::Likely), finding(6, Confidence::Advice)];
    let text = written(Format::Gcc, in_english(&places), &findings, &ending(&findings));
    let expected = "\
echo.c:2:6: error: bound to port 36895, which is 8080 with its bytes swapped [port-byte-order]
echo.c:2:6: note: write `sin_port = htons(8080)`
echo.c:3:9: note: the other end connects to it as well
/opt/echo+0x1234: warning: bound to port 36895, which is 8080 with its bytes swapped [port-byte-order]
/opt/echo+0x1234: note: write `sin_port = htons(8080)`
?: warning: bound to port 36895, which is 8080 with its bytes swapped [port-byte-order]
?: note: write `sin_port = htons(8080)`
";
    assert_eq!(text.replace(&places.file.display().to_string(), "echo.c"), expected);
}

/// A JSON schema of the repository.
fn schema(path: &str) -> jsonschema::Validator {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    // The official schema of SARIF has a bracket too many in a pattern, which strict readers refuse.
    let text = fs::read_to_string(path).expect("a schema").replace("{2}]?$", "{2}$");
    jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a sound schema")
}

/// Fails with what the schema has against the document.
fn assert_valid(schema: &jsonschema::Validator, document: &serde_json::Value) {
    let errors: Vec<String> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, [""; 0], "{document:#}");
}

#[test]
fn sarif_is_what_its_official_schema_says() {
    let places = Places::new();
    let schema = schema("tests/schemas/sarif-2.1.0.json");
    let findings = [with_the_other_end(1), finding(4, Confidence::Likely), finding(6, Confidence::Advice)];
    for findings in [&findings[..], &[]] {
        for language in [Language::English, Language::Chinese] {
            let ending = Ending { status: Some(ExitStatus::from_raw(3 << 8)), ..ending(findings) };
            let text = written(Format::Sarif, Manner { language, ..in_english(&places) }, findings, &ending);
            let document = serde_json::from_str(&text).expect("one document");
            assert_valid(&schema, &document);
        }
    }
    let text = written(Format::Sarif, in_english(&places), &findings, &ending(&findings));
    let document: serde_json::Value = serde_json::from_str(&text).expect("one document");
    let result = &document["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"port-byte-order".into(), &"error".into()));
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "the other end connects to it as well");
    let rule = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(document["runs"][0]["tool"]["driver"]["rules"][rule]["id"], "port-byte-order");
    assert!(!schema.is_valid(&serde_json::json!({ "version": "2.1.0" })), "the schema refuses something");
}

#[test]
fn the_fields_of_the_objects_are_those_that_the_documentation_and_the_schema_name() {
    let places = Places::new();
    let schema = schema("docs/check-json.schema.json");
    let findings = [with_the_other_end(7), finding(4, Confidence::Likely), finding(6, Confidence::Advice)];
    let status = |raw| Some(ExitStatus::from_raw(raw));
    let course = Course { server: status(15), ..Course::default() };
    let ending = Ending { status: status(3 << 8), course, broken: vec!["x"], ..ending(&findings) };
    let text = written(Format::Json, in_english(&places), &findings, &ending);
    let objects: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    assert_eq!(objects.len(), findings.len() + 1, "the findings and the summary");
    objects.iter().for_each(|object| assert_valid(&schema, object));

    let object = &objects[0];
    assert_eq!(
        (&object["time_ns"], &object["parameters"]["meant"], &object["location"]["line"]),
        (&500.into(), &8080.into(), &5.into())
    );
    assert_eq!(object["through"][0]["function"], "xconnect");
    assert!(objects[2]["location"].is_null());
    let summary = &objects[3];
    assert_eq!((&summary["kind"], &summary["program"]["status"]), (&"summary".into(), &3.into()));
    assert_eq!((&summary["server"]["signal"], &summary["certain"]), (&15.into(), &1.into()));
    let mut more = object.clone();
    more["surplus"] = 1.into();
    assert!(!schema.is_valid(&more), "the schema refuses a field that it does not name");

    let mut emitted = BTreeSet::new();
    fields(&objects[0], "", &mut emitted);
    fields(summary, "", &mut emitted);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/check-json.md"))
        .expect("docs/check-json.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(documented, emitted, "docs/check-json.md");
    assert!(page.contains(&format!("version `{}`", crate::report::json::VERSION)), "the version stands in the page");
}

/// The names of all fields, those of objects within objects after a point. Parameters are each rule's own.
fn fields(value: &serde_json::Value, prefix: &str, found: &mut BTreeSet<String>) {
    let Some(object) = value.as_object() else { return };
    for (name, inner) in object {
        let name = format!("{prefix}{name}");
        match inner.as_array().and_then(|items| items.first()) {
            Some(item) => fields(item, &format!("{name}[]."), found),
            None if !name.ends_with("parameters") => fields(inner, &format!("{name}."), found),
            None => {}
        }
        found.insert(name);
    }
}
