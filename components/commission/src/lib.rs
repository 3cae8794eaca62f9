//! Keeps the platform's take within its cap, ride by ride.
//!
//! A [`Policy`] is an ordered list of scenarios. The first that applies to a ride sets the cap; [`Policy::settle_bills`] compares
//! what counts of the two bills of the ride, and works out the least top-up that brings the take rate to the cap or just under it.
//!
//! Pure: there is no clock and no I/O in this crate.
//!
//! - `limits`, `when`: the conditions of a scenario
//! - `document`: how a policy is written down; `scenario`: what a part of one is
//! - `check`: what can be wrong with all scenarios together
//! - `policy`: how one is read
//! - `settle`: from a policy and a ride to a settlement; `explain`: why it is what it is

mod check;
mod document;
mod explain;
mod limits;
mod paying;
mod policy;
mod scenario;
mod settle;
mod when;

#[cfg(target_family = "wasm")]
mod component;

pub use document::{FORMAT, schema};
pub use explain::{CountedLine, Explanation, ScenarioExplanation, Verdict};
pub use farebox_records::{Counted, Settlement};
pub use paying::Paying;
pub use policy::Policy;
pub use scenario::{Fees, Scenario};
pub use settle::{Billed, SettleError, Totals};
pub use when::Circumstances;

/// The number of this engine. It moves whenever any settlement of the corpus in `tests/corpus` would come out differently: a bill
/// names the engines that made it, so that it can be made again with the same ones.
pub const ENGINE: u32 = 1;
