//! A world in memory, for tests of one request at a time: a store whose calls fail on command, a calendar that stands still,
//! and a clock that goes only as far as somebody waits.

use crate::artifacts::repository;
use crate::journal::Journal;
use crate::native::{Native, NativeCatalogue};
use farebox_archive::ArchiveFolder;
use farebox_billing::engines::{Catalogue, Unrendered};
use farebox_billing::event::Event;
use farebox_billing::ports::{
    Accumulated, Archive, Breakers, Change, Clock, DocumentKind, Driven, Due, DueTrip, Entered, Events, Files,
    Generation, Generations, Ids, Journal as JournalPort, JournalStanding, Journaled, JournaledTrip, Kind, Known,
    Limit, Listed, Loss, LostDocument, Named, NewRevision, Once, Page, Ports, Posted, Proposal, Revision, Row,
    SegmentsError, Spawn, Stamp, Store, StoreError, Taken, TopUp, Variables, Waiting,
};
use farebox_fare::{Degradation, Segment};
use farebox_limits::bucket;
use farebox_records::lineage;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

/// How a call of the store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It says no, and does nothing.
    Unavailable,
    /// It refuses, for want of a permission, and does nothing.
    Refused,
    /// It does nothing, and says nothing.
    Silent,
    /// It does what it was asked to, and says nothing.
    Late,
    /// It does what it was asked to, and says so after this time.
    Slow(Duration),
}

/// Work that goes on after an answer.
pub type Work = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// How far the clock of this thread has gone, and what is waited for on it.
    static ELAPSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static TIMERS: RefCell<BTreeSet<(Duration, u64)>> = const { RefCell::new(BTreeSet::new()) };
    static NEXT_TIMER: Cell<u64> = const { Cell::new(0) };
}

/// The result of work. Whenever it waits, the clock goes on to the first moment that is waited for.
///
/// # Panics
///
/// When it waits for what never comes.
pub fn now<T>(work: impl Future<Output = T>) -> T {
    finish(pin!(work)).expect("it waits for ever")
}

/// The result of work, unless it waits for what never comes.
fn finish<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = work.as_mut().poll(&mut context) {
            return Some(result);
        }
        let (moment, _) = TIMERS.with_borrow_mut(BTreeSet::pop_first)?;
        ELAPSED.set(moment.max(ELAPSED.get()));
    }
}

/// A wait on the clock of this thread.
struct Sleep {
    moment: Duration,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if ELAPSED.get() >= self.moment {
            return Poll::Ready(());
        }
        let timer = *self.timer.get_or_insert_with(|| NEXT_TIMER.replace(NEXT_TIMER.get() + 1));
        TIMERS.with_borrow_mut(|timers| timers.insert((self.moment, timer)));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            // The thread may be at its end.
            _ = TIMERS.try_with(|timers| timers.borrow_mut().remove(&(self.moment, timer)));
        }
    }
}

