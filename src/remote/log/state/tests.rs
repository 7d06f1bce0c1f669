use proptest::prelude::*;

use super::*;
use crate::base::TreeId;
use crate::remote::log::Draft;
use crate::remote::log::samples::{Move, branch, commit, draft, draft_of, meta, moves, pack};

/// Takes in the entry of a draft; tells why not.
fn take(state: &mut State, draft: &Draft) -> Result<(), EntryFault> {
    let entry = draft.entry(state)?;
    state.apply(&entry, Hash::of(&entry.to_bytes()))
}

/// Returns a state that holds pack 1, has removed pack 2, and whose `main` is commit 1.
fn sample() -> State {
    let mut state = State::empty();
    for moves in [[Move::Add(1), Move::Add(2)], [Move::Remove(2), Move::Remove(2)]] {
        let mut draft = draft_of(&state, &moves);
        draft.set(&state, branch("main"), Some(commit(1)));
        take(&mut state, &draft).unwrap();
    }
    state
}

/// Returns why a draft cannot follow the sample state.
fn fault(plan: impl FnOnce(&mut Draft)) -> EntryFault {
    let mut state = sample();
    let mut draft = draft(&state);
    plan(&mut draft);
    let before = state.clone();
    let fault = take(&mut state, &draft).unwrap_err();
    assert_eq!(state, before);
    fault
}

#[test]
fn an_entry_that_expects_another_value_is_refused() {
    let change = Change { old: Some(commit(2)), new: None };
    let fault = fault(|draft| draft.edits.extend([(branch("main"), change)]));
    assert!(matches!(fault, EntryFault::Moved { .. }), "{fault}");
}

#[test]
fn an_entry_that_does_not_follow_is_refused() {
    let mut state = sample();
    let entry = draft(&state).entry(&state).unwrap();
    let entry = Entry { previous: Hash::of(b"another"), ..entry };
    assert!(matches!(state.apply(&entry, Hash([1; 32])), Err(EntryFault::Unchained)));
}

#[test]
fn the_name_of_a_pack_is_never_used_twice() {
    for used in [1, 2] {
        let fault = fault(|draft| draft.add.extend([(pack(used), meta(1))]));
        assert!(matches!(fault, EntryFault::PackReused { .. }), "{fault}");
    }
    let fault = fault(|draft| {
        draft.add.insert(pack(3), meta(1));
        draft.remove.insert(pack(3));
    });
    assert!(matches!(fault, EntryFault::PackReused { .. }), "{fault}");
}

#[test]
fn a_pack_is_removed_once_and_forgotten_after_that() {
    let fault_of_removal = fault(|draft| draft.remove.extend([pack(2)]));
    assert!(matches!(fault_of_removal, EntryFault::PackRemoved { .. }), "{fault_of_removal}");
    let fault_of_forgetting = fault(|draft| draft.forget.extend([pack(1)]));
    assert!(matches!(fault_of_forgetting, EntryFault::PackKept { .. }), "{fault_of_forgetting}");
    let mut state = sample();
    take(&mut state, &draft_of(&sample(), &[Move::Forget(2), Move::Remove(9)])).unwrap();
    assert_eq!(state.removed, [pack(9)].into());
}

#[test]
fn refs_of_a_working_copy_are_none_of_a_remote() {
    let tree = RefValue::Tree(TreeId(Hash([1; 32])));
    for (name, value) in [
        (RefName::staged(), tree.clone()),
        (RefName::stash(), commit(1)),
        (RefName::remote("origin/main").unwrap(), commit(1)),
        (RefName::head(), commit(1)),
        (RefName::head(), RefValue::on_branch(&RefName::tag("v1").unwrap())),
        (branch("main"), tree),
        (branch("main"), RefValue::Record(None, vec![])),
    ] {
        let fault = fault(|draft| draft.set(&sample(), name.clone(), Some(value)));
        assert!(matches!(fault, EntryFault::BadRef { .. }), "{name}: {fault}");
    }
}

#[test]
fn a_bit_that_flips_in_a_checkpoint_is_noticed() {
    let bytes = sample().to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(State::from_bytes(&damaged).is_err(), "bit {bit}");
    }
    assert!(State::from_bytes(b"short").is_err());
}

proptest! {
    #[test]
    fn a_checkpoint_and_the_rest_are_the_whole_log(
        entries in proptest::collection::vec(moves(), 1..12),
        at in any::<proptest::sample::Index>(),
    ) {
        let cut = at.index(entries.len());
        let mut whole = State::empty();
        let mut log = Vec::new();
        for moves in &entries {
            let entry = draft_of(&whole, moves).entry(&whole).unwrap();
            whole.apply(&entry, Hash::of(&entry.to_bytes())).unwrap();
            log.push(entry);
        }
        let fold = |mut state: State, entries: &[Entry]| {
            for entry in entries {
                state.apply(entry, Hash::of(&entry.to_bytes())).unwrap();
            }
            state
        };
        let checkpoint = fold(State::empty(), &log[..cut]).to_bytes();
        let rest = fold(State::from_bytes(&checkpoint).unwrap(), &log[cut..]);
        prop_assert_eq!(&rest, &whole);
        prop_assert!(rest.packs.keys().all(|pack| !rest.removed.contains(pack)));
    }
}
