//! npy: one array of NumPy, behind a head that is a literal of Python.

use std::collections::BTreeMap;

use super::head::{HeadError, Tensor, TensorFile, TensorFormat};
use super::window::Window;
use crate::format::Source;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// How long a head may be. NumPy itself refuses more than 10 000 bytes unless told otherwise.
const LONGEST_HEAD: u64 = 1 << 20;

pub fn read(source: &dyn Source) -> Result<TensorFile, HeadError> {
    let mut window = Window::new(source);
    if window.array::<6>()? != *MAGIC {
        return Err(HeadError::damaged("this is no npy file"));
    }
    let [major, _] = window.array::<2>()?;
    let len = match major {
        1 => u64::from(u16::from_le_bytes(window.array()?)),
        2 | 3 => u64::from(window.u32()?),
        other => return Err(HeadError::damaged(format!("version {other} of npy is unknown"))),
    };
    if len > LONGEST_HEAD {
        return Err(HeadError::damaged(format!("a head of {len} bytes; 1 MiB is the most")));
    }
    let head = window.bytes(len as usize)?.to_vec();
    let head = std::str::from_utf8(&head).ok().and_then(Literal::read);
    let head = head.ok_or_else(|| HeadError::damaged("the head is damaged"))?;
    let bytes = window.offset()..window.offset() + window.left();
    head.check_size(window.left())?;
    let order = if head.fortran_order { "fortran" } else { "c" };
    Ok(TensorFile {
        format: TensorFormat::Npy,
        tensors: vec![Tensor { name: String::new(), dtype: head.descr, shape: head.shape, bytes }],
        metadata: BTreeMap::from([("order".to_owned(), order.to_owned())]),
    })
}

/// The dictionary of the head.
struct Literal {
    descr: String,
    fortran_order: bool,
    shape: Vec<u64>,
}

impl Literal {
    fn read(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        let (descr, fortran_order, shape) =
            (value_of(rest, "descr")?, value_of(rest, "fortran_order")?, value_of(rest, "shape")?);
        let sizes = shape.strip_prefix('(')?.split_once(')')?.0;
        let sizes = sizes.split(',').map(str::trim).filter(|size| !size.is_empty());
        // A structured type is a list, which is kept as it stands.
        let descr = match descr.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'')?.0,
            None => descr.strip_prefix('[').and_then(|_| descr.rsplit_once(']'))?.0,
        };
        Some(Self {
            descr: descr.to_owned(),
            fortran_order: match fortran_order.split([',', ' ']).next()? {
                "True" => true,
                "False" => false,
                _ => return None,
            },
            shape: sizes.map(|size| size.parse().ok()).collect::<Option<_>>()?,
        })
    }

    /// Holds the shape against the bytes that follow, where a number of the type has a known size.
    fn check_size(&self, left: u64) -> Result<(), HeadError> {
        let Some(size) = self.item_size() else { return Ok(()) };
        let count = self.shape.iter().try_fold(size, |product, size| product.checked_mul(*size));
        match count {
            Some(bytes) if bytes == left => Ok(()),
            _ => {
                let reason =
                    format!("the head tells of shape {:?}, and {left} bytes follow", self.shape);
                Err(HeadError::damaged(reason))
            }
        }
    }

    /// Returns how many bytes an item has; nothing for objects, which are a pickle, and structures.
    fn item_size(&self) -> Option<u64> {
        let kind = self.descr.trim_start_matches(['<', '>', '|', '=']);
        let digits = kind.get(1..)?;
        let digits = digits.split_once('[').map_or(digits, |(digits, _)| digits);
        let count: u64 = digits.parse().ok()?;
        match kind.as_bytes()[0] {
            b'b' | b'i' | b'u' | b'f' | b'c' | b'S' | b'V' | b'm' | b'M' => Some(count),
            b'U' => count.checked_mul(4),
            _ => None,
        }
    }
}

/// Returns what stands behind a key.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = ['\'', '"'].iter().find_map(|quote| {
        let quoted = format!("{quote}{key}{quote}");
        text.find(&quoted).map(|at| &text[at + quoted.len()..])
    });
    Some(rest?.trim_start().strip_prefix(':')?.trim_start())
}
