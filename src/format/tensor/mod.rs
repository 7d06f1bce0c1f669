//! Files of tensors: their heads, which tell names, types and shapes, without the numbers.

mod gguf;
mod head;
mod npy;
mod safetensors;
mod window;

#[cfg(test)]
mod tests;

pub use head::{Tensor, TensorFile, TensorFormat};
