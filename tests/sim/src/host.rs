//! A host: an instance of billing, and the world as it sees it.

use crate::executor::{Executor, Owner};
use crate::node::Node;
use crate::plan::Plan;
use crate::prices::CITY;
use crate::store::{Contents, SimStore};
use farebox_billing::event::Event;
use farebox_billing::ports::{
    Accumulated, Archive, Breakers, Change, Clock, DocumentKind, Driven, DueTrip, Entered, Events, Files, Generation,
    Generations, Ids, Journal, JournalStanding, Journaled, JournaledTrip, Kind, Known, Limit, Listed, Loss,
    LostDocument, Named, NewRevision, Once, Page, Ports, Posted, Proposal, Revision, Row, SegmentsError, Spawn, Stamp,
    Store, StoreError, Taken, TopUp, Variables, Waiting,
};
use farebox_fare::{Segment, Timestamp};
use farebox_kit::native::Native;
use farebox_records::proof::Positions;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

/// When simulated time begins: 2026-11-21T08:00:00+08:00.
pub const BEGINNING: Timestamp = 1_795_219_200;

/// How long a request may take over what it asks the store, in milliseconds.
pub const BUDGET_MS: u64 = 1_000;

/// The documents of a configuration, by path.
pub type Documents = BTreeMap<String, String>;

/// The world of one host.
pub struct World {
    pub(crate) executor: Rc<Executor>,
    pub(crate) plan: Rc<Plan>,
    pub(crate) store: Rc<SimStore>,
    pub(crate) documents: Rc<RefCell<Documents>>,
    pub(crate) node: Rc<Node>,
    /// What this instance knows of where the buckets of the store are.
    pub(crate) positions: RefCell<Positions>,
    pub(crate) host: usize,
    pub(crate) ids: Rc<Cell<u64>>,
    /// How often each event was told, in the whole run.
    pub(crate) events: Rc<RefCell<BTreeMap<String, u64>>>,
}

impl Ports for World {
    type Engines = Native;
}

impl Files for World {
    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let inside = |path: &String| {
            let name = if folder.is_empty() { path } else { path.strip_prefix(folder)?.strip_prefix('/')? };
            name.split('/').next().map(str::to_owned)
        };
        let mut names: Vec<String> = self.documents.borrow().keys().filter_map(inside).collect();
        names.dedup();
        Ok(names)
    }

    fn stamp(&self, path: &str) -> Result<Stamp, String> {
        let bytes = self.documents.borrow().get(path).map(|text| u64::try_from(text.len()).unwrap_or(u64::MAX));
        // No file system here tells when: every file is read with every look.
        Ok(Stamp { is_folder: bytes.is_none(), bytes: bytes.unwrap_or_default(), modified_ns: u64::MAX })
    }

    fn read(&self, path: &str) -> Result<String, String> {
        self.documents.borrow().get(path).cloned().ok_or_else(|| "cannot be read: it is not there".to_owned())
    }
}

impl Archive for World {}

impl Variables for World {
    async fn variable(&self, name: &str) -> Result<String, String> {
        Ok(match name {
            "quote_ttl_s" => self.plan.quote_ttl_s.to_string(),
            "store_read_deadline_ms" => "60".to_owned(),
            "store_write_deadline_ms" => "250".to_owned(),
            "store_budget_ms" => BUDGET_MS.to_string(),
            "store_backend" => "redis".to_owned(),
            "signatures" => "off".to_owned(),
            "clock_window_s" => "300".to_owned(),
            "previous_signing_keys" | "cors_origins" | "master_key" | "previous_master_keys" | "timers_key" => {
                String::new()
            }
            _ => "a secret that all hosts sign estimates with".to_owned(),
        })
    }
}

impl Clock for World {
    fn now_ms(&self) -> u64 {
        let beginning = u64::try_from(BEGINNING).unwrap_or_default().saturating_mul(1000);
        beginning.saturating_add(u64::try_from(self.executor.now().as_millis()).unwrap_or_default())
    }

