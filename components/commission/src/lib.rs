//! Keeps the platform's take within its cap, ride by ride.
//!
//! A [`Policy`] is an ordered list of scenarios. The first that matches a ride sets the cap; [`Policy::settle`] compares
//! the two totals of the ride and works out the least top-up that brings the take rate to the cap or just under it.
//!
//! Pure: there is no clock and no I/O in this crate.

mod limits;
mod policy;
mod settle;

#[cfg(target_family = "wasm")]
mod component;

pub use farebox_records::Settlement;
pub use policy::{FORMAT, Policy};
pub use settle::{RideTotals, SettleError};

/// The number of this engine. It moves whenever any settlement of the corpus in `tests/corpus` would come out differently: a bill
/// names the engines that made it, so that it can be made again with the same ones.
pub const ENGINE: u32 = 1;
