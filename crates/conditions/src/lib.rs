//! When a part of a document applies: conditions on the local time and on facts, one fact each, all of which have to hold.
//!
//! Which facts there are is the document's: it names so many that are names and so many that are quantities, as [`Subjects`].
//! Since every condition is on one fact alone, where two parts overlap and what no part applies to can be found, each with an
//! example in words.
//!
//! Each of these stands above those before it, and none imports one that comes after:
//!
//! - `limits`, `calendar`, `choice`, `range`: a condition on one fact
//! - `when`: all conditions of a part
//! - `subjects`: what conditions are about
//! - `failing`: why a part does not apply
//! - `budget`: how much looking there may be
//! - `meeting`: what two parts have in common
//! - `outside`: what none of many parts applies to

mod budget;
mod calendar;
mod choice;
mod failing;
pub mod limits;
mod meeting;
mod outside;
mod range;
mod subjects;
mod when;

pub use budget::{Budget, TooComplex};
pub use calendar::{Calendar, CalendarDocument, HolidaysDocument};
pub use choice::Choice;
pub use failing::failing;
pub use meeting::{meeting, same_facts, same_time};
pub use outside::outside;
pub use range::{Range, RangeDocument};
pub use subjects::{Name, Subjects};
pub use when::{Facts, NONE, When};