    fn elapsed(&self) -> Duration {
        self.executor.now()
    }

    async fn sleep(&self, time: Duration) {
        self.executor.until(self.executor.now() + time).await;
    }
}

impl Ids for World {
    fn unique(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }
}

impl Events for World {
    fn tell(&self, _: &str, event: &Event) {
        *self.events.borrow_mut().entry(event.name()).or_default() += 1;
    }
}

impl Spawn for World {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        self.executor.spawn(Owner::Host(self.host), work);
    }
}

impl Generations for World {
    async fn generations(&self) -> Result<Known, StoreError> {
        let now_ms = || self.now_ms();
        Ok(self.node.call(|node| Known { now_ms: now_ms(), newest: node.newest() }).await)
    }

    async fn propose(&self, proposal: &Proposal) -> Result<Generation, StoreError> {
        let now_ms = || self.now_ms();
        Ok(self.node.call(|node| node.propose(proposal, now_ms())).await)
    }

    async fn put_file(&self, version: &str, text: &str) -> Result<(), StoreError> {
        self.node.call(|node| node.put_file(version, text)).await;
        Ok(())
    }

    async fn file(&self, version: &str) -> Result<Option<String>, StoreError> {
        Ok(self.node.call(|node| node.file(version)).await)
    }
}

impl Journal for World {
    async fn enter_bill(
        &self,
        city: &str,
        trip: &str,
        new: &NewRevision,
        documents: &[Named],
    ) -> Result<Journaled, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow_mut().enter_bill(city, trip, new, documents)).await)
    }

    async fn learn(&self, city: &str, trip: &str, revision: &Revision) -> Result<Option<u64>, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow_mut().learn(city, trip, revision)).await)
    }

    async fn enter_segments(&self, city: &str, trip: &str, segments: &[Segment]) -> Result<bool, SegmentsError> {
        self.node.call(|node| node.journal.borrow_mut().enter_segments(city, trip, segments)).await
    }

    async fn enter_document(&self, city: &str, named: &Named, document: &str) -> Result<(), StoreError> {
        let now_ms = || self.now_ms();
        self.node.call(|node| node.enter_document(city, named, document, now_ms())).await;
        Ok(())
    }

    async fn journaled_document(&self, city: &str, named: &Named) -> Result<Option<String>, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow().document(city, named)).await)
    }

    async fn lost_documents(&self, most: u32) -> Result<Vec<LostDocument>, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow().lost_documents(most)).await)
    }

    async fn document_is_back(&self, lost: &LostDocument) -> Result<(), StoreError> {
        self.node.call(|node| node.journal.borrow_mut().document_is_back(lost)).await;
        Ok(())
    }

    async fn journaled(&self, city: &str, trip: &str) -> Result<JournaledTrip, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow().journaled(city, trip)).await)
    }

    async fn secure(&self, number: u64) -> Result<bool, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow_mut().secure(number)).await)
    }

    async fn withdraw(&self, number: u64) -> Result<bool, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow_mut().withdraw(number)).await)
    }

    async fn lease(&self, most: u32) -> Result<Vec<Waiting>, StoreError> {
        let now_ms = || self.now_ms();
        Ok(self.node.call(|node| node.lease(most, now_ms())).await)
    }

    async fn drive(&self, number: u64, driven: &Driven) -> Result<(), StoreError> {
        // What was posted is known of from now on, whichever instance writes next.
        let unsaved = self.positions.borrow_mut().to_save(true, self.now_ms());
        let now_ms = || self.now_ms();
        let drive = |node: &Node| {
            node.note(unsaved, now_ms());
            node.journal.borrow_mut().drive(number, driven);
        };
        self.node.call(drive).await;
        Ok(())
    }

    async fn look(&self, most: u32) -> Result<u32, StoreError> {
        let now_ms = || self.now_ms();
        let quiet = self.node.call(|node| node.quiet(most, now_ms())).await;
        let looked_at = u32::try_from(quiet.len()).unwrap_or(u32::MAX);
        for (_, bucket) in quiet {
            self.step_on::<_, StoreError>(bucket as usize, |_, _| Ok(())).await?;
        }
        Ok(looked_at)
    }

    async fn losses(&self, after: u64) -> Result<Vec<Loss>, StoreError> {
        Ok(self.node.call(|node| node.losses(after)).await)
    }

    async fn forget_passenger(&self, city: &str, trip: &str) -> Result<u32, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow_mut().forget_passenger(city, trip)).await)
    }

    async fn journal(&self) -> Result<JournalStanding, StoreError> {
        Ok(self.node.call(|node| node.journal.borrow().standing()).await)
    }
}

