use proptest::prelude::*;
use serde_json::json;

use super::*;

fn pairs(file: &str, text: &str) -> Vec<(String, Json)> {
    read(file, text.as_bytes()).unwrap()
}

#[test]
fn the_three_syntaxes_say_the_same() {
    let expected = vec![
        ("lr".to_owned(), json!(0.1)),
        ("model.depth".to_owned(), json!(3)),
        ("model.name".to_owned(), json!("tree")),
        ("model.layers".to_owned(), json!([64, 32])),
        ("stages.0.on".to_owned(), json!(true)),
    ];
    let json = r#"{"lr": 0.1, "model": {"depth": 3, "name": "tree", "layers": [64, 32]},
        "stages": [{"on": true}]}"#;
    let yaml =
        "lr: 0.1\nmodel:\n  depth: 3\n  name: tree\n  layers: [64, 32]\nstages:\n- on: true\n";
    let toml =
        "lr = 0.1\n[model]\ndepth = 3\nname = \"tree\"\nlayers = [64, 32]\n[[stages]]\non = true\n";
    assert_eq!(pairs("a.json", json), expected);
    assert_eq!(pairs("a.yaml", yaml), expected);
    assert_eq!(pairs("a.toml", toml), expected);
}

#[test]
fn what_is_no_number_is_read_as_python_writes_it() {
    let text = r#"{"auc": NaN, "loss": -Infinity, "name": "a NaN \" NaN", "x": 1}"#;
    let entries = pairs("a.json", text);
    assert_eq!(entries[2].1, json!("a NaN \" NaN"));
    let numbers = numbers(&entries);
    assert!(numbers[0].1.is_nan());
    assert_eq!(numbers[1..], [("loss".to_owned(), f64::NEG_INFINITY), ("x".to_owned(), 1.0)]);
    assert!(super::numbers(&pairs("a.yaml", "auc: .nan\n"))[0].1.is_nan());
    assert!(super::numbers(&pairs("a.toml", "auc = nan\n"))[0].1.is_nan());
}

#[test]
fn a_fault_is_told_with_its_line() {
    let told = |file: &str, text: &str| read(file, text.as_bytes()).unwrap_err().to_string();
    assert!(told("m.json", "{\n\"a\": }").starts_with("m.json:2: "));
    assert!(told("m.yaml", "a: 1\nb: [1\nc: 3").starts_with("m.yaml:3: "));
    assert!(told("m.toml", "a = 1\nb = \n").starts_with("m.toml:2: "));
    assert_eq!(told("m.json", "[1]"), "m.json: it is no mapping of names to values");
    assert!(told("m.txt", "").contains("tells no format"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        for file in ["a.json", "a.yaml", "a.toml"] {
            let _read_or_not = read(file, text.as_bytes());
        }
    }

    #[test]
    fn sound_json_stays_as_it_is(text in "[ -~]{0,40}") {
        let document = json!({ "a": text }).to_string();
        prop_assert_eq!(without_bare_nan(&document), document);
    }
}
