//! Aliases: listed, moved, taken back, and what they mean.

use crate::base::{CommitId, Hash, RepoPath, Timestamp};
use crate::hook::context::ToldModel;
use crate::hook::spec::ArtifactKind;
use crate::object::tree::TreeEntry;
use crate::object::{Entry, Signature};
use crate::ops::hooks::{Deed, Done};
use crate::ops::inspect::{Place, no_such_path};
use crate::ops::model::note::{Naming, Note};
use crate::ops::{Context, OpsError, hooks};
use crate::refs::{Expected, RefEdit, RefName, RefValue, Revision};

/// What an alias names.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ModelRef {
    pub model: String,
    pub alias: String,
    pub commit: CommitId,
    pub path: RepoPath,
    /// The hash of what lies there; of a directory, of the paths and contents of its files.
    pub content: Hash,
    pub time: Timestamp,
    pub by: Signature,
    /// The paths of the data that it was trained on, where somebody named them.
    pub data: Vec<RepoPath>,
    /// What `rollback` would bring back.
    pub previous: Option<Naming>,
}

impl ModelRef {
    fn new(name: &RefName, note: Note) -> Option<Self> {
        let (model, alias) = name.model_alias()?;
        let Naming { commit, path, content, time, by, data } = note.now;
        let (model, alias) = (model.to_owned(), alias.to_owned());
        let previous = note.earlier.into_iter().next();
        Some(Self { model, alias, commit, path, content, time, by, data, previous })
    }
}

/// What an alias is to name: a path of a revision, and the data that the model there was trained on.
#[derive(Debug, Clone)]
pub struct Assignment<'a> {
    pub model: &'a str,
    pub alias: &'a str,
    pub place: &'a Place,
    pub data: Vec<RepoPath>,
}

/// Returns the aliases of all models, or of one, sorted by their names.
pub fn list(context: &Context, model: Option<&str>) -> Result<Vec<ModelRef>, OpsError> {
    let mut found = Vec::new();
    for (name, value) in context.repo.list("refs/models/")? {
        if let Some(note) = Note::of(&value)? {
            found.extend(ModelRef::new(&name, note));
        }
    }
    found.retain(|known| model.is_none_or(|model| known.model == model));
    Ok(found)
}

/// Returns what `churn@champion` names; nothing where no alias is called so.
pub fn resolve(context: &Context, name: &str) -> Result<Option<ModelRef>, OpsError> {
    let Ok(name) = RefName::model(name) else { return Ok(None) };
    let Some(value) = context.repo.get(&name)? else { return Ok(None) };
    Ok(Note::of(&value)?.and_then(|note| ModelRef::new(&name, note)))
}

/// Returns the error that no alias is called so.
pub fn no_such(context: &Context, name: &str) -> Result<OpsError, OpsError> {
    let known = list(context, None)?;
    let candidates = known.iter().map(|known| format!("{}@{}", known.model, known.alias)).collect();
    Ok(OpsError::NoSuchAlias { name: name.to_owned(), candidates })
}

/// Tells whether a text is written as an alias is; that of a path with an `@` has an ending.
pub fn is_written_as_one(text: &str) -> bool {
    let has_no_ending = |(_, alias): (&str, &str)| !alias.contains('.');
    RefName::model(text).is_ok_and(|name| name.model_alias().is_some_and(has_no_ending))
}

/// Returns the paths of the data that a model was trained on: those that were named with it, else the
/// data sets of its commit.
pub fn training_data(context: &Context, model: &ModelRef) -> Result<Vec<RepoPath>, OpsError> {
    if !model.data.is_empty() {
        return Ok(model.data.clone());
    }
    let tree = context.repo.objects().commit(model.commit)?.tree;
    let spec = hooks::definitions(context, tree)?;
    let artifacts = spec.iter().flat_map(|spec| &spec.artifacts);
    let datasets = artifacts.filter(|artifact| artifact.kind == ArtifactKind::Dataset);
    Ok(datasets.map(|artifact| artifact.path.clone()).collect())
}

/// Returns the hash of what lies at a path: of a file its content, of a directory the paths and
/// contents of its files.
pub fn content_of(context: &Context, place: &Place) -> Result<Hash, OpsError> {
    let objects = context.repo.objects();
    match objects.tree_entry(place.tree, &place.path)? {
        Some(TreeEntry::Leaf(entry)) => Ok(entry.content()),
        Some(TreeEntry::Directory(_)) => {
            let mut hasher = blake3::Hasher::new();
            for item in objects.walk_tree(place.tree, &place.path) {
                let (path, entry) = item?;
                let path = path.strip_prefix(&place.path).unwrap_or(path);
                let kind = match entry {
                    Entry::File { executable, .. } => u8::from(executable),
                    Entry::Symlink { .. } => 2,
                    Entry::Reference(_) => 3,
                };
                hasher.update(path.as_bytes()).update(&[0, kind]).update(&entry.content().0);
            }
            Ok(Hash(*hasher.finalize().as_bytes()))
        }
        None => Err(no_such_path(context, place)),
    }
}