impl Breakers for World {
    async fn breakers(&self) -> Result<Vec<(Kind, Row)>, StoreError> {
        Ok(self.node.call(|node| node.breakers()).await)
    }

    async fn enter_breaker(&self, kind: Kind, change: &Change) -> Result<Row, StoreError> {
        Ok(self.node.call(|node| node.enter_breaker(kind, change)).await)
    }
}

impl World {
    /// Takes a step on the bucket of a name: what every write does.
    async fn step<T: 'static, E: From<StoreError> + 'static>(
        &self,
        name: &str,
        effect: impl FnMut(&mut Contents, Duration) -> Result<T, E> + 'static,
    ) -> Result<T, E> {
        self.step_on(SimStore::bucket(name), effect).await
    }

    async fn step_on<T: 'static, E: From<StoreError> + 'static>(
        &self,
        bucket: usize,
        mut effect: impl FnMut(&mut Contents, Duration) -> Result<T, E> + 'static,
    ) -> Result<T, E> {
        let number = u32::try_from(bucket).unwrap_or(u32::MAX);
        if self.positions.borrow().is_stale(CITY, number, self.now_ms()) {
            let noted = self.node.call(Node::positions).await;
            self.positions.borrow_mut().read(noted, self.now_ms());
        }
        let (known, random) = (self.positions.borrow().of(CITY, number), self.unique());
        let (host, is_new) = (self.host, known.is_empty());
        let step = move |contents: &mut Contents, now: Duration| {
            let at = BEGINNING.saturating_add_unsigned(now.as_secs());
            let position = contents.step((bucket, host), &known, random, at);
            Ok((position, effect(contents, now)))
        };
        let (position, answer) = self.store.call::<_, E>(true, step).await?;
        let is_lost = self.positions.borrow_mut().heard(CITY, number, position);
        if is_lost {
            let now_ms = || self.now_ms();
            self.node.call(|node| node.lost((CITY.to_owned(), number), now_ms())).await;
        }
        let unsaved = self.positions.borrow_mut().to_save(is_lost || is_new, self.now_ms());
        if !unsaved.is_empty() {
            let now_ms = || self.now_ms();
            self.node.call(|node| node.note(unsaved, now_ms())).await;
        }
        answer
    }
}

impl Store for World {
    async fn enter(&self, _: &str, trip: &str, once: &Once) -> Result<Entered, StoreError> {
        let (name, trip, once) = (trip, trip.to_owned(), once.clone());
        self.step(name, move |contents, _| Ok(contents.enter(&trip, &once))).await
    }

    async fn add_segments(
        &self,
        _: &str,
        trip: &str,
        segments: &[Segment],
        once: Option<&Once>,
    ) -> Result<Accumulated, SegmentsError> {
        let (name, trip, segments, once) = (trip, trip.to_owned(), segments.to_vec(), once.cloned());
        let add = move |contents: &mut Contents, now: Duration| {
            let now = BEGINNING.saturating_add_unsigned(now.as_secs());
            contents.add_segments(&trip, &segments, once.as_ref(), now)
        };
        self.step(name, add).await
    }

