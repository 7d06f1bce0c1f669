//! One version of an object: what a place says of it, and its bytes if it still is that version.

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::{Error, GetOptions, GetResult, ObjectMeta};

use super::Backend;
use crate::object::{Difference, Reference};
use crate::remote::{RemoteError, Scheme};

/// What a place says of an object without giving it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    pub size: u64,
    pub etag: String,
    pub version: String,
    /// In nanoseconds since 1970; 0 where it is not known.
    pub modified: u64,
}

impl Facts {
    fn of(meta: &ObjectMeta) -> Self {
        // Listings tell fractions of seconds where single answers do not.
        let seconds = u64::try_from(meta.last_modified.timestamp()).unwrap_or_default();
        Self {
            size: meta.size,
            etag: meta.e_tag.as_deref().map(quoted).unwrap_or_default(),
            version: meta.version.clone().unwrap_or_default(),
            modified: seconds.saturating_mul(1_000_000_000),
        }
    }

    /// Returns these facts as a reference to an address.
    pub fn at(self, url: String) -> Reference {
        let Self { size, etag, version, modified } = self;
        Reference { url, size, etag, version, modified, content: None }
    }

    /// Returns in what they differ from those that were recorded. Where both have an etag, the time
    /// says nothing: the same bytes may have been written again.
    pub fn difference(&self, recorded: &Reference) -> Option<Difference> {
        let differs = |what, recorded: String, found: String| {
            (recorded != found).then_some(Difference { what, recorded, found })
        };
        let size = differs("its size", recorded.size.to_string(), self.size.to_string());
        size.or_else(|| {
            if !recorded.etag.is_empty() && !self.etag.is_empty() {
                differs("its etag", recorded.etag.clone(), self.etag.clone())
            } else if recorded.modified != 0 && self.modified != 0 {
                differs("its time", time(recorded.modified), time(self.modified))
            } else {
                None
            }
        })
    }
}

/// Returns an etag as a header spells it: listings of some places leave its quotes out.
fn quoted(etag: &str) -> String {
    let is_bare = !etag.is_empty() && !etag.ends_with('"');
    if is_bare { format!("\"{etag}\"") } else { etag.to_owned() }
}

/// Returns a moment in the words of people; two that differ differ here too.
fn time(nanoseconds: u64) -> String {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds));
    moment.map_or_else(|_| nanoseconds.to_string(), |moment| moment.to_string())
}

/// What came of asking for a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<T> {
    Given(T),
    Gone,
    Changed(Difference),
}

impl Backend {
    /// Returns what the place says of an object, or nothing where there is none.
    pub async fn facts(&self, key: &str) -> Result<Option<Facts>, RemoteError> {
        let head = || self.answer(key, GetOptions::default().with_head(true));
        Ok(self.pace.retried(head).await?.map(|answer| Facts::of(&answer.meta)))
    }

    /// Lists the objects below `prefix`, with what the place says of them. A listing that breaks off goes
    /// on where it broke, if it was in the order of keys; not every place lists so.
    pub async fn list_facts(&self, prefix: &str) -> Result<Vec<(String, Facts)>, RemoteError> {
        if self.url.scheme() == Scheme::Http {
            return Err(RemoteError::NoListing { remote: self.url.to_string() });
        }
        let mut found: Vec<(String, Facts)> = Vec::new();
        let mut failures = 0;
        loop {
            let before = found.len();
            let Err(error) = self.list_facts_on(prefix, &mut found).await else {
                return Ok(found);
            };
            let is_ordered = found.is_sorted_by(|(a, _), (b, _)| a < b);
            failures = if is_ordered && found.len() > before { 1 } else { failures + 1 };
            if !error.is_passing() || failures >= self.pace.tries {
                return Err(error);
            }
            if !is_ordered {
                found.clear();
            }
            tokio::time::sleep(self.pace.wait(failures)).await;
        }
    }

    /// Appends what comes after what was found.
    async fn list_facts_on(
        &self,
        prefix: &str,
        found: &mut Vec<(String, Facts)>,
    ) -> Result<(), RemoteError> {
        let path = self.path(prefix)?;
        let mut listed = match found.last() {
            Some((last, _)) => self.store.list_with_offset(Some(&path), &self.path(last)?),
            None => self.store.list(Some(&path)),
        };
        loop {
            let next = async { listed.next().await.transpose() };
            match self.in_time(self.pace.stall, "list", prefix, next).await? {
                Some(meta) => found.push((meta.location.to_string(), Facts::of(&meta))),
                None => return Ok(()),
            }
        }
    }

