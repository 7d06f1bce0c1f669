//! Names of things that move: refs, edits with their expectation, the operation log, revisions.
