use std::sync::Arc;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;
use crate::base::CommitId;
use crate::refs::RefValue;
use crate::remote::backend::faulty::{Fault, Faulty};
use crate::remote::log::samples::{backend, branch, commit, draft, sound};
use crate::remote::{Creation, wait};

/// Appends an entry that nobody stands in the way of.
async fn append(log: &mut RefLog, number: u8) -> Result<(), RemoteError> {
    let mut draft = draft(log.state());
    draft.set(log.state(), branch("main"), Some(commit(number)));
    let won = Appended::Won(log.state().number + 1);
    assert_eq!(log.append(&draft).await?, won);
    Ok(())
}

async fn log_of(backend: &Backend, entries: u8) -> Result<RefLog, RemoteError> {
    let mut log = RefLog::create(backend).await?;
    for number in 1..=entries {
        append(&mut log, number).await?;
    }
    Ok(log)
}

/// Returns every entry, from the first on.
async fn entries(backend: &Backend) -> Result<Vec<Entry>, RemoteError> {
    let id = format::read(backend).await?.unwrap();
    let state = State::empty();
    RefLog { backend: backend.clone(), id, state, removed: BTreeSet::new(), checkpoint: 0 }
        .refresh()
        .await
}

async fn reopened(backend: &Backend, saved: Option<&[u8]>) -> Result<RefLog, RemoteError> {
    Ok(RefLog::open(backend, saved).await?.unwrap())
}

#[test]
fn a_log_is_read_as_it_was_written() {
    wait(async {
        let backend = sound();
        assert!(RefLog::open(&backend, None).await?.is_none());
        let log = log_of(&backend, 70).await?;
        assert_eq!(log.state().refs.get(&branch("main")), Some(&commit(70)));
        assert_eq!(reopened(&backend, None).await?.state(), log.state());
        assert_eq!(entries(&backend).await?.len(), 70);
        Ok(())
    })
    .unwrap();
}

