//! The promises of this crate, natively. One program: each file by itself would compile the engines and the double of the ports once more.

mod archive;
mod batches;
mod breaking;
mod changes;
mod coupons;
mod covered;
mod drains;
mod earnings;
mod erasing;
mod findings;
mod ledger;
mod listing;
mod losses;
mod node;
mod probes;
mod promises;
mod repair_pages;
mod repairing;
mod replays;
mod settling;
mod snapshot;
mod unmeasured;
