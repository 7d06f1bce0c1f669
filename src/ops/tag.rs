//! Tags: names for commits that do not move.

use minicbor::{Decode, Encode};

use crate::base::{CommitId, Timestamp, codec};
use crate::object::Signature;
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue, Revision};
use crate::repo::Update;

/// Who made a tag, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct TagNote {
    #[n(0)]
    pub tagger: Signature,
    #[n(1)]
    pub time: Timestamp,
    #[n(2)]
    pub message: String,
}

/// A tag in a listing; only a tag with a message knows who made it and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TagInfo {
    pub name: String,
    pub id: CommitId,
    pub tagger: Option<Signature>,
    pub time: Option<Timestamp>,
    pub message: Option<String>,
}

impl TagInfo {
    fn new(name: &str, id: CommitId, note: Option<TagNote>) -> Self {
        let (tagger, time, message) = match note {
            Some(TagNote { tagger, time, message }) => (Some(tagger), Some(time), Some(message)),
            None => (None, None, None),
        };
        Self { name: name.to_owned(), id, tagger, time, message }
    }
}

/// Returns the note of a tag's value.
pub fn note_of(value: &RefValue) -> Result<Option<TagNote>, OpsError> {
    let RefValue::Record(Some(_), bytes) = value else { return Ok(None) };
    let note =
        codec::decode(bytes).map_err(|source| OpsError::BadRecord { what: "a tag", source })?;
    Ok(Some(note))
}

/// Returns all tags, sorted by name.
pub fn list(context: &Context) -> Result<Vec<TagInfo>, OpsError> {
    let mut tags = Vec::new();
    for (name, value) in context.repo.list("refs/tags/")? {
        let Some(id) = value.commit() else { continue };
        tags.push(TagInfo::new(name.short(), id, note_of(&value)?));
    }
    Ok(tags)
}

/// Creates a tag on `target`, or on `HEAD`; with `force`, moves one that exists.
pub fn create(
    context: &Context,
    name: &str,
    target: Option<&str>,
    message: Option<String>,
    force: bool,
) -> Result<TagInfo, OpsError> {
    let tag = RefName::tag(name)?;
    let id = context.resolve(&Revision::parse(target.unwrap_or("HEAD"))?)?;
    let time = context.now()?;
    let note = match message {
        Some(message) => Some(TagNote { tagger: context.signature()?, time, message }),
        None => None,
    };
    let value = match &note {
        Some(note) => RefValue::Record(Some(id), codec::encode(note)),
        None => RefValue::Commit(id),
    };
    let edit = if force { RefEdit::set(tag, value) } else { RefEdit::create(tag, value) };
    context.repo.update(&Update::new(&context.command, time, vec![edit]))?;
    Ok(TagInfo::new(name, id, note))
}

/// Deletes tags, all or none.
pub fn delete(context: &Context, names: &[String]) -> Result<Vec<TagInfo>, OpsError> {
    let tags = list(context)?;
    let (mut edits, mut deleted) = (Vec::new(), Vec::new());
    for name in names {
        let Some(tag) = tags.iter().find(|tag| tag.name == *name) else {
            let candidates = tags.into_iter().map(|tag| tag.name).collect();
            return Err(OpsError::NoSuchTag { name: name.clone(), candidates });
        };
        edits.push(RefEdit::delete(RefName::tag(name)?));
        deleted.push(tag.clone());
    }
    context.repo.update(&Update::new(&context.command, context.now()?, edits))?;
    Ok(deleted)
}
