//! The documents say what is: their commands are run, their links and file names exist, and so do
//! the verbs they name.

use std::path::{Path, PathBuf};

use crate::common::TestEnvironment;
use crate::common::guide::{self, Guide, masked, play};

/// The documents whose commands are run in their order and print what is shown.
const GUIDES: &[&str] = &[
    "docs/guide-start.md",
    "docs/guide-branches.md",
    "docs/guide-checks.md",
    "docs/guide-deploy.md",
    "docs/guide-from-dvc.md",
    "docs/guide-import.md",
    "docs/guide-pipeline.md",
    "docs/guide-recovery.md",
    "docs/guide-remotes.md",
    "docs/guide-sparse.md",
    "docs/guide-drift.md",
    "docs/guide-retraining.md",
    "docs/guide-gates.md",
    "docs/guide-metrics.md",
    "docs/hooks.md",
];

/// Folders of this repository that documents name files of.
const FOLDERS: &[&str] = &["docs/", "src/", "tests/", "templates/", "benches/"];

/// Words after `mlv` that are no verbs of the reference: an alias, and what `.mlv/format` holds.
const OTHER_WORDS: &[&str] = &["checkout", "repository"];

#[test]
fn the_commands_of_the_guides_print_what_is_shown() {
    for file in GUIDES {
        let guide = Guide::parse(&document(file));
        let (env, steps) = (TestEnvironment::new(), guide.steps());
        let outputs = play(&env, &steps);
        if is_updating() {
            update(file, &guide.with_outputs(&outputs));
            continue;
        }
        for (step, output) in steps.iter().zip(&outputs) {
            assert!(
                masked(&step.output) == masked(output),
                "{file}: `{}` prints\n{output}and not\n{}\nsee MLV_UPDATE_DOCS=1 cargo test \
                 --locked the_commands_of_the_guides",
                step.command,
                step.output
            );
        }
    }
}

#[test]
fn the_hooks_of_the_documents_are_sound() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let mut checked = 0;
    for file in documents() {
        for block in fenced(&document(&file), "yaml") {
            env.write("mlv.yaml", block);
            env.success(&["hooks", "check"]);
            checked += 1;
        }
    }
    assert!(checked > 0, "no document shows an `mlv.yaml`");
}

#[test]
fn links_lead_somewhere() {
    for file in documents() {
        let text = document(&file);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if path.contains("://") {
                continue;
            }
            let linked =
                if path.is_empty() { root().join(&file) } else { folder(&file).join(path) };
            assert!(linked.exists(), "{file} links to {target}, which does not exist");
            let has = anchor.is_empty()
                || anchors(&std::fs::read_to_string(&linked).unwrap()).iter().any(|a| a == anchor);
            assert!(has, "{file} links to {target}, which has no such heading");
        }
    }
}

#[test]
fn files_that_documents_name_exist() {
    for file in documents() {
        for quoted in quoted(&document(&file)) {
            let named = FOLDERS.iter().any(|folder| quoted.starts_with(folder));
            if named && !quoted.contains(['*', '<', ' ']) && !quoted.contains("NAME") {
                assert!(root().join(&quoted).exists(), "{file} names {quoted}");
            }
        }
    }
}

#[test]
fn verbs_that_documents_name_exist() {
    let verbs = document("docs/reference.md");
    for file in documents() {
        let text = document(&file);
        for (at, _) in text.match_indices("mlv ") {
            let before = text[..at].trim_end_matches(' ').chars().next_back();
            let is_command = matches!(before, Some('`' | '$' | '\n' | '>' | '|' | '&' | ';'));
            let rest = &text[at + 4..];
            let verb: String =
                rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            let in_prose = before == Some('\n') && text[..at].ends_with('\n');
            if is_command && !in_prose && verb.starts_with(|c: char| c.is_ascii_lowercase()) {
                let known =
                    verbs.contains(&format!("\n### mlv {verb}\n")) || OTHER_WORDS.contains(&&*verb);
                assert!(known, "{file} names `mlv {verb}`, which is no verb");
            }
        }
    }
}

/// Returns a document of this repository.
pub fn document(file: &str) -> String {
    let path = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Tells whether documents are to be rewritten with what is printed now.
#[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
pub fn is_updating() -> bool {
    std::env::var_os("MLV_UPDATE_DOCS").is_some()
}

/// Rewrites a document.
pub fn update(file: &str, text: &str) {
    guide::write(&root().join(file), text);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn folder(file: &str) -> PathBuf {
    root().join(file).parent().unwrap().to_owned()
}

/// Returns the documents that people wrote.
fn documents() -> Vec<String> {
    let mut files = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            files.push(format!("docs/{}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    files.sort();
    files
}

/// Returns the blocks of one language.
fn fenced<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    text.split(opening.as_str())
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a block ends").0)
        .collect()
}

/// Returns what stands between single backquotes on one line.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("```")) {
        found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// Returns the anchors of the headings, as sites that show Markdown make them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            words.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
        })
        .collect()
}
