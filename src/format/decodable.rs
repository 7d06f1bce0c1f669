//! Whether a file can be decoded as what its name says.

use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use image::{ImageFormat, ImageReader, Limits};

use super::source::SeekableSource;
use super::table::{Format, Table, TableFile, TableOptions};
use super::tensor::{TensorFile, TensorFormat};
use super::{FormatError, Source};

/// How many bytes the pixels of an image may take.
const LARGEST_IMAGE: u64 = 512 << 20;

/// How many pixels an image may be wide or high.
const LONGEST_SIDE: u32 = 1 << 16;

/// What a file claims to be, where it can be decoded.
enum Kind {
    Image(ImageFormat),
    Tensors,
    Table,
}

fn kind(name: &str) -> Option<Kind> {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    match end.as_deref() {
        Some("png") => Some(Kind::Image(ImageFormat::Png)),
        Some("jpg" | "jpeg") => Some(Kind::Image(ImageFormat::Jpeg)),
        _ if TensorFormat::of(name).is_some() => Some(Kind::Tensors),
        _ => Format::of(name).ok().map(|_| Kind::Table),
    }
}

/// Tells whether [`decodable`] knows files of this name.
pub fn is_decodable_kind(name: &str) -> bool {
    kind(name).is_some()
}

/// Decodes a file as what its name says: an image wholly, of tensors and tables the head. Says what is
/// wrong with it otherwise.
pub fn decodable(name: &str, source: &Arc<dyn Source>) -> Result<(), FormatError> {
    match kind(name) {
        Some(Kind::Image(format)) => image(name, source.as_ref(), format),
        Some(Kind::Tensors) => TensorFile::read(name, source.as_ref()).map(|_| ()),
        Some(Kind::Table) => {
            let file = TableFile { name: name.to_owned(), source: source.clone() };
            Table::open(vec![file], TableOptions::default()).map(|_| ())
        }
        None => Err(FormatError::UnknownFormat { file: name.to_owned() }),
    }
}

fn image(name: &str, source: &dyn Source, format: ImageFormat) -> Result<(), FormatError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(LARGEST_IMAGE);
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    let bytes = BufReader::new(SeekableSource::new(source));
    let mut reader = ImageReader::with_format(bytes, format);
    reader.limits(limits);
    let damaged = |reason: String| FormatError::Damaged { file: name.to_owned(), reason };
    // Decoders of images have panicked at damaged ones; what is left of them is dropped.
    let decoded = catch_unwind(AssertUnwindSafe(|| reader.decode()));
    match decoded {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(image::ImageError::IoError(reason))) if !is_end(&reason) => {
            Err(FormatError::Unreadable { file: name.to_owned(), reason })
        }
        Ok(Err(error)) => Err(damaged(error.to_string())),
        Err(_) => Err(damaged("the image is damaged".to_owned())),
    }
}

fn is_end(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::UnexpectedEof
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let image = image::RgbImage::from_fn(16, 16, |x, y| image::Rgb([x as u8 * 16, y as u8, 7]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn decode(name: &str, bytes: &[u8]) -> Result<(), String> {
        let source: Arc<dyn Source> = Arc::new(bytes.to_vec());
        decodable(name, &source).map_err(|error| error.to_string())
    }

    #[test]
    fn an_image_is_decoded_wholly() {
        for (name, format) in [("a.png", ImageFormat::Png), ("b/a.JPEG", ImageFormat::Jpeg)] {
            let bytes = encoded(format);
            assert_eq!(decode(name, &bytes), Ok(()));
            assert!(decode(name, &bytes[..bytes.len() / 2]).is_err(), "{name} cut");
            assert!(decode(name, b"").is_err(), "{name} empty");
        }
        assert!(decode("a.jpg", &encoded(ImageFormat::Png)).is_err());
    }

    #[test]
    fn an_image_that_claims_to_be_huge_is_refused() {
        let mut bytes = encoded(ImageFormat::Png);
        bytes[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        assert!(decode("a.png", &bytes).is_err());
    }

    #[test]
    fn tables_and_tensors_are_decodable_by_their_heads_and_others_unknown() {
        assert_eq!(decode("a.csv", b"a,b\n1,2\n"), Ok(()));
        assert!(decode("a.parquet", b"PAR1").is_err());
        assert!(decode("a.safetensors", b"x").is_err());
        assert!(is_decodable_kind("a.npy") && is_decodable_kind("a.jpg"));
        assert!(!is_decodable_kind("a.bin") && !is_decodable_kind("png"));
        assert!(decode("a.bin", b"").unwrap_err().contains("no reader"));
    }

    proptest! {
        #[test]
        fn a_damaged_image_is_decoded_or_refused(
            at in any::<prop::sample::Index>(),
            byte: u8,
            is_png: bool,
        ) {
            let format = if is_png { ImageFormat::Png } else { ImageFormat::Jpeg };
            let mut bytes = encoded(format);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _decoded_or_refused = decode(if is_png { "a.png" } else { "a.jpg" }, &bytes);
        }
    }
}
