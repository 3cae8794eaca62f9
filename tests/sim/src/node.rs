//! A node's own database, which outlives its instances: what they agree on about their configuration, what they know of what does not
//! answer, and the journal.

use crate::executor::Executor;
use farebox_billing::ports::{Change, Generation, Kind, Proposal, Row};
use farebox_kit::journal::Journal;
use fastrand::Rng;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// Generations and their texts, and the journal. It takes its time, and never fails: what happens then has a model of its own, in
/// billing.
pub struct Node {
    executor: Rc<Executor>,
    rng: RefCell<Rng>,
    generations: RefCell<Vec<Generation>>,
    files: RefCell<BTreeMap<String, String>>,
    /// What the host has accepted, and the store may not have.
    pub journal: RefCell<Journal>,
    breakers: RefCell<BTreeMap<Kind, Row>>,
}

impl Node {
    /// One that knows nothing.
    pub fn new(executor: Rc<Executor>, seed: u64) -> Rc<Self> {
        let rng = RefCell::new(Rng::with_seed(seed));
        Rc::new(Self {
            executor,
            rng,
            generations: RefCell::default(),
            files: RefCell::default(),
            journal: RefCell::default(),
            breakers: RefCell::default(),
        })
    }

    /// Carries out a call, and answers it, some milliseconds later each.
    pub async fn call<T>(&self, effect: impl FnOnce(&Self) -> T) -> T {
        self.pause().await;
        let answer = effect(self);
        self.pause().await;
        answer
    }

    /// The newest two generations.
    pub fn newest(&self) -> Vec<Generation> {
        let generations = self.generations.borrow();
        generations.iter().skip(generations.len().saturating_sub(2)).cloned().collect()
    }

    /// Keeps a generation unless there is one of its number.
    pub fn propose(&self, proposal: &Proposal, now_ms: u64) -> Generation {
        let mut generations = self.generations.borrow_mut();
        if let Some(kept) = generations.iter().find(|kept| kept.number == proposal.number) {
            return kept.clone();
        }
        let Proposal { number, lead_ms, manifest } = proposal.clone();
        let generation = Generation { number, at_ms: now_ms.saturating_add(lead_ms), manifest };
        generations.push(generation.clone());
        generation
    }

    /// Keeps a text.
    pub fn put_file(&self, version: &str, text: &str) {
        self.files.borrow_mut().insert(version.to_owned(), text.to_owned());
    }

    /// A text.
    pub fn file(&self, version: &str) -> Option<String> {
        self.files.borrow().get(version).cloned()
    }

    /// What does not answer.
    pub fn breakers(&self) -> Vec<(Kind, Row)> {
        self.breakers.borrow().iter().map(|(kind, row)| (*kind, row.clone())).collect()
    }

    /// Puts a row in the place of the one of the expected generation, or where there is none: what is there then.
    pub fn enter_breaker(&self, kind: Kind, change: &Change) -> Row {
        let mut rows = self.breakers.borrow_mut();
        let row = rows.entry(kind).or_insert_with(|| change.row.clone());
        if row.generation == change.expected {
            row.clone_from(&change.row);
        }
        row.clone()
    }

    async fn pause(&self) {
        let pause = Duration::from_micros(self.rng.borrow_mut().u64(50..3_000));
        self.executor.until(self.executor.now() + pause).await;
    }
}