/// What all requests of a test see.
pub struct Memory {
    /// Where the configuration is; the one that ships unless a test says otherwise.
    pub config: PathBuf,
    /// Where the archive is; nowhere unless a test says otherwise.
    pub archive: RefCell<PathBuf>,
    /// What the calendar says, in milliseconds since 1970.
    pub now_ms: Cell<u64>,
    /// Variables that are set to something else than in most tests.
    pub variables: RefCell<BTreeMap<&'static str, &'static str>>,
    /// Which calls fail, by the name of the method, and how.
    pub failures: RefCell<BTreeMap<&'static str, Failure>>,
    /// The segments of each trip.
    pub segments: RefCell<BTreeMap<String, Vec<Segment>>>,
    /// The revisions of each trip's bill, as they were posted.
    pub bills: RefCell<BTreeMap<String, Vec<NewRevision>>>,
    /// What has to be done again, by trip.
    pub due: RefCell<BTreeMap<String, DueTrip>>,
    /// Segments that come to the trip of a bill just before it is posted, once.
    pub arrives: RefCell<Vec<Segment>>,
    /// Quotes and documents, by name or version.
    pub documents: RefCell<BTreeMap<String, String>>,
    /// Limits, by name.
    pub limits: RefCell<BTreeMap<String, bucket::State>>,
    /// How often each call was made, by the name of the method, see [`Memory::called`].
    calls: RefCell<BTreeMap<&'static str, u32>>,
    /// How many redactions somebody else comes before, and changes the revision.
    pub overtaken: Cell<u32>,
    /// The requests that were carried out, by trip, key and nonce with blanks between: in which attempt, and until when that is kept, in milliseconds
    /// since 1970.
    pub nonces: RefCell<BTreeMap<String, (u64, u64)>>,
    /// What does not answer, by kind of call.
    pub breakers: RefCell<BTreeMap<Kind, Row>>,
    /// Generations of the configuration, ascending.
    pub generations: RefCell<Vec<Generation>>,
    /// The trips that the store cannot prove to have all of.
    pub unproven: RefCell<BTreeSet<String>>,
    /// What the store was found to have lost.
    pub losses: RefCell<Vec<Loss>>,
    /// The journal of the node; `None` where everything is kept in its own database, as in most tests.
    pub journal: RefCell<Option<Journal>>,
    /// Their texts, by version.
    pub files: RefCell<BTreeMap<String, String>>,
    /// The names of the events that were told, in order.
    pub events: RefCell<Vec<String>>,
    /// The lines that a log has of them.
    pub log: RefCell<Vec<String>>,
    /// What is to go on after answers, see [`World::after_answers`].
    pub after: RefCell<Vec<Work>>,
    ids: Cell<u64>,
}

impl Memory {
    /// How often a call was made since this was asked last.
    pub fn called(&self, name: &str) -> u32 {
        self.calls.borrow_mut().remove(name).unwrap_or_default()
    }

    /// Whether another attempt at a request was carried out.
    fn is_replayed(&self, trip: &str, once: Option<&Once>) -> bool {
        let Some(Once { key, nonce, attempt, .. }) = once else { return false };
        let nonces = self.nonces.borrow();
        let entered = nonces.get(&format!("{trip} {key} {nonce}"));
        entered.is_some_and(|(of, until_ms)| of != attempt && self.now_ms.get() < *until_ms)
    }

    /// Enters a request that is carried out.
    fn enter(&self, trip: &str, once: Option<&Once>) {
        let Some(Once { key, nonce, attempt, ttl_s }) = once else { return };
        let until_ms = self.now_ms.get() + u64::from(*ttl_s) * 1_000;
        self.nonces.borrow_mut().insert(format!("{trip} {key} {nonce}"), (*attempt, until_ms));
    }
}

/// The world of a test, with what renders or without: whoever clones it sees the same.
pub struct World<C = NativeCatalogue>(pub Rc<Memory>, PhantomData<C>);

impl<C> Clone for World<C> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0), PhantomData)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::with_config(repository().join("config"))
    }
}

impl World {
    /// A world with the configuration in this folder.
    pub fn with_config(config: PathBuf) -> Self {
        let memory = Rc::new(Memory {
            config,
            archive: RefCell::default(),
            now_ms: Cell::new(1_795_219_200_000),
            variables: RefCell::default(),
            failures: RefCell::default(),
            segments: RefCell::default(),
            bills: RefCell::default(),
            due: RefCell::default(),
            arrives: RefCell::default(),
            documents: RefCell::default(),
            limits: RefCell::default(),
            calls: RefCell::default(),
            overtaken: Cell::default(),
            nonces: RefCell::default(),
            breakers: RefCell::default(),
            generations: RefCell::default(),
            unproven: RefCell::default(),
            losses: RefCell::default(),
            journal: RefCell::default(),
            files: RefCell::default(),
            events: RefCell::default(),
            log: RefCell::default(),
            after: RefCell::default(),
            ids: Cell::default(),
        });
        Self(memory, PhantomData)
    }

    /// The same world, as it is where nothing renders.
    pub fn without_render(&self) -> World<Unrendered> {
        World(Rc::clone(&self.0), PhantomData)
    }
}

