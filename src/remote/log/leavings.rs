//! What claims and probes leave behind and nobody needs: of work that is done, all but its outcome and
//! the first claim, which keep it from being done again; of other work, signs of life of those who were
//! replaced. Times are the remote's own, as for claims.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::base::Timestamp;
use crate::remote::log::gc::{COURTESY, DELETIONS};
use crate::remote::log::lease::CLAIMS;
use crate::remote::log::probe;
use crate::remote::{Backend, RemoteError, Stored};

/// Deletes what claims and probes left behind a day ago or earlier; tells how much that was.
pub async fn delete_leavings(backend: &Backend) -> Result<u64, RemoteError> {
    let claims = backend.list(CLAIMS).await?;
    let (probes, now) = probes_and_time(backend).await?;
    // A place that does not list what was just written does not say what is old.
    let Some(now) = now else { return Ok(0) };
    let going = of_files(&claims, &probes, now);
    let deleted = going.len() as u64;
    stream::iter(going)
        .map(async |key| backend.delete(&key).await)
        .buffer_unordered(DELETIONS)
        .try_collect::<()>()
        .await?;
    Ok(deleted)
}

/// Lists the probes, and returns with them what time it is by the clock of the remote.
async fn probes_and_time(
    backend: &Backend,
) -> Result<(Vec<Stored>, Option<Timestamp>), RemoteError> {
    let key = probe::fresh_key();
    backend.put(&key, Bytes::new()).await?;
    let listed = backend.list(probe::PROBES).await;
    backend.delete(&key).await?;
    let probes = listed?;
    let now = probes.iter().find(|file| file.key == key).map(|file| file.modified);
    Ok((probes, now))
}

fn of_files(claims: &[Stored], probes: &[Stored], now: Timestamp) -> Vec<String> {
    let is_old = |file: &Stored| file.modified.seconds_until(now) > COURTESY;
    let mut going: Vec<String> =
        probes.iter().filter(|file| is_old(file)).map(|file| file.key.clone()).collect();
    let mut works: BTreeMap<&str, Vec<(&str, &Stored)>> = BTreeMap::new();
    for file in claims {
        if let Some((work, name)) = file.key.rsplit_once('/') {
            works.entry(work).or_default().push((name, file));
        }
    }
    for files in works.values().filter(|files| files.iter().all(|(_, file)| is_old(file))) {
        let is_done = files.iter().any(|(name, _)| *name == "done");
        let newest = files.iter().filter_map(|(name, _)| attempt(name)).max();
        let goes = |name: &str| match (attempt(name), name.strip_suffix(".beat")) {
            (Some(number), _) => is_done && number > 1,
            (None, Some(beaten)) => is_done || attempt(beaten) != newest,
            (None, None) => name == "clock",
        };
        let of_work = files.iter().filter(|(name, _)| goes(name));
        going.extend(of_work.map(|(_, file)| file.key.clone()));
    }
    going.sort_unstable();
    going
}

