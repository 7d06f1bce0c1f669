use proptest::prelude::*;

use super::*;
use crate::remote::log::samples::{self, branch, commit, draft_of, meta, pack};
use crate::store::PackClass;

fn sample() -> Entry {
    let state = State { removed: [pack(4)].into(), ..State::empty() };
    let mut draft = samples::draft(&state);
    draft.set(&state, RefName::head(), Some(RefValue::on_branch(&branch("main"))));
    draft.set(&state, branch("main"), Some(commit(1)));
    draft.edits.insert(branch("old"), Change { old: Some(commit(2)), new: None });
    draft.add.insert(pack(1), PackMeta { len: 70_000_000, class: PackClass::Data });
    draft.add.insert(pack(2), PackMeta { len: 8_000, class: PackClass::Metadata });
    draft.remove.insert(pack(3));
    draft.forget.insert(pack(4));
    Entry { id: EntryId([7; 16]), ..draft.entry(&state).unwrap() }
}

fn golden(name: &str) -> String {
    let text = include_str!("../../../../tests/golden/remote/entry.txt");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.expect("the golden file has this line").to_owned()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[test]
fn the_bytes_of_an_entry_are_those_of_the_golden_vector() {
    let bytes = sample().to_bytes();
    assert_eq!(hex(&bytes), golden("bytes"));
    assert_eq!(Hash::of(&bytes).to_hex(), golden("hash"));
    assert_eq!(Entry::from_bytes(&bytes).unwrap(), sample());
}

#[test]
fn the_bytes_of_a_checkpoint_are_those_of_the_golden_vector() {
    let entry = Entry { edits: BTreeMap::new(), forget: BTreeSet::new(), ..sample() };
    let mut state = State { refs: [(branch("main"), commit(1))].into(), ..State::empty() };
    state.apply(&entry, Hash::of(&entry.to_bytes())).unwrap();
    assert_eq!(hex(&state.to_bytes()), golden("checkpoint"));
    assert_eq!(State::from_bytes(&state.to_bytes()).unwrap(), state);
}

#[test]
fn packs_out_of_order_or_twice_are_refused() {
    let bytes = sample().to_bytes();
    let packs = codec::encode(&sample().add.into_iter().collect::<Vec<_>>());
    let at = bytes.windows(packs.len()).position(|window| window == packs).unwrap();
    let with = |other: Vec<(PackName, PackMeta)>| {
        let rest = &bytes[at + packs.len()..];
        Entry::from_bytes(&[&bytes[..at], &codec::encode(&other)[..], rest].concat())
    };
    assert!(with(vec![(pack(1), meta(1)), (pack(2), meta(1))]).is_ok());
    for bad in [[pack(2), pack(1)], [pack(1), pack(1)]] {
        let fault = with(bad.map(|pack| (pack, meta(1))).to_vec()).unwrap_err();
        assert!(fault.to_string().contains("not in order"), "{fault}");
    }
}

#[test]
fn a_ref_name_that_is_none_is_refused() {
    let bytes = sample().to_bytes();
    let at = bytes.windows(4).position(|window| window == b"/old").unwrap();
    let mut bad = bytes.clone();
    bad[at..at + 4].copy_from_slice(b"/.ld");
    assert!(Entry::from_bytes(&bytes).is_ok());
    assert!(Entry::from_bytes(&bad).is_err());
}

#[test]
fn a_claim_of_very_many_packs_takes_no_memory() {
    let mut bytes = sample().to_bytes();
    let tail = codec::encode(&vec![pack(4)]);
    bytes.truncate(bytes.len() - tail.len());
    bytes.extend([0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(Entry::from_bytes(&bytes), Err(EntryFault::Undecodable(_))));
}

#[test]
fn a_draft_is_of_no_use_on_another_state() {
    let draft = samples::draft(&State::empty());
    let later = State { number: 1, ..State::empty() };
    assert!(matches!(draft.entry(&later), Err(EntryFault::Stale { planned: 0, now: 1 })));
}

proptest! {
    #[test]
    fn an_entry_survives_the_way_through_bytes(moves in samples::moves()) {
        let state = State::empty();
        let entry = draft_of(&state, &moves).entry(&state).unwrap();
        prop_assert_eq!(Entry::from_bytes(&entry.to_bytes()).unwrap(), entry);
    }

    #[test]
    fn decoding_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(entry) = Entry::from_bytes(&bytes) {
            prop_assert_eq!(entry.to_bytes(), bytes);
        }
    }

    #[test]
    fn damaged_entries_are_errors_or_other_entries(at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = sample().to_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(entry) = Entry::from_bytes(&bytes) {
            prop_assert_eq!(entry.to_bytes(), bytes);
        }
    }
}
