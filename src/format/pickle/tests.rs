//! Pickles as Python writes them, and as someone who means harm does.

use std::io::Write;

use proptest::prelude::*;

use super::{PickleScan, Verdict, scan_pickle};

fn scan(bytes: &[u8]) -> PickleScan {
    scan_pickle("m.pkl", &bytes.to_vec()).unwrap()
}

fn imports(scan: &PickleScan) -> Vec<String> {
    scan.imports.iter().map(|it| format!("{}.{} {:?}", it.module, it.name, it.verdict)).collect()
}

/// `pickle.dumps({"a": [1, 2.5, None, "text"], "b": b"x"})`, protocol 4.
const PLAIN: &[u8] = b"\x80\x04\x95\x2c\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94]\x94(K\x01G@\x04\0\0\0\0\0\0N\x8c\x04text\x94e\x8c\x01b\x94C\x01x\x94u.";

#[test]
fn plain_values_import_nothing() {
    let scan = scan(PLAIN);
    assert_eq!(scan, PickleScan::default());
    assert_eq!(scan.verdict(), Verdict::Harmless);
}

#[test]
fn a_command_is_found_however_it_is_written() {
    let ways: [&[u8]; 5] = [
        b"cos\nsystem\n(S'ls'\ntR.",
        b"\x80\x02cos\nsystem\nq\0X\x02\0\0\0lsq\x01\x85q\x02Rq\x03.",
        b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x02ls\x85R.",
        b"(S'ls'\nios\nsystem\n.",
        // It is cut, and would run all the same.
        b"cos\nsystem\n(S'ls'\ntR",
    ];
    for way in ways {
        let scan = scan(way);
        assert_eq!(imports(&scan), ["os.system Dangerous"], "{way:?}");
        assert_eq!(scan.verdict(), Verdict::Dangerous);
    }
    assert!(scan(ways[4]).damage.is_some());
}

#[test]
fn names_that_are_remembered_are_known() {
    // Both are pushed and remembered, dropped, and brought back.
    let remembered = b"\x80\x04\x8c\x06system\x940\x8c\x02os\x940h\x01h\x00\x93.";
    assert_eq!(imports(&scan(remembered)), ["os.system Dangerous"]);
}

#[test]
fn a_name_that_cannot_be_told_is_dangerous() {
    let ways: [&[u8]; 4] = [
        // Put together while loading.
        b"\x80\x04\x8c\x02os\x94)R\x8c\x06system\x93.",
        // Escaped.
        b"\x80\x04S'o\\x73'\n\x8c\x06system\x93.",
        // An extension.
        b"\x80\x02\x82\x01.",
        // Both ways of remembering: what number a value has depends on who loads it.
        b"\x80\x04\x8c\x04json\x94\x8c\x02osq\x010\x8c\x06decode\x940h\x01h\x02\x93.",
    ];
    for way in ways {
        let scan = scan(way);
        assert!(scan.has_hidden_import && scan.damage.is_none(), "{way:?}: {scan:?}");
        assert_eq!(scan.verdict(), Verdict::Dangerous);
    }
}

#[test]
fn imports_are_judged() {
    let text = b"\x80\x02ccollections\nOrderedDict\nctorch._utils\n_rebuild_tensor_v2\ncsklearn.tree\nTree\n\
                 cbuiltins\neval\ncos.path\njoin\nccollections\nOrderedDict\n.";
    let scan = scan(text);
    let expected = [
        "collections.OrderedDict Harmless",
        "torch._utils._rebuild_tensor_v2 Harmless",
        "sklearn.tree.Tree Unknown",
        "builtins.eval Dangerous",
        "os.path.join Dangerous",
    ];
    assert_eq!(imports(&scan), expected);
}

#[test]
fn all_pickles_of_a_file_are_followed() {
    let two = [PLAIN, b"\x80\x02cos\nsystem\n."].concat();
    assert_eq!(imports(&scan(&two)), ["os.system Dangerous"]);
}

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn the_pickle_of_an_archive_is_followed() {
    let torch = archive(&[("archive/data/0", b"\0\0"), ("archive/data.pkl", b"cos\nsystem\n.")]);
    assert_eq!(imports(&scan(&torch)), ["os.system Dangerous"]);
    let none = archive(&[("a.txt", b"")]);
    assert_eq!(scan(&none).damage.unwrap(), "the archive holds no pickle");
    let cut = &torch[..torch.len() - 30];
    assert!(scan(cut).damage.is_some());
    assert_ne!(scan(cut).verdict(), Verdict::Harmless);
}

#[test]
fn garbage_and_claims_of_great_lengths_are_damage() {
    let cases: [&[u8]; 5] = [
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffab",
        b"hello",
        b"\x80\x04R.",
        b"\xff",
        b"cos",
    ];
    for bytes in cases {
        let scan = scan(bytes);
        assert!(scan.damage.is_some(), "{bytes:?}");
        assert_eq!(scan.verdict(), Verdict::Unknown);
    }
    assert!(scan_pickle("m.pkl", &Vec::new()).is_err());
    let mut deep = b"(".repeat(2 << 20);
    deep.push(b'.');
    assert!(scan(&deep).damage.unwrap().contains("more than can be followed"));
}

proptest! {
    #[test]
    fn any_bytes_are_followed_or_damaged(bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
        let _scanned = scan(&bytes);
        let _scanned = scan(&[b"\x80\x04", bytes.as_slice()].concat());
        let _scanned = scan(&[b"PK\x03\x04", bytes.as_slice()].concat());
    }

    #[test]
    fn a_damaged_archive_is_followed_or_damaged(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = archive(&[("archive/data.pkl", PLAIN)]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _scanned = scan_pickle("m.pt", &bytes);
    }
}
