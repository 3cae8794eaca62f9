//! The store, in memory: what `wit/store` promises, and on command of the plan every way to break it but lying.

use crate::executor::{Executor, Owner, Slot};
use crate::plan::{BUCKETS, Fault, HOSTS, Loss, Plan, ms};
use farebox_billing::planted::{Bug, planted};
use farebox_billing::ports::{
    Accumulated, DocumentKind, Due, DueTrip, Entered, Listed, NewRevision, Once, Posted, Revision, SegmentsError,
    StoreError, TopUp,
};
use farebox_fare::{Degradation, Segment, Timestamp};
use farebox_records::lineage;
use farebox_records::proof::{DOUBT_S, Life, Position};
use fastrand::Rng;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

/// What the store holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The life of each bucket, and its token.
    pub lives: BTreeMap<usize, (u64, u64)>,
    /// How many steps each host has taken in each bucket, and what the last of them were marked with.
    pub steps: BTreeMap<(usize, usize), (u64, Vec<u16>)>,
    /// When buckets were found to have lost something.
    pub lost_at: BTreeMap<usize, Timestamp>,
    /// The life and the token of the bucket that each trip began in.
    pub born: BTreeMap<String, (u64, u64)>,
    /// The segments of each trip.
    pub trips: BTreeMap<String, BTreeMap<u64, Segment>>,
    /// The revisions of each trip's bill, in order.
    pub bills: BTreeMap<String, Vec<Revision>>,
    /// The top-ups of each trip and revision.
    pub ledger: BTreeMap<(String, u32), TopUp>,
    /// What has to be done again, by trip.
    pub due: BTreeMap<String, DueTrip>,
    /// The trips that were billed on each day, with their newest revision of it.
    pub days: BTreeMap<String, BTreeMap<String, u32>>,
    /// The requests that were carried out, by trip and nonce: in which attempt. No run takes as long as they are kept.
    pub nonces: BTreeMap<(String, String), u64>,
    quotes: BTreeMap<String, (Duration, String)>,
    /// The documents by version and kind.
    pub documents: BTreeMap<(String, DocumentKind), String>,
}

/// Where each bucket is when a run begins, for each host.
pub const FIRST: Position = Position { life: 1, steps: 1, token: 0, mark: 0 };

/// Called after everything that changed the contents.
type Watch = Box<dyn Fn(&Contents)>;

/// A store that may fail.
pub struct SimStore {
    executor: Rc<Executor>,
    plan: Rc<Plan>,
    rng: RefCell<Rng>,
    contents: RefCell<Contents>,
    /// What it held when it was copied to a server that is to take its place.
    copy: RefCell<Contents>,
    watch: Watch,
}

/// What becomes of one call.
struct Fate {
    /// When it takes effect, if ever.
    effect: Option<Duration>,
    /// When it does once more: the connection broke, and the adapter has sent it again on another.
    again: Option<Duration>,
    /// When the caller hears of it, if ever: of its effect, or that it failed.
    answer: Option<(Duration, bool)>,
}

impl SimStore {
    /// A store that holds nothing, but that every host has written to before.
    pub fn new(executor: Rc<Executor>, plan: Rc<Plan>, watch: Watch) -> Rc<Self> {
        let rng = RefCell::new(Rng::with_seed(plan.seed ^ 0x5707_e000));
        let Position { life, steps, token, mark } = FIRST;
        let taken = (steps, vec![mark]);
        let product = (0..BUCKETS).flat_map(|bucket| (0..HOSTS).map(move |host| (bucket, host)));
        let contents = Contents {
            lives: (0..BUCKETS).map(|bucket| (bucket, (life, token))).collect(),
            steps: product.map(|of| (of, taken.clone())).collect(),
            ..Contents::default()
        };
        Rc::new(Self { executor, plan, rng, contents: RefCell::new(contents), copy: RefCell::default(), watch })
    }

