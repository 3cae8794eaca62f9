//! What billing needs of the world around it. Whoever runs it brings these: a component, a test, a simulator.
//!
//! No port needs to wake one request from another, and nothing here is shared between threads: an instance of a
//! component is one thread, and what can be done there can be done anywhere.

mod fault;
mod generations;
mod store;

pub use fault::{SegmentsError, StoreError};
pub use generations::{Generation, Generations};
pub use store::{
    Accumulated, DocumentKind, Due, DueTrip, Listed, NewRevision, Page, Posted, Revision, Store, StoredBill, TopUp,
};

use crate::engines::Engines;
use crate::event::Event;
use farebox_fare::Timestamp;
use std::pin::Pin;
use std::time::Duration;

/// All of them.
pub trait Ports: Store + Files + Variables + Clock + Ids + Events + Spawn + 'static {
    /// What prices, settles and renders.
    type Engines: Engines;
}

/// The documents of the configuration.
pub trait Files {
    /// The names of what is in a folder, in any order. Folders and files alike.
    ///
    /// # Errors
    ///
    /// Why it cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<String>, String>;

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<String, String>;
}

/// The variables that operators set.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Variables {
    /// The value of a variable.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    async fn variable(&self, name: &str) -> Result<String, String>;
}

/// Time.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Clock {
    /// What the calendar says.
    fn now(&self) -> Timestamp;

    /// How long it is since some moment that stays the same. Never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, time: Duration);
}

/// Chance.
pub trait Ids {
    /// A number that no other instance has, and this one never again.
    fn unique(&self) -> u64;
}

/// Where it is told what happened.
pub trait Events {
    /// Tells an event, under the trace of the request that it happened to.
    fn tell(&self, trace: &str, event: &Event);
}

/// Work that goes on after the answer.
pub trait Spawn {
    /// Sees to it that this is finished some time, unless the instance ends.
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>);
}
