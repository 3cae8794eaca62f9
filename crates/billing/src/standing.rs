//! How much callers may still ask for, as an instance knows it.

use farebox_limits::{Allowances, Limit, Minutely, Over, Remaining, RouteClass};
use std::cell::RefCell;

/// What an instance may let, and what it has told of it.
#[derive(Debug, Default)]
pub(crate) struct Limiting {
    pub(crate) allowances: RefCell<Allowances>,
    pub(crate) refused: RefCell<Minutely>,
    pub(crate) local: RefCell<Minutely>,
}

/// How much a caller may still ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In which class of routes.
    pub class: RouteClass,
    /// Under which limit.
    pub limit: Limit,
    /// How much is left of it, as far as this instance knows; none when it is used up.
    pub remaining: Remaining,
    /// What is used up, and after how many seconds it is worth asking again, at least 1: when the request was refused.
    pub refused: Option<(Over, u64)>,
}
