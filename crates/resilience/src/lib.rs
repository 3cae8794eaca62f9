//! What is done about something that does not answer, or answers late: pure machines, without clock and without I/O.
//!
//! - [`Silence`]: how many calls in a row are given up on before that means something. The one place that says so
//! - [`Backoff`]: how long to wait before trying again
//! - [`Bulkhead`]: how many calls are under way at once, and who waits for a place
//! - [`breaker`]: what is not asked for a while because it does not answer, shared by all instances of a node
//! - [`shedding`]: who is turned away first when this node is late itself
//! - [`Tally`]: what happens often is told seldom, with how often it happened
//!
//! None of them is needed for anything to be right. They save time: whatever they say, at any moment, what is kept and what is
//! answered stays true, and what was done without is marked.
//!
//! Moments are milliseconds, and arguments. What one machine is told of moments has to come from one clock; that it is set back
//! is borne.

mod backoff;
pub mod breaker;
mod bulkhead;
pub mod shedding;
mod silence;
mod tally;

pub use backoff::Backoff;
pub use bulkhead::{Bulkhead, Entry};
pub use silence::{GIVEN_UP, Silence};
pub use tally::Tally;
