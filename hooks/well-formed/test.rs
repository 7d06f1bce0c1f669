use super::{commit, last_run, project};

#[test]
fn files_that_can_be_read_pass() {
    let env = project("on: pre-commit\nuses: well-formed");
    let files = [
        ("a.json", "{\"a\": [1]}"),
        ("b.jsonl", "{}\n{}\n"),
        ("c.yaml", "a: [1]\n---\nb: 2\n"),
        ("d.csv", "a,b\n1,\"x\ny\"\n"),
        ("e.tsv", "a\tb\n1\t2\n"),
        ("f.txt", "{"),
    ];
    commit(&env, &files).expect_code(0);
    assert_eq!(last_run(&env).0, "5 files well-formed");
}

#[test]
fn each_fault_is_told_with_its_line() {
    let env = project("on: pre-commit\nuses: well-formed");
    let files = [
        ("a.json", "{\n\"a\": }"),
        ("b.jsonl", "{}\n{\n"),
        ("c.yaml", "a: 1\nb: [1, 2\nc: 3\n"),
        ("d.csv", "a,b\n1,2\n1,2,3\n"),
    ];
    commit(&env, &files).expect_code(3);
    let (message, log) = last_run(&env);
    assert_eq!(message, "4 of 4 files not well-formed");
    insta::assert_snapshot!(log, @r"
    a.json:2: no JSON: expected value (column 6)
    b.jsonl:2: no JSON: EOF while parsing an object (column 0)
    c.yaml:3: no YAML: illegal placement of ':' indicator
    d.csv:3: 3 fields, and the first row has 2
    4 of 4 files not well-formed
    ");
}

#[test]
fn formats_delimiter_and_exclude_decide_what_is_read_and_how() {
    let env = project(
        "on: pre-commit\nuses: well-formed\nwith: {formats: csv, delimiter: ;, exclude: 'x/*'}",
    );
    let files = [("a.json", "{"), ("b.csv", "a;b\n1,5;2\n"), ("x/c.csv", "a;b\n1\n")];
    commit(&env, &files).expect_code(0);
    assert_eq!(last_run(&env).0, "1 file well-formed");
}

#[test]
fn what_mlv_carries_out_itself_is_started_by_hooks_only() {
    let env = project("on: pre-commit\nuses: well-formed");
    insta::assert_snapshot!(env.screen("mlv hooks act well-formed"), @r"
    $ mlv hooks act well-formed
    [stderr]
    error: `MLV_WITH` is not set: actions are carried out by hooks
    [exit code 1]
    ");
}