    /// Returns a range of the version that a reference means.
    pub async fn version_range(
        &self,
        key: &str,
        reference: &Reference,
        range: Range<u64>,
    ) -> Result<Asked<Vec<u8>>, RemoteError> {
        let mut bytes = Vec::new();
        let mut take = |chunk: Bytes| {
            bytes.extend_from_slice(&chunk);
            true
        };
        let asked = self.stream_version(key, reference, range, &mut take).await?;
        Ok(match asked {
            Asked::Given(_) => Asked::Given(bytes),
            Asked::Gone => Asked::Gone,
            Asked::Changed(difference) => Asked::Changed(difference),
        })
    }

    /// Gives `take` the bytes of a range of the version that a reference means, in order, until it
    /// answers `false`, and returns the version that the place names. A connection that breaks off goes on
    /// where it broke.
    pub async fn stream_version(
        &self,
        key: &str,
        reference: &Reference,
        range: Range<u64>,
        take: &mut (dyn FnMut(Bytes) -> bool + Send),
    ) -> Result<Asked<String>, RemoteError> {
        let mut rest = range;
        let mut failures = 0;
        loop {
            let before = rest.start;
            let error = match self.stream_rest(key, reference, &mut rest, take).await {
                Ok(asked) => return Ok(asked),
                Err(error) => error,
            };
            failures = if rest.start > before { 1 } else { failures + 1 };
            if !error.is_passing() || failures >= self.pace.tries {
                return Err(error);
            }
            tokio::time::sleep(self.pace.wait(failures)).await;
        }
    }

    async fn stream_rest(
        &self,
        key: &str,
        reference: &Reference,
        rest: &mut Range<u64>,
        take: &mut (dyn FnMut(Bytes) -> bool + Send),
    ) -> Result<Asked<String>, RemoteError> {
        let answer = match self.ask_version(key, reference, rest).await? {
            Asked::Given(answer) => answer,
            Asked::Gone => return Ok(Asked::Gone),
            Asked::Changed(difference) => return Ok(Asked::Changed(difference)),
        };
        if !rest.is_empty() && answer.range.start != rest.start {
            return Err(self.unreachable("it answered with another range"));
        }
        let version = answer.meta.version.clone().unwrap_or_default();
        let mut body = answer.into_stream();
        loop {
            let next = async { body.next().await.transpose() };
            let Some(chunk) = self.in_time(self.pace.stall, "read", key, next).await? else {
                break;
            };
            if chunk.len() as u64 > rest.end - rest.start {
                return Err(self.unreachable("it sent more than it was asked for"));
            }
            rest.start += chunk.len() as u64;
            if !take(chunk) {
                return Ok(Asked::Given(version));
            }
        }
        if rest.is_empty() {
            return Ok(Asked::Given(version));
        }
        Err(self.unreachable("the connection ended too early"))
    }

    /// Asks for a range, or for the whole where that is meant: not every server knows ranges.
    async fn ask_version(
        &self,
        key: &str,
        reference: &Reference,
        range: &Range<u64>,
    ) -> Result<Asked<GetResult>, RemoteError> {
        let part = Some(range.clone()).filter(|part| *part != (0..reference.size));
        let mut options = GetOptions::default().with_range(part.filter(|part| !part.is_empty()));
        if !reference.version.is_empty() {
            options = options.with_version(Some(reference.version.clone()));
        } else if !reference.etag.is_empty() && !reference.etag.starts_with("W/") {
            // A weak etag matches nothing; what is answered is compared in any case.
            options = options.with_if_match(Some(reference.etag.clone()));
        }
        let path = self.path(key)?;
        let asked = self.store.get_opts(&path, options);
        let error = match tokio::time::timeout(self.pace.stall, asked).await {
            Ok(Ok(answer)) => {
                let found = Facts::of(&answer.meta);
                let difference = found.difference(reference);
                return Ok(difference.map_or(Asked::Given(answer), Asked::Changed));
            }
            Ok(Err(Error::Precondition { .. } | Error::NotModified { .. })) => None,
            Ok(Err(error)) => Some(self.fault("read", key, &error)),
            Err(_) => Some(self.silent(self.pace.stall)),
        };
        match error {
            Some(RemoteError::Missing { .. }) => Ok(Asked::Gone),
            // It has another etag, or is too short for the range: what it has now says more.
            None | Some(RemoteError::Damaged { .. }) => self.changed(key, reference).await,
            Some(error) => Err(error),
        }
    }

