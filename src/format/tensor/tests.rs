//! Heads of tensors as their formats' own descriptions have them, and heads that claim too much.

use proptest::prelude::*;

use super::{Tensor, TensorFile};

fn read(name: &str, bytes: &[u8]) -> Result<TensorFile, String> {
    TensorFile::read(name, &bytes.to_vec()).map_err(|error| error.to_string())
}

fn safetensors(head: &str, data: usize) -> Vec<u8> {
    [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &vec![0; data]].concat()
}

const HEAD: &str = r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"a":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}}"#;

#[test]
fn safetensors_tell_their_tensors_in_the_order_of_the_file() {
    let file = read("m.safetensors", &safetensors(HEAD, 22)).unwrap();
    let start = 8 + HEAD.len() as u64;
    let tensor = |name: &str, dtype: &str, shape: &[u64], bytes: std::ops::Range<u64>| Tensor {
        name: name.to_owned(),
        dtype: dtype.to_owned(),
        shape: shape.to_vec(),
        bytes: start + bytes.start..start + bytes.end,
    };
    assert_eq!(
        file.tensors,
        [tensor("b", "F32", &[2, 2], 0..16), tensor("a", "BF16", &[3], 16..22)]
    );
    assert_eq!(file.metadata["format"], "pt");
}

#[test]
fn safetensors_that_claim_what_is_not_there_are_refused() {
    let refusal = |bytes: &[u8]| read("m.safetensors", bytes).unwrap_err();
    let expected = "m.safetensors: the head tells of 22 bytes of tensors, and there are 21";
    assert_eq!(refusal(&safetensors(HEAD, 21)), expected);
    assert!(refusal(&u64::MAX.to_le_bytes()).contains("100 MB are the most"));
    assert!(refusal(&9_u64.to_le_bytes()).contains("ends within its head"));
    assert!(refusal(b"abc").contains("ends within its head"));
    let gap = HEAD.replace("[16,22]", "[17,23]");
    assert!(refusal(&safetensors(&gap, 23)).contains("the head is damaged"));
    let overflow = HEAD.replace("[2,2]", "[9223372036854775807,9]");
    assert!(refusal(&safetensors(&overflow, 22)).contains("the head is damaged"));
}

fn npy(head: &str, data: usize) -> Vec<u8> {
    let len = (head.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", len.as_slice(), head.as_bytes(), &vec![0; data]].concat()
}

#[test]
fn npy_tells_its_array() {
    let head = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }   \n";
    let file = read("x.npy", &npy(head, 96)).unwrap();
    let start = 10 + head.len() as u64;
    let [tensor] = file.tensors.as_slice() else { panic!("one array") };
    assert_eq!((tensor.dtype.as_str(), tensor.shape.as_slice()), ("<f8", [3, 4].as_slice()));
    assert_eq!(tensor.bytes, start..start + 96);
    let scalar = "{'descr': '|b1', 'fortran_order': True, 'shape': (), }\n";
    assert_eq!(read("x.npy", &npy(scalar, 1)).unwrap().tensors[0].shape, [0_u64; 0]);
    let fields = "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }\n";
    assert_eq!(read("x.npy", &npy(fields, 4)).unwrap().tensors[0].shape, [1]);
}

