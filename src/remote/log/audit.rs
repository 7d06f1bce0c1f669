//! The whole log read again, with nothing believed that only saves reading.

use std::collections::BTreeMap;

use crate::base::Hash;
use crate::remote::log::{RefLog, State, checkpoint};
use crate::remote::{RemoteError, key};

/// What reading the whole log came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// What the remote holds.
    pub state: State,
    /// The keys of checkpoints that the log contradicts: they may be deleted.
    pub wrong_checkpoints: Vec<String>,
}

impl RefLog {
    /// Reads the log from its first entry on and compares the checkpoints with it. An entry that is
    /// damaged is an error that names it.
    pub async fn audit(&self) -> Result<Audit, RemoteError> {
        let files = self.backend().list(key::CHECKPOINTS).await?;
        let mut expected: BTreeMap<String, Option<Hash>> =
            files.into_iter().map(|file| (file.key, None)).collect();
        let mut log = Self::at_the_start(self.backend(), self.id());
        let mut compare = |state: &State, _| {
            if let Some(hash) = expected.get_mut(&key::checkpoint(state.number)) {
                *hash = Some(Hash::of(&state.to_bytes()));
            }
        };
        log.read_on(&mut compare).await?;
        let mut wrong_checkpoints = Vec::new();
        for (key, hash) in expected {
            let found = self.backend().get(&key, checkpoint::MAX_LEN).await?;
            if found.is_some_and(|bytes| Some(Hash::of(&bytes)) != hash) {
                wrong_checkpoints.push(key);
            }
        }
        Ok(Audit { state: log.state().clone(), wrong_checkpoints })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::log::Appended;
    use crate::remote::log::samples::{draft, sound};
    use crate::remote::wait;

    #[test]
    fn a_checkpoint_that_the_log_contradicts_is_named() {
        wait(async {
            let backend = sound();
            let mut log = RefLog::create(&backend).await?;
            for _ in 0..64 {
                assert!(matches!(log.append(&draft(log.state())).await?, Appended::Won(_)));
            }
            assert_eq!(log.audit().await?.wrong_checkpoints, Vec::<String>::new());
            let lie = State { number: 32, ..log.state().clone() };
            backend.put(&key::checkpoint(32), lie.to_bytes().into()).await?;
            let audit = log.audit().await?;
            assert_eq!(audit.wrong_checkpoints, [key::checkpoint(32)]);
            assert_eq!(&audit.state, log.state());
            Ok(())
        })
        .unwrap();
    }
}