    /// Says how an object differs that is refused as it was recorded.
    async fn changed<T>(&self, key: &str, reference: &Reference) -> Result<Asked<T>, RemoteError> {
        let Some(facts) = self.facts(key).await? else { return Ok(Asked::Gone) };
        match facts.difference(reference) {
            Some(difference) => Ok(Asked::Changed(difference)),
            None => Err(self.unreachable("it gives another version than it names")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;
    use crate::remote::backend::faulty::{Fault, Faulty};
    use crate::remote::backend::pace::Pace;
    use crate::remote::{RemoteUrl, wait};

    fn backend() -> Backend {
        let url = RemoteUrl::parse("s3://bucket", Path::new("/")).unwrap();
        Backend::over(Arc::new(InMemory::new()), &url)
    }

    fn put(backend: &Backend, key: &str, bytes: &'static [u8]) -> Reference {
        wait(async {
            backend.put(key, Bytes::from_static(bytes)).await?;
            let facts = backend.facts(key).await?.expect("it was just put");
            Ok(facts.at(format!("s3://bucket/{key}")))
        })
        .unwrap()
    }

    fn read(backend: &Backend, reference: &Reference, range: Range<u64>) -> Asked<Vec<u8>> {
        wait(backend.version_range("a", reference, range)).unwrap()
    }

    #[test]
    fn a_version_is_given_as_long_as_it_is_there() {
        let backend = backend();
        let reference = put(&backend, "a", b"first");
        assert_eq!(read(&backend, &reference, 0..5), Asked::Given(b"first".to_vec()));
        assert_eq!(read(&backend, &reference, 1..3), Asked::Given(b"ir".to_vec()));
        let second = put(&backend, "a", b"other");
        let Asked::Changed(Difference { what, recorded, found }) = read(&backend, &reference, 0..5)
        else {
            panic!("another version was given");
        };
        assert_eq!((what, recorded, found), ("its etag", reference.etag.clone(), second.etag));
        wait(backend.delete("a")).unwrap();
        assert_eq!(read(&backend, &reference, 0..5), Asked::Gone);
    }

    #[test]
    fn a_listing_says_what_a_single_answer_says() {
        let backend = backend();
        let reference = put(&backend, "data/a", b"first");
        let listed = wait(backend.list_facts("data")).unwrap();
        let [(key, facts)] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!((key.as_str(), facts.difference(&reference)), ("data/a", None));
    }

    #[test]
    fn a_listing_that_breaks_off_goes_on_where_it_broke() {
        let faulty = Faulty::scripted([Some(Fault::Broken); 5]);
        let url = RemoteUrl::parse("s3://bucket", Path::new("/")).unwrap();
        let backend = faulty.backend(&url).with_pace(Pace { tries: 3, ..Pace::QUICK });
        let whole = Backend::over(faulty.inner().clone(), &url);
        let names = (0..64).map(|number| format!("data/{number:02}")).collect::<Vec<_>>();
        for name in &names {
            put(&whole, name, b"x");
        }
        // Each time half of the rest comes, and the last page whole.
        let listed = wait(backend.list_facts("data")).unwrap();
        assert_eq!(listed.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), names);
        assert_eq!(faulty.met(), 5);
        faulty.meets([Some(Fault::Before); 3]);
        assert!(wait(backend.list_facts("data")).unwrap_err().is_passing());
    }

    #[test]
    fn without_etags_the_time_counts() {
        let facts = Facts { size: 1, modified: 5, ..Facts::default() };
        let recorded = facts.clone().at("file:///a".to_owned());
        assert_eq!(facts.difference(&recorded), None);
        let later = Facts { modified: 6, ..facts.clone() };
        assert_eq!(later.difference(&recorded).unwrap().what, "its time");
        let tagged = Facts { etag: "x".to_owned(), modified: 6, ..facts };
        let other = Reference { etag: "x".to_owned(), ..recorded };
        assert_eq!(tagged.difference(&other), None);
    }
}