/// An alias as it stands in the repository.
struct Standing {
    name: RefName,
    value: Option<RefValue>,
    note: Option<Note>,
}

impl Standing {
    fn of(context: &Context, model: &str, alias: &str) -> Result<Self, OpsError> {
        let name = RefName::model(&format!("{model}@{alias}"))?;
        let value = context.repo.get(&name)?;
        let note = value.as_ref().map(Note::of).transpose()?.flatten();
        Ok(Self { name, value, note })
    }

    /// Returns what it holds, or the error that says that nobody knows it.
    fn known(&self, context: &Context) -> Result<(&RefValue, &Note), OpsError> {
        match (&self.value, &self.note) {
            (Some(value), Some(note)) => Ok((value, note)),
            _ => Err(no_such_alias(context, &self.name)),
        }
    }

    /// Moves it, with the hooks of a promotion around that.
    fn moves(self, context: &Context, note: Note) -> Result<Done<ModelRef>, OpsError> {
        let model = ModelRef::new(&self.name, note.clone()).expect("it is the name of an alias");
        let told = ToldModel {
            name: model.model.clone(),
            alias: model.alias.clone(),
            path: model.path.to_string(),
        };
        let base = self.note.map(|note| note.now.commit);
        let deed = Deed::promote(told, model.commit, base);
        let edit = RefEdit::replace(self.name, self.value, note.value());
        let hooks = hooks::edit_refs(context, &[deed], vec![edit])?;
        Ok(Done { done: model, hooks })
    }
}

/// Lets an alias name a model. Where it names it already, nothing happens.
pub fn set(context: &Context, wanted: &Assignment<'_>) -> Result<Done<ModelRef>, OpsError> {
    let standing = Standing::of(context, wanted.model, wanted.alias)?;
    let place = wanted.place;
    let commit = context.resolve(&Revision::parse(&place.revision)?)?;
    for path in &wanted.data {
        content_of(context, &Place { path: path.clone(), ..place.clone() })?;
    }
    let now = Naming {
        commit,
        path: place.path.clone(),
        content: content_of(context, place)?,
        time: context.now()?,
        by: context.signature()?,
        data: wanted.data.clone(),
    };
    if let Some(known) = standing.note.as_ref().filter(|note| note.now.is_same_model(&now)) {
        let model = ModelRef::new(&standing.name, known.clone()).expect("it is an alias");
        return Ok(Done { done: model, hooks: Vec::new() });
    }
    let note = Note::moved(now, standing.note.as_ref());
    standing.moves(context, note)
}

/// Lets an alias name what it named before.
pub fn roll_back(context: &Context, model: &str, alias: &str) -> Result<Done<ModelRef>, OpsError> {
    let standing = Standing::of(context, model, alias)?;
    let (_, note) = standing.known(context)?;
    let name = standing.name.short().to_owned();
    let back = note.rolled_back(context.now()?, context.signature()?);
    let back = back.ok_or_else(|| OpsError::NothingEarlier { name: name.clone() })?;
    let commit = back.now.commit;
    if context.repo.objects().commit(commit).is_err() {
        return Err(OpsError::EarlierIsNotHere { name, commit });
    }
    standing.moves(context, back)
}

/// Forgets an alias; what it named stays.
pub fn delete(context: &Context, model: &str, alias: &str) -> Result<ModelRef, OpsError> {
    let standing = Standing::of(context, model, alias)?;
    let (value, note) = standing.known(context)?;
    let model = ModelRef::new(&standing.name, note.clone()).expect("it is the name of an alias");
    let expected = Expected::Exactly(value.clone());
    let edits = vec![RefEdit { name: standing.name.clone(), expected, new: None }];
    hooks::edit_refs(context, &[], edits)?;
    Ok(model)
}

fn no_such_alias(context: &Context, name: &RefName) -> OpsError {
    let known = list(context, None).unwrap_or_default();
    let candidates = known.iter().map(|known| format!("{}@{}", known.model, known.alias)).collect();
    OpsError::NoSuchAlias { name: name.short().to_owned(), candidates }
}
