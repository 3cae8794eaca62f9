//! Jobs are done in slices of some seconds: what they come to, and how all of them are asked for.

use crate::request::{Answer, Server};
use anyhow::{Context as _, bail, ensure};
use percent_encoding::{NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use ureq::http::Method;

/// What became of bills that are due.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Swept {
    /// How many were looked at.
    pub looked_at: u64,
    /// Of how many there is a newer revision.
    pub repaired: u64,
    /// How many count as they are.
    pub closed: u64,
    /// How many stay due: what they lack is not to be had yet.
    pub stay_due: u64,
    /// How many stay due because the store did not say, or because they cannot be made again.
    pub failed: u64,
    /// Where the next slice begins.
    #[serde(default, skip_serializing)]
    next: Option<String>,
}

impl Swept {
    fn add(&mut self, slice: &Self) {
        self.looked_at += slice.looked_at;
        self.repaired += slice.repaired;
        self.closed += slice.closed;
        self.stay_due += slice.stay_due;
        self.failed += slice.failed;
    }
}

/// What became of what waits on a node.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Drained {
    /// How many entries of its journal were driven in.
    pub driven_in: u64,
    /// How many wait still.
    pub waiting: u64,
    /// When the oldest of them was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
    /// Why it went no further, when the store did not take them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    #[serde(default, skip_serializing)]
    more: bool,
}

/// What became of bills that are in the archive.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Retired {
    /// How many were looked at.
    pub looked_at: u64,
    /// How many have left the store.
    pub retired: u64,
    /// How many stay because they are not as they are in the archive.
    pub differ: u64,
    /// How many the store does not have.
    pub missing: u64,
    /// How many files could not be read to the end.
    pub unreadable: u64,
    /// Why it went no further, when the store did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Where the next slice begins.
    #[serde(default, skip_serializing)]
    next: Option<String>,
}

impl Retired {
    fn add(&mut self, slice: &Self) {
        self.looked_at += slice.looked_at;
        self.retired += slice.retired;
        self.differ += slice.differ;
        self.missing += slice.missing;
        self.unreadable += slice.unreadable;
        self.stopped.clone_from(&slice.stopped);
    }
}

/// Has all bills repaired that are due, of a city or of all. `so_far` is told after each slice what all of them came to.
///
/// # Errors
///
/// There is no answer, or it is a refusal.
pub fn repair(server: &Server, city: Option<&str>, mut so_far: impl FnMut(&Swept)) -> anyhow::Result<Swept> {
    let (mut all, mut next) = (Swept::default(), None::<String>);
    loop {
        let mut query: Vec<String> = city.iter().map(|city| format!("city={}", encoded(city))).collect();
        query.extend(next.take().map(|cursor| format!("cursor={}", encoded(&cursor))));
        let path = format!("/internal/jobs/repair?{}", query.join("&"));
        let slice: Swept = read(&server.ask(Method::POST, path.trim_end_matches('?'))?)?;
        all.add(&slice);
        so_far(&all);
        next = slice.next;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// Has all driven in that waits on the node that answers. `so_far` is told after each slice what all of them came to.
///
/// # Errors
///
/// There is no answer, or it is a refusal.
pub fn drain(server: &Server, mut so_far: impl FnMut(&Drained)) -> anyhow::Result<Drained> {
    let mut driven_in = 0;
    loop {
        let slice: Drained = read(&server.ask(Method::POST, "/internal/jobs/drain")?)?;
        driven_in += slice.driven_in;
        let all = Drained { driven_in, ..slice };
        so_far(&all);
        if !all.more {
            return Ok(all);
        }
    }
}

/// Has bills leave the store that are in the archive, and as old as their city says. `so_far` is told after each slice what all of them came
/// to.
///
/// # Errors
///
/// There is no answer, or it is a refusal.
pub fn sweep(server: &Server, mut so_far: impl FnMut(&Retired)) -> anyhow::Result<Retired> {
    let (mut all, mut next) = (Retired::default(), None::<String>);
    loop {
        let cursor = next.take().map(|cursor| format!("?cursor={}", encoded(&cursor))).unwrap_or_default();
        let slice: Retired = read(&server.ask(Method::POST, &format!("/internal/jobs/sweep{cursor}"))?)?;
        all.add(&slice);
        so_far(&all);
        next = slice.next;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// A text as it stands in a path or a query.
pub fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

/// An answer as what it is.
///
/// # Errors
///
/// It is a refusal, or not of a Farebox that this release understands.
pub fn read<T: for<'de> Deserialize<'de>>(answer: &Answer) -> anyhow::Result<T> {
    if !answer.status.is_success() {
        bail!("{}", answer.said());
    }
    ensure!(answer.kind.starts_with("application/json"), "what answers is no Farebox: it says {}", answer.kind);
    serde_json::from_slice(&answer.body).context("the answer is not what this release understands")
}
