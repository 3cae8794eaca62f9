//! The `farebox` command.
//!
//! `farebox up` is the crate [`farebox_runtime`]. The rest of the command line needs no server: [`quote`] prices a trip,
//! [`explain`] says why a bill is what it is, [`card`] checks rate cards, [`city`] the documents of cities, and [`replay`] prices bills again.

pub mod bill_text;
pub mod card;
pub mod city;
pub mod cli;
pub mod explain;
pub mod input;
pub mod output;
pub mod quote;
pub mod replay;
pub mod table;
