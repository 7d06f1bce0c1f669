//! Reports of runs (`--format`) of hooks whose words are meant for a terminal, for XML, for Markdown,
//! for GitHub, or for nobody. What other tools ask of a report is asked here by other parsers than ours.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// What the JUnit schema of Jenkins (junit-10.xsd) asks, for Python's XML parser: which elements stand
/// in which, their attributes, the form of times; and that counts are the numbers of elements.
const RULES: &str = r#"
import json, re, sys
import xml.etree.ElementTree as ET

ATTRIBUTES = {  # allowed, required
    "testsuites": ("name time tests failures errors", ""),
    "testsuite": ("name tests failures errors group time skipped timestamp hostname id package file log url",
                  "name tests failures errors"),
    "testcase": ("name time classname group", "name"),
    "failure": ("type message", ""), "error": ("type message", ""), "skipped": ("type message", ""),
    "system-out": ("", ""), "system-err": ("", ""),
}
CHILDREN = {
    "testsuites": "testsuite", "testsuite": "testsuite properties testcase system-out system-err",
    "testcase": "skipped error failure system-out system-err",
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$")

def check(element):
    allowed, required = ATTRIBUTES[element.tag]
    assert set(element.attrib) <= set(allowed.split()), (element.tag, element.attrib)
    assert set(required.split()) <= set(element.attrib), (element.tag, element.attrib)
    if "time" in element.attrib:
        assert TIME.match(element.attrib["time"]) and float(element.attrib["time"]) >= 0
    for child in element:
        assert child.tag in CHILDREN.get(element.tag, "").split(), (element.tag, child.tag)
        check(child)
    if element.tag == "testcase":
        tags = [child.tag for child in element]
        order = ["skipped", "error", "failure", "system-out", "system-err"]
        assert tags == sorted(set(tags), key=order.index), tags
        assert len([tag for tag in tags if tag in order[:3]]) <= 1, tags

def count(element, tag):
    return len(element.findall(".//" + tag))

root = ET.fromstring(sys.stdin.buffer.read())
assert root.tag == "testsuites"
check(root)
for element in [root, *root]:
    for name, tag in [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
        if name in element.attrib:
            assert int(element.attrib[name]) == count(element, tag), (element.tag, name)
json.dump([{
    "suite": suite.attrib["name"], "name": case.attrib["name"],
    "failure": case.find("failure").attrib["message"] if case.find("failure") is not None else None,
    "remarks": case.findtext("failure"), "out": case.findtext("system-out"),
} for suite in root for case in suite], sys.stdout)
"#;

/// Reads a JUnit report with Python, and returns its cases.
#[track_caller]
fn cases(report: &str) -> Value {
    let mut python = Command::new("python3")
        .args(["-c", RULES])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(report.as_bytes()).unwrap();
    let done = python.wait_with_output().unwrap();
    assert!(done.status.success(), "{}\n{report}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// A hook that writes whatever breaks a format, and says the same in its remarks.
const HOSTILE: &str = r#"
printf 'red: \033[1;31mred\033[0m, title: \033]0;x\007\n'
printf 'bytes: \000\001\010\013\037\177 \377\376 \357\277\276\357\277\277\302\233 end\n'
printf 'xml: ]]> <b a="1">&amp;&#0;</b> <!-- -- > <?x?>\n'
printf '::error file=a::injected\r\n##[error]x %%0A%%25 a\tb\n'
printf '| cell | `code` | <script> &lt; [a](b) ![c](d) |\n'
cat >> "$MLV_OUTPUT" <<'END'
{"annotation": {"level": "fail", "path": "data/a,b::c%0A\nd.csv", "row": 7, "message": "x\n::error::y %0A \r ]]> <b>&lt; \u001b[31mred\u0000\ufffe | `c`"}}
{"annotation": {"level": "note", "path": "//host/x y#z?q", "message": "::stop-commands::z"}}
{"summary": "sum: \u001b[2K\u0007 <&\"'> | ::warning::w\nsecond line \uffff"}
END
exit 1
"#;

fn project() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("hostile.sh", HOSTILE);
    env.write(
        "mlv.yaml",
        "version: 1\nhooks:\n  fine: {on: [pre-commit, manual], run: echo well}\n  hostile: {on: pre-commit, needs: [fine], run: sh hostile.sh}\n  late: {on: pre-commit, needs: [hostile], run: 'true'}\n",
    );
    env.write("a.csv", "1\n");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "first"]).expect_code(3);
    env
}

fn report(env: &TestEnvironment, format: &str) -> String {
    env.success(&["hooks", "runs", "--format", format]).stdout
}

#[test]
fn a_junit_report_follows_the_schema_whatever_hooks_write() {
    let env = project();
    let told = cases(&report(&env, "junit"));
    let told = told.as_array().unwrap();
    let names: Vec<&str> = told.iter().map(|case| case["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["late", "hostile", "fine"]);
    let hostile = &told[1];
    let out = hostile["out"].as_str().unwrap();
    assert!(out.starts_with("red: red, title: \n"), "{out:?}");
    assert!(out.contains("xml: ]]> <b a=\"1\">&amp;&#0;</b> <!-- -- > <?x?>\n"), "{out:?}");
    assert!(out.contains("%0A%25 a    b\n"), "{out:?}");
    assert!(!out.contains(|c: char| c != '\n' && c.is_control()), "{out:?}");
    let remarks = hostile["remarks"].as_str().unwrap();
    assert!(remarks.contains("]]> <b>&lt; red\u{fffd}\u{fffd} | `c`"), "{remarks:?}");
    let message = hostile["failure"].as_str().unwrap();
    assert!(message.starts_with("sum: \u{fffd} <&\"'> | ::warning::w"), "{message:?}");
}

#[test]
fn a_junit_report_of_checks_follows_the_schema_whatever_the_data_hold() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("odd.csv", "id,na\u{1}me\n1,\u{1b}[31mred\n2,]]> <&\u{7}\u{ffff}\n");
    env.write(
        "suite.yaml",
        "dataset: odd.csv\ncolumns:\n  \"na\\x01me\": {in_set: [good]}\n  id: {type: int}\n",
    );
    let report = env.mlv(&["check", "suite.yaml", "--format", "junit"]).expect_code(3);
    let told = cases(&report.stdout);
    assert_eq!(told[0]["name"], "in_set of na\u{fffd}me");
    let remarks = told[0]["remarks"].as_str().unwrap();
    assert!(remarks.contains("]]> <&"), "{remarks:?}");
    assert!(!remarks.contains(|c: char| c != '\n' && c.is_control()), "{remarks:?}");
}

#[test]
fn a_github_report_is_one_command_a_line_whatever_hooks_say() {
    let env = project();
    let text = report(&env, "github");
    let unescaped = |text: &str| {
        let text = text.replace("%3A", ":").replace("%2C", ",");
        text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    };
    let mut told = Vec::new();
    // A runner ends a line at either of them.
    for line in text.strip_suffix('\n').unwrap().split(['\n', '\r']) {
        let rest = line.strip_prefix("::").unwrap_or_else(|| panic!("{line:?}"));
        let (command, message) = rest.split_once("::").unwrap();
        let (level, properties) = command.split_once(' ').unwrap();
        let file = properties.split(',').find_map(|one| one.strip_prefix("file=")).unwrap();
        told.push((level.to_owned(), unescaped(file), unescaped(message)));
    }
    let hostile = "x\n::error::y %0A \r ]]> <b>&lt; \u{1b}[31mred\u{0}\u{fffe} | `c`";
    let expected = [
        ("error".to_owned(), "data/a,b::c%0A\nd.csv".to_owned(), hostile.to_owned()),
        ("notice".to_owned(), "//host/x y#z?q".to_owned(), "::stop-commands::z".to_owned()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_sarif_report_is_json_whose_places_are_uris_whatever_hooks_say() {
    let env = project();
    let log: Value = serde_json::from_str(&report(&env, "sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let places: Vec<&Value> = results
        .iter()
        .map(|one| &one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .collect();
    let uris = [json!("data/a%2Cb%3A%3Ac%250A%0Ad.csv"), json!("file:////host/x%20y%23z%3Fq")];
    assert_eq!(places, uris.iter().collect::<Vec<_>>());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_markdown_report_has_the_cells_of_its_table_whatever_hooks_say() {
    let env = project();
    let text = report(&env, "markdown");
    let table: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(table.len(), 2 + 3, "{text}");
    for line in &table {
        let without = line.replace("\\\\", "").replace("\\|", "");
        assert_eq!(without.matches('|').count(), 6, "{line}");
    }
    // No sign that begins something is left to itself, and no line is broken.
    for line in text.lines().skip(2) {
        let mut before = ' ';
        for (at, sign) in line.char_indices() {
            assert!(!sign.is_control(), "{line:?}");
            let is_ours = line.starts_with("**") && sign == '*';
            let begins = matches!(sign, '<' | '`' | '[' | '&') || (sign == '*' && !is_ours);
            assert!(!begins || before == '\\', "{at} of {line:?}");
            before = if before == '\\' && sign == '\\' { ' ' } else { sign };
        }
    }
}
