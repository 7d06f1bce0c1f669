use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;
use crate::remote::backend::faulty::Faulty;
use crate::remote::log::follow::{outcome, outcomes};
use crate::remote::log::samples::{backend, folder, sound};
use crate::remote::wait;

const HOUR: Duration = Duration::from_hours(1);

async fn won(backend: &Backend, worker: &str) -> Result<Lease, RemoteError> {
    match claim(backend, 7, "train", worker, HOUR).await? {
        Claimed::Won(lease) => Ok(lease),
        other => panic!("{other:?}"),
    }
}

#[test]
fn work_that_one_worker_holds_is_not_done_by_another() {
    wait(async {
        let backend = sound();
        let lease = won(&backend, "one").await?;
        assert!(lease.beat().await?);
        match claim(&backend, 7, "train", "two", HOUR).await? {
            Claimed::Held { worker, .. } => assert_eq!(worker, "one"),
            other => panic!("{other:?}"),
        }
        for (number, name) in
            [(8, "train"), (7, "test"), (7, "train (2)"), (7, "../train"), (7, "")]
        {
            let claimed = claim(&backend, number, name, "two", HOUR).await?;
            assert!(matches!(claimed, Claimed::Won(_)), "{number} {name}");
        }
        assert_eq!(lease.finish(b"passed").await?, Finished::First);
        match claim(&backend, 7, "train", "two", HOUR).await? {
            Claimed::Done(outcome) => assert_eq!(outcome, b"passed"),
            other => panic!("{other:?}"),
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_came_of_work_is_found_by_all_the_newest_entry_first() {
    let backend = sound();
    wait(async {
        for number in [7, 100, 8] {
            let Claimed::Won(lease) = claim(&backend, number, "train/1", "one", HOUR).await? else {
                panic!("nobody else is there");
            };
            assert_eq!(outcome(&backend, number, "train/1").await?, None);
            lease.finish(&number.to_le_bytes()).await?;
        }
        won(&backend, "one").await?;
        let eight = outcome(&backend, 8, "train/1").await?;
        assert_eq!(eight, Some(8u64.to_le_bytes().to_vec()));
        let mut found = Vec::new();
        let two = |bytes: Vec<u8>| {
            found.push(bytes[0]);
            found.len() < 2
        };
        outcomes(&backend, two).await?;
        assert_eq!(found, [100, 8]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_lease_is_kept_while_the_work_lasts() {
    let dir = tempfile::tempdir().unwrap();
    let backend = folder(dir.path());
    let lease = wait(won(&backend, "one")).unwrap();
    let beat = dir.path().join("claims/0000000000000007/train/00000001.beat");
    let seen = lease.keep(Duration::from_millis(1), || {
        let start = std::time::Instant::now();
        while !beat.exists() && start.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        beat.exists()
    });
    assert!(seen);
    assert_eq!(lease.finished(b"passed").unwrap(), Finished::First);
}

/// Makes all that was written look as if it had been written a day ago.
fn age(dir: &std::path::Path) {
    let yesterday = std::time::SystemTime::now() - Duration::from_hours(24);
    for file in std::fs::read_dir(dir).unwrap() {
        let file = std::fs::File::options().write(true).open(file.unwrap().path()).unwrap();
        file.set_modified(yesterday).unwrap();
    }
}

#[test]
fn a_worker_that_is_not_heard_of_is_replaced_and_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let backend = folder(dir.path());
    wait(async {
        let silent = won(&backend, "silent").await?;
        age(&dir.path().join("claims/0000000000000007/train"));
        assert!(silent.beat().await?);
        // The beat is a sign of life.
        let claimed = claim(&backend, 7, "train", "hasty", HOUR).await?;
        assert!(matches!(claimed, Claimed::Held { .. }), "{claimed:?}");
        age(&dir.path().join("claims/0000000000000007/train"));
        let heir = won(&backend, "heir").await?;
        assert!(!silent.beat().await?);
        assert!(heir.beat().await?);
        assert_eq!(heir.finish(b"by the heir").await?, Finished::First);
        assert_eq!(silent.finish(b"late").await?, Finished::After(b"by the heir".to_vec()));
        Ok(())
    })
    .unwrap();
}

/// A process that does nothing, and ends with the value at the latest.
struct Sleeper(std::process::Child);

impl Sleeper {
    fn new() -> Self {
        Self(std::process::Command::new("sleep").arg("60").spawn().unwrap())
    }

    fn end(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn a_process_of_this_machine_that_has_ended_is_replaced_at_once_and_no_other() {
    let backend = sound();
    wait(async {
        let me = ProcessName::of_this_one().unwrap();
        fn worker<'a>(name: &'a str, process: Option<&'a ProcessName>) -> Worker<'a> {
            Worker { name, process }
        }
        let mut child = Sleeper::new();
        let child_name = ProcessName::of(child.0.id()).unwrap();
        let take = async |process: Option<&ProcessName>| {
            claim_by(&backend, 7, "train", worker("heir", process), HOUR).await
        };
        let first =
            claim_by(&backend, 7, "train", worker("first", Some(&child_name)), HOUR).await?;
        let Claimed::Won(silent) = first else { panic!("{first:?}") };
        match take(Some(&me)).await? {
            Claimed::Held { worker, lives, left, .. } => {
                assert_eq!((worker.as_str(), lives), ("first", true));
                assert!(left <= HOUR && left > HOUR / 2, "{left:?}");
            }
            other => panic!("{other:?}"),
        }
        child.end();
        let heir = take(Some(&me)).await?;
        assert!(matches!(heir, Claimed::Won(_)), "{heir:?}");
        assert!(!silent.beat().await?);
        // One that did not name its process is waited for.
        let Claimed::Won(lease) = claim(&backend, 8, "train", "far", HOUR).await? else {
            panic!("nobody else is there");
        };
        let held = claim_by(&backend, 8, "train", worker("heir", Some(&me)), HOUR).await?;
        assert!(matches!(held, Claimed::Held { lives: false, .. }), "{held:?}");
        lease.finish(b"").await.map(drop)
    })
    .unwrap();
}

#[test]
fn a_claim_that_names_no_process_is_stored_as_ever() {
    let claim = Claim { id: EntryId::fresh(), worker: "w".into(), seconds: 1, process: None };
    let bytes = codec::encode(&claim);
    assert_eq!(bytes[0], 0x83, "an array of three");
    assert_eq!(codec::decode::<Claim>(&bytes).unwrap(), claim);
}

#[test]
fn a_claim_that_is_damaged_is_an_error() {
    wait(async {
        let backend = sound();
        backend.put("claims/0000000000000007/train/00000001", Bytes::from("?")).await?;
        let error = claim(&backend, 7, "train", "one", HOUR).await.unwrap_err();
        assert!(matches!(error, RemoteError::Damaged { .. }), "{error}");
        Ok(())
    })
    .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn of_many_workers_one_gets_the_work(seed in any::<u64>(), percent in 0u64..30) {
        let outcomes = wait(async {
            let backend = backend(&Faulty::seeded(seed, percent));
            let workers = (0..6).map(|worker| {
                let (backend, name) = (backend.clone(), format!("worker {worker}"));
                async move { claim(&backend, 1, "train", &name, HOUR).await }
            });
            Ok(join_all(workers).await)
        })
        .unwrap();
        let won = outcomes.iter().filter(|it| matches!(it, Ok(Claimed::Won(_)))).count();
        let unsettled =
            outcomes.iter().filter(|it| matches!(it, Err(RemoteError::Unsettled { .. }))).count();
        prop_assert!(won == 1 || (won == 0 && unsettled > 0), "{outcomes:?}");
    }
}
