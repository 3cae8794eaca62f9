//! The documents that everything is done by: rate cards, the commission policy, the copy, the cities; the keys that requests
//! are signed with; and what operators switch.
//!
//! - `place`: which file is which document, and how large it may be
//! - `texts`: texts, and the versions that they have
//! - `folder`: the folder read whole: texts, what cannot be read, what is no document
//! - `document`, `card`: a text, and what it means once somebody asked
//! - [`city`]: what a city decides for itself
//! - [`switches`]: what operators switch while everything runs
//! - `dated`: the rate cards of a product's side, one after the other
//! - `snapshot`: all of them at one moment, which never changes
//! - `judge`: which of the files can follow what is in force
//! - [`moment`]: when which snapshot is answered from
//! - `keeper`: looks, and does what was decided
//!
//! The texts of a snapshot are read before anything is answered from it; what they mean is found out when it is needed.
//! Reading is what has to happen at one moment. Parsing takes a hundred times as long, and most instances never need most
//! rate cards.

mod card;
pub mod city;
mod dated;
mod document;
mod folder;
mod judge;
mod keeper;
pub mod moment;
mod place;
mod snapshot;
pub mod switches;
mod texts;

pub use card::{Card, ParsedCatalogue, ParsedCity, ParsedKeys, ParsedPolicy};
pub use folder::Folder;
pub use judge::{Broken, Judgement, Master, judge};
pub use keeper::{InForce, Keeper, Standing};
pub use place::Place;
pub use snapshot::{Filed, Snapshot};
pub use texts::{Manifest, Text, Texts};
