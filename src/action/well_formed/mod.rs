//! `well-formed`: changed files can be read as what their names say they are.

mod csv;
mod json;
mod yaml;

use std::fs::File;
use std::io::{self, BufReader};

use serde_json::Map;

use crate::action::told::Told;
use crate::action::{ActionError, Outcome};
use crate::base::RepoPath;
use crate::base::fs::IoContext;
use crate::hook::Annotation;
use crate::hook::output::Level;

/// More faults of one file are not told.
const MOST_FAULTS: usize = 100;

/// What is wrong in one row of a file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    row: u64,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    JsonLines,
    Yaml,
    Csv,
    Tsv,
}

impl Format {
    /// Returns the format that the end of a name tells, and how the parameter `formats` calls it.
    fn of(path: &RepoPath) -> Option<(Self, &'static str)> {
        let name = path.to_string().to_ascii_lowercase();
        Some(match name.rsplit_once('.')?.1 {
            "json" | "ipynb" | "geojson" => (Self::Json, "json"),
            "jsonl" | "ndjson" => (Self::JsonLines, "jsonl"),
            "yaml" | "yml" => (Self::Yaml, "yaml"),
            "csv" => (Self::Csv, "csv"),
            "tsv" => (Self::Tsv, "tsv"),
            _ => return None,
        })
    }

    fn faults(self, file: File, delimiter: u8) -> io::Result<Vec<Fault>> {
        let reader = BufReader::with_capacity(1 << 16, file);
        match self {
            Self::Json => json::faults(reader),
            Self::JsonLines => json::line_faults(reader),
            Self::Yaml => Ok(yaml::faults(reader)),
            Self::Csv => csv::faults(reader, delimiter),
            Self::Tsv => csv::faults(reader, b'\t'),
        }
    }
}

pub(super) fn run(told: &Told) -> Result<Outcome, ActionError> {
    let wanted = told.texts("formats");
    let delimiter = match told.text("delimiter").as_bytes() {
        [byte] => *byte,
        _ => return Ok(refusal("`delimiter` must be a single sign of ASCII".to_owned())),
    };
    let (mut annotations, mut looked_at, mut bad) = (Vec::new(), 0, 0);
    for path in told.changed_files()? {
        let Some((format, name)) = Format::of(&path) else { continue };
        if !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        looked_at += 1;
        let file = File::open(path.as_path()).context("open", path.as_path())?;
        let faults = format.faults(file, delimiter).context("read", path.as_path())?;
        bad += usize::from(!faults.is_empty());
        annotations.extend(faults.into_iter().map(|fault| annotation(&path, fault)));
    }
    Ok(Outcome {
        passed: bad == 0,
        annotations,
        metrics: Map::new(),
        summary: match bad {
            0 => format!("{} well-formed", counted(looked_at)),
            _ => format!("{} of {} not well-formed", bad, counted(looked_at)),
        },
        valid_until: None,
    })
}

fn refusal(summary: String) -> Outcome {
    Outcome {
        passed: false,
        annotations: Vec::new(),
        metrics: Map::new(),
        summary,
        valid_until: None,
    }
}

fn annotation(path: &RepoPath, fault: Fault) -> Annotation {
    Annotation {
        level: Level::Fail,
        path: Some(path.to_string()),
        row: Some(fault.row),
        message: fault.message,
    }
}

fn counted(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}
