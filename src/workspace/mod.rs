//! The working copy: ignore rules, scan, stat cache, status, snapshot, checkout, sandbox.
//! It is given trees as values and knows no refs; [`Workspace`] is the way in.

mod cache;
mod disk;
mod ignore;
mod notice;
mod scan;
