//! Hooks around the other operations: which definitions count, running them on a candidate tree,
//! the journal, and what users ask of it. The engine itself is `hook`.

mod add;
mod after;
mod at_remote;
mod auto_merge;
mod before;
mod cache;
mod carry_out;
mod chain;
mod deed;
mod definitions;
mod exempt;
mod follow_up;
mod followed;
mod heal;
mod host;
mod intent;
mod ledger;
mod list;
mod log;
mod noted;
mod owner;
mod pool;
mod queue;
mod replay;
mod require;
mod retry;
mod rules;
mod runs;
mod spec_files;
mod told;
mod trigger;
mod trust;
mod verdict;
mod work;

pub use add::{AddedHook, NewHook, add};
pub use after::{By, note_post, pending_rows, run_noted, run_post};
pub use at_remote::{Asked, MovedAtRemote};
pub use before::{Passed, run_pre};
pub use cache::{dependencies, prune};
pub use carry_out::owner;
pub use chain::makers;
pub use deed::{Deed, Done, around, edit_refs};
pub use definitions::{KnownDefinitions, check_spec_change, definitions, spec_of};
pub use exempt::Exempt;
pub use follow_up::Delivery;
pub use followed::is_in_the_way;
pub use heal::{bury, heal};
pub use intent::{Landing, intend, withdraw};
pub use list::{ListedHook, check, list};
pub use log::{RunLog, log};
pub use noted::PendingEvent;
pub use owner::{Owner, is_dead};
pub use replay::{
    PlannedHook, ReplayRequest, ReplayResult, Replayed, WhichDefinitions, fire, replay,
};
pub use require::{Missing, Moving, Remedy, Why, check_move, check_required, check_standing};
pub use retry::{retry, retry_failed};
pub use rules::{definitions_of_commit, refuse_passing_over, refuse_protected};
pub use runs::{Filter, ReportedRun, report, reported, runs};
pub use told::event_context;
pub use trigger::{Seen, SeenState, Watched, watched};
pub use trust::{TrustReport, trust, trust_own};
pub use verdict::{CodeState, Verdict, VerdictBook, Verdicts};
pub use work::{WorkOptions, Worked, work};
