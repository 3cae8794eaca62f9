//! A simulator of billing: many requests, interleaved at every step they take, two hosts, and a store that on command of
//! a seed fails, hangs past every deadline, answers late and still takes effect, loses everything or one bucket; hosts
//! crash between any two steps, and clients try again.
//!
//! What runs is `farebox-billing` itself. After each answer an [`auditor`] that knows only what was acknowledged holds it
//! to what the product promises. What today's protocol cannot keep is the list of [`exemptions`].
//!
//! The same seed gives the same run, on any machine.

pub mod auditor;
pub mod executor;
pub mod exemptions;
pub mod host;
mod node;
pub mod plan;
pub mod prices;
pub mod run;
pub mod search;
pub mod store;
