//! Money that is limited, as pure machines: `step(state, command) -> (state, reply)`, without clock, I/O or chance.
//!
//! A budget for top-ups is split over the buckets of a city, because a bill is posted in one step within one bucket. What is posted
//! never exceeds the limit, however many post at once, and whatever is lost, repeated, reordered, or crashes in between; what fits is
//! posted in the end; and nothing is stranded.
//!
//! - [`share`]: what a bucket may post of a budget
//! - [`account`]: what the buckets were granted of it, in one place of the city
//! - [`rebalance`]: whom to ask to return something, so that a bucket that is short is served
//! - [`movement`]: what a draw means, in double entry
//! - [`redemption`]: a coupon is redeemed once by a passenger, or as often as it says
//! - [`Fault`]: what is no amount
//!
//! Share and account tell each other sums that only ever grow: granted, and returned. The larger one is the newer one, so every message
//! may be lost, come twice, and come late. [Decision 40](../../docs/decisions/0040-budgets-are-split-by-sums-that-only-grow.md) says why.
//!
//! Nothing calls it yet. The scripts of the store do the same as `share` and `account` once there are any, and are to be held to them, number
//! by number.

pub mod account;
mod amounts;
pub mod movement;
pub mod rebalance;
pub mod redemption;
pub mod share;

pub use amounts::{Fault, MOST};
