//! PyTorch archives: zip files in which `data.pkl` holds the objects and other members the tensors.

use std::io::{self, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::scan::PickleScan;
use super::stream::Stop;
use crate::format::Source;
use crate::format::source::SeekableSource;

/// How many bytes a member may have when unpacked. The objects of large models have some MiB.
const LARGEST_MEMBER: u64 = 1 << 30;

/// Follows each pickle of an archive.
pub fn follow(source: &dyn Source, scan: &mut PickleScan) -> Result<(), Stop> {
    let mut archive = ZipArchive::new(SeekableSource::new(source)).map_err(stop)?;
    let mut is_empty = true;
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(stop)?;
        if member.name_raw().to_ascii_lowercase().ends_with(b".pkl") {
            scan.follow(member.take(LARGEST_MEMBER), usize::MAX)?;
            is_empty = false;
        }
    }
    if is_empty { Err(Stop::Damaged("the archive holds no pickle".to_owned())) } else { Ok(()) }
}

fn stop(error: ZipError) -> Stop {
    match error {
        // What the archive says of itself leads nowhere: that is its fault, and not the reader's.
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            Stop::Unreadable(error)
        }
        other => Stop::Damaged(format!("the archive is damaged: {other}")),
    }
}
