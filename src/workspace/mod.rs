//! The working copy: ignore rules, stat cache, status, snapshot, checkout, sandbox.
