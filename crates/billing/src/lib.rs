//! What the product promises of a ride: it is estimated, shown, metered, billed once, shown again and settled.
//!
//! Native and pure: the store, time, chance and the engines are [`ports`], brought by whoever runs this - a component, the
//! command line, a test, a simulator. Here stands what is read first, what a failed read means, when a bill is degraded,
//! what is idempotent, and when a top-up is entered.
//!
//! Start with [`bills`], which has most of that. Each request has a [`Context`]; what the requests of an instance share is
//! in [`Billing`].
//!
//! | a ride is | by |
//! |---|---|
//! | asked by | a [`caller`], who may or may not, as often as is let: [`Standing`]; and once, where something is written |
//! | asked about | [`requests`], within [`limits`] |
//! | estimated | [`estimates`]; the answer is signed by [`estimate_id`] |
//! | metered | [`meter`]; what is odd about it are [`findings`], what is not there is for [`completeness`] to say, and what stands in for it a [`guess`] |
//! | billed, repeated, shown | [`bills`] |
//! | settled | [`settlement`] |
//! | kept | as a [record](farebox_records); before the shared store has it, in the [`journal`] of the node |
//! | refused | with a [`refusal`] |

pub mod answers;
mod archive;
mod asking;
mod backlog;
mod billing;
pub mod bills;
mod breaking;
pub mod caller;
pub mod cards;
pub mod completeness;
pub mod config;
mod context;
mod coupons;
pub mod datum;
mod documents;
pub mod drains;
mod driving;
pub mod engines;
pub mod estimate_id;
pub mod estimates;
pub mod event;
pub mod findings;
pub mod funding;
pub mod geodesy;
pub mod guess;
pub mod health;
pub mod journal;
mod later;
mod limiting;
pub mod limits;
mod locale;
pub mod meter;
mod once;
pub mod origins;
mod pages;
mod patience;
pub mod planted;
pub mod ports;
pub mod pricing;
mod quotes;
pub mod refusal;
mod refusing;
pub mod repairs;
mod replay;
pub mod requests;
pub mod retention;
#[cfg(feature = "schema")]
pub mod schema;
pub mod settings;
pub mod settlement;
mod standing;
pub mod trip;
mod unworded;

pub use billing::Billing;
pub use context::Context;
pub use pages::Wanted;
pub use standing::Standing;