    /// What it holds.
    pub fn contents(&self) -> std::cell::Ref<'_, Contents> {
        self.contents.borrow()
    }

    /// Which bucket a trip, a quote or a document is in.
    pub fn bucket(name: &str) -> usize {
        name.bytes().fold(7_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % BUCKETS
    }

    /// Copies all that it holds to a server that gets nothing more.
    pub fn copy(&self) {
        self.copy.borrow_mut().clone_from(&self.contents.borrow());
    }

    /// Loses what the plan says: all of it, or what came since the copy.
    pub fn lose(&self, loss: Loss) {
        let is_lost = |name: &str| loss.bucket.is_none_or(|bucket| bucket == Self::bucket(name));
        let mut contents = self.contents.borrow_mut();
        contents.retain(|name| !is_lost(name), |bucket| loss.bucket.is_some_and(|lost| lost != bucket));
        if loss.back.is_some() {
            let mut copy = self.copy.borrow().clone();
            copy.retain(is_lost, |bucket| loss.bucket.is_none_or(|lost| lost == bucket));
            contents.extend(copy);
        }
    }

    /// Carries out a call as its fate will have it. What was sent may take effect when its caller has gone.
    pub async fn call<T: 'static, E: From<StoreError> + 'static>(
        self: &Rc<Self>,
        writes: bool,
        mut effect: impl FnMut(&mut Contents, Duration) -> Result<T, E> + 'static,
    ) -> Result<T, E> {
        let fate = self.fate(writes);
        let (filler, slot) = Slot::new();
        let store = Rc::clone(self);
        self.executor.spawn(Owner::Store, async move {
            let mut result = Err(StoreError::Unavailable("the connection broke".to_owned()).into());
            for moment in fate.effect.into_iter().chain(fate.again) {
                store.executor.until(moment).await;
                let done = effect(&mut store.contents.borrow_mut(), store.executor.now());
                if writes {
                    (store.watch)(&store.contents.borrow());
                }
                result = done;
            }
            match fate.answer {
                Some((moment, tells)) => {
                    store.executor.until(moment).await;
                    let broken = || Err(StoreError::Unavailable("the connection broke".to_owned()).into());
                    filler.fill(if tells { result } else { broken() });
                }
                // Silence: whoever waits, waits for ever.
                None => std::mem::forget(filler),
            }
        });
        slot.take().await.unwrap_or_else(|| Err(StoreError::Other("the simulator lost a call".to_owned()).into()))
    }

    fn fate(&self, writes: bool) -> Fate {
        let mut rng = self.rng.borrow_mut();
        let now = self.executor.now();
        let after = |least: u64, most: u64, rng: &mut Rng| now + Duration::from_micros(rng.u64(least..=most));
        let soon = after(100, 4_000, &mut rng);
        let works = |effect: Duration, answer: Duration| Fate {
            effect: Some(effect),
            again: None,
            answer: Some((answer, true)),
        };
        let refused = Fate { effect: None, again: None, answer: Some((soon, false)) };
        let Some(window) = self.plan.fault(now) else { return works(soon, soon + Duration::from_micros(50)) };
        match window.fault {
            Fault::Down => refused,
            Fault::ReadOnly if writes => refused,
            Fault::ReadOnly => works(soon, soon),
            Fault::Hang => {
                let late = window.until + ms(rng.u64(0..40));
                works(late, late)
            }
            Fault::Slow => {
                let late = after(10_000, 400_000, &mut rng);
                works(late, late)
            }
            Fault::Flaky => match rng.u8(0..10) {
                0..=3 => works(soon, soon),
                4 => refused,
                5 if rng.bool() => {
                    let again = soon + Duration::from_micros(rng.u64(100..8_000));
                    Fate { effect: Some(soon), again: Some(again), answer: Some((again, true)) }
                }
                5 => Fate { effect: Some(soon), again: None, answer: Some((soon, false)) },
                6 => Fate { effect: Some(soon), again: None, answer: None },
                7 => Fate { effect: Some(after(5_000, 1_500_000, &mut rng)), again: None, answer: None },
                _ => {
                    let late = after(10_000, 300_000, &mut rng);
                    works(late, late)
                }
            },
        }
    }
}

impl Contents {
    /// Keeps nothing but what has such names, and such buckets.
    fn retain(&mut self, name: impl Fn(&str) -> bool, bucket: impl Fn(usize) -> bool) {
        self.lives.retain(|number, _| bucket(*number));
        self.steps.retain(|(number, _), _| bucket(*number));
        self.lost_at.retain(|number, _| bucket(*number));
        self.born.retain(|trip, _| name(trip));
        self.trips.retain(|trip, _| name(trip));
        self.bills.retain(|trip, _| name(trip));
        self.ledger.retain(|(trip, _), _| name(trip));
        self.due.retain(|trip, _| name(trip));
        self.days.values_mut().for_each(|day| day.retain(|trip, _| name(trip)));
        self.nonces.retain(|(trip, _), _| name(trip));
        self.quotes.retain(|quote, _| name(quote));
        self.documents.retain(|(version, _), _| name(version));
    }

