//! Going through the bills of a city page by page, for no longer than somebody waits.

use crate::context::Context;
use crate::ports::{Page, Ports, StoreError};
use crate::refusal::Refusal;
use crate::requests::Tariffs as _;
use std::time::Duration;

/// How many are looked at at once: the store is there for callers first.
pub(super) const AT_ONCE: u32 = 8;

/// How many are looked at for an answer, and for how long.
const LOOKED_AT: usize = 1_000;
const LASTS: Duration = Duration::from_secs(2);

/// A walk for one answer.
pub(super) struct Walk {
    began: Duration,
    looked_at: usize,
    /// Where it is; nowhere yet, or at the end, without.
    at: Option<String>,
    /// Whether it goes on where an earlier one ended.
    goes_on: bool,
}

impl Walk {
    /// Begins, or goes on where an earlier one ended. An empty cursor is none.
    pub fn new<P: Ports>(context: &Context<P>, cursor: Option<&str>) -> Self {
        let at = cursor.filter(|cursor| !cursor.is_empty()).map(str::to_owned);
        Self { began: context.ports().elapsed(), looked_at: 0, goes_on: at.is_some(), at }
    }

    /// Where the next page begins.
    pub fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// Takes in the next page.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn page<T>(&mut self, read: Result<Page<T>, StoreError>) -> Result<Vec<T>, Refusal> {
        let Page { entries, next } = read.map_err(|error| self.refused(error))?;
        self.looked_at += entries.len();
        self.at = next;
        Ok(entries)
    }

    /// Whether it is at the end, or long enough.
    pub fn is_over<P: Ports>(&self, context: &Context<P>) -> bool {
        let lasted = context.ports().elapsed().saturating_sub(self.began);
        self.at.is_none() || self.looked_at >= LOOKED_AT || lasted >= LASTS
    }

    /// Ends. Answers where another one goes on, unless it is at the end.
    ///
    /// # Errors
    ///
    /// The city has none and is not served: one that has left may have bills still, one that never was is a mistake.
    pub fn end<P: Ports>(self, context: &Context<P>, city: &str) -> Result<Option<String>, Refusal> {
        if self.looked_at == 0 && !self.goes_on && !context.config.serves(city) {
            let cities = context.config.cities().join(", ");
            let detail = format!("{city} is not served, and has none; served are {cities}");
            return Err(Refusal::parameter("city", detail));
        }
        Ok(self.at)
    }

    /// The store calls a cursor wrong that it cannot have answered.
    fn refused(&self, error: StoreError) -> Refusal {
        match error {
            StoreError::Other(_) if self.looked_at == 0 && self.at.is_some() => {
                Refusal::parameter("cursor", "is not one that an earlier page has answered as `next`")
            }
            error => error.into_refusal("bills.list"),
        }
    }
}
