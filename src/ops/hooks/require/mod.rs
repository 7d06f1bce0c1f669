//! Rules of branches that ask for verdicts (`require`): checked for whatever moves the branch, by
//! what its tip says before the move. A verdict counts that this move reached, that the cache holds
//! for the same inputs, or that is filed under the same tree.

mod check;
mod rule;

pub use check::{Moving, check_move, check_push, check_required, check_standing};
pub use rule::{Missing, Remedy, Why};