    /// Holds this as well.
    fn extend(&mut self, other: Self) {
        self.lives.extend(other.lives);
        self.steps.extend(other.steps);
        self.lost_at.extend(other.lost_at);
        self.born.extend(other.born);
        self.trips.extend(other.trips);
        self.bills.extend(other.bills);
        self.ledger.extend(other.ledger);
        self.due.extend(other.due);
        for (day, trips) in other.days {
            self.days.entry(day).or_default().extend(trips);
        }
        self.nonces.extend(other.nonces);
        self.quotes.extend(other.quotes);
        self.documents.extend(other.documents);
    }

    /// Takes a step of a host on a bucket, of which it knows that it was here, with a random number. Where it is then.
    pub fn step(
        &mut self,
        (bucket, host): (usize, usize),
        known: &[Position],
        random: u64,
        now: Timestamp,
    ) -> Position {
        let (steps, marks) = self.steps.get(&(bucket, host)).cloned().unwrap_or_default();
        let found =
            self.lives.get(&bucket).map(|(number, token)| Life { number: *number, token: *token, steps, marks });
        if Life::has_lost(found.as_ref(), known) {
            self.lost_at.insert(bucket, now);
        }
        let mut life = Life::begin(found, known, random);
        life.step(random);
        let position = life.position();
        let born = (life.number, life.token);
        if self.lives.insert(bucket, born) != Some(born) {
            // Everybody counts from the beginning.
            self.steps.retain(|(of, _), _| *of != bucket);
        }
        self.steps.insert((bucket, host), (life.steps, life.marks));
        position
    }

    /// Whether it can be told that a trip is all there, of a ride that began then.
    fn is_proven(&self, trip: &str, began: Timestamp) -> bool {
        let bucket = SimStore::bucket(trip);
        self.born.get(trip).is_none_or(|born| Some(born) == self.lives.get(&bucket))
            && self.lost_at.get(&bucket).is_none_or(|lost_at| began > lost_at + DOUBT_S)
    }

    /// Enters a request that needs no other write.
    pub fn enter(&mut self, trip: &str, once: &Once) -> Entered {
        if self.is_replayed(trip, Some(once)) {
            return Entered::Replayed;
        }
        self.enter_fresh(trip, Some(once));
        Entered::Fresh
    }

    /// Whether another attempt at a request was carried out.
    fn is_replayed(&self, trip: &str, once: Option<&Once>) -> bool {
        let Some(once) = once else { return false };
        let entered = self.nonces.get(&(trip.to_owned(), once.nonce.clone()));
        entered.is_some_and(|attempt| *attempt != once.attempt || planted(Bug::RetriesAreReplays))
    }

    fn enter_fresh(&mut self, trip: &str, once: Option<&Once>) {
        if let Some(Once { nonce, attempt, .. }) = once {
            self.nonces.insert((trip.to_owned(), nonce.clone()), *attempt);
        }
    }

