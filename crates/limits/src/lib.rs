//! How much whom is let: rate limits in tiers.
//!
//! Each of these stands above those before it:
//!
//! - [`RouteClass`], [`Limit`]: what is limited, and how
//! - [`bucket`]: the arithmetic of a limit. The store does the same in one step of its own, and is held to this
//! - [`document`]: `farebox-limits/1`: tiers, and who has which
//! - `allowance`: what an instance may let one caller before it asks the store again
//! - [`Allowances`]: all of them in an instance, and what is done while the store does not answer
//! - [`Minutely`]: what is told at most once a minute
//!
//! No clock, no store: moments and answers are arguments.

mod allowance;
mod allowances;
pub mod bucket;
mod class;
pub mod document;
mod limit;
mod minutely;

pub use allowance::{Decision, Over, Refused, Remaining, Verdict};
pub use allowances::{Allowances, LOCAL_MS, MOST_ENTRIES};
pub use bucket::Taken;
pub use class::RouteClass;
pub use document::{Limits, LimitsDocument};
pub use limit::{Limit, MOST_AT_ONCE, Window};
pub use minutely::Minutely;
