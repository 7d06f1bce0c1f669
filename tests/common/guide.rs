//! Documents that are played: in a block marked `console` lines with `$ ` are commands (`> ` goes on
//! with one), what follows is what they print. A block marked `json` right after one is the output of
//! its last command.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use super::TestEnvironment;

/// A command of a document with what the document says it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub command: String,
    pub output: String,
    pub is_json: bool,
}

/// A document cut into its texts and its commands.
#[derive(Debug)]
pub struct Guide {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// Lines that are left as they are.
    Text(String),
    Console(Vec<Step>),
    Json(Step),
}

impl Guide {
    /// Reads a document.
    pub fn parse(text: &str) -> Self {
        let (mut parts, mut plain) = (Vec::new(), String::new());
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let block = matches!(line, "```console" | "```json");
            if !block {
                plain.push_str(line);
                plain.push('\n');
                continue;
            }
            let inner: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if line == "```console" {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Console(steps(&inner)));
            } else if let Some(command) = command_before(&mut parts, &plain) {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                let output = inner.iter().flat_map(|line| [line, "\n"]).collect();
                parts.push(Part::Json(Step { command, output, is_json: true }));
            } else {
                write!(plain, "{line}\n{}\n```\n", inner.join("\n")).unwrap();
            }
        }
        parts.push(Part::Text(plain));
        Self { parts }
    }

    /// Returns the commands in their order.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(_) => {}
                Part::Console(own) => steps.extend(own.iter().cloned()),
                Part::Json(step) => steps.push(step.clone()),
            }
        }
        steps
    }

    /// Returns the document with other outputs, those of its commands in their order.
    pub fn with_outputs(&self, outputs: &[String]) -> String {
        let mut outputs = outputs.iter();
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(own) => text.push_str(own),
                Part::Console(steps) => {
                    text.push_str("```console\n");
                    for step in steps {
                        text.push_str(&as_typed(&step.command));
                        text.push_str(outputs.next().unwrap());
                    }
                    if self.is_before_json(part) {
                        text.push_str(&as_typed(&self.json_after(part).command));
                    }
                    text.push_str("```\n");
                }
                Part::Json(_) => {
                    write!(text, "```json\n{}```\n", outputs.next().unwrap()).unwrap();
                }
            }
        }
        text
    }

    fn json_after(&self, part: &Part) -> &Step {
        let at = self.parts.iter().position(|other| std::ptr::eq(other, part)).unwrap();
        match self.parts.get(at + 2) {
            Some(Part::Json(step)) => step,
            _ => panic!("no JSON after {part:?}"),
        }
    }

    fn is_before_json(&self, part: &Part) -> bool {
        let at = self.parts.iter().position(|other| std::ptr::eq(other, part)).unwrap();
        matches!(self.parts.get(at + 2), Some(Part::Json(_)))
    }
}

/// Takes the last command of the console block that ends right before a block.
fn command_before(parts: &mut [Part], between: &str) -> Option<String> {
    match parts.last_mut() {
        Some(Part::Console(steps)) if between.trim().is_empty() => {
            let last = steps.pop()?;
            assert_eq!(last.output, "", "`{}` is followed by its JSON", last.command);
            Some(last.command)
        }
        _ => None,
    }
}

fn steps(lines: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.into(), output: String::new(), is_json: false });
            continue;
        }
        let step = steps.last_mut().expect("a console block begins with a command");
        match line.strip_prefix("> ").or((*line == ">").then_some("")) {
            Some(more) if step.output.is_empty() => write!(step.command, "\n{more}").unwrap(),
            _ => writeln!(step.output, "{line}").unwrap(),
        }
    }
    steps
}

fn as_typed(command: &str) -> String {
    format!(
        "$ {}\n",
        command.replace("\n\n", "\n>\n").replace('\n', "\n> ").replace("> >\n", ">\n")
    )
}

/// Runs the commands in one shell and returns what each printed, talk included.
pub fn play(env: &TestEnvironment, steps: &[Step]) -> Vec<String> {
    let mut script = "exec 2>&1\n".to_owned();
    for step in steps {
        let mute = if step.is_json { " 2>/dev/null" } else { "" };
        script.push_str(&step.command);
        script.push_str(mute);
        script.push_str("\n_s=$?; MLV_COMMIT_DATE=$((MLV_COMMIT_DATE + 60)); ");
        script.push_str("printf '\\037'; (exit $_s)\n");
    }
    let path = env.home().join("guide.sh");
    write(&path, &script);
    let mut shell = env.shell();
    let output = shell.arg(&path).stdin(Stdio::null()).output().unwrap();
    let text = env.as_ada(&String::from_utf8(output.stdout).unwrap());
    let mut outputs: Vec<String> = text.split('\u{1f}').map(str::to_owned).collect();
    assert_eq!(outputs.pop().as_deref(), Some(""), "the shell ended early:\n{text}");
    assert_eq!(outputs.len(), steps.len());
    outputs
}

/// Returns the text without what differs from run to run: ids, numbers.
pub fn masked(text: &str) -> String {
    let mut result = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let core = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hex = core.len() >= 7 && core.chars().all(|c| c.is_ascii_hexdigit());
        let digits: String =
            core.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        result.push_str(if hex { "ID" } else { &digits });
        result.push_str(&word[core.len()..]);
    }
    while result.contains("00") {
        result = result.replace("00", "0");
    }
    result
}

#[expect(clippy::disallowed_methods, reason = "a test needs no durable write")]
pub fn write(path: &Path, content: &str) {
    std::fs::write(path, content).unwrap();
}

#[test]
fn a_guide_is_read_and_written_back() {
    let text = "# A\n\n```console\n$ one\nout\n$ two <<E\n> a\n>\n> E\n```\n\ntext\n\n```console\n$ mlv \
                x --json\n```\n\n```json\n{}\n```\n\n```json\n{\"alone\": 1}\n```\n";
    let guide = Guide::parse(text);
    let steps = guide.steps();
    let commands: Vec<_> = steps.iter().map(|step| step.command.as_str()).collect();
    assert_eq!(commands, ["one", "two <<E\na\n\nE", "mlv x --json"]);
    let outputs: Vec<_> = steps.iter().map(|step| step.output.clone()).collect();
    assert_eq!(outputs, ["out\n", "", "{}\n"]);
    assert_eq!(guide.with_outputs(&outputs), text);
}

#[test]
fn ids_and_numbers_are_masked() {
    assert_eq!(masked("[main 71a28ca879] r-000042 in 0.21s"), "[main ID] r-0 in 0.0s");
}
