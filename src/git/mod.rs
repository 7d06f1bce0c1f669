//! The enclosing Git repository: its revision, its tracked files, its exclude file.
