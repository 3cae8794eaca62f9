//! Prices a trip on a rate card.
//!
//! A [`RateCard`] is a set of fee items. Each item has a kind, which knows how to charge, and branches, which say when and
//! with which figures. [`RateCard::parse`] checks a card completely; after that, [`RateCard::price`] can only fail because
//! of the trip.
//!
//! Pure: there is no clock and no I/O in this crate. To add a kind of fee, write a module beside the others in `kinds/`
//! and name it in `kinds::KINDS`; parsing, checking and the published schema follow.
//!
//! Each of these stands above those before it, and none imports one that comes after:
//!
//! - `notes`: what is found while a card is read
//! - `figure`, `rounding`, `growth`: the numbers on a card
//! - `zones`, `when`: what the conditions of a branch are about
//! - `terms`, `clock`, `ride`: a trip as fees see it, cut at the edges of time windows
//! - `line`: what becomes a line of a bill, and the one place where its amount is rounded
//! - `fee`, `binding`, `kind`, `kinds`: what is charged
//! - `discounts`: what coupons take off
//! - `item`, `card`: what a card is
//! - `document`, `schema`: how it is written down
//! - `check`: what can be wrong with a card beyond a single field
//! - `read`: from a document to a card
//! - `error`, `validate`, `price`: from a card and a trip to a bill
//! - `explain`: why the bill is what it is

mod binding;
mod card;
mod check;
mod clock;
mod discounts;
mod document;
mod error;
mod explain;
mod fee;
mod figure;
mod growth;
mod item;
mod kind;
mod kinds;
mod limits;
mod line;
mod notes;
mod price;
mod read;
mod ride;
mod rounding;
mod schema;
mod terms;
mod validate;
mod when;
mod zones;

#[cfg(target_family = "wasm")]
mod component;

pub use card::{CardInfo, FORMAT, RateCard, Side};
pub use error::PriceError;
pub use explain::{Explanation, ItemExplanation, Status};
pub use growth::CODE as GROWTH_CODE;
pub use price::{Totals, estimate};
pub use schema::schema;

/// The number of this engine. It moves whenever any bill of the corpus in `tests/corpus` would come out differently: a bill
/// names the engines that made it, so that it can be made again with the same ones.
pub const ENGINE: u32 = 2;
