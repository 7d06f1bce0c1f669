//! Tags: names for commits that do not move.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::base::{CommitId, Timestamp, codec};
use crate::object::Signature;
use crate::ops::hooks::{Deed, Done};
use crate::ops::{Context, OpsError, hooks};
use crate::refs::{Expected, RefEdit, RefError, RefName, RefValue, Revision};

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
) -> Result<Done<TagInfo>, OpsError> {
    let tag = RefName::tag(name)?;
    let old = context.repo.get(&tag)?;
    if old.is_some() && !force {
        return Err(RefError::Exists { name: tag }.into());
    }
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
    let base = old.as_ref().and_then(RefValue::commit);
    let deed = Deed::tag(name, id, base, note.as_ref().map(|note| note.message.as_str()));
    let deeds = if old.as_ref() == Some(&value) { vec![] } else { vec![deed] };
    let hooks = hooks::edit_refs(context, &deeds, vec![RefEdit::replace(tag, old, value)])?;
    Ok(Done { done: TagInfo::new(name, id, note), hooks })
}

/// Deletes tags, all or none.
pub fn delete(context: &Context, names: &[String]) -> Result<Done<Vec<TagInfo>>, OpsError> {
    let (mut edits, mut deleted) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    for name in names.iter().filter(|name| known.insert(*name)) {
        let tag = RefName::tag(name)?;
        let value = context.repo.get(&tag)?;
        let Some((value, id)) = value.and_then(|value| Some((value.clone(), value.commit()?)))
        else {
            return Err(no_such_tag(context, name));
        };
        deleted.push(TagInfo::new(name, id, note_of(&value)?));
        edits.push(RefEdit { name: tag, expected: Expected::Exactly(value), new: None });
    }
    let deed = |tag: &TagInfo| Deed::tag_delete(&tag.name, tag.id, tag.message.as_deref());
    let deeds: Vec<_> = deleted.iter().map(deed).collect();
    let hooks = hooks::edit_refs(context, &deeds, edits)?;
    Ok(Done { done: deleted, hooks })
}

fn no_such_tag(context: &Context, name: &str) -> OpsError {
    let candidates = list(context).unwrap_or_default().into_iter().map(|tag| tag.name).collect();
    OpsError::NoSuchTag { name: name.to_owned(), candidates }
}
