//! Text of any encoding, read as UTF-8.

use std::io::{self, Read};

use encoding_rs::{DecoderResult, Encoding as Known, UTF_8};

use crate::format::FormatError;
use crate::format::table::Encoding;

/// How many bytes are decoded at a time.
const STEP: usize = 64 << 10;

/// Returns the encoding of a file by its byte order mark or, where it has none, by whether its head is
/// UTF-8; what is not is taken for `fallback`.
pub fn detect(
    head: &[u8],
    told: Option<&str>,
    fallback: &'static Known,
) -> Result<Encoding, FormatError> {
    let marked = Known::for_bom(head);
    let encoding = match (told, marked) {
        (Some(name), _) => Known::for_label(name.as_bytes())
            .ok_or_else(|| FormatError::UnknownEncoding { name: name.to_owned() })?,
        (None, Some((encoding, _))) => encoding,
        (None, None) if is_utf8_so_far(head) => UTF_8,
        (None, None) => fallback,
    };
    let has_mark = marked.is_some_and(|(marked, _)| marked == encoding);
    Ok(Encoding { name: encoding.name(), has_mark })
}

/// Tells whether bytes are UTF-8, but for a character that is cut at the end.
fn is_utf8_so_far(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Returns a reader of the text without its mark. Bytes of a UTF-8 file are handed on unseen: who cuts
/// them knows their lines, and looks at them there.
pub fn decoded<'a>(
    source: impl Read + Send + 'a,
    encoding: Encoding,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let known = Known::for_label(encoding.name.as_bytes()).expect("the name is of an encoding");
    if known == UTF_8 {
        return without_mark(source, encoding);
    }
    Ok(Box::new(Decoded {
        source,
        decoder: known.new_decoder_with_bom_removal(),
        raw: vec![0; STEP],
        unread: 0..0,
        is_at_end: false,
        is_malformed: false,
    }))
}

fn without_mark<'a>(
    mut source: impl Read + Send + 'a,
    encoding: Encoding,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    if encoding.has_mark {
        source.read_exact(&mut [0; 3])?;
    }
    Ok(Box::new(source))
}

struct Decoded<R> {
    source: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    unread: std::ops::Range<usize>,
    is_at_end: bool,
    /// Told once what precedes it has been handed on.
    is_malformed: bool,
}

impl<R: Read> Decoded<R> {
    fn fetch(&mut self) -> io::Result<()> {
        let read = self.source.read(&mut self.raw)?;
        self.is_at_end = read == 0;
        self.unread = 0..read;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    /// Wants room for a character at least.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_malformed {
                let reason = not_in(self.decoder.encoding().name());
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            if self.unread.is_empty() && !self.is_at_end {
                self.fetch()?;
            }
            let raw = &self.raw[self.unread.clone()];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(raw, buffer, self.is_at_end);
            self.unread.start += read;
            self.is_malformed = matches!(result, DecoderResult::Malformed(..));
            let is_read_out = self.is_at_end && result == DecoderResult::InputEmpty;
            if written > 0 || is_read_out || buffer.is_empty() {
                return Ok(written);
            }
        }
    }
}

/// Says that bytes are no text in an encoding.
pub fn not_in(encoding: &str) -> String {
    format!("bytes that are not {encoding}: name the encoding of the file if it is another")
}
