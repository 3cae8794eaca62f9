//! Prices a trip on a rate card.
//!
//! A [`RateCard`] is a list of fee items. Each item has a kind, which knows how to charge, and branches, which say when
//! and with which figures. [`RateCard::parse`] checks a card completely; after that, [`RateCard::price`] can only fail
//! because of the trip.
//!
//! Pure: there is no clock and no I/O in this crate. To add a kind of fee, write a module beside the others in
//! `kinds/` and name it in `kinds::parse`.

mod card;
mod condition;
mod discounts;
mod figure;
mod kinds;
mod price;

#[cfg(target_family = "wasm")]
mod component;

pub use card::{CardInfo, FORMAT, RateCard, Side};
pub use price::PriceError;

/// The version of this engine. A bill names it, so that it can be priced again by the same one.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
