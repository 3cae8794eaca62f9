//! What a guest can have of the host, one capability a file.
//!
//! A file says everything about its capability: what of a manifest cannot be had here (`check`), what a manifest grants
//! a component (`grant`), how an instance is shown it (`link`, or `show` for what WASI has), what it does, and what
//! takes its place before a dependency that does not inherit it (`DENIAL`).

pub mod allowed_hosts;
pub mod denial;
pub mod environment;
pub mod files;
pub mod outgoing;
pub mod redis;
pub mod sqlite;
pub mod variables;

use self::denial::Denial;
use crate::manifest::check::Checked;

/// Adds everything that the manifest grants a component and this host cannot.
pub fn check(checked: &mut Checked<'_>) {
    files::check(checked);
    variables::check(checked);
    allowed_hosts::check(checked);
    sqlite::check(checked);
    for label in &checked.component.key_value_stores {
        checked.add(
            "key_value_stores",
            format!("the local host has no key-value stores, so none called {label:?}; remove it"),
        );
    }
}

/// The denial of an interface, named without its version, in this version.
#[must_use]
pub fn denial(interface: &str, version: &str) -> Option<&'static Denial> {
    let all = [&environment::DENIAL, &files::DENIAL, &redis::DENIAL, &sqlite::DENIAL, &variables::DENIAL];
    all.into_iter().find(|denial| denial.interface == interface && denial.version.is_none_or(|only| only == version))
}
