//! Files, not what is in their rows: how many, how large, what they are called, whether they can be
//! read at all.

use std::io::{BufReader, Cursor};

use image::ImageReader;
use serde_json::Value as Json;

use crate::check::suite::engine::FileFacts;
use crate::check::suite::error::CheckError;
use crate::check::suite::report::{MAX_SAMPLE, Sample};
use crate::check::suite::rules::found::Finding;
use crate::check::suite::rules::structure::{Counts, Known};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;

/// A larger image is not decoded, and is at fault.
const MAX_IMAGE: u64 = 256 << 20;

/// The head of a larger safetensors file is at fault.
const MAX_HEAD: u64 = 100 << 20;

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
            let value = Json::from(format!("{}: {reason}", file.path));
            sample.push(Sample { row: None, value });
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
        Some(counts.fault(size).map_or(Ok(()), |fault| Err(format!("{size} bytes, {fault}"))))
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
        Some(if is_known { Ok(()) } else { Err(format!("not {}", known.join(", "))) })
    }))
}

pub(in crate::check::suite) fn decodable(
    _: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(each_file(scope, "that cannot be read as what their names say", |file| {
        match extension(&file.path).as_str() {
            "png" | "jpg" | "jpeg" => Some(image_fault(file)),
            "safetensors" => Some(safetensors_fault(file)),
            "parquet" => Some(parquet_fault(file)),
            _ => None,
        }
    }))
}

fn image_fault(file: &FileFacts) -> Result<(), String> {
    if file.source.len() > MAX_IMAGE {
        return Err(format!("larger than {MAX_IMAGE} bytes"));
    }
    let bytes = file.source.read_at(0, MAX_IMAGE as usize).map_err(|error| error.to_string())?;
    let reader = ImageReader::new(BufReader::new(Cursor::new(bytes))).with_guessed_format();
    let reader = reader.map_err(|error| error.to_string())?;
    reader.decode().map(drop).map_err(|error| error.to_string())
}

fn safetensors_fault(file: &FileFacts) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let head = file.source.read_at(0, 8).map_err(told)?;
    let length = head.try_into().map(u64::from_le_bytes);
    let length = length.map_err(|_| "shorter than its head".to_owned())?;
    if length > MAX_HEAD || length > file.source.len() {
        return Err(format!("its head claims {length} bytes"));
    }
    let bytes = file.source.read_at(0, 8 + length as usize).map_err(told)?;
    let (head, metadata) =
        safetensors::SafeTensors::read_metadata(&bytes).map_err(|error| error.to_string())?;
    let expected = 8 + head as u64 + metadata.data_len() as u64;
    if expected == file.source.len() {
        return Ok(());
    }
    Err(format!("{} bytes, and its head tells of {expected}", file.source.len()))
}

fn parquet_fault(file: &FileFacts) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let len = file.source.len();
    let tail = file.source.read_at(len.saturating_sub(8), 8).map_err(told)?;
    let Some(length) = tail.strip_suffix(b"PAR1").and_then(|length| length.try_into().ok()) else {
        return Err("it does not end as a Parquet file".to_owned());
    };
    let footer = u64::from(u32::from_le_bytes(length));
    if footer + 12 > len {
        return Err(format!("its footer claims {footer} bytes"));
    }
    let bytes = file.source.read_at(len - 8 - footer, footer as usize).map_err(told)?;
    let metadata = parquet::file::metadata::ParquetMetaDataReader::decode_metadata(&bytes);
    metadata.map(drop).map_err(|error| error.to_string())
}
