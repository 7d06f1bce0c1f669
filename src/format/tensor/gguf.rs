//! GGUF: metadata as keys and typed values, then the tensors' infos, then their numbers, aligned.

use std::collections::BTreeMap;

use super::head::{HeadError, Tensor, TensorFile, TensorFormat};
use super::window::Window;
use crate::format::Source;

/// How many tensors, and how many keys, a file may have.
const MOST_ENTRIES: u64 = 1 << 20;

/// How long a name may be, and a value that is kept; a longer value is told by its length.
const LONGEST_TEXT: u64 = 64 << 10;

/// How many bytes of texts are kept of a head.
const MOST_TEXT: usize = 64 << 20;

const MOST_DIMENSIONS: u32 = 8;

/// How deep lists may be nested.
const DEEPEST: u32 = 4;

/// Types of numbers with how many make a block, and how many bytes that has. The place is the number of
/// the type; unused ones have no name.
const TYPES: [(&str, u64, u64); 40] = [
    ("F32", 1, 4),
    ("F16", 1, 2),
    ("Q4_0", 32, 18),
    ("Q4_1", 32, 20),
    ("", 0, 0),
    ("", 0, 0),
    ("Q5_0", 32, 22),
    ("Q5_1", 32, 24),
    ("Q8_0", 32, 34),
    ("Q8_1", 32, 36),
    ("Q2_K", 256, 84),
    ("Q3_K", 256, 110),
    ("Q4_K", 256, 144),
    ("Q5_K", 256, 176),
    ("Q6_K", 256, 210),
    ("Q8_K", 256, 292),
    ("IQ2_XXS", 256, 66),
    ("IQ2_XS", 256, 74),
    ("IQ3_XXS", 256, 98),
    ("IQ1_S", 256, 50),
    ("IQ4_NL", 32, 18),
    ("IQ3_S", 256, 110),
    ("IQ2_S", 256, 82),
    ("IQ4_XS", 256, 136),
    ("I8", 1, 1),
    ("I16", 1, 2),
    ("I32", 1, 4),
    ("I64", 1, 8),
    ("F64", 1, 8),
    ("IQ1_M", 256, 56),
    ("BF16", 1, 2),
    ("", 0, 0),
    ("", 0, 0),
    ("", 0, 0),
    ("TQ1_0", 256, 54),
    ("TQ2_0", 256, 66),
    ("", 0, 0),
    ("", 0, 0),
    ("", 0, 0),
    ("MXFP4", 32, 17),
];

pub fn read(source: &dyn Source) -> Result<TensorFile, HeadError> {
    let mut head = Head { window: Window::new(source), kept: 0 };
    if head.window.array::<4>()? != *b"GGUF" {
        return Err(HeadError::damaged("this is no GGUF file"));
    }
    let version = head.window.u32()?;
    if !(2..=3).contains(&version) {
        return Err(HeadError::damaged(format!("version {version} of GGUF is unknown")));
    }
    let (tensors, keys) = (head.count()?, head.count()?);
    let mut metadata = BTreeMap::new();
    for _ in 0..keys {
        let key = head.name()?;
        let kind = head.window.u32()?;
        metadata.insert(key, head.value(kind, DEEPEST)?);
    }
    let alignment = metadata.get("general.alignment").map_or(Ok(32), |text| text.parse());
    let alignment: u64 = alignment.unwrap_or(0);
    if !alignment.is_power_of_two() || alignment > 1 << 20 {
        return Err(HeadError::damaged("the alignment is no power of two"));
    }
    let infos: Vec<Info> = (0..tensors).map(|_| head.info()).collect::<Result<_, _>>()?;
    let start = head.window.offset().next_multiple_of(alignment);
    let tensors = infos.into_iter().map(|info| info.placed(start, source.len()));
    Ok(TensorFile {
        format: TensorFormat::Gguf,
        tensors: tensors.collect::<Result<_, _>>()?,
        metadata,
    })
}

struct Head<'a> {
    window: Window<'a>,
    /// How many bytes of texts have been kept.
    kept: usize,
}

/// A tensor whose numbers lie at an offset from where all begin.
struct Info {
    name: String,
    shape: Vec<u64>,
    kind: u32,
    offset: u64,
}

