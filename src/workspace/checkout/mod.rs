//! Making the working copy hold another tree: a plan that loses nothing, a journal, then the deed.

mod apply;
pub(super) mod base;
mod clear;
mod decide;
mod in_place;
mod journal;
mod plan;
mod recover;
#[cfg(test)]
mod tests;
mod unsynced;
pub(super) mod write;

pub use apply::{AppliedCheckout, Pace, UntilInterrupted};
pub use plan::{BlockReason, Blocked, CheckoutPlan, Held, Policy, Step};
pub use recover::{Direction, InterruptedCheckout, Recovery};