impl<C: Catalogue + 'static> World<C> {
    /// Finishes what goes on after answers, as far as it does not wait for what never comes. Unless a test asks for it,
    /// it never happens: an instance may end at any answer.
    pub fn after_answers(&self) {
        loop {
            let work = std::mem::take(&mut *self.0.after.borrow_mut());
            if work.is_empty() {
                return;
            }
            for work in work {
                finish(pin!(work));
            }
        }
    }

    /// Carries out a call, unless it fails.
    async fn call<T, E: From<StoreError>>(
        &self,
        name: &'static str,
        does: impl FnOnce(&Memory) -> Result<T, E>,
    ) -> Result<T, E> {
        *self.0.calls.borrow_mut().entry(name).or_default() += 1;
        let failure = self.0.failures.borrow().get(name).copied();
        match failure {
            None => does(&self.0),
            Some(Failure::Unavailable) => Err(StoreError::Unavailable("on command".to_owned()).into()),
            Some(Failure::Refused) => Err(StoreError::Refused("on command".to_owned()).into()),
            Some(Failure::Silent) => std::future::pending().await,
            Some(Failure::Late) => {
                drop(does(&self.0));
                std::future::pending().await
            }
            Some(Failure::Slow(time)) => {
                self.sleep(time).await;
                does(&self.0)
            }
        }
    }
}

/// What a real file is told by.
///
/// # Errors
///
/// It cannot be looked at.
pub fn stamp(path: &Path) -> Result<Stamp, String> {
    let about = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
    let modified = about.modified().ok().and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    let modified_ns = modified.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(u64::MAX);
    Ok(Stamp { is_folder: about.is_dir(), bytes: about.len(), modified_ns })
}

impl<C: Catalogue + 'static> Ports for World<C> {
    type Engines = Native<C>;
}

impl<C: Catalogue + 'static> Files for World<C> {
    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(self.0.config.join(folder)).map_err(|error| error.to_string())?;
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).map_err(|error| error.to_string())
        };
        entries.map(name).collect()
    }

    fn stamp(&self, path: &str) -> Result<Stamp, String> {
        stamp(&self.0.config.join(path))
    }

    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.config.join(path)).map_err(|error| format!("cannot be read: {error}"))
    }
}

impl<C: Catalogue + 'static> Archive for World<C> {
    fn archived_days(&self, city: &str) -> Result<Vec<String>, String> {
        ArchiveFolder(&self.0.archive.borrow()).days(city)
    }

    fn archive_manifest(&self, city: &str, day: &str) -> Result<String, String> {
        ArchiveFolder(&self.0.archive.borrow()).manifest(city, day)
    }

    fn archived(&self, city: &str, day: &str, at: u64, most: u32) -> Result<Vec<u8>, String> {
        ArchiveFolder(&self.0.archive.borrow()).bytes(city, day, at, most)
    }
}

impl<C: Catalogue + 'static> Variables for World<C> {
    async fn variable(&self, name: &str) -> Result<String, String> {
        if let Some(value) = self.0.variables.borrow().get(name) {
            return Ok((*value).to_owned());
        }
        Ok(match name {
            "quote_ttl_s" => "900",
            "signing_key" => "a secret that signs estimates in tests",
            "previous_signing_keys" => "an old secret",
            "store_backend" => "sqlite",
            "site" => "local",
            "store_read_deadline_ms" => "60",
            "store_write_deadline_ms" => "250",
            "sqlite_synchronous" => "full",
            "buckets" => "16",
            "trip_ttl_s" => "604800",
            "signatures" => "off",
            "clock_window_s" => "300",
            "cors_origins" | "master_key" | "previous_master_keys" | "timers_key" => "",
            _ => "1000",
        }
        .to_owned())
    }
}

impl<C: Catalogue + 'static> Clock for World<C> {
    fn now_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    fn elapsed(&self) -> Duration {
        ELAPSED.get()
    }

    async fn sleep(&self, time: Duration) {
        Sleep { moment: ELAPSED.get().saturating_add(time), timer: None }.await;
    }
}

impl<C: Catalogue + 'static> Ids for World<C> {
    fn unique(&self) -> u64 {
        self.0.ids.set(self.0.ids.get() + 1);
        self.0.ids.get()
    }
}