#[test]
fn npy_that_is_cut_or_odd_is_refused() {
    let refusal = |bytes: &[u8]| read("x.npy", bytes).unwrap_err();
    let head = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }\n";
    assert!(refusal(&npy(head, 95)).contains("shape [3, 4], and 95 bytes follow"));
    assert!(refusal(&npy(&head.replace("(3, 4)", "(-3,)"), 96)).contains("the head is damaged"));
    assert!(refusal(&npy("{}", 0)).contains("the head is damaged"));
    assert!(refusal(b"\x93NUMPY\x09\x00").contains("version 9"));
    assert!(refusal(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").contains("1 MiB is the most"));
    assert!(refusal(b"no npy").contains("no npy file"));
}

/// A head of GGUF, in the making.
#[derive(Default)]
struct Gguf(Vec<u8>);

impl Gguf {
    fn new(tensors: u64, keys: u64) -> Self {
        Self(b"GGUF\x03\0\0\0".to_vec()).u64(tensors).u64(keys)
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn text(mut self, text: &str) -> Self {
        self = self.u64(text.len() as u64);
        self.0.extend(text.as_bytes());
        self
    }

    fn data(mut self, len: usize) -> Vec<u8> {
        let start = self.0.len().next_multiple_of(32);
        self.0.resize(start + len, 0);
        self.0
    }
}

fn model() -> Gguf {
    Gguf::new(2, 3)
        .text("general.name")
        .u32(8)
        .text("tiny")
        .text("tokens")
        .u32(9)
        .u32(8)
        .u64(2)
        .text("a")
        .text("bc")
        .text("rope")
        .u32(6)
        .u32(0x3f00_0000)
        .text("w")
        .u32(2)
        .u64(32)
        .u64(2)
        .u32(2)
        .u64(0)
        .text("b")
        .u32(1)
        .u64(3)
        .u32(0)
        .u64(64)
}

#[test]
fn gguf_tells_its_metadata_and_tensors() {
    let file = read("m.gguf", &model().data(76)).unwrap();
    let told: Vec<_> = file.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(told, ["general.name=tiny", "rope=0.5", "tokens=2 values"]);
    let [w, b] = file.tensors.as_slice() else { panic!("two tensors") };
    assert_eq!((w.dtype.as_str(), w.shape.as_slice()), ("Q4_0", [32, 2].as_slice()));
    assert_eq!(w.bytes.end - w.bytes.start, 36);
    assert_eq!((b.bytes.start - w.bytes.start, b.bytes.end - b.bytes.start), (64, 12));
}

#[test]
fn gguf_that_claims_what_is_not_there_is_refused() {
    let refusal = |bytes: &[u8]| read("m.gguf", bytes).unwrap_err();
    assert!(refusal(&model().data(75)).contains("tensor `b` reaches beyond the file"));
    assert!(refusal(&Gguf::new(u64::MAX, 0).0).contains("cannot be in the file"));
    let list = Gguf::new(0, 1).text("k").u32(9).u32(4).u64(u64::MAX);
    assert!(refusal(&list.0).contains("ends within its head"));
    let texts = Gguf::new(0, 1).text("k").u32(9).u32(8).u64(u64::MAX);
    assert!(refusal(&texts.0).contains("ends within its head"));
    let deep = (0..9).fold(Gguf::new(0, 1).text("k").u32(9), |it, _| it.u32(9).u64(1));
    assert!(refusal(&deep.0).contains("nested too deeply"));
    assert!(refusal(b"GGUF\x01\0\0\0").contains("version 1"));
}

proptest! {
    #[test]
    fn any_bytes_are_a_head_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        format in 0_usize..3,
    ) {
        let name = ["a.safetensors", "a.npy", "a.gguf"][format];
        let magic = [b"\x40\0\0\0\0\0\0\0".as_slice(), b"\x93NUMPY\x01\x00", b"GGUF\x03\0\0\0"];
        let _head_or_refused = read(name, &bytes);
        let _head_or_refused = read(name, &[magic[format], &bytes].concat());
    }

    #[test]
    fn a_damaged_head_is_read_or_refused(
        at in any::<prop::sample::Index>(),
        byte: u8,
        format in 0_usize..3,
    ) {
        let head = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }\n";
        let mut bytes = [safetensors(HEAD, 22), npy(head, 96), model().data(76)][format].clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let name = ["a.safetensors", "a.npy", "a.gguf"][format];
        if let Ok(file) = read(name, &bytes) {
            prop_assert!(file.tensors.iter().all(|tensor| tensor.bytes.end <= bytes.len() as u64));
        }
    }
}
