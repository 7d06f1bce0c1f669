//! More files: what they say counts as one, and each fault names its own file.

use super::*;

fn read(main: &str, included: &[(&str, &str)]) -> Result<Spec, SpecErrors> {
    let files: Vec<SpecFile<'_>> =
        included.iter().map(|(name, text)| SpecFile { name, bytes: text.as_bytes() }).collect();
    parse_files(SpecFile { name: "mlv.yaml", bytes: main.as_bytes() }, &files)
}

const MAIN: &str = "version: 1\ninclude: [hooks/*.yaml]\nhooks:\n  a: {on: pre-commit, run: x}\n";

#[test]
fn hooks_of_several_files_know_each_other() {
    let more = "version: 1\nbranches:\n  main: {require: [a, b]}\nhooks:\n  b: {on: pre-commit, run: x, needs: [a]}\n";
    let spec = read(MAIN, &[("hooks/more.yaml", more)]).unwrap();
    assert_eq!(spec.hooks.len(), 2);
    assert_eq!(spec.branches[0].require.len(), 2);
    let globs = included_paths(MAIN.as_bytes());
    assert_eq!(globs.patterns(), ["hooks/*.yaml"]);
    assert!(included_paths(b"version: 1\n").is_empty());
    assert!(included_paths(b"include: [").is_empty());
}

#[test]
fn each_fault_names_its_own_file() {
    let one = "version: 1\nhooks:\n  b: {on: pre-commit, run: x, needs: [zebra]}\n";
    let two = "include: more.yaml\nhooks:\n  a: {on: pre-comit, run: x}\n";
    let three = "version: 1\nhooks:\n  b: {on: pre-merge, run: x}\n";
    let files = [("hooks/1.yaml", one), ("hooks/2.yaml", two), ("hooks/3.yaml", three)];
    assert_snapshot!(read(MAIN, &files).unwrap_err(), @"");
}

#[test]
fn a_file_that_cannot_be_read_is_the_only_fault() {
    let main = MAIN.replace("run: x", "run: x, needs: [elsewhere]");
    assert_snapshot!(read(&main, &[("hooks/1.yaml", "version: [")]).unwrap_err(), @"");
}

#[test]
fn what_is_included_must_exist() {
    assert_snapshot!(read(MAIN, &[]).unwrap_err(), @"");
    let many: Vec<String> = (0..=MAX_INCLUDED).map(|i| format!("hooks/{i}.yaml")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "version: 1")).collect();
    assert_snapshot!(read(MAIN, &many).unwrap_err(), @"");
    assert!(read(MAIN, &many[1..]).is_ok());
}