impl<C: Catalogue + 'static> Events for World<C> {
    fn tell(&self, trace: &str, event: &Event) {
        self.0.events.borrow_mut().push(event.name());
        self.0.log.borrow_mut().push(event.line(trace));
    }
}

/// The part of a list that begins after the trip that a cursor names.
fn page<T>(all: impl Iterator<Item = T>, trip: impl Fn(&T) -> &String, cursor: Option<&str>, limit: u32) -> Page<T> {
    let after = |entry: &T| cursor.is_none_or(|cursor| trip(entry).as_str() > cursor);
    let mut entries: Vec<T> = all.filter(after).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = if entries.len() > limit { entries.get(limit - 1).map(|last| trip(last).clone()) } else { None };
    entries.truncate(limit);
    Page { entries, next }
}

/// Puts a row in the place of the one of the expected generation, or where there is none: what is there then.
pub fn enter_breaker(rows: &mut BTreeMap<Kind, Row>, kind: Kind, change: &Change) -> Row {
    let row = rows.entry(kind).or_insert_with(|| change.row.clone());
    if row.generation == change.expected {
        row.clone_from(&change.row);
    }
    row.clone()
}

impl<C: Catalogue + 'static> Breakers for World<C> {
    async fn breakers(&self) -> Result<Vec<(Kind, Row)>, StoreError> {
        let rows =
            |memory: &Memory| Ok(memory.breakers.borrow().iter().map(|(kind, row)| (*kind, row.clone())).collect());
        self.call("breakers", rows).await
    }

    async fn enter_breaker(&self, kind: Kind, change: &Change) -> Result<Row, StoreError> {
        self.call("enter_breaker", |memory| Ok(enter_breaker(&mut memory.breakers.borrow_mut(), kind, change))).await
    }
}

impl<C: Catalogue + 'static> Spawn for World<C> {
    fn spawn(&self, work: Work) {
        self.0.after.borrow_mut().push(work);
    }
}

impl<C: Catalogue + 'static> Generations for World<C> {
    async fn generations(&self) -> Result<Known, StoreError> {
        self.call("generations", |memory| {
            let generations = memory.generations.borrow();
            let newest = generations.iter().skip(generations.len().saturating_sub(2)).cloned().collect();
            Ok(Known { now_ms: memory.now_ms.get(), newest })
        })
        .await
    }

    async fn propose(&self, proposal: &Proposal) -> Result<Generation, StoreError> {
        self.call("propose", |memory| {
            let mut generations = memory.generations.borrow_mut();
            let earlier = generations.iter().find(|earlier| earlier.number == proposal.number).cloned();
            Ok(earlier.unwrap_or_else(|| {
                let Proposal { number, lead_ms, manifest } = proposal.clone();
                let generation = Generation { number, at_ms: memory.now_ms.get() + lead_ms, manifest };
                generations.push(generation.clone());
                generation
            }))
        })
        .await
    }

    async fn put_file(&self, version: &str, text: &str) -> Result<(), StoreError> {
        self.call("put_file", |memory| {
            memory.files.borrow_mut().insert(version.to_owned(), text.to_owned());
            Ok(())
        })
        .await
    }

    async fn file(&self, version: &str) -> Result<Option<String>, StoreError> {
        self.call("file", |memory| Ok(memory.files.borrow().get(version).cloned())).await
    }
}

impl<C: Catalogue + 'static> World<C> {
    /// Asks the journal; where there is none, the answer is this.
    async fn journal_call<T, E: From<StoreError>>(
        &self,
        name: &'static str,
        without: T,
        does: impl FnOnce(&mut Journal) -> Result<T, E>,
    ) -> Result<T, E> {
        self.call(name, |memory| memory.journal.borrow_mut().as_mut().map_or(Ok(without), does)).await
    }
}

