//! What is fuzzed: functions that take any bytes, and panic when what they are made into breaks a law.
//!
//! libFuzzer looks for bytes that get further than any before, with `./x fuzz`; what it found lies in `corpus/`, and goes
//! through the same functions in `./x test`.

pub mod corpus;

mod card;
mod coupon;
mod laws;
mod price;
mod request;
mod signature;
mod target;
mod token;
mod wire;

pub use target::{TARGETS, Target};
