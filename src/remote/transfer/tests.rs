//! Laws of the way to a remote and back.