impl<C: Catalogue + 'static> JournalPort for World<C> {
    async fn enter_bill(
        &self,
        city: &str,
        trip: &str,
        new: &NewRevision,
        documents: &[Named],
    ) -> Result<Journaled, StoreError> {
        let enter = |journal: &mut Journal| Ok(journal.enter_bill(city, trip, new, documents));
        self.journal_call("enter_bill", Journaled::Unneeded, enter).await
    }

    async fn learn(&self, city: &str, trip: &str, revision: &Revision) -> Result<Option<u64>, StoreError> {
        self.journal_call("learn", None, |journal| Ok(journal.learn(city, trip, revision))).await
    }

    async fn enter_segments(&self, city: &str, trip: &str, segments: &[Segment]) -> Result<bool, SegmentsError> {
        self.journal_call("enter_segments", false, |journal| journal.enter_segments(city, trip, segments)).await
    }

    async fn enter_document(&self, city: &str, named: &Named, document: &str) -> Result<(), StoreError> {
        let enter = |journal: &mut Journal| {
            journal.enter_document(city, named, document, 0);
            Ok(())
        };
        self.journal_call("enter_document", (), enter).await
    }

    async fn journaled_document(&self, city: &str, named: &Named) -> Result<Option<String>, StoreError> {
        self.journal_call("journaled_document", None, |journal| Ok(journal.document(city, named))).await
    }

    async fn lost_documents(&self, most: u32) -> Result<Vec<LostDocument>, StoreError> {
        self.journal_call("lost_documents", Vec::new(), |journal| Ok(journal.lost_documents(most))).await
    }

    async fn document_is_back(&self, lost: &LostDocument) -> Result<(), StoreError> {
        let note = |journal: &mut Journal| {
            journal.document_is_back(lost);
            Ok(())
        };
        self.journal_call("document_is_back", (), note).await
    }

    async fn journaled(&self, city: &str, trip: &str) -> Result<JournaledTrip, StoreError> {
        let find = |journal: &mut Journal| Ok(journal.journaled(city, trip));
        self.journal_call("journaled", JournaledTrip::default(), find).await
    }

    async fn secure(&self, number: u64) -> Result<bool, StoreError> {
        self.journal_call("secure", false, |journal| Ok(journal.secure(number))).await
    }

    async fn withdraw(&self, number: u64) -> Result<bool, StoreError> {
        self.journal_call("withdraw", false, |journal| Ok(journal.withdraw(number))).await
    }

    async fn lease(&self, most: u32) -> Result<Vec<Waiting>, StoreError> {
        self.journal_call("lease", Vec::new(), |journal| Ok(journal.lease(most))).await
    }

    async fn drive(&self, number: u64, driven: &Driven) -> Result<(), StoreError> {
        let drive = |journal: &mut Journal| {
            journal.drive(number, driven);
            Ok(())
        };
        self.journal_call("drive", (), drive).await
    }

    /// What is lost here is found out at once.
    async fn look(&self, _: u32) -> Result<u32, StoreError> {
        self.call("look", |_| Ok(0)).await
    }

    async fn losses(&self, after: u64) -> Result<Vec<Loss>, StoreError> {
        self.call("losses", |memory| {
            Ok(memory.losses.borrow().iter().filter(|loss| loss.number > after).cloned().collect())
        })
        .await
    }

    async fn forget_passenger(&self, city: &str, trip: &str) -> Result<u32, StoreError> {
        self.journal_call("forget_passenger", 0, |journal| Ok(journal.forget_passenger(city, trip))).await
    }

    async fn journal(&self) -> Result<JournalStanding, StoreError> {
        let standing = |journal: &mut Journal| Ok(journal.standing());
        self.journal_call("journal", JournalStanding::default(), standing).await
    }
}

