//! The golden manifest: what `docs/format.md` says, as bytes.

use super::*;
use crate::store::MemoryStore;

fn child(number: u8) -> Child {
    Child { hash: Hash::of(&[number]), len: 100_000 + u64::from(number) }
}

#[test]
fn a_manifest_has_the_golden_bytes() {
    let golden = include_str!("../../../tests/golden/store/manifest.hex");
    let store = MemoryStore::default();
    let mut builder = Builder::new(Some(&store));
    (0..3).for_each(|n| builder.push(child(n)).unwrap());
    let id = builder.finish().unwrap();
    let bytes = store.read(blob_id(id)).unwrap();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let golden: Vec<&str> = golden.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!([hex.concat(), id.to_hex()], golden[..]);
}

#[test]
fn nodes_that_no_file_can_have_are_refused() {
    let store = MemoryStore::default();
    let put = |level, children: Vec<Child>| {
        let bytes = codec::encode(&Node { level, children });
        let id = BlobId::of(BlobKind::Manifest, &bytes);
        store.write(id, &bytes).unwrap();
        ManifestId(id.hash)
    };
    let long = Child { len: MAX_CHUNK as u64 + 1, ..child(0) };
    let huge = Child { len: u64::MAX, ..child(0) };
    let cases = [
        (put(0, vec![]), None, 0),
        (put(0, vec![Child { len: 0, ..child(0) }]), None, 0),
        (put(0, vec![long]), None, long.len),
        (put(1, vec![huge, huge]), None, u64::MAX - 1),
        (put(0, vec![child(1)]), Some(1), 100_001),
        (put(0, vec![child(1)]), None, 100_000),
        (put(200, vec![child(1)]), None, 100_001),
    ];
    for (id, level, len) in cases {
        let read = Node::read(&store, id, level, len);
        assert!(matches!(read, Err(ObjectError::Invalid { .. })), "{read:?}");
    }
    assert!(Node::read(&store, put(0, vec![child(1)]), Some(0), 100_001).is_ok());
}