impl Head<'_> {
    fn count(&mut self) -> Result<u64, HeadError> {
        let count = self.window.u64()?;
        if count > MOST_ENTRIES || count > self.window.left() {
            return Err(HeadError::damaged(format!("{count} entries cannot be in the file")));
        }
        Ok(count)
    }

    fn name(&mut self) -> Result<String, HeadError> {
        let len = self.window.u64()?;
        if len > LONGEST_TEXT {
            return Err(HeadError::damaged(format!("a name of {len} bytes")));
        }
        self.text(len)
    }

    fn text(&mut self, len: u64) -> Result<String, HeadError> {
        let text = String::from_utf8_lossy(self.window.bytes(len as usize)?).into_owned();
        self.kept += text.len();
        if self.kept > MOST_TEXT {
            return Err(HeadError::damaged("the head is too large"));
        }
        Ok(text)
    }

    /// Reads a value of metadata as a text; a list only by its length.
    fn value(&mut self, kind: u32, depth: u32) -> Result<String, HeadError> {
        let window = &mut self.window;
        Ok(match kind {
            0 => u8::from_le_bytes(window.array()?).to_string(),
            1 => i8::from_le_bytes(window.array()?).to_string(),
            2 => u16::from_le_bytes(window.array()?).to_string(),
            3 => i16::from_le_bytes(window.array()?).to_string(),
            4 => window.u32()?.to_string(),
            5 => i32::from_le_bytes(window.array()?).to_string(),
            6 => f32::from_le_bytes(window.array()?).to_string(),
            7 => (window.array::<1>()? != [0]).to_string(),
            8 => self.long_text()?,
            9 => self.list(depth)?,
            10 => window.u64()?.to_string(),
            11 => i64::from_le_bytes(window.array()?).to_string(),
            12 => f64::from_le_bytes(window.array()?).to_string(),
            other => return Err(HeadError::damaged(format!("{other} is no type of a value"))),
        })
    }

    fn long_text(&mut self) -> Result<String, HeadError> {
        let len = self.window.u64()?;
        if len <= LONGEST_TEXT {
            return self.text(len);
        }
        self.window.skip(len)?;
        Ok(format!("{len} bytes of text"))
    }

    fn list(&mut self, depth: u32) -> Result<String, HeadError> {
        let too_deep = || HeadError::damaged("lists are nested too deeply");
        let deeper = depth.checked_sub(1).ok_or_else(too_deep)?;
        let (kind, len) = (self.window.u32()?, self.window.u64()?);
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            _ => 0,
        };
        if size > 0 {
            self.window.skip(len.saturating_mul(size))?;
        } else {
            // Each takes the bytes of its length at least, so that a claim ends where the file does.
            for _ in 0..len {
                self.pass(kind, deeper)?;
            }
        }
        Ok(format!("{len} values"))
    }

    /// Goes past an element of a list.
    fn pass(&mut self, kind: u32, depth: u32) -> Result<(), HeadError> {
        match kind {
            8 => {
                let len = self.window.u64()?;
                self.window.skip(len)
            }
            9 => self.list(depth).map(|_| ()),
            other => Err(HeadError::damaged(format!("{other} is no type of a value"))),
        }
    }

    fn info(&mut self) -> Result<Info, HeadError> {
        let name = self.name()?;
        let dimensions = self.window.u32()?;
        if dimensions > MOST_DIMENSIONS {
            return Err(HeadError::damaged(format!("a tensor of {dimensions} dimensions")));
        }
        let shape = (0..dimensions).map(|_| self.window.u64()).collect::<Result<_, _>>()?;
        Ok(Info { name, shape, kind: self.window.u32()?, offset: self.window.u64()? })
    }
}

impl Info {
    /// Returns the tensor with its place in the file, in which it must lie.
    fn placed(self, start: u64, file_len: u64) -> Result<Tensor, HeadError> {
        let known = TYPES.get(self.kind as usize).filter(|(name, ..)| !name.is_empty());
        let (dtype, block, block_bytes) = known.copied().unwrap_or(("", 1, 0));
        let count = self.shape.iter().try_fold(1_u64, |count, size| count.checked_mul(*size));
        let bytes = count.and_then(|count| count.div_ceil(block).checked_mul(block_bytes));
        let from = start.checked_add(self.offset);
        let to = from.zip(bytes).and_then(|(from, bytes)| from.checked_add(bytes));
        match from.zip(to) {
            Some((from, to)) if to <= file_len => Ok(Tensor {
                name: self.name,
                // The bytes of a type that is not known here are not known either.
                dtype: if dtype.is_empty() { self.kind.to_string() } else { dtype.to_owned() },
                shape: self.shape,
                bytes: from..to,
            }),
            _ => Err(HeadError::damaged(format!("tensor `{}` reaches beyond the file", self.name))),
        }
    }
}
