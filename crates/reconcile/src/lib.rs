//! Whether every top-up that the ledger owes was paid once, for files of any length.
//!
//! The ledger is [`farebox_records::TopUpRecord`]s, one a line; payments are CSV of a bank or a payroll system. A payment belongs to a
//! record by city, trip and revision. Both are sorted by that, outside of memory when they do not fit in, and gone through side by side:
//! what is told is in the order of keys, and one key at a time is in memory.
//!
//! Nothing is passed over. While a line cannot be read nothing is reconciled, and in the end the sums of all classes are proven against
//! those of what was read. Each of these stands above those before it, and none imports one that comes after:
//!
//! - [`Place`], [`Error`], [`Refused`]: where something stands, and what can be wrong
//! - `lines`, `amount`, [`Key`], [`Payment`]: the parts of inputs
//! - `csv`, `ledger`: inputs
//! - `sort`: byte strings in order, in bounded memory
//! - `tally`: sums
//! - [`Class`], [`Finding`]: what became of a key; [`Class::of`] decides it
//! - `entry`, `groups`: keys, one by one
//! - [`Summary`]: what all of them come to, proven
//! - [`Reconciliation`]: all of it
//! - [`JsonLines`], [`CsvTable`], [`redrive`]: what is written of it

mod amount;
mod csv;
mod entry;
mod error;
mod finding;
mod groups;
mod key;
mod ledger;
mod lines;
mod payment;
mod place;
mod reconciliation;
mod redrive;
mod refused;
mod report;
mod sort;
mod summary;
mod tally;

pub use crate::csv::{Column, Delimiter, Layout, Names};
pub use amount::Notation;
pub use error::Error;
pub use finding::{Class, Finding, MOST_OF_A_KEY, Owed, Paid};
pub use key::Key;
pub use payment::Payment;
pub use place::Place;
pub use reconciliation::{MEMORY_BYTES, Outcome, Reconciliation};
pub use redrive::{redrive, safe_to_redrive};
pub use refused::{MOST_TOLD, Refused, RefusedLine};
pub use report::{CsvTable, JsonLines};
pub use summary::{Balance, OfClass, Summary, Sums};
pub use tally::{Tally, Total};
