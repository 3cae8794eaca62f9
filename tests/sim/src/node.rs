//! A node's own database, which outlives its instances: what they agree on about their configuration, what they know of what does not
//! answer, and the journal.

use crate::executor::Executor;
use crate::plan::BUCKETS;
use crate::prices::CITY;
use crate::store::{FIRST, SimStore};
use farebox_billing::ports::{Change, Generation, Kind, Loss, Named, Proposal, Row, Waiting};
use farebox_kit::journal::Journal;
use farebox_kit::memory::enter_breaker;
use farebox_records::proof::{Bucket, Position};
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
    /// Where the buckets of the store are, and when they were heard of or looked at last, in milliseconds since 1970.
    positions: RefCell<BTreeMap<Bucket, (Position, u64)>>,
    losses: RefCell<Vec<Lost>>,
}

/// What the store was found to have lost.
struct Lost {
    loss: Loss,
    /// Up to which entry of the journal what was sent there waits again.
    recalled: u64,
    is_over: bool,
}

/// For how long what is entered may have been sent to what was lost, in milliseconds.
const RECALL_MS: u64 = 5_000;

/// After how long a bucket that was not heard of is looked at, in milliseconds.
pub const QUIET_MS: u64 = 60_000;

fn buckets() -> impl Iterator<Item = u32> {
    (0..BUCKETS).filter_map(|bucket| u32::try_from(bucket).ok())
}

impl Node {
    /// One that knows nothing but where the buckets of the store are.
    pub fn new(executor: Rc<Executor>, seed: u64) -> Rc<Self> {
        let rng = RefCell::new(Rng::with_seed(seed));
        Rc::new(Self {
            executor,
            rng,
            generations: RefCell::default(),
            files: RefCell::default(),
            journal: RefCell::default(),
            breakers: RefCell::default(),
            positions: RefCell::new(buckets().map(|bucket| ((CITY.to_owned(), bucket), (FIRST, 0))).collect()),
            losses: RefCell::default(),
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
        enter_breaker(&mut self.breakers.borrow_mut(), kind, change)
    }

    /// Where the buckets of the store are, as far as was noted.
    pub fn positions(&self) -> Vec<(Bucket, Position)> {
        self.positions.borrow().iter().map(|(bucket, (position, _))| (bucket.clone(), *position)).collect()
    }

    /// Notes where buckets are, unless later positions are noted.
    pub fn note(&self, positions: Vec<(Bucket, Position)>, now_ms: u64) {
        let mut noted = self.positions.borrow_mut();
        for (bucket, position) in positions {
            let (known, heard_ms) = noted.entry(bucket).or_insert((position, now_ms));
            if (known.life, known.steps) < (position.life, position.steps) {
                (*known, *heard_ms) = (position, now_ms);
            }
        }
    }

    /// Takes up to so many buckets that were not heard of for long.
    pub fn quiet(&self, most: u32, now_ms: u64) -> Vec<Bucket> {
        let mut positions = self.positions.borrow_mut();
        let is_quiet = |heard_ms: u64| heard_ms.saturating_add(QUIET_MS) <= now_ms;
        let quiet = positions.iter_mut().filter(|(_, (_, heard_ms))| is_quiet(*heard_ms)).take(most as usize);
        let quiet = quiet.map(|(bucket, (_, heard_ms))| {
            *heard_ms = now_ms;
            bucket.clone()
        });
        quiet.collect()
    }

    /// Keeps a document that bills name, which may have been given to the store before that lost something.
    pub fn enter_document(&self, city: &str, named: &Named, document: &str, now_ms: u64) {
        let losses = self.losses.borrow();
        let young = losses.iter().map(|lost| &lost.loss).filter(|loss| {
            now_ms.saturating_sub(loss.at_ms) < RECALL_MS && SimStore::bucket(&named.version) == loss.bucket as usize
        });
        let loss = young.map(|loss| loss.number).max().unwrap_or_default();
        self.journal.borrow_mut().enter_document(city, named, document, loss);
    }

    /// A bucket was found to have lost something.
    pub fn lost(&self, (city, bucket): Bucket, at_ms: u64) {
        let mut losses = self.losses.borrow_mut();
        let number = losses.len() as u64 + 1;
        let is_lost = |of: &str, version: &str| of == city && SimStore::bucket(version) == bucket as usize;
        self.journal.borrow_mut().lose_documents(number, is_lost);
        losses.push(Lost { loss: Loss { number, city, bucket, at_ms }, recalled: 0, is_over: false });
    }

    /// What was found to be lost, after a number.
    pub fn losses(&self, after: u64) -> Vec<Loss> {
        self.losses.borrow().iter().map(|lost| lost.loss.clone()).filter(|loss| loss.number > after).collect()
    }

    /// What waits, after what was sent to what was lost waits again.
    pub fn lease(&self, most: u32, now_ms: u64) -> Vec<Waiting> {
        let mut journal = self.journal.borrow_mut();
        for Lost { loss, recalled, is_over } in self.losses.borrow_mut().iter_mut() {
            let is_young = now_ms.saturating_sub(loss.at_ms) <= RECALL_MS;
            if is_young || !*is_over {
                let is_lost = |trip: &str| SimStore::bucket(trip) == loss.bucket as usize;
                *recalled = journal.recall(*recalled, is_young, is_lost);
                *is_over = !is_young;
            }
        }
        journal.lease(most)
    }

    async fn pause(&self) {
        let pause = Duration::from_micros(self.rng.borrow_mut().u64(50..3_000));
        self.executor.until(self.executor.now() + pause).await;
    }
}
