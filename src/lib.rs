//! mlv: Git for data, features and models, whose pipeline hangs on version-control events.
//!
//! The floor plan; a room imports only from lower floors (`tests/layers.rs` keeps it):
//!
//! | floor | room        | what lives there |
//! |-------|-------------|------------------|
//! | 0     | [`base`]      | ids, paths, durable file writes, locks, clock, codec, progress |
//! | 0     | [`mod@format`] | readers of what users store: csv, jsonl, parquet, tensors |
//! | 1     | [`check`]     | suites of checks, drift, evaluation gates: over tables |
//! | 1     | [`config`]    | settings in layers, each value with its source |
//! | 1     | [`store`]     | chunks: cutting, compression, packs, index |
//! | 2     | [`object`]    | files, trees, commits over the store |
//! | 3     | [`hook`]      | events, `mlv.yaml`, the graph of hooks, processes |
//! | 3     | [`refs`]      | names, edits, the operation log, revisions |
//! | 3     | [`diff`]      | what differs between two trees, two texts |
//! | 4     | [`repo`]      | the handle on `.mlv/`, transactions, reachability, journal |
//! | 4     | [`merge`]     | three-way merge of trees and texts |
//! | 5     | [`workspace`] | ignore rules, status, snapshot, checkout, sandbox |
//! | 5     | [`git`]       | the enclosing Git repository |
//! | 5     | [`remote`]    | refs and packs in a bucket or a folder, with no server |
//! | 6     | [`action`]    | actions that hooks use and mlv itself carries out |
//! | 7     | [`ops`]       | what a verb does, as a function that returns a value |
//! | 9     | [`cli`]       | streams, style, errors, exit codes; one file a verb |
//!
//! Under `.mlv/`: `repo.db` (refs, staging, operations, hook runs: [`repo`]), `stat.db` (stat cache,
//! may be deleted: [`workspace`]), `config.toml` ([`config`]), `store/` (packs and index: [`store`]),
//! `runs/` (logs of hook runs: [`ops`]), `tmp/` (sandboxes and half-written files: [`repo`]).

#![deny(unsafe_code)]

pub mod action;
pub mod base;
pub mod check;
pub mod cli;
pub mod config;
pub mod diff;
pub mod format;
pub mod git;
pub mod hook;
pub mod merge;
pub mod object;
pub mod ops;
pub mod refs;
pub mod remote;
pub mod repo;
pub mod store;
pub mod workspace;
