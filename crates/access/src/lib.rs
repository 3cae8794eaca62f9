//! Who may ask what: keys, what they are for, and the decision.
//!
//! Each of these stands above those before it:
//!
//! - [`Scope`], [`Operation`], [`Need`]: what there is to ask for, and what a key needs for it
//! - [`master`]: what the document of keys is sealed under
//! - [`Entry`]: a key with its secrets; [`Keys`], [`Key`]: keys as requests are verified with
//! - [`document`]: the document of keys, `farebox-keys/1`, sealed and open; [`editing`]: keys that are made, changed and withdrawn;
//!   [`listing`]: keys as people look at them
//! - [`Denied`]: why not
//! - [`identify`]: whose request it is; [`may`]: whether they may
//!
//! No clock, no chance, no file: times, nonces and texts are arguments.

mod decision;
mod denied;
pub mod document;
pub mod editing;
mod entry;
mod keys;
pub mod listing;
pub mod master;
mod operation;
mod scope;

pub use decision::{Asked, Enforcement, Identified, Who, identify, may};
pub use denied::{Code, Denied, WWW_AUTHENTICATE};
pub use document::{Document, SealedDocument};
pub use entry::{ALL_CITIES, Entry, HeldSecret, MOST_SECRET_BYTES, MOST_SECRETS, SecretText};
pub use keys::{Key, Keys};
pub use master::{MasterKey, MasterKeys};
pub use operation::{Need, Operation};
pub use scope::Scope;