impl<C: Catalogue + 'static> Store for World<C> {
    async fn enter(&self, _: &str, trip: &str, once: &Once) -> Result<Entered, StoreError> {
        self.call("enter", |memory| {
            if memory.is_replayed(trip, Some(once)) {
                return Ok(Entered::Replayed);
            }
            memory.enter(trip, Some(once));
            Ok(Entered::Fresh)
        })
        .await
    }

    async fn add_segments(
        &self,
        _: &str,
        trip: &str,
        segments: &[Segment],
        once: Option<&Once>,
    ) -> Result<Accumulated, SegmentsError> {
        self.call("add_segments", |memory| {
            if memory.is_replayed(trip, once) {
                return Err(SegmentsError::Replayed);
            }
            let mut trips = memory.segments.borrow_mut();
            let stored = trips.entry(trip.to_owned()).or_default();
            let before = stored.len();
            // All of them, or none.
            let mut all = stored.clone();
            for segment in segments {
                match all.iter().find(|stored| stored.sequence == segment.sequence) {
                    Some(other) if other != segment => return Err(SegmentsError::Conflict(segment.sequence)),
                    Some(_) => {}
                    None => all.push(*segment),
                }
            }
            *stored = all;
            memory.enter(trip, once);
            let head = memory.bills.borrow().get(trip).and_then(|all| all.last()).map(|head| head.revision.number);
            if let Some(revision) = head.filter(|_| stored.len() > before) {
                let (reason, at) = (Some(Degradation::LateSegments), (memory.now_ms.get() / 1_000).cast_signed());
                let due = DueTrip { trip: trip.to_owned(), revision, reason, at };
                memory.due.borrow_mut().insert(trip.to_owned(), due);
            }
            Ok(Accumulated {
                billed: head,
                distance_m: stored.iter().map(|segment| segment.distance_m).sum(),
                duration_s: stored.iter().map(|segment| segment.duration_s).sum(),
                segments: u32::try_from(stored.len()).unwrap_or(u32::MAX),
            })
        })
        .await
    }

    async fn segments(&self, _: &str, trip: &str) -> Result<Vec<Segment>, StoreError> {
        self.call("segments", |memory| Ok(memory.segments.borrow().get(trip).cloned().unwrap_or_default())).await
    }

    async fn put_quote(&self, _: &str, quote: &str, document: &str, _: u32) -> Result<(), StoreError> {
        self.call("put_quote", |memory| {
            memory.documents.borrow_mut().insert(quote.to_owned(), document.to_owned());
            Ok(())
        })
        .await
    }

    async fn quote(&self, _: &str, quote: &str) -> Result<Option<String>, StoreError> {
        self.call("quote", |memory| Ok(memory.documents.borrow().get(quote).cloned())).await
    }

    async fn put_document(&self, _: &str, _: DocumentKind, version: &str, document: &str) -> Result<(), StoreError> {
        self.call("put_document", |memory| {
            memory.documents.borrow_mut().insert(version.to_owned(), document.to_owned());
            Ok(())
        })
        .await
    }

    async fn document(&self, _: &str, _: DocumentKind, version: &str) -> Result<Option<String>, StoreError> {
        self.call("document", |memory| Ok(memory.documents.borrow().get(version).cloned())).await
    }

    async fn post_bill(
        &self,
        _: &str,
        trip: &str,
        new: &NewRevision,
        once: Option<&Once>,
    ) -> Result<Posted, StoreError> {
        self.call("post_bill", |memory| {
            let arrived = std::mem::take(&mut *memory.arrives.borrow_mut());
            memory.segments.borrow_mut().entry(trip.to_owned()).or_default().extend(arrived);
            if memory.is_replayed(trip, once) {
                return Ok(Posted::Replayed);
            }
            new.check().map_err(|why| StoreError::Other(why.to_owned()))?;
            let mut bills = memory.bills.borrow_mut();
            let revisions = bills.entry(trip.to_owned()).or_default();
            let number = new.revision.number;
            if let Some(head) = revisions.last().map(|head| head.revision.clone()) {
                let at = revisions.partition_point(|revision| revision.revision.number < number);
                let fingerprint = |number: u32| {
                    let found = revisions.iter().find(|revision| revision.revision.number == number);
                    found.map(|found| &*found.revision.bill.fingerprint)
                };
                let (before, after) = (fingerprint(number.saturating_sub(1)), fingerprint(number.saturating_add(1)));
                let own = &new.revision.bill.fingerprint;
                if fingerprint(number).is_some() || !lineage::is_taken(number, own, Some(head.number), before, after) {
                    memory.enter(trip, once);
                    return Ok(Posted::Exists(head));
                }
                if number < head.number {
                    revisions.insert(at, new.clone());
                    return Ok(Posted::Created);
                }
            }
            let segments = memory.segments.borrow().get(trip).map_or(0, Vec::len);
            if new.whole_since.is_some() && memory.unproven.borrow().contains(trip) {
                return Ok(Posted::Unproven);
            }
            if new.seen.is_some_and(|seen| seen as usize != segments) {
                return Ok(Posted::Moved);
            }
            memory.enter(trip, once);
            revisions.push(new.clone());
            let mut due = memory.due.borrow_mut();
            if due.get(trip).is_some_and(|due| due.at < new.billed_at) {
                due.remove(trip);
            }
            if let Some(Due { reason, at }) = new.due.clone() {
                let (trip, revision) = (trip.to_owned(), new.revision.number);
                due.insert(trip.clone(), DueTrip { trip, revision, reason: Some(reason), at });
            }
            Ok(Posted::Created)
        })
        .await
    }

    async fn bill(&self, _: &str, trip: &str) -> Result<Option<Revision>, StoreError> {
        self.call("bill", |memory| {
            let bills = memory.bills.borrow();
            Ok(bills.get(trip).and_then(|revisions| revisions.last()).map(|head| head.revision.clone()))
        })
        .await
    }

    async fn revision(&self, _: &str, trip: &str, number: u32) -> Result<Option<Revision>, StoreError> {
        self.call("revision", |memory| {
            let bills = memory.bills.borrow();
            let found = bills.get(trip).and_then(|all| all.iter().find(|new| new.revision.number == number));
            Ok(found.map(|new| new.revision.clone()))
        })
        .await
    }

    async fn redact_bill(
        &self,
        _: &str,
        trip: &str,
        number: u32,
        expected: &str,
        document: &str,
    ) -> Result<bool, StoreError> {
        self.call("redact_bill", |memory| {
            let mut bills = memory.bills.borrow_mut();
            let mut all = bills.get_mut(trip).into_iter().flatten();
            let mut found = all.find(|new| new.revision.number == number);
            if let Some(new) = found.as_mut().filter(|_| memory.overtaken.get() > 0) {
                memory.overtaken.set(memory.overtaken.get() - 1);
                new.revision.bill.document.push(' ');
            }
            let found = found.filter(|new| new.revision.bill.document == expected);
            Ok(found.map(|new| document.clone_into(&mut new.revision.bill.document)).is_some())
        })
        .await
    }

    async fn bills_of_day(
        &self,
        _: &str,
        day: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, StoreError> {
        self.call("bills_of_day", |memory| {
            let bills = memory.bills.borrow();
            let listed = |(trip, revisions): (&String, &Vec<NewRevision>)| {
                let newest = revisions.iter().rfind(|new| new.day == day)?;
                Some(Listed { trip: trip.clone(), revision: newest.revision.number })
            };
            Ok(page(bills.iter().filter_map(listed), |listed| &listed.trip, cursor, limit))
        })
        .await
    }

    async fn due(&self, _: &str, cursor: Option<&str>, limit: u32) -> Result<Page<DueTrip>, StoreError> {
        let due = |memory: &Memory| page(memory.due.borrow().values().cloned(), |due| &due.trip, cursor, limit);
        self.call("due", |memory| Ok(due(memory))).await
    }

    async fn top_up(&self, _: &str, trip: &str, revision: u32) -> Result<Option<TopUp>, StoreError> {
        self.call("top_up", |memory| {
            let bills = memory.bills.borrow();
            let found = bills.get(trip).and_then(|all| all.iter().find(|new| new.revision.number == revision));
            Ok(found.and_then(|new| new.top_up.clone()))
        })
        .await
    }

    async fn take(&self, name: &str, limit: &Limit, up_to: u32) -> Result<Taken, StoreError> {
        self.call("take", |memory| {
            let mut limits = memory.limits.borrow_mut();
            let (state, granted) = bucket::take(limits.get(name).copied(), limit, up_to, memory.now_ms.get());
            limits.insert(name.to_owned(), state);
            Ok(state.told(limit, granted))
        })
        .await
    }
}
