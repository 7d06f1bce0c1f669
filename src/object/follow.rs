//! One step from an object to those it names, for who fetches or sends them level by level.

use std::sync::Arc;

use crate::base::{Hash, ManifestId, RepoPath, TreeId};
use crate::object::manifest;
use crate::object::tree::{Directory, Node, Slot};
use crate::object::{Entry, FileRef, ObjectDb, ObjectError};
use crate::store::{BlobId, BlobKind};

/// A place where an object names another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A node of a tree; `directory` is known where paths matter, and the root elsewhere.
    Tree {
        id: TreeId,
        directory: Arc<RepoPath>,
    },
    /// A node of a manifest, which covers `len` bytes; of any level where it is the root.
    Manifest {
        id: ManifestId,
        level: Option<u8>,
        len: u64,
    },
    Chunk(Hash),
}

/// Tells of which paths the content is wanted.
pub type Paths<'a> = dyn Fn(&RepoPath) -> bool + 'a;

impl Link {
    /// Returns the link to a whole tree.
    pub fn root(id: TreeId) -> Self {
        Self::Tree { id, directory: Arc::default() }
    }

    /// Returns the link to the content of a file; nothing where the file is empty.
    pub fn of(file: &FileRef) -> Option<Self> {
        match file.manifest {
            Some(id) => Some(Self::Manifest { id, level: None, len: file.size }),
            None => (file.size > 0).then_some(Self::Chunk(file.content)),
        }
    }

    /// Returns what it leads to.
    pub fn id(&self) -> BlobId {
        match self {
            Self::Tree { id, .. } => BlobId { kind: BlobKind::Tree, hash: id.0 },
            Self::Manifest { id, .. } => manifest::blob_id(*id),
            Self::Chunk(hash) => BlobId::chunk(*hash),
        }
    }
}

impl ObjectDb {
    /// Returns the links of the object that a link leads to, read from the store itself; of files,
    /// only those of wanted paths where `paths` are given.
    pub fn follow(&self, link: &Link, paths: Option<&Paths<'_>>) -> Result<Vec<Link>, ObjectError> {
        match link {
            Link::Chunk(_) => Ok(Vec::new()),
            Link::Manifest { id, level, len } => self.follow_manifest(*id, *level, *len),
            Link::Tree { id, directory } => {
                let node = Arc::new(self.read_node(*id)?);
                Ok(links_of(node, directory.clone(), paths))
            }
        }
    }

    fn follow_manifest(
        &self,
        id: ManifestId,
        level: Option<u8>,
        len: u64,
    ) -> Result<Vec<Link>, ObjectError> {
        let node = manifest::Node::read(self.store().as_ref(), id, level, len)?;
        let link = |child: manifest::Child| match node.level {
            0 => Link::Chunk(child.hash),
            level => {
                let (id, level) = (ManifestId(child.hash), Some(level - 1));
                Link::Manifest { id, level, len: child.len }
            }
        };
        Ok(node.children.iter().copied().map(link).collect())
    }
}

fn links_of(node: Arc<Node>, directory: Arc<RepoPath>, paths: Option<&Paths<'_>>) -> Vec<Link> {
    let mut links = Vec::new();
    let mut nodes = vec![(node, directory)];
    while let Some((node, directory)) = nodes.pop() {
        for index in 0..node.len() {
            let below = || match paths {
                Some(_) => directory.child(node.name(index)).expect("names in nodes were checked"),
                None => RepoPath::root(),
            };
            if let Some(id) = node.pointed(index) {
                let inner = node.level() > 0;
                let directory = if inner { directory.clone() } else { Arc::new(below()) };
                links.push(Link::Tree { id, directory });
                continue;
            }
            match node.slot(index) {
                Slot::Leaf(Entry::File { file, .. }) => {
                    if paths.is_none_or(|wanted| wanted(&below())) {
                        links.extend(Link::of(&file));
                    }
                }
                Slot::Directory(Directory::Inline(inner)) => nodes.push((inner, Arc::new(below()))),
                Slot::Leaf(Entry::Symlink { .. } | Entry::Reference(_))
                | Slot::Directory(Directory::Stored { .. }) => {}
            }
        }
    }
    links
}