    /// Adds segments to a trip: all or none.
    pub fn add_segments(
        &mut self,
        trip: &str,
        segments: &[Segment],
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Accumulated, SegmentsError> {
        if self.is_replayed(trip, once) {
            return Err(SegmentsError::Replayed);
        }
        let nothing = BTreeMap::new();
        let stored = self.trips.get(trip).unwrap_or(&nothing);
        let differs = |segment: &&Segment| stored.get(&segment.sequence).is_some_and(|stored| stored != *segment);
        if let Some(segment) = segments.iter().find(differs) {
            return Err(SegmentsError::Conflict(segment.sequence));
        }
        self.enter_fresh(trip, once);
        if let Some(life) = self.lives.get(&SimStore::bucket(trip)) {
            self.born.entry(trip.to_owned()).or_insert(*life);
        }
        let stored = self.trips.entry(trip.to_owned()).or_default();
        let before = stored.len();
        stored.extend(segments.iter().map(|segment| (segment.sequence, *segment)));
        let billed = self.bills.get(trip).and_then(|revisions| revisions.last()).map(|head| head.number);
        if let Some(revision) = billed.filter(|_| stored.len() > before) {
            let reason = Some(Degradation::LateSegments);
            self.due.insert(trip.to_owned(), DueTrip { trip: trip.to_owned(), revision, reason, at: now });
        }
        Ok(Accumulated {
            billed,
            distance_m: stored.values().map(|segment| segment.distance_m).sum(),
            duration_s: stored.values().map(|segment| segment.duration_s).sum(),
            segments: u32::try_from(stored.len()).unwrap_or(u32::MAX),
        })
    }

    /// The segments of a trip, in order.
    pub fn segments(&self, trip: &str) -> Vec<Segment> {
        self.trips.get(trip).into_iter().flat_map(BTreeMap::values).copied().collect()
    }

    /// Their numbers.
    pub fn numbers(&self, trip: &str) -> BTreeSet<u64> {
        self.trips.get(trip).into_iter().flat_map(BTreeMap::keys).copied().collect()
    }

    /// Keeps a quote until a moment.
    pub fn put_quote(&mut self, quote: &str, document: &str, until: Duration) {
        self.quotes.insert(quote.to_owned(), (until, document.to_owned()));
    }

    /// A quote that is still kept.
    pub fn quote(&self, quote: &str, now: Duration) -> Option<String> {
        self.quotes.get(quote).filter(|(until, _)| now < *until).map(|(_, document)| document.clone())
    }

    /// Keeps a document.
    pub fn put_document(&mut self, kind: DocumentKind, version: &str, document: &str) {
        self.documents.entry((version.to_owned(), kind)).or_insert_with(|| document.to_owned());
    }

    /// A document.
    pub fn document(&self, kind: DocumentKind, version: &str) -> Option<String> {
        self.documents.get(&(version.to_owned(), kind)).cloned()
    }

    /// Keeps a revision unless there is one of its number, with its top-up and what is due. An older one is put back: it was lost.
    pub fn post_bill(&mut self, trip: &str, new: &NewRevision, once: Option<&Once>) -> Result<Posted, StoreError> {
        if self.is_replayed(trip, once) {
            return Ok(Posted::Replayed);
        }
        new.check().map_err(|why| StoreError::Other(why.to_owned()))?;
        let number = new.revision.number;
        let fingerprint = |number: u32| self.revision(trip, number).map(|revision| &*revision.bill.fingerprint);
        let head = self.head(trip).map(|head| head.number);
        let (before, after) = (fingerprint(number.saturating_sub(1)), fingerprint(number.saturating_add(1)));
        let is_taken = lineage::is_taken(number, &new.revision.bill.fingerprint, head, before, after);
        if (!is_taken || fingerprint(number).is_some())
            && let Some(head) = self.head(trip).cloned()
        {
            self.enter_fresh(trip, once);
            return Ok(Posted::Exists(head));
        }
        if self.head(trip).is_some_and(|head| number < head.number) {
            let revisions = self.bills.entry(trip.to_owned()).or_default();
            let at = revisions.partition_point(|revision| revision.number < number);
            revisions.insert(at, new.revision.clone());
            self.enter_fresh(trip, once);
            if let Some(top_up) = &new.top_up {
                self.ledger.insert((trip.to_owned(), number), top_up.clone());
            }
            return Ok(Posted::Created);
        }
        if new.whole_since.is_some_and(|began| !self.is_proven(trip, began)) {
            return Ok(Posted::Unproven);
        }
        let segments = self.trips.get(trip).map_or(0, BTreeMap::len);
        if new.seen.is_some_and(|seen| seen as usize != segments) {
            return Ok(Posted::Moved);
        }
        self.bills.entry(trip.to_owned()).or_default().push(new.revision.clone());
        self.enter_fresh(trip, once);
        if let Some(top_up) = &new.top_up {
            self.ledger.insert((trip.to_owned(), number), top_up.clone());
        }
        if self.due.get(trip).is_some_and(|due| due.at < new.billed_at) {
            self.due.remove(trip);
        }
        if let Some(Due { reason, at }) = new.due.clone() {
            let due = DueTrip { trip: trip.to_owned(), revision: number, reason: Some(reason), at };
            self.due.insert(trip.to_owned(), due);
        }
        self.days.entry(new.day.clone()).or_default().insert(trip.to_owned(), number);
        Ok(Posted::Created)
    }

    /// The newest revision of a trip's bill.
    pub fn head(&self, trip: &str) -> Option<&Revision> {
        self.bills.get(trip)?.last()
    }

    /// The revision of a number.
    pub fn revision(&self, trip: &str, number: u32) -> Option<&Revision> {
        self.bills.get(trip)?.iter().find(|revision| revision.number == number)
    }

    /// Puts another document in the place of a revision's; whether it was still what was expected.
    pub fn redact_bill(&mut self, trip: &str, number: u32, expected: &str, document: &str) -> bool {
        let mut all = self.bills.get_mut(trip).into_iter().flatten();
        let found = all.find(|revision| revision.number == number && revision.bill.document == expected);
        found.map(|revision| document.clone_into(&mut revision.bill.document)).is_some()
    }

    /// The trips that were billed on a day.
    pub fn bills_of_day(&self, day: &str) -> Vec<Listed> {
        let listed = |(trip, revision): (&String, &u32)| Listed { trip: trip.clone(), revision: *revision };
        self.days.get(day).into_iter().flatten().map(listed).collect()
    }
}
