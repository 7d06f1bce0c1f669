//! What is sent how, decided before a byte of it is read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::base::interrupt;
use crate::remote::log::PackMeta;
use crate::remote::transfer::upload::notes::Note;
use crate::remote::transfer::upload::{Upload, Uploaded};
use crate::remote::{RemoteError, key};
use crate::store::{BlobEntry, BlobId, ChunkStore, Durability, PackClass, PackName, pack_len};

/// A local pack goes as it is where at least this percentage of its bytes is wanted.
const WHOLE_FROM: u64 = 90;
/// And where it is no shorter than this part of what packs are meant to be: small ones are merged.
const SMALL_PART: u64 = 16;
/// How many blobs a new pack has at most.
const MOST_BLOBS: usize = 1 << 16;
/// How many noted uploads are looked for at a time.
const LOOKS: usize = 16;

/// A blob in a local pack.
pub type Place = (PackName, BlobEntry);

/// What has to travel to a remote.
#[derive(Debug, Default)]
pub struct UploadPlan {
    /// Packs that an earlier attempt has brought.
    pub reused: BTreeMap<PackName, PackMeta>,
    /// Local packs that go as they are, and what is wanted of each.
    pub(super) whole: Vec<(PackName, Vec<BlobEntry>)>,
    /// What each new pack is to hold.
    pub(super) built: Vec<Vec<Place>>,
    /// How many blobs travel that are wanted.
    pub blobs: u64,
    /// About how many bytes travel.
    pub bytes: u64,
}

impl UploadPlan {
    /// Tells whether nothing has to travel, and no pack is left to be named.
    pub fn is_empty(&self) -> bool {
        self.reused.is_empty() && self.whole.is_empty() && self.built.is_empty()
    }

    /// Returns how many packs travel.
    pub fn packs(&self) -> usize {
        self.whole.len() + self.built.len()
    }

    fn decide(&mut self, places: BTreeMap<PackName, (u64, Vec<BlobEntry>)>) {
        let mut rest = Vec::new();
        for (name, (len, wanted)) in places {
            self.blobs += wanted.len() as u64;
            if is_worth_sending_whole(len, &wanted) {
                self.bytes += len;
                self.whole.push((name, wanted));
            } else {
                rest.extend(wanted.into_iter().map(|entry| (name, entry)));
            }
        }
        self.built = groups(rest);
        let bytes =
            |group: &Vec<Place>| group.iter().map(|(_, entry)| travel_len(entry)).sum::<u64>();
        self.bytes += self.built.iter().map(bytes).sum::<u64>();
    }
}

fn is_worth_sending_whole(len: u64, wanted: &[BlobEntry]) -> bool {
    let Some(first) = wanted.first() else { return false };
    let target = PackClass::of(first.id.kind).target_len();
    len >= target / SMALL_PART && pack_len(wanted) * 100 >= len * WHOLE_FROM
}

/// Returns how many bytes of a pack a blob takes, those of the footer included.
fn travel_len(entry: &BlobEntry) -> u64 {
    pack_len(std::slice::from_ref(entry)) - pack_len(&[])
}

/// Divides blobs into what new packs are to hold, data and metadata apart, in the order in which they
/// are read fastest.
pub fn groups(mut places: Vec<Place>) -> Vec<Vec<Place>> {
    let class = |place: &Place| PackClass::of(place.1.id.kind);
    places.sort_unstable_by_key(|place| (class(place), place.0, place.1.offset));
    let mut groups: Vec<Vec<Place>> = Vec::new();
    let mut len = 0;
    for place in places {
        let fits = groups.last().is_some_and(|group| {
            let target = class(&place).target_len();
            class(&group[0]) == class(&place) && len < target && group.len() < MOST_BLOBS
        });
        if !fits {
            groups.push(Vec::new());
            len = 0;
        }
        len += travel_len(&place.1);
        groups.last_mut().expect("one was just made where there was none").push(place);
    }
    groups
}

impl Upload<'_> {
    /// Returns what has to travel so that the remote has the `wanted` blobs. A blob that is neither
    /// here nor there is an error.
    pub async fn plan(&self, mut wanted: HashSet<BlobId>) -> Result<UploadPlan, RemoteError> {
        self.store.flush(Durability::Durable)?;
        let mut failure = None;
        wanted.retain(|id| {
            self.is_lacking(*id).unwrap_or_else(|error| {
                failure.get_or_insert(error);
                false
            })
        });
        failure.map_or(Ok(()), Err)?;
        let mut plan =
            UploadPlan { reused: self.reuse(&mut wanted).await?, ..UploadPlan::default() };
        let mut places = BTreeMap::new();
        for (name, entries) in self.store.places(wanted)? {
            places.insert(name, (self.store.pack_len(name)?, entries));
        }
        plan.decide(places);
        Ok(plan)
    }

    fn is_lacking(&self, id: BlobId) -> Result<bool, RemoteError> {
        interrupt::check()?;
        Ok(!self.index.contains(id)?)
    }

    /// Returns the noted uploads that hold something wanted and are still there, and takes what they
    /// hold from what is wanted.
    async fn reuse(&self, wanted: &mut HashSet<BlobId>) -> Result<Uploaded, RemoteError> {
        if wanted.is_empty() {
            return Ok(Uploaded::new());
        }
        self.index.notes().strike(|name| self.removed.contains(&name))?;
        let looks = self.index.notes().all()?.into_iter().map(async |note: Note| {
            let there = self.backend.len(&key::pack(note.name)).await? == Some(note.len);
            Ok::<_, RemoteError>((note, there))
        });
        let looked = stream::iter(looks).buffer_unordered(LOOKS);
        let looked: Vec<(Note, bool)> = looked.try_collect().await?;
        let (there, gone): (Vec<_>, Vec<_>) = looked.into_iter().partition(|(_, there)| *there);
        let gone: BTreeSet<PackName> = gone.iter().map(|(note, _)| note.name).collect();
        self.index.notes().strike(|name| gone.contains(&name))?;
        let mut reused = Uploaded::new();
        for (note, _) in there {
            let before = wanted.len();
            note.entries.iter().for_each(|entry| _ = wanted.remove(&entry.id));
            if let Some(first) = note.entries.first().filter(|_| wanted.len() < before) {
                let class = PackClass::of(first.id.kind);
                reused.insert(note.name, PackMeta { len: note.len, class });
            }
        }
        Ok(reused)
    }
}
