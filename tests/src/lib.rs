//! Tests of the built application: components, contract, HTTP, faults.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what is printed here is for whoever runs a test")]

pub mod baseline;
pub mod changed;
pub mod circles;
pub mod command;
pub mod exchanges;
pub mod guest;
pub mod in_process;
pub mod load;
pub mod model;
pub mod pricing;
pub mod rides;
pub mod server;
pub mod store_redis_server;
pub mod store_under_test;
pub mod tariffs;
pub mod wire;
