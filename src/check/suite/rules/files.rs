//! Files, not what is in their rows: how many, how large, what they are called, whether they can be
//! read at all.

use serde_json::Value as Json;

use crate::check::suite::engine::FileFacts;
use crate::check::suite::error::CheckError;
use crate::check::suite::report::{MAX_SAMPLE, Sample};
use crate::check::suite::rules::found::Finding;
use crate::check::suite::rules::structure::{Counts, Known};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;
use crate::format::{decodable as decodable_as_named, is_decodable_kind};

pub(in crate::check::suite) fn file_count(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let files = scope.files.len() as u64;
    let fault = Counts::of(check).fault(files);
    let complaint = fault.map(|fault| format!("{files} files, {fault}"));
    Ok(Box::new(Known(Finding::whole(files, complaint))))
}

/// Judges each file; `fault` says what is wrong with one, nothing where it is not considered.
fn each_file(
    scope: &Scope<'_>,
    complaint: &str,
    fault: impl Fn(&FileFacts) -> Option<Result<(), String>>,
) -> Box<dyn Checker> {
    let (mut considered, mut unexpected) = (0, 0);
    let mut sample = Vec::new();
    for file in scope.files {
        let Some(judged) = fault(file) else { continue };
        considered += 1;
        let Err(reason) = judged else { continue };
        unexpected += 1;
        if sample.len() < MAX_SAMPLE {
            let value = Json::from(reason);
            sample.push(Sample::of_file(value));
        }
    }
    Box::new(Known(Finding {
        counted: Some((considered, unexpected)),
        vacuous: considered == 0,
        sample,
        complaint: complaint.to_owned(),
        ..Finding::default()
    }))
}

pub(in crate::check::suite) fn file_size(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let counts = Counts::of(check);
    Ok(each_file(scope, "of a size out of bounds", |file| {
        let size = file.source.len();
        let fault = counts.fault(size);
        let told = fault.map(|fault| format!("{}: {size} bytes, {fault}", file.path));
        Some(told.map_or(Ok(()), Err))
    }))
}

/// Returns the end of a name, in lower case.
fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default()
}

pub(in crate::check::suite) fn file_extension(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let known: Vec<String> = check
        .settings
        .texts("values")
        .iter()
        .map(|end| end.trim_start_matches('.').to_ascii_lowercase())
        .collect();
    Ok(each_file(scope, "with another ending", |file| {
        let is_known = known.contains(&extension(&file.path));
        Some(if is_known {
            Ok(())
        } else {
            Err(format!("{}: not {}", file.path, known.join(", ")))
        })
    }))
}

pub(in crate::check::suite) fn decodable(
    _: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(each_file(scope, "that cannot be read as what their names say", |file| {
        let judged = || decodable_as_named(&file.path, &file.source);
        is_decodable_kind(&file.path).then(|| judged().map_err(|error| error.to_string()))
    }))
}
