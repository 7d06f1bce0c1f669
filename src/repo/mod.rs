//! The handle on a repository: the layout of `.mlv/`, transactions, reachability, the journal.