#[test]
fn checkpoints_are_written_on_the_way_and_none_of_them_is_needed() {
    wait(async {
        let backend = sound();
        let log = log_of(&backend, 70).await?;
        let numbers = backend.list(key::CHECKPOINTS).await?;
        let keys: Vec<&str> = numbers.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(keys, [&*key::checkpoint(32), &*key::checkpoint(64)].map(|k| k));
        assert_eq!(checkpoint::latest(&backend).await, 64);
        let mut damaged = backend.get(&key::checkpoint(64), 1 << 20).await?.unwrap().to_vec();
        damaged[40] ^= 1;
        backend.put(&key::checkpoint(64), damaged.into()).await?;
        assert_eq!(reopened(&backend, None).await?.state(), log.state());
        for hint in ["32\n", "7\n", "nonsense", "99999999999999999999999999"] {
            backend.put(key::LATEST, Bytes::from(hint)).await?;
            assert_eq!(reopened(&backend, None).await?.state(), log.state(), "{hint}");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_was_saved_saves_reading_and_is_thrown_away_where_it_is_wrong() {
    wait(async {
        let backend = sound();
        let mut log = log_of(&backend, 5).await?;
        let saved = log.save();
        append(&mut log, 6).await?;
        assert_eq!(reopened(&backend, Some(&saved)).await?.state(), log.state());
        // Entry 1 is damaged; who starts after it does not see that.
        backend.put(&key::entry(1), Bytes::from("x")).await?;
        assert_eq!(reopened(&backend, Some(&saved)).await?.state(), log.state());
        assert!(matches!(RefLog::open(&backend, None).await, Err(RemoteError::Damaged { .. })));

        let other = sound();
        let mut log = log_of(&other, 4).await?;
        for stale in [&saved[..], &saved[..20], b""] {
            assert_eq!(reopened(&other, Some(stale)).await?.state(), log.state());
        }
        append(&mut log, 9).await?;
        let saved = log.save();
        let (mut other_end, bytes) = (log.state().clone(), Bytes::from("another entry 5"));
        other_end.hash = Hash::of(&bytes);
        let forged = [&saved[..16], &other_end.to_bytes()].concat();
        assert_eq!(reopened(&other, Some(&forged)).await?.state(), log.state());
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_entry_that_is_missing_in_the_middle_is_damage() {
    wait(async {
        let backend = sound();
        log_of(&backend, 5).await?;
        backend.delete(&key::entry(3)).await?;
        let error = RefLog::open(&backend, None).await.unwrap_err();
        assert!(matches!(&error, RemoteError::Damaged { key, .. } if *key == key::entry(3)));
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_comes_second_is_told_what_came_first() {
    wait(async {
        let backend = sound();
        let mut first = RefLog::create(&backend).await?;
        let mut second = reopened(&backend, None).await?;
        let late = draft(second.state());
        append(&mut first, 1).await?;
        let Appended::Lost(entries) = second.append(&late).await? else { panic!("two winners") };
        assert_eq!(entries.len(), 1);
        assert_eq!(second.state(), first.state());
        assert!(matches!(second.append(&late).await, Err(RemoteError::Entry(_))));
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_answer_that_is_lost_is_found_out_about() {
    for fault in [Fault::After, Fault::Taken, Fault::StallAfter, Fault::Before, Fault::StallBefore]
    {
        wait(async {
            let faulty = Faulty::seeded(0, 0);
            let mut log = RefLog::create(&backend(&faulty)).await?;
            faulty.meets([Some(fault)]);
            append(&mut log, 1).await?;
            assert_eq!(entries(log.backend()).await?.len(), 1, "{fault:?}");
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn an_outcome_that_cannot_be_found_out_is_unsettled() {
    wait(async {
        let faulty = Faulty::seeded(0, 0);
        let mut log = RefLog::create(&backend(&faulty)).await?;
        faulty.dies_after(0);
        let outcome = log.append(&draft(log.state())).await;
        assert!(matches!(outcome, Err(RemoteError::Unsettled { .. })));
        Ok(())
    })
    .unwrap();
}

#[test]
fn two_processes_make_one_remote() {
    wait(async {
        let backend = sound();
        let (one, two) = join(RefLog::create(&backend), RefLog::create(&backend)).await;
        assert_eq!(one?.id(), two?.id());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_place_that_holds_something_else_is_no_place_for_a_remote() {
    wait(async {
        let backend = sound();
        backend.put("photos/cat.jpg", Bytes::from("cat")).await?;
        let error = RefLog::create(&backend).await.unwrap_err();
        assert!(matches!(error, RemoteError::Foreign { key, .. } if key == "photos/cat.jpg"));
        assert!(RefLog::open(&backend, None).await?.is_none());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_format_that_is_newer_or_none_is_refused() {
    wait(async {
        let backend = sound();
        let newer = Bytes::from("mlv remote 2\nand what it needs\n");
        assert!(matches!(backend.create(key::FORMAT, newer).await, Creation::Created));
        let error = RefLog::open(&backend, None).await.unwrap_err();
        assert!(matches!(error, RemoteError::NewerFormat { version: 2, .. }));
        for bad in ["", "mlv remote 1\n", "mlv remote 1\nxyz\n", "mlv remote one\n", "\u{fffd}"] {
            backend.put(key::FORMAT, Bytes::from(bad)).await?;
            let error = RefLog::open(&backend, None).await.unwrap_err();
            assert!(matches!(error, RemoteError::Damaged { .. }), "{bad}");
        }
        Ok(())
    })
    .unwrap();
}

/// What a writer believes of the entries that it wrote.
#[derive(Debug, Default)]
struct Beliefs {
    won: Vec<(u64, String)>,
    uncertain: Vec<String>,
    /// How often it was told that another was first.
    lost: usize,
}

/// Opens a log over a store that may fail for good now and then.
async fn insistently(backend: &Backend) -> RefLog {
    loop {
        if let Ok(log) = RefLog::create(backend).await {
            return log;
        }
    }
}

/// Appends until it believes that it won so many times; all writers move the same branch.
async fn write(faulty: Arc<Faulty>, writer: usize, wins: usize) -> Beliefs {
    let backend = backend(&faulty);
    let mut log = insistently(&backend).await;
    let mut beliefs = Beliefs::default();
    for number in 0.. {
        if beliefs.won.len() + beliefs.uncertain.len() == wins {
            break;
        }
        let name = format!("writer {writer} entry {number}");
        let mut draft = draft(log.state());
        let value = RefValue::Commit(CommitId(Hash::of(name.as_bytes())));
        draft.set(log.state(), branch("main"), Some(value));
        draft.command.clone_from(&name);
        for _ in 0..writer {
            tokio::task::yield_now().await;
        }
        match log.append(&draft).await {
            Ok(Appended::Won(number)) => beliefs.won.push((number, name)),
            Ok(Appended::Lost(entries)) => {
                assert!(!entries.is_empty());
                beliefs.lost += 1;
            }
            Err(RemoteError::Unsettled { .. }) => {
                beliefs.uncertain.push(name);
                log = insistently(&backend).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    beliefs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_writers_believe_is_what_the_log_holds(
        seed in any::<u64>(),
        percent in 0u64..45,
        writers in 1usize..5,
    ) {
        const WINS: usize = 9;
        let (log, beliefs, written) = wait(async {
            let faulty = Faulty::seeded(seed, percent);
            let writing = (0..writers).map(|writer| write(faulty.clone(), writer, WINS));
            let beliefs = join_all(writing).await;
            faulty.heals();
            let log = reopened(&backend(&faulty), None).await?;
            Ok((log, beliefs, entries(&backend(&faulty)).await?))
        })
        .unwrap();
        let commands: Vec<&str> = written.iter().map(|entry| entry.command.as_str()).collect();
        let mut explained = 0;
        for belief in &beliefs {
            for (number, name) in &belief.won {
                prop_assert_eq!(commands.get(*number as usize - 1), Some(&name.as_str()));
            }
            explained += belief.won.len();
            for name in &belief.uncertain {
                let count = commands.iter().filter(|command| *command == name).count();
                prop_assert!(count <= 1);
                explained += count;
            }
            // Each loss is another's gain.
            prop_assert!(belief.lost <= written.len());
        }
        prop_assert_eq!(explained, written.len());
        prop_assert_eq!(log.state().number, written.len() as u64);
    }
}
