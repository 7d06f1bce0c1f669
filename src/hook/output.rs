//! What a hook answers through `$MLV_OUTPUT`: metrics, annotations and a summary, one JSON object
//! a line.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize, Serializer};

use crate::base::Timestamp;
use crate::base::fs::{IoContext, PathError};
use crate::hook::process::Masker;

/// The rest of a longer answer is not read.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The rest of more annotations is not kept.
const MAX_ANNOTATIONS: usize = 10_000;

/// How many bad lines are reported.
const MAX_PROBLEMS: usize = 20;

/// Numbers by name, in the order in which they were first told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics(pub Vec<(String, f64)>);

impl Metrics {
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Note,
    Warn,
    Fail,
}

/// A remark of a hook, about a path and a row of it where it names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    pub level: Level,
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub row: Option<u64>,
    pub message: String,
}

/// Everything a hook answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HookOutput {
    pub metrics: Metrics,
    pub annotations: Vec<Annotation>,
    pub summary: Option<String>,
    /// The last second, since 1970, at which the answer is the same; the earliest of several.
    pub valid_until: Option<i64>,
    /// Lines that could not be understood, and why.
    pub problems: Vec<String>,
}

impl HookOutput {
    /// Reads the answer of a hook, with its secrets hidden; no file is an empty answer.
    pub fn read(path: &Path, masker: &Masker) -> Result<Self, PathError> {
        // The hook may have put a pipe in its place, and opening one would wait for a writer.
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = match OpenOptions::new().read(true).custom_flags(nonblocking).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(PathError::new("open", path, error)),
        };
        if !file.metadata().context("look at", path)?.is_file() {
            return Ok(Self {
                problems: vec!["MLV_OUTPUT is no longer a file".to_owned()],
                ..Self::default()
            });
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).context("read", path)?;
        Ok(Self::parse(&bytes).masked(masker))
    }

    /// Returns the answer with secrets hidden in its texts: in the JSON they may stand escaped.
    fn masked(mut self, masker: &Masker) -> Self {
        let hide = |text: &mut String| {
            *text = String::from_utf8_lossy(&masker.mask(text.as_bytes())).into_owned();
        };
        self.summary.iter_mut().for_each(hide);
        self.problems.iter_mut().for_each(hide);
        self.metrics.0.iter_mut().for_each(|(name, _)| hide(name));
        for annotation in &mut self.annotations {
            hide(&mut annotation.message);
            annotation.path.iter_mut().for_each(hide);
        }
        self
    }

    /// Returns what the lines say; those that cannot be understood become problems.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut output = Self::default();
        let cut = bytes.len().min(MAX_BYTES);
        for (i, line) in bytes[..cut].split(|b| *b == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            if let Err(reason) = output.take_line(line) {
                output.problem(format!("line {}: {reason}", i + 1));
            }
        }
        if bytes.len() > cut {
            output.problem(format!("longer than {MAX_BYTES} bytes: the rest was not read"));
        }
        output
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), String> {
        let value: serde_json::Value =
            serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let object = value.as_object().ok_or("not an object")?;
        for (key, value) in object {
            match key.as_str() {
                "metric" => self.take_metrics(value)?,
                "annotation" => self.take_annotation(value)?,
                "summary" => {
                    self.summary = Some(value.as_str().ok_or("`summary` is no text")?.to_owned());
                }
                "valid_until" => self.take_end(value)?,
                other => return Err(format!("unknown key `{other}`")),
            }
        }
        Ok(())
    }

    fn take_metrics(&mut self, value: &serde_json::Value) -> Result<(), String> {
        let metrics = value.as_object().ok_or("`metric` is no object of numbers")?;
        for (name, value) in metrics {
            let number = value.as_f64().ok_or_else(|| format!("metric `{name}` is no number"))?;
            self.metrics.set(name, number);
        }
        Ok(())
    }

    fn take_end(&mut self, value: &serde_json::Value) -> Result<(), String> {
        let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let seconds = time.ok_or("`valid_until` is no time, as in 2026-01-31T12:00:00Z")?.seconds;
        self.valid_until = Some(self.valid_until.map_or(seconds, |known| known.min(seconds)));
        Ok(())
    }

    fn take_annotation(&mut self, value: &serde_json::Value) -> Result<(), String> {
        let annotation =
            Annotation::deserialize(value).map_err(|error| format!("annotation: {error}"))?;
        if self.annotations.len() < MAX_ANNOTATIONS {
            self.annotations.push(annotation);
        }
        Ok(())
    }

    fn problem(&mut self, text: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_is_read_line_by_line_and_bad_lines_are_told() {
        let output = HookOutput::parse(
            br#"{"metric":{"auc":0.81,"rows":6000}}
{"metric":{"auc":0.82}}

not json
{"metric":{"auc":"high"}}
{"annotation":{"level":"fail","path":"data/a.csv","row":7,"message":"empty"}}
{"annotation":{"level":"loud","message":"x"}}
{"summary":"6 000 rows","colour":1}"#,
        );
        assert_eq!(output.metrics.0, [("auc".to_owned(), 0.82), ("rows".to_owned(), 6000.0)]);
        assert_eq!(output.annotations[0].row, Some(7));
        assert_eq!(output.summary.as_deref(), Some("6 000 rows"));
        insta::assert_snapshot!(output.problems.join("\n"), @r"
    line 4: expected ident at line 1 column 2
    line 5: metric `auc` is no number
    line 7: annotation: unknown variant `loud`, expected one of `note`, `warn`, `fail`
    line 8: unknown key `colour`
    ");
    }

    #[test]
    fn an_answer_holds_until_the_earliest_of_the_times_that_it_names() {
        let output = HookOutput::parse(
            br#"{"valid_until":"2026-01-02T00:00:00Z"}
{"valid_until":"2026-01-01T00:00:00Z","summary":"fresh"}
{"valid_until":"2026-01-03T01:00:00+01:00"}
{"valid_until":"tomorrow"}"#,
        );
        assert_eq!(output.valid_until, Some(1_767_225_600));
        assert_eq!(
            output.problems,
            ["line 4: `valid_until` is no time, as in 2026-01-31T12:00:00Z"]
        );
    }

    #[test]
    fn secrets_are_hidden_however_they_are_escaped_and_numbers_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output");
        let text = r#"{"summary":"a \"q\" \u0068i","metric":{"auc":0.5}}"#;
        crate::base::fs::atomic_write(&path, text.as_bytes()).unwrap();
        let masker = Masker::new([&b"\"q\""[..], b"hi", b"5"]);
        let output = HookOutput::read(&path, &masker).unwrap();
        assert_eq!(output.summary.as_deref(), Some("a *** ***"));
        assert_eq!(output.metrics.get("auc"), Some(0.5));
    }

    #[test]
    fn an_answer_without_end_is_cut() {
        let mut bytes = b"{\"summary\":\"kept\"}\n".to_vec();
        bytes.resize(MAX_BYTES + 10, b'\n');
        let output = HookOutput::parse(&bytes);
        assert_eq!(output.summary.as_deref(), Some("kept"));
        assert_eq!(output.problems.len(), 1);
    }

    #[test]
    fn an_answer_that_is_missing_or_no_file_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let masker = Masker::default();
        let missing = HookOutput::read(&dir.path().join("none"), &masker).unwrap();
        assert_eq!(missing, HookOutput::default());
        assert_eq!(HookOutput::read(dir.path(), &masker).unwrap().problems.len(), 1);
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(HookOutput::read(&pipe, &masker).unwrap().problems.len(), 1);
    }

    proptest! {
        #[test]
        fn reading_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = HookOutput::parse(&bytes);
        }
    }
}
