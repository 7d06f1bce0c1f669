//! Editing a tree: edits are sorted by path and sink into the directories they touch; what no edit
//! touches is neither read nor written.

use crate::base::{PathRule, RepoPath, TreeId};
use crate::object::tree::Summary;
use crate::object::tree::build::Draft;
use crate::object::tree::codec;
use crate::object::tree::cursor::{Directory, Slot};
use crate::object::tree::node::Node;
use crate::object::tree::rewrite::{Change, Content};
use crate::object::tree::shape::Shape;
use crate::object::{Entry, ObjectDb, ObjectError};

/// What a path is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeValue {
    Set(Entry),
    /// Nothing: what is there goes, with all below it.
    Remove,
    /// A whole stored tree, in place of what is there.
    Graft(TreeId),
}

/// A change of one path of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEdit {
    pub path: RepoPath,
    pub value: TreeValue,
}

/// Directories may nest so deep and no deeper: each level of an edit takes room on the call stack.
const DEEPEST: usize = 128;

impl ObjectDb {
    /// Stores the tree without files and returns its id, which is always the same.
    pub fn empty_tree(&self) -> Result<TreeId, ObjectError> {
        Draft::default().write(self)
    }

    /// Applies edits and returns the new tree. Their order does not matter, but for the last edit
    /// of a path being the one that counts: a path is edited before those below it, so a directory
    /// is replaced by editing it and what is to be in it.
    pub fn edit_tree(&self, tree: TreeId, edits: Vec<TreeEdit>) -> Result<TreeId, ObjectError> {
        self.edit_tree_shaped(tree, edits, Shape::STANDARD)
    }

    pub(crate) fn edit_tree_shaped(
        &self,
        tree: TreeId,
        mut edits: Vec<TreeEdit>,
        shape: Shape,
    ) -> Result<TreeId, ObjectError> {
        edits.sort_by(|a, b| a.path.cmp(&b.path));
        let editor = Editor { db: self, shape };
        let at_root = edits.partition_point(|edit| edit.path.is_root());
        let (root, below) = edits.split_at(at_root);
        let base = base_of_all(tree, root.last())?;
        match editor.edit_directory(base.as_ref(), below, 0, 0)? {
            Content::Empty => self.empty_tree(),
            Content::Leaf(draft) => draft.write(self),
            Content::Stored { id, .. } => Ok(id),
        }
    }
}

/// What an edit works with.
#[derive(Debug)]
pub(super) struct Editor<'a> {
    pub db: &'a ObjectDb,
    pub shape: Shape,
}

impl Editor<'_> {
    /// Applies edits whose paths, without the first `skip` bytes, are relative to the directory.
    fn edit_directory(
        &self,
        old: Option<&Directory>,
        edits: &[TreeEdit],
        skip: usize,
        depth: usize,
    ) -> Result<Content, ObjectError> {
        if let Some(edit) = edits.first().filter(|_| depth > DEEPEST) {
            return Err(ObjectError::Path { path: edit.path.clone(), rule: PathRule::Deep });
        }
        let same = |a: &TreeEdit, b: &TreeEdit| first_name(a, skip) == first_name(b, skip);
        let groups: Vec<Group<'_>> =
            edits.chunk_by(same).map(|edits| Group { edits, skip, depth }).collect();
        self.rewrite(old, &groups)
    }

    fn write_content(
        &self,
        name: &[u8],
        content: Content,
        out: &mut Vec<u8>,
    ) -> Result<Option<Summary>, ObjectError> {
        let (id, summary) = match content {
            Content::Empty => return Ok(None),
            Content::Leaf(draft) if draft.may_be_inside(self.shape) => {
                codec::write_inline(name, draft.count, &draft.items, out);
                return Ok(Some(draft.summary));
            }
            Content::Leaf(draft) => (draft.write(self.db)?, draft.summary),
            Content::Stored { id, summary } => (id, summary),
        };
        codec::write_directory(name, id, summary, out);
        Ok(Some(summary))
    }

    /// Returns a directory as it stands.
    fn content(&self, directory: &Directory) -> Result<Content, ObjectError> {
        let node = directory.open(self.db)?;
        match directory.id() {
            _ if node.len() == 0 => Ok(Content::Empty),
            Some(id) if node.level() > 0 || node.raw_items().len() > self.shape.inline => {
                Ok(Content::Stored { id, summary: node.summary() })
            }
            _ => Ok(Content::Leaf(Draft::of(&node))),
        }
    }
}

/// Returns the directory that the edits below the root start from.
fn base_of_all(tree: TreeId, edit: Option<&TreeEdit>) -> Result<Option<Directory>, ObjectError> {
    match edit.map(|edit| (&edit.path, &edit.value)) {
        None => Ok(Some(Directory::root(tree))),
        Some((_, TreeValue::Remove)) => Ok(None),
        Some((_, TreeValue::Graft(tree))) => Ok(Some(Directory::root(*tree))),
        Some((path, TreeValue::Set(_))) => {
            Err(ObjectError::Path { path: path.clone(), rule: PathRule::Root })
        }
    }
}

fn first_name(edit: &TreeEdit, skip: usize) -> &[u8] {
    let rest = &edit.path.as_bytes()[skip..];
    let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    &rest[..end]
}

/// The edits of one name of a directory and of what lies below it; never empty.
#[derive(Debug)]
struct Group<'a> {
    edits: &'a [TreeEdit],
    skip: usize,
    depth: usize,
}

impl Group<'_> {
    /// Returns the edit of the name itself that counts, and the edits below it.
    fn split(&self) -> (Option<&TreeValue>, &[TreeEdit]) {
        let end = self.skip + self.name().len();
        let own = self.edits.partition_point(|edit| edit.path.as_bytes().len() == end);
        let (own, below) = self.edits.split_at(own);
        (own.last().map(|edit| &edit.value), below)
    }
}

impl Change for Group<'_> {
    fn name(&self) -> &[u8] {
        first_name(&self.edits[0], self.skip)
    }

    fn apply(
        &self,
        editor: &Editor<'_>,
        old: Option<(&Node, usize)>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Summary>, ObjectError> {
        let (own, below) = self.split();
        let base = match own {
            None => old.map(|(node, index)| node.slot(index)),
            Some(TreeValue::Remove) => None,
            Some(TreeValue::Set(entry)) => Some(Slot::Leaf(entry.clone())),
            Some(TreeValue::Graft(tree)) => Some(Slot::Directory(Directory::root(*tree))),
        };
        let (leaf, directory) = match base {
            Some(Slot::Leaf(entry)) => (Some(entry), None),
            Some(Slot::Directory(directory)) => (None, Some(directory)),
            None => (None, None),
        };
        let name = self.name();
        let content = match &directory {
            Some(directory) if below.is_empty() => editor.content(directory)?,
            _ => {
                let skip = self.skip + name.len() + 1;
                editor.edit_directory(directory.as_ref(), below, skip, self.depth + 1)?
            }
        };
        match (content, leaf) {
            (Content::Empty, Some(entry)) => {
                codec::write_leaf(name, &entry, out);
                Ok(Some(Summary { files: 1, bytes: entry.size() }))
            }
            (content, _) => editor.write_content(name, content, out),
        }
    }
}
