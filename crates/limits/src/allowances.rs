//! All allowances of an instance, and what is done while the store does not answer.

use crate::allowance::{Allowance, Decision, Verdict};
use crate::bucket::Taken;
use crate::limit::Limit;
use std::collections::HashMap;

/// The most allowances that an instance remembers.
pub const MOST_ENTRIES: usize = 4_096;

/// For how long the store is not asked after it has not answered, in milliseconds.
pub const LOCAL_MS: u64 = 5_000;

/// How long one request may take to find out whether it answers again, in milliseconds. Others do without meanwhile.
const TRYING_MS: u64 = 1_000;

/// The allowances of an instance, by the name of what is limited.
#[derive(Debug, Default)]
pub struct Allowances {
    entries: HashMap<String, Entry>,
    /// Until when the store is not asked.
    local_until_ms: Option<u64>,
    /// How many requests there were, which is what entries are as old as.
    requests: u64,
}

#[derive(Debug)]
struct Entry {
    allowance: Allowance,
    used: u64,
}

impl Allowances {
    /// Nothing is taken yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides about a request that comes at a moment, under a limit.
    pub fn request(&mut self, name: &str, limit: &Limit, now_ms: u64) -> Decision {
        let is_local = self.local_until_ms.is_some_and(|until_ms| now_ms < until_ms);
        let decision = self.allowance(name, limit, now_ms).request(is_local, now_ms);
        if matches!(decision, Decision::Ask(_)) && self.local_until_ms.is_some() {
            self.local_until_ms = Some(now_ms.saturating_add(TRYING_MS));
        }
        decision
    }

    /// Decides about a request that has asked the store for up to so many tokens, by its answer.
    pub fn answered(&mut self, name: &str, limit: &Limit, asked: u32, taken: &Taken, now_ms: u64) -> Verdict {
        self.local_until_ms = None;
        self.allowance(name, limit, now_ms).answered(asked, taken, now_ms)
    }

    /// Decides about a request that has asked the store in vain. A time-out is no refusal: this instance keeps the limit alone for
    /// [`LOCAL_MS`], of everybody, and asks again then.
    pub fn unanswered(&mut self, name: &str, limit: &Limit, now_ms: u64) -> Verdict {
        self.local_until_ms = Some(now_ms.saturating_add(LOCAL_MS));
        self.allowance(name, limit, now_ms).unanswered(now_ms)
    }

    /// The allowance of this name. One of another limit is begun anew.
    fn allowance(&mut self, name: &str, limit: &Limit, now_ms: u64) -> &mut Allowance {
        if self.entries.len() >= MOST_ENTRIES && !self.entries.contains_key(name) {
            self.forget();
        }
        self.requests += 1;
        let used = self.requests;
        let new = || Entry { allowance: Allowance::new(*limit, now_ms), used };
        let entry = self.entries.entry(name.to_owned()).or_insert_with(new);
        if !entry.allowance.is_of(limit) {
            *entry = new();
        }
        entry.used = used;
        &mut entry.allowance
    }

    /// Forgets those that were not used for longest: an eighth, so that it is seldom done.
    fn forget(&mut self) {
        let mut ages: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        let (_, youngest, _) = ages.select_nth_unstable(MOST_ENTRIES / 8);
        let youngest = *youngest;
        self.entries.retain(|_, entry| entry.used > youngest);
    }
}