fn attempt(name: &str) -> Option<u64> {
    name.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::log::samples::folder;
    use crate::remote::log::{Claimed, Finished, claim};
    use crate::remote::wait;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    const NOW: i64 = 10_000_000;
    const HOUR: Duration = Duration::from_hours(1);

    fn file(key: &str, age: i64) -> Stored {
        Stored { key: key.to_owned(), len: 0, modified: Timestamp::from_seconds(NOW - age) }
    }

    fn going(files: &[(&str, i64)]) -> Vec<String> {
        let (probes, claims): (Vec<Stored>, Vec<Stored>) = files
            .iter()
            .map(|(key, age)| file(key, *age))
            .partition(|file| file.key.starts_with("probe"));
        of_files(&claims, &probes, Timestamp::from_seconds(NOW))
    }

    #[test]
    fn of_work_that_is_done_the_first_claim_and_the_outcome_stay() {
        let old = COURTESY + 1;
        let files = ["00000001", "00000001.beat", "00000002", "00000002.beat", "clock", "done"];
        let files = files.map(|name| format!("claims/0000000000000007/main/{name}"));
        let files: Vec<(&str, i64)> = files.iter().map(|key| (key.as_str(), old)).collect();
        let names = going(&files);
        let names: Vec<&str> = names.iter().filter_map(|key| key.rsplit('/').next()).collect();
        assert_eq!(names, ["00000001.beat", "00000002", "00000002.beat", "clock"]);
    }

    #[test]
    fn of_work_that_is_not_done_all_claims_and_the_last_sign_of_life_stay() {
        let old = COURTESY + 1;
        let names = going(&[
            ("claims/7/main/00000001", old),
            ("claims/7/main/00000001.beat", old),
            ("claims/7/main/00000002", old),
            ("claims/7/main/00000002.beat", old),
            ("claims/7/main/clock", old),
        ]);
        assert_eq!(names, ["claims/7/main/00000001.beat", "claims/7/main/clock"]);
    }

    #[test]
    fn what_changed_within_a_day_and_what_is_not_known_stays() {
        let names = going(&[
            ("claims/7/main/00000001", COURTESY + 1),
            ("claims/7/main/00000001.beat", COURTESY),
            ("claims/7/main/done", COURTESY + 1),
            ("claims/8/main/00000001", COURTESY + 1),
            ("claims/8/main/done", COURTESY + 1),
            ("claims/8/main/notes", COURTESY + 1),
            ("probe/0000000000000001", COURTESY + 1),
            ("probe/0000000000000002", COURTESY),
        ]);
        assert_eq!(names, ["probe/0000000000000001"]);
    }

    fn age(dir: &Path) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                age(&path);
                continue;
            }
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_hours(30)).unwrap();
        }
    }

    #[test]
    fn work_that_is_done_is_not_claimed_again_after_its_leavings_went() {
        let dir = tempfile::tempdir().unwrap();
        let backend = folder(dir.path());
        wait(async {
            let Claimed::Won(silent) = claim(&backend, 7, "main", "silent", HOUR).await? else {
                panic!("nobody else is there");
            };
            silent.beat().await?;
            age(dir.path());
            let Claimed::Won(heir) = claim(&backend, 7, "main", "heir", HOUR).await? else {
                panic!("the first is silent");
            };
            heir.beat().await?;
            heir.finish(b"by the heir").await?;
            let probe = probe::fresh_key();
            backend.put(&probe, Bytes::new()).await?;
            assert_eq!(delete_leavings(&backend).await?, 0, "all of it is from now");
            age(dir.path());
            // Two signs of life, the second claim, the clock, and the probe.
            assert_eq!(delete_leavings(&backend).await?, 5);
            assert_eq!(backend.list(CLAIMS).await?.len(), 2);
            assert!(backend.list(probe::PROBES).await?.is_empty());
            match claim(&backend, 7, "main", "late", HOUR).await? {
                Claimed::Done(outcome) => assert_eq!(outcome, b"by the heir"),
                other => panic!("{other:?}"),
            }
            assert_eq!(silent.finish(b"late").await?, Finished::After(b"by the heir".to_vec()));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn work_that_nobody_ended_is_taken_over_after_its_leavings_went() {
        let dir = tempfile::tempdir().unwrap();
        let backend = folder(dir.path());
        wait(async {
            for worker in ["one", "two", "three"] {
                let Claimed::Won(lease) = claim(&backend, 7, "main", worker, HOUR).await? else {
                    panic!("the one before is silent");
                };
                lease.beat().await?;
                age(dir.path());
            }
            // Two signs of life of those who were replaced, and the clock.
            assert_eq!(delete_leavings(&backend).await?, 3);
            let claimed = claim(&backend, 7, "main", "four", HOUR).await?;
            assert!(matches!(claimed, Claimed::Won(_)), "{claimed:?}");
            let claimed = claim(&backend, 7, "main", "five", HOUR).await?;
            assert!(matches!(claimed, Claimed::Held { .. }), "{claimed:?}");
            Ok(())
        })
        .unwrap();
    }
}
