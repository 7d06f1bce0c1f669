//! What a run of the program has given, with the paths of this machine taken out.

use std::fmt;

/// The end of a run.
#[derive(Debug)]
pub struct Output {
    pub command: String,
    pub code: i32,
    /// As it came: for contents that must be equal byte for byte.
    pub raw_stdout: Vec<u8>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Holds the exit code against what is expected.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "unexpected exit code of:\n{self}");
        self
    }

    /// Returns what was printed as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}) from:\n{self}"))
    }

    /// Puts `$ID` for every commit id of 64 digits, and for the short forms of those seen so.
    pub fn without_ids(mut self) -> Self {
        self.stdout = without_ids(&self.stdout);
        self.stderr = without_ids(&self.stderr);
        self
    }

    /// Takes every hook for one that took no time.
    pub fn without_times(mut self) -> Self {
        for tenths in 1..100 {
            let time = format!(" {}.{}s\n", tenths / 10, tenths % 10);
            self.stdout = self.stdout.replace(&time, " 0.0s\n");
            self.stderr = self.stderr.replace(&time, " 0.0s\n");
        }
        self
    }
}

/// The run as a screen would show it; what snapshots hold.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.command)?;
        f.write_str(&self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "[stderr]\n{}", self.stderr)?;
        }
        if self.code != 0 {
            writeln!(f, "[exit code {}]", self.code)?;
        }
        Ok(())
    }
}

/// Replaces words of 7, 8, 10, 12 or 64 hex digits, at least one of them a digit.
fn without_ids(text: &str) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for character in text.chars().chain(['\0']) {
        if character.is_ascii_alphanumeric() {
            word.push(character);
            continue;
        }
        result.push_str(if is_id(&word) { "$ID" } else { &word });
        word.clear();
        result.push(character);
    }
    result.pop();
    result
}

fn is_id(word: &str) -> bool {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    [7, 8, 10, 12, 64].contains(&word.len())
        && word.chars().all(hex)
        && word.contains(|c: char| c.is_ascii_digit())
}

#[test]
fn ids_are_replaced_and_words_and_sizes_left() {
    let id = "0af".repeat(21) + "1";
    let text = without_ids(&format!("commit {id} (8f3a2c1) defaced 1000 rows"));
    assert_eq!(text, "commit $ID ($ID) defaced 1000 rows");
}
