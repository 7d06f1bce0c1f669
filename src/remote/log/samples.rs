//! Values that the tests of this room share.

use proptest::prelude::*;

use crate::base::{CommitId, Hash, PackId, Timestamp, TreeId};
use crate::refs::{RefName, RefValue};
use crate::remote::backend::{Pace, faulty::Faulty};
use crate::remote::log::{Draft, PackMeta, State};
use crate::remote::{Backend, RemoteUrl};
use crate::store::{PackClass, PackName};
use std::sync::Arc;
use std::time::Duration;

pub fn pack(number: u8) -> PackName {
    PackName { id: PackId(Hash([number; 32])), nonce: u64::from(number) }
}

pub fn meta(len: u64) -> PackMeta {
    PackMeta { len, class: PackClass::Data }
}

pub fn commit(number: u8) -> RefValue {
    RefValue::Commit(CommitId(Hash([number; 32])))
}

pub fn branch(name: &str) -> RefName {
    RefName::branch(name).unwrap()
}

pub fn draft(state: &State) -> Draft {
    Draft::new(state, Timestamp::from_seconds(1_769_860_800), "Ada <ada@example.org>", "mlv push")
}

/// Returns a remote over a store; requests that get no answer are given up at once.
pub fn backend(faulty: &Arc<Faulty>) -> Backend {
    let url = RemoteUrl::parse("s3://bucket/a/b", std::path::Path::new("/")).unwrap();
    let pace = Pace { stall: Duration::from_millis(3), ..Pace::QUICK };
    faulty.backend(&url).with_pace(pace)
}

/// Returns a remote that never fails.
pub fn sound() -> Backend {
    backend(&Faulty::seeded(0, 0))
}

/// One move of a log that is about to be written: what of it fits is taken.
#[derive(Debug, Clone)]
pub enum Move {
    Ref(u8, Option<u8>),
    Add(u8),
    Remove(u8),
    Forget(u8),
}

pub fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        (0..6u8, proptest::option::of(any::<u8>())).prop_map(|(name, to)| Move::Ref(name, to)),
        (0..40u8).prop_map(Move::Add),
        (0..40u8).prop_map(Move::Remove),
        (0..40u8).prop_map(Move::Forget),
    ];
    proptest::collection::vec(one, 0..6)
}

/// Returns the draft that makes these moves, as far as the state allows them.
pub fn draft_of(state: &State, moves: &[Move]) -> Draft {
    let mut draft = draft(state);
    for step in moves {
        match *step {
            Move::Ref(name, to) => draft.set(state, name_of(name), to.map(|to| value_of(name, to))),
            Move::Add(number) => {
                let pack = pack(number);
                if !state.packs.contains_key(&pack) && !state.removed.contains(&pack) {
                    draft.add.insert(pack, meta(u64::from(number) << 20));
                }
            }
            Move::Remove(number) if !state.removed.contains(&pack(number)) => {
                draft.remove.insert(pack(number));
            }
            Move::Forget(number) if state.removed.contains(&pack(number)) => {
                draft.forget.insert(pack(number));
            }
            Move::Remove(_) | Move::Forget(_) => {}
        }
    }
    draft.add.retain(|pack, _| !draft.remove.contains(pack));
    draft
}

fn name_of(number: u8) -> RefName {
    match number {
        0 => RefName::head(),
        1 => RefName::verdicts(),
        2 => RefName::tag("v1").unwrap(),
        other => branch(&format!("b{other}")),
    }
}

fn value_of(name: u8, number: u8) -> RefValue {
    match name {
        0 => RefValue::on_branch(&branch(&format!("b{number}"))),
        1 => RefValue::Tree(TreeId(Hash([number; 32]))),
        2 => RefValue::Record(Some(CommitId(Hash([number; 32]))), vec![number]),
        _ => commit(number),
    }
}
