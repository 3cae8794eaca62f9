//! Turns a bill into a page, in the operator's words.
//!
//! A [`Catalogue`] is the copy for one locale: Project Fluent messages, and a layout that says which scene shows which
//! fees in which order. Operators own both; `docs/copy.md` is their manual. Everything that could go wrong with copy is
//! found when it is parsed, so that rendering cannot fail on any bill.
//!
//! Two promises shape this crate:
//!
//! - No amount is ever hidden. Every line of a bill is on every scene's page exactly once, under its fee code if the
//!   copy has no words for it, and with its currency code if the copy has no pattern for the currency.
//! - No amount is ever a float. Numbers reach Fluent as text that ICU4X formatted from exact decimals.

mod catalogue;
mod document;
mod layout;
mod limits;
mod messages;
mod numbers;
mod page;
mod repair;
mod variables;

#[cfg(target_family = "wasm")]
mod component;

pub use catalogue::Catalogue;
pub use page::{Page, PageLine, Section, UnknownScene};
pub use repair::{Borne, FeeDifference, Repair, RepairLine, RepairPage};
