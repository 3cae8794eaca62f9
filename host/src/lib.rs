//! The `farebox` command.
//!
//! `farebox up` is the crate [`farebox_runtime`]. The rest of the command line needs no server: [`quote`] prices a trip,
//! [`explain`] says why a bill is what it is, [`card`] checks rate cards, [`city`] the documents of cities, [`limits`] that of limits,
//! [`switches`] that of switches, [`replay`] prices bills again, [`keys`] makes keys, and [`coupon`] signs coupons. [`request`] asks a server,
//! [`bills`] lists bills, [`repair`] and [`jobs`] have one put things right, [`journal`] shows what a node has kept itself,
//! [`backup`] copies its database, [`archive`] writes bills to files, and [`reconcile`] compares top-ups with what was paid.

pub mod archive;
pub mod backup;
pub mod bill_text;
pub mod bills;
pub mod card;
pub mod chance;
pub mod checked;
pub mod city;
pub mod cli;
pub mod coupon;
pub mod duration;
pub mod explain;
pub mod html;
pub mod input;
pub mod jobs;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod moment;
pub mod output;
pub mod pages;
pub mod policy;
pub mod progress;
pub mod quote;
pub mod reconcile;
pub mod repair;
pub mod replay;
pub mod request;
pub mod switches;
pub mod table;
pub mod whole;
