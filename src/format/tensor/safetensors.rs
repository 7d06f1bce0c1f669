//! safetensors: a JSON head with a length before it, then the numbers without gaps.

use safetensors::tensor::Metadata;

use super::head::{HeadError, Tensor, TensorFile, TensorFormat};
use super::window::Window;
use crate::format::Source;

/// How long a head may be: as long as the format allows.
const LONGEST_HEAD: u64 = 100_000_000;

pub fn read(source: &dyn Source) -> Result<TensorFile, HeadError> {
    let mut window = Window::new(source);
    let len = window.u64()?;
    if len > LONGEST_HEAD {
        return Err(HeadError::damaged(format!("a head of {len} bytes; 100 MB are the most")));
    }
    let head = window.bytes(len as usize)?;
    let metadata: Metadata = serde_json::from_slice(head)
        .map_err(|error| HeadError::damaged(format!("the head is damaged: {error}")))?;
    let start = window.offset();
    let claimed = metadata.data_len() as u64;
    if window.left() != claimed {
        let left = window.left();
        let reason = format!("the head tells of {claimed} bytes of tensors, and there are {left}");
        return Err(HeadError::damaged(reason));
    }
    let tensors = metadata.offset_keys().into_iter().filter_map(|name| {
        let info = metadata.info(&name)?;
        let (from, to) = info.data_offsets;
        Some(Tensor {
            name,
            dtype: info.dtype.to_string(),
            shape: info.shape.iter().map(|size| *size as u64).collect(),
            bytes: start + from as u64..start + to as u64,
        })
    });
    Ok(TensorFile {
        format: TensorFormat::Safetensors,
        tensors: tensors.collect(),
        metadata: metadata
            .metadata()
            .iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
    })
}
