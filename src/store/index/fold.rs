//! Folding: what is in memory becomes a segment, together with the segments it would outgrow, so
//! that their number stays logarithmic and each row is copied a logarithmic number of times.

use std::collections::BTreeSet;

use crate::base::fs::remove_file_if_exists;
use crate::store::StoreError;
use crate::store::index::build::{self, BuildError, Rows, rows_of};
use crate::store::index::segment::{Segment, SegmentError};
use crate::store::index::set::{Home, Index, State};
use crate::store::pack::{PackName, fresh_nonce};

/// So many packs, or entries, may stay unfolded: as many as are quick to read at the next start.
const MAX_PACKS: usize = 16;
const MAX_ENTRIES: usize = 1 << 15;

impl Index {
    /// Folds where there is enough to fold.
    pub fn fold_if_due(&self, durable: bool) -> Result<(), StoreError> {
        let due = {
            let state = self.state();
            let recent = state.packs.values().filter(|home| **home == Home::Recent).count();
            recent + state.unread.len() > MAX_PACKS || state.recent.len() > MAX_ENTRIES
        };
        if due { self.fold(durable) } else { Ok(()) }
    }

    /// Writes what is in memory, and the segments that are not much longer, as one segment.
    pub fn fold(&self, durable: bool) -> Result<(), StoreError> {
        self.read_footers()?;
        let mut state = self.state_mut();
        let (segment, replaced) = match self.write_segment(&state, durable) {
            Ok(done) => done,
            // The next question finds the damaged one and drops it; then there is more to fold.
            Err(BuildError::Source(SegmentError::Damaged)) => return Ok(()),
            Err(BuildError::Source(SegmentError::Io(error))) => {
                return Err(crate::base::fs::PathError::new("read", &self.dir, error).into());
            }
            Err(BuildError::Path(error)) => return Err(error.into()),
        };
        let (old, kept) = std::mem::take(&mut state.segments)
            .into_iter()
            .enumerate()
            .partition::<Vec<_>, _>(|(number, _)| replaced.contains(number));
        state.segments = kept.into_iter().map(|(_, segment)| segment).collect();
        state.segments.push(segment);
        state.recent = super::recent::Recent::default();
        state.packs.values_mut().for_each(|home| *home = Home::Unread);
        state.assign();
        for (_, segment) in old {
            remove_file_if_exists(segment.path())?;
        }
        Ok(())
    }

    fn write_segment(
        &self,
        state: &State,
        durable: bool,
    ) -> Result<(Segment, BTreeSet<usize>), BuildError> {
        let mut count = state.recent.len();
        let mut replaced = BTreeSet::new();
        // The longest comes first in `segments`.
        for (number, segment) in state.segments.iter().enumerate().rev() {
            let home = Home::Segment(number);
            let idle = state.packs.values().all(|other| *other != home);
            if idle || segment.len() <= 2 * count {
                count += segment.len();
                replaced.insert(number);
            }
        }
        let folded = |home: &Home| match home {
            Home::Segment(number) => replaced.contains(number),
            Home::Recent => true,
            Home::Unread => false,
        };
        let packs: Vec<PackName> =
            state.packs.iter().filter(|(_, home)| folded(home)).map(|(name, _)| *name).collect();
        let mut sources: Vec<Box<dyn Rows + '_>> =
            vec![Box::new(state.recent.rows().into_iter().map(Ok))];
        for number in &replaced {
            let home = Some(Home::Segment(*number));
            let wanted = move |pack: &PackName| state.packs.get(pack).copied() == home;
            sources.push(Box::new(rows_of(&state.segments[*number], wanted)));
        }
        let path = self.dir.join(format!("{:016x}.idx", fresh_nonce()));
        let rows = build::merge(sources);
        build::write(&path, &self.tmp, &packs, count, rows, durable)?;
        Ok((Segment::open(&path)?, replaced))
    }
}