    async fn segments(&self, _: &str, trip: &str) -> Result<Vec<Segment>, StoreError> {
        let trip = trip.to_owned();
        self.store.call(false, move |contents, _| Ok(contents.segments(&trip))).await
    }

    async fn put_quote(&self, _: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), StoreError> {
        let (name, quote, document) = (quote, quote.to_owned(), document.to_owned());
        let ttl = Duration::from_secs(ttl_s.into());
        let put = move |contents: &mut Contents, now| {
            contents.put_quote(&quote, &document, now + ttl);
            Ok(())
        };
        self.step(name, put).await
    }

    async fn quote(&self, _: &str, quote: &str) -> Result<Option<String>, StoreError> {
        let quote = quote.to_owned();
        self.store.call(false, move |contents, now| Ok(contents.quote(&quote, now))).await
    }

    async fn put_document(&self, _: &str, kind: DocumentKind, version: &str, document: &str) -> Result<(), StoreError> {
        let (name, version, document) = (version, version.to_owned(), document.to_owned());
        let put = move |contents: &mut Contents, _| {
            contents.put_document(kind, &version, &document);
            Ok(())
        };
        self.step(name, put).await
    }

    async fn document(&self, _: &str, kind: DocumentKind, version: &str) -> Result<Option<String>, StoreError> {
        let version = version.to_owned();
        self.store.call(false, move |contents, _| Ok(contents.document(kind, &version))).await
    }

    async fn post_bill(
        &self,
        _: &str,
        trip: &str,
        new: &NewRevision,
        once: Option<&Once>,
    ) -> Result<Posted, StoreError> {
        let (name, trip, new, once) = (trip, trip.to_owned(), new.clone(), once.cloned());
        self.step(name, move |contents, _| contents.post_bill(&trip, &new, once.as_ref())).await
    }

    async fn bill(&self, _: &str, trip: &str) -> Result<Option<Revision>, StoreError> {
        let trip = trip.to_owned();
        self.store.call(false, move |contents, _| Ok(contents.head(&trip).cloned())).await
    }

    async fn revision(&self, _: &str, trip: &str, number: u32) -> Result<Option<Revision>, StoreError> {
        let trip = trip.to_owned();
        self.store.call(false, move |contents, _| Ok(contents.revision(&trip, number).cloned())).await
    }

    async fn redact_bill(
        &self,
        _: &str,
        trip: &str,
        number: u32,
        expected: &str,
        document: &str,
    ) -> Result<bool, StoreError> {
        let (name, trip, expected, document) = (trip, trip.to_owned(), expected.to_owned(), document.to_owned());
        self.step(name, move |contents, _| Ok(contents.redact_bill(&trip, number, &expected, &document))).await
    }

    async fn bills_of_day(&self, _: &str, day: &str, _: Option<&str>, _: u32) -> Result<Page<Listed>, StoreError> {
        let day = day.to_owned();
        let list = move |contents: &mut Contents, _| Ok(Page { entries: contents.bills_of_day(&day), next: None });
        self.store.call(false, list).await
    }

    async fn due(&self, _: &str, _: Option<&str>, _: u32) -> Result<Page<DueTrip>, StoreError> {
        let list =
            |contents: &mut Contents, _| Ok(Page { entries: contents.due.values().cloned().collect(), next: None });
        self.store.call(false, list).await
    }

    async fn top_up(&self, _: &str, trip: &str, revision: u32) -> Result<Option<TopUp>, StoreError> {
        let key = (trip.to_owned(), revision);
        self.store.call(false, move |contents, _| Ok(contents.ledger.get(&key).cloned())).await
    }

    async fn take(&self, _: &str, _: &Limit, _: u32) -> Result<Taken, StoreError> {
        Err(StoreError::Other("no simulated configuration has limits".to_owned()))
    }
}
