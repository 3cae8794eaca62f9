//! Predicts what may be answered, from nothing but what was sent and acknowledged before, and holds every answer to it.

use crate::exemptions::Exemption;
use crate::host::{BEGINNING, BUDGET_MS};
use crate::plan::{Loss, Plan, ms};
use crate::prices::{CITY, SecondOpinion};
use crate::store::{Contents, SimStore};
use farebox_billing::bills::Billed;
use farebox_billing::ports::DocumentKind;
use farebox_billing::refusal::{Code, Refusal};
use farebox_fare::{Basis, Degradation, Segment, time};
use farebox_kit::journal::Journal;
use farebox_records::{BillRecord, CardChoice, Kept, NotQuoted, TopUpRecord, Versions};
use farebox_resilience::breaker::TRUST_MS;
use std::cell::{Cell, Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// How long what a bill is made from is waited for: the budget of a request, less two writes.
const READS_OF_A_BILL: Duration = ms(1_000 - 2 * 250);

/// A promise of the product's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// An equal request gets equal bytes from a node, and where the shared store has them from all.
    EqualRequestsEqualBytes,
    /// A trip has one bill: a different request for it is refused, where the other one can be known of.
    OneBill,
    /// What was answered is in the store, where it stays as it is, or in the journal of its node; in the end it is in the store, or
    /// listed as superseded.
    AnsweredIsKept,
    /// Every acknowledged segment is billed, or the bill is marked.
    SegmentsAreBilled,
    /// A bill that lacks something says so, and one that lacks nothing does not; and why it was not billed as quoted.
    DegradedSaysSo,
    /// Lines add up, both bills are what the rate cards say, and the top-up is the least that is enough.
    LinesAddUp,
    /// What the store is late with is not lost: nobody bills without it who has not waited for it.
    LateIsNotLost,
    /// The ledger has no top-up but those that bills owe, and the record of each says what its bill does.
    TopUpOnce,
    /// Every top-up that is owed is in the ledger from the moment that its bill is kept.
    TopUpIsEntered,
    /// What may yet be put right is due for it, from the moment that it is kept.
    ProvisionalIsDue,
    /// What a bill that is kept was made with is kept as well.
    DocumentsAreKept,
    /// A signed request that writes is carried out once, and whoever sends it again is never answered while the store answers, and has
    /// done so for as long as its node may not ask it.
    OnceIsOnce,
    /// What a bill lacked is put right, once it can be had.
    PutRight,
    /// Who is refused is refused for a reason.
    RefusedForAReason,
    /// An acknowledged segment is in the store, or in the journal of its node.
    AcknowledgedIsKept,
    /// A bill is made from one configuration.
    OneConfiguration,
    /// It is the newest, soon after its host has had reason to look.
    NewestConfiguration,
}

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which.
    pub promise: Promise,
    /// Of which trip.
    pub trip: String,
    /// When it was seen.
    pub at: Duration,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { promise, trip, at, what } = self;
        write!(f, "{promise:?} is broken at {} ms, {trip}: {what}", at.as_millis())
    }
}

/// An attempt at a signed request that writes.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The trip that it is about.
    pub trip: &'a str,
    /// What it was signed with.
    pub nonce: &'a str,
    /// Which attempt.
    pub number: u64,
    /// When it was sent.
    pub sent: Duration,
}

/// What is known of a trip.
#[derive(Debug, Default)]
struct Known {
    /// What was sent, by number.
    sent: BTreeMap<u64, Segment>,
    /// When it was acknowledged first, and by which host's journal if the store does not have it.
    acknowledged: BTreeMap<u64, (Duration, Option<usize>)>,
    /// The requests for its bill that were sent. Equal ones are one.
    asked: BTreeSet<String>,
    /// The bills that were answered.
    bills: Vec<AnsweredBill>,
    /// Since when it is answered that there is a bill that is kept.
    kept_since: Option<Duration>,
    /// Whether the store lost anything of it.
    lost: bool,
    /// Whether that was a part of it, because the store was put back.
    lost_some: bool,
}

/// A bill that was answered.
#[derive(Clone, Debug)]
struct AnsweredBill {
    /// What was asked for.
    request: String,
    /// As it is where it is kept.
    document: String,
    /// Whether the shared store was said to have it.
    shared: bool,
    /// Who answered.
    host: usize,
    /// When it was heard.
    at: Duration,
}

/// What is known of a host.
#[derive(Debug, Default)]
struct HostKnown {
    /// The releases of its configuration, each with the moment when it was whole.
    releases: Vec<(Duration, usize)>,
    /// When it crashed last.
    crashed: Duration,
    /// When it was asked.
    asked: Vec<Duration>,
}

impl HostKnown {
    /// From when on nothing is answered from the release that was superseded at a moment: 1.5 s after the first request that
    /// every instance has to look for, since 500 ms were over. Without requests nobody looks, and a crash begins anew.
    fn gone(&self, superseded: Duration) -> Option<Duration> {
        let from = superseded.max(self.crashed) + ms(500);
        self.asked.iter().find(|asked| **asked >= from).map(|asked| *asked + ms(1_500))
    }
}

/// The auditor of a run.
pub struct Auditor {
    plan: Rc<Plan>,
    opinion: Rc<SecondOpinion>,
    excused: Vec<Exemption>,
    trips: RefCell<BTreeMap<String, Known>>,
    hosts: RefCell<BTreeMap<usize, HostKnown>>,
    violation: RefCell<Option<Violation>>,
    /// Whether the store lost anything at all.
    lost_something: Cell<bool>,
}

impl Auditor {
    /// Knows nothing yet.
    pub fn new(plan: Rc<Plan>, opinion: Rc<SecondOpinion>, excused: Vec<Exemption>) -> Self {
        Self {
            plan,
            opinion,
            excused,
            trips: RefCell::default(),
            hosts: RefCell::default(),
            violation: RefCell::default(),
            lost_something: Cell::default(),
        }
    }

    /// The first promise that was not kept.
    pub fn violation(&self) -> Option<Violation> {
        self.violation.borrow().clone()
    }

    /// Segments are sent.
    pub fn segments_sent(&self, trip: &str, segments: &[Segment]) {
        self.with(trip, |known| known.sent.extend(segments.iter().map(|segment| (segment.sequence, *segment))));
    }

    /// Segments were acknowledged; by a host, when they are said to be in its journal.
    pub fn segments_acknowledged(
        &self,
        trip: &str,
        segments: &[Segment],
        here: Option<(usize, &Journal)>,
        now: Duration,
        contents: &Contents,
    ) {
        let mut kept = contents.segments(trip);
        kept.extend(here.map(|(_, journal)| journal.journaled(CITY, trip).segments).unwrap_or_default());
        let missing = segments.iter().find(|segment| !kept.contains(segment));
        let lost = self.with(trip, |known| {
            for segment in segments {
                let acknowledged = (now, here.map(|(host, _)| host));
                known.acknowledged.entry(segment.sequence).or_insert(acknowledged);
            }
            known.lost
        });
        if let Some(segment) = missing
            && !self.is_void(lost)
        {
            let what = format!("segment {} was acknowledged, and is kept nowhere", segment.sequence);
            self.break_promise(Promise::AcknowledgedIsKept, trip, now, what);
        }
    }

    /// A host has a release of the configuration.
    pub fn configured(&self, host: usize, release: usize, now: Duration) {
        self.hosts.borrow_mut().entry(host).or_default().releases.push((now, release));
    }

    /// A host crashes.
    pub fn crashed(&self, host: usize, now: Duration) {
        self.hosts.borrow_mut().entry(host).or_default().crashed = now;
    }

    /// A host is asked for something.
    pub fn asked(&self, host: usize, now: Duration) {
        self.hosts.borrow_mut().entry(host).or_default().asked.push(now);
    }

    /// A bill was made, if it was made now: after the store was waited for, and from the configuration of a host unless it is
    /// as quoted.
    pub fn bill_made(&self, trip: &str, host: usize, billed: &Billed, sent: Duration, now: Duration) {
        let Ok(record) = BillRecord::read(&billed.document) else { return };
        if !billed.new {
            return;
        }
        let waited = now.saturating_sub(sent);
        if record.reasons.contains(&Degradation::StoreTimeout) && waited < READS_OF_A_BILL {
            let what = format!("it is billed without what the store was late with, after {} ms", waited.as_millis());
            self.break_promise(Promise::LateIsNotLost, trip, now, what);
        }
        if record.pinned.rate_card == CardChoice::Quoted {
            return;
        }
        let Some(release) = self.opinion.release(&record) else {
            let what = "its rate cards are of two configurations".to_owned();
            return self.break_promise(Promise::OneConfiguration, trip, now, what);
        };
        let hosts = self.hosts.borrow();
        let Some(known) = hosts.get(&host) else { return };
        let Some(index) = known.releases.iter().rposition(|(_, of)| *of == release) else {
            // Its last file may not be written yet.
            return;
        };
        let superseded = known.releases.get(index + 1).map(|(since, _)| *since);
        if let Some(gone) = superseded.and_then(|superseded| known.gone(superseded)).filter(|gone| *gone <= sent) {
            let what = format!("it is of release {release} of host {host}, which was gone at {} ms", gone.as_millis());
            self.break_promise(Promise::NewestConfiguration, trip, now, what);
        }
    }

    /// A bill is asked for.
    pub fn bill_asked(&self, trip: &str, request: &str) {
        self.with(trip, |known| known.asked.insert(request.to_owned()));
    }

    /// A bill was answered by a host.
    pub fn bill_answered(
        &self,
        trip: &str,
        request: &str,
        billed: &Billed,
        (host, journal): (usize, &Journal),
        (sent, now): (Duration, Duration),
        contents: &Contents,
    ) {
        let record = match BillRecord::read(&billed.document) {
            Ok(record) => record,
            Err(error) => return self.break_promise(Promise::LinesAddUp, trip, now, format!("{error:?}")),
        };
        if let Err(what) = self.opinion.agrees(&record) {
            self.break_promise(Promise::LinesAddUp, trip, now, what);
        }
        let shared = record.kept == Kept::Shared;
        let document = BillRecord::kept_in(&billed.document, Kept::Shared);
        let answered = AnsweredBill { request: request.to_owned(), document, shared, host, at: now };
        let maker = billed.new.then_some(host);
        self.check_marks(trip, request, &record, maker, now);
        let is_due = maker.is_none() && contents.due.contains_key(trip);
        self.check_segments(trip, &record, maker, is_due, now);
        self.check_repeats(trip, &answered, journal, sent);
        let lost = self.with(trip, |known| known.lost);
        // It is the head, or an older revision; or it waits to be.
        let in_store = is_in_store(contents, trip, &answered.document);
        let here =
            journal.waiting_bills().any(|(of, new)| of.1 == trip && new.revision.bill.document == answered.document);
        let superseded = is_superseded(journal, trip, &answered.document);
        if !(in_store || (!shared && (here || superseded))) && !self.is_void(lost) {
            let what = format!("the bill was answered, kept {:?}, and is not there", record.kept);
            self.break_promise(Promise::AnsweredIsKept, trip, now, what);
        }
        if shared {
            self.check_documents(trip, &record, now, contents);
        }
        self.with(trip, |known| {
            if shared {
                known.kept_since.get_or_insert(now);
            }
            known.bills.push(answered);
        });
    }

    /// A bill was read. One that is only in the journal of the host that answers may give way to another.
    pub fn bill_fetched(&self, trip: &str, document: String, host: usize, (sent, now): (Duration, Duration)) {
        if BillRecord::read(&document).is_ok_and(|record| record.kept == Kept::Node) {
            return;
        }
        let read = AnsweredBill { request: String::new(), document, shared: true, host, at: now };
        let (earlier, lost) = self.with(trip, |known| (known.bills.clone(), known.lost));
        let is_other = |other: &AnsweredBill| other.document != read.document && !self.follows(other, &read, sent);
        if earlier.iter().any(|other| other.shared && is_other(other)) && !self.is_void(lost) {
            let what = "the bill that is read is not the bill that was answered".to_owned();
            self.break_promise(Promise::AnsweredIsKept, trip, now, what);
        }
    }

    /// A signed request that writes was answered with what it asked for, in an attempt; `bill` is the one that was.
    pub fn answered_once(
        &self,
        attempt: Attempt<'_>,
        kept: Kept,
        bill: Option<&Billed>,
        now: Duration,
        contents: &Contents,
    ) {
        let Attempt { trip, nonce, number, sent } = attempt;
        // Where the store is away there is nobody who could tell; a node that has just found it away does not ask it, and it may take
        // all that a request has to find out.
        let is_here = kept == Kept::Node;
        let asked_since = sent.saturating_sub(ms(TRUST_MS + BUDGET_MS));
        let not_entered = bill.is_some_and(|billed| !billed.new) && self.plan.fails_between(asked_since, now);
        if is_here || not_entered || self.is_void(self.with(trip, |known| known.lost)) {
            return;
        }
        let what = match contents.nonces.get(&(trip.to_owned(), nonce.to_owned())) {
            Some(entered) if *entered == number => return,
            Some(entered) => format!("it was carried out in attempt {entered}, and answered in attempt {number}"),
            None => format!("it was answered in attempt {number}, which is not entered"),
        };
        self.break_promise(Promise::OnceIsOnce, trip, now, format!("{nonce}: {what}"));
    }

    /// One was refused as a replay.
    pub fn refused_as_replay(&self, attempt: Attempt<'_>, now: Duration, contents: &Contents) {
        let Attempt { trip, nonce, number, .. } = attempt;
        let entered = contents.nonces.get(&(trip.to_owned(), nonce.to_owned()));
        let by_another = entered.is_some_and(|entered| *entered != number);
        if !by_another && !self.is_void(self.with(trip, |known| known.lost)) {
            let what = format!("{nonce}: attempt {number} is refused as a replay, and entered is {entered:?}");
            self.break_promise(Promise::RefusedForAReason, trip, now, what);
        }
    }

    /// Something was refused; `has_journal` is whether it is something that a journal keeps when the store does not.
    pub fn refused(&self, trip: &str, refusal: &Refusal, has_journal: bool, sent: Duration, now: Duration) {
        let (several, kept_since, lost) =
            self.with(trip, |known| (known.asked.len() > 1, known.kept_since, known.lost));
        let void = self.is_void(lost);
        let not_billed = void || kept_since.is_none_or(|since| since > sent);
        let breaks = self.plan.breaks();
        let reason = match refusal.code {
            // What cannot be billed here may have been billed elsewhere.
            Code::StoreUnavailable | Code::StoreTimedOut => !self.plan.is_calm() && (!has_journal || breaks),
            Code::BillConflict => several,
            // Neither is an answer once there is a bill.
            Code::BillNotFound => not_billed,
            // A host that nobody has asked before its document broke has no good one.
            Code::ConfigInvalid => not_billed && breaks,
            _ => false,
        };
        if !reason {
            let what = format!("{} without a reason: {}", refusal.code.word(), refusal.reason());
            self.break_promise(Promise::RefusedForAReason, trip, now, what);
        }
    }

    /// The store loses something.
    pub fn lost(&self, loss: Loss) {
        self.lost_something.set(true);
        for (trip, known) in self.trips.borrow_mut().iter_mut() {
            if loss.bucket.is_none_or(|bucket| bucket == SimStore::bucket(trip)) {
                known.lost = true;
                known.lost_some |= loss.back.is_some();
            }
        }
    }

    /// What the store holds changed: the ledger has what the bills owe, revision by revision, and nothing else.
    pub fn store_changed(&self, contents: &Contents, now: Duration) {
        for (trip, revisions) in &contents.bills {
            // A store that has lost something is sent it again in any order.
            let is_whole = (1..).zip(revisions).all(|(number, revision)| revision.number == number);
            if !is_whole && self.lost_something.get() {
                continue;
            }
            // What the revisions before one owe together is what the newest of them does.
            let mut before = 0;
            for revision in revisions {
                let Ok(record) = BillRecord::read(&revision.bill.document) else { continue };
                let of_revision = TopUpRecord::of(&record, revision.number, before);
                let owed = of_revision.as_ref().map_or(0, |top_up| top_up.amount);
                before += owed;
                let entry = contents.ledger.get(&(trip.clone(), revision.number));
                let entered = entry.map_or(0, |entry| entry.amount);
                if entry.is_some_and(|entry| TopUpRecord::read(&entry.document).ok() != of_revision) {
                    let what =
                        format!("the record of the top-up of revision {} is not what its bill says", revision.number);
                    self.break_promise(Promise::TopUpOnce, trip, now, what);
                }
                if entered != owed {
                    let what = format!("revision {} owes {owed}, the ledger has {entered}", revision.number);
                    self.break_promise(Promise::TopUpIsEntered, trip, now, what);
                }
            }
        }
        for (trip, revisions) in &contents.bills {
            let head = revisions.last().and_then(|head| BillRecord::read(&head.bill.document).ok());
            if head.is_some_and(|head| head.provisional) && !contents.due.contains_key(trip) {
                let what = "its bill is provisional, and it is not due".to_owned();
                self.break_promise(Promise::ProvisionalIsDue, trip, now, what);
            }
        }
        for (trip, number) in contents.ledger.keys() {
            if contents.revision(trip, *number).is_none() {
                let what = format!("the ledger has a top-up for revision {number}, and the store no such bill");
                self.break_promise(Promise::TopUpOnce, trip, now, what);
            }
        }
    }

    /// All is over: everything that was to happen has happened, and every host has driven in what waited in its journal.
    pub fn over(&self, contents: &Contents, journals: &[Ref<'_, Journal>], now: Duration) {
        let trips: Vec<String> = self.trips.borrow().keys().cloned().collect();
        for trip in &trips {
            let (lost, answered) = self.with(trip, |known| (known.lost, known.bills.clone()));
            for AnsweredBill { document, host, .. } in &answered {
                let listed = journals.get(*host).is_some_and(|journal| is_superseded(journal, trip, document));
                let can_be_sent = journals.iter().any(|journal| journal.can_send(CITY, trip, document));
                let is_gone = self.is_void(lost) && !can_be_sent;
                if !is_in_store(contents, trip, document) && !listed && !is_gone {
                    let what = format!("a bill was answered by host {host}, and is neither in the store nor listed");
                    self.break_promise(Promise::AnsweredIsKept, trip, now, what);
                }
            }
            let waits = journals.iter().any(|journal| !journal.journaled(CITY, trip).segments.is_empty());
            if waits {
                let what = "its segments wait in a journal, and the store works".to_owned();
                self.break_promise(Promise::AcknowledgedIsKept, trip, now, what);
            }
            // What a bill of a bucket that lost nothing was made with may have been in one that did.
            let was_all = self.plan.losses.iter().all(|loss| loss.bucket.is_none());
            if let Some(head) = contents.head(trip).filter(|_| was_all)
                && journals.iter().any(|journal| journal.can_send(CITY, trip, &head.bill.document))
                && let Ok(record) = BillRecord::read(&head.bill.document)
            {
                self.check_documents_are_there(trip, &record, now, contents);
            }
            if self.is_void(lost) {
                continue;
            }
            let stored = contents.numbers(trip);
            let gone =
                self.with(trip, |known| known.acknowledged.keys().find(|number| !stored.contains(number)).copied());
            if let Some(number) = gone {
                let what = format!("segment {number} was acknowledged, and is not in the store");
                self.break_promise(Promise::AcknowledgedIsKept, trip, now, what);
            }
            let Some(head) = contents.head(trip) else { continue };
            let Ok(record) = BillRecord::read(&head.bill.document) else { continue };
            self.check_what_was_never_billed(trip, &record, contents, now);
        }
    }

    /// What the final bill lacks of what was acknowledged, before it and after it. At the least the trip is due.
    fn check_what_was_never_billed(&self, trip: &str, record: &BillRecord, contents: &Contents, now: Duration) {
        let billed = billed_segments(record);
        let made = made_at(record);
        let unbilled = self.with(trip, |known| {
            let lacks = |(number, _): &(&u64, &(Duration, Option<usize>))| !billed.contains(number);
            known.acknowledged.iter().filter(lacks).map(|(number, (at, _))| (*number, *at)).collect::<Vec<_>>()
        });
        if !unbilled.is_empty() && !contents.due.contains_key(trip) {
            let what = format!("the segments {unbilled:?} are not on its bill, and it is not due");
            self.break_promise(Promise::ProvisionalIsDue, trip, now, what);
        }
        // A bill that is final is not made uncertain by what came late, because of a hole, or because the store has lost something about that
        // time: it waits for the rest, or for the end of the time.
        let stored = contents.numbers(trip);
        let waits = !record.provisional && (has_hole(&stored) || self.plan.may_lose(SimStore::bucket(trip)));
        for (number, at) in unbilled.into_iter().filter(|_| !waits) {
            let why = if record.basis == Basis::Mocked && at < made {
                "the bill stays mocked, and the store has its segments"
            } else {
                "it came after the bill"
            };
            let what = format!("segment {number} is never billed: {why}");
            self.break_promise(Promise::SegmentsAreBilled, trip, now, what);
        }
        if let Err(what) = self.opinion.agrees(record) {
            self.break_promise(Promise::LinesAddUp, trip, now, what);
        }
        self.check_what_was_put_right(trip, record, contents, now);
    }

    /// In the end nothing is guessed that can be known: what a bill lacks still is nowhere, or there is nothing to settle it with.
    fn check_what_was_put_right(&self, trip: &str, record: &BillRecord, contents: &Contents, now: Duration) {
        let stored = contents.numbers(trip);
        let breaks = self.plan.breaks();
        for reason in &record.reasons {
            let is_so = match reason {
                Degradation::TripMissing => stored.is_empty(),
                // Why there was nothing to be had, and still is not.
                Degradation::StoreTimeout | Degradation::StoreUnavailable => {
                    record.basis == Basis::Mocked && stored.is_empty() && record.pinned.lacks().is_none()
                }
                Degradation::TripIncomplete => has_hole(&stored),
                Degradation::PolicyUnavailable => breaks,
                Degradation::StoreLost => self.plan.may_lose(SimStore::bucket(trip)),
                _ => false,
            };
            if !is_so {
                let what = format!("it lacks something in the end that is to be had: {}", reason.word());
                self.break_promise(Promise::PutRight, trip, now, what);
            }
        }
    }

    /// A bill that is kept can be made again: both rate cards and the policy are kept as well.
    fn check_documents(&self, trip: &str, record: &BillRecord, now: Duration, contents: &Contents) {
        if !self.is_void(self.lost_something.get()) {
            self.check_documents_are_there(trip, record, now, contents);
        }
    }

    fn check_documents_are_there(&self, trip: &str, record: &BillRecord, now: Duration, contents: &Contents) {
        let Versions { rate_card, driver_rate_card, policy, .. } = &record.versions;
        let cards = [rate_card, driver_rate_card].map(|version| (DocumentKind::RateCard, version));
        let policy = policy.iter().map(|version| (DocumentKind::Policy, version));
        for (kind, version) in cards.into_iter().chain(policy) {
            if contents.document(kind, version).is_none() {
                let what = format!("the bill is kept, and the {} {version} that it names is not", kind.word());
                self.break_promise(Promise::DocumentsAreKept, trip, now, what);
            }
        }
    }

    fn check_marks(&self, trip: &str, request: &str, record: &BillRecord, maker: Option<usize>, now: Duration) {
        let reason = record.pinned.reason;
        // Segments are numbered one after another: a client that gave up posting some leaves a hole.
        let incomplete = record.basis == Basis::Metered && has_hole(&billed_segments(record));
        let expected = record.basis == Basis::Mocked
            || incomplete
            || record.settlement.is_none()
            || record.reasons.contains(&Degradation::StoreLost)
            || matches!(reason, Some(NotQuoted::StoreUnavailable | NotQuoted::StoreTimeout | NotQuoted::StoreRefused));
        if (record.degraded, record.provisional) != (expected, expected) {
            let what = format!("degraded is {}, and it is {:?}, kept {:?}", record.degraded, record.basis, record.kept);
            self.break_promise(Promise::DegradedSaysSo, trip, now, what);
        }
        if record.reasons.contains(&Degradation::TripIncomplete) != incomplete {
            let what =
                format!("the numbers of its segments have a hole: {incomplete}, its reasons {:?}", record.reasons);
            self.break_promise(Promise::DegradedSaysSo, trip, now, what);
        }
        let made = made_at(record);
        let (sent, lost) = self.with(trip, |known| {
            let before = known.acknowledged.values().any(|(at, here)| *at < made && !self.is_elsewhere(*here, maker));
            (before, known.lost)
        });
        if record.reasons.contains(&Degradation::TripMissing) && sent && !self.is_void(lost) {
            let what = "it says that the trip has no segments, and some were acknowledged".to_owned();
            self.break_promise(Promise::DegradedSaysSo, trip, now, what);
        }
        let none = reason == Some(NotQuoted::NoEstimate);
        // Every ride is the one that was quoted: there is nothing that its quote does not cover.
        let covered = matches!(
            reason,
            None | Some(
                NotQuoted::NoEstimate
                    | NotQuoted::QuoteExpired
                    | NotQuoted::StoreUnavailable
                    | NotQuoted::StoreTimeout
                    | NotQuoted::VersionUnavailable
            )
        );
        if none != record.estimate_id.is_none() || !covered {
            let what = format!("pinned says {:?} of a request {request}", record.pinned);
            self.break_promise(Promise::DegradedSaysSo, trip, now, what);
        }
    }

    /// A metered bill holds every segment that was acknowledged before it was made, and none that was never sent.
    fn check_segments(&self, trip: &str, record: &BillRecord, maker: Option<usize>, is_due: bool, now: Duration) {
        if record.basis != Basis::Metered {
            return;
        }
        let billed = billed_segments(record);
        let made = made_at(record);
        let (missing, (lost, lost_some), invented) = self.with(trip, |known| {
            let before =
                known.acknowledged.iter().filter(|(_, (at, here))| *at < made && !self.is_elsewhere(*here, maker));
            let missing: Vec<u64> =
                before.map(|(number, _)| *number).filter(|number| !billed.contains(number)).collect();
            let invented = billed.iter().find(|number| !known.sent.contains_key(number)).copied();
            (missing, (known.lost, known.lost_some), invented)
        });
        if let Some(number) = invented {
            let what = format!("segment {number} is billed, and was never sent");
            self.break_promise(Promise::SegmentsAreBilled, trip, now, what);
        }
        // A bill that was made of what is left says so when the store has taken it; one that was answered before that is due since.
        let is_said = self.is_void(lost) && (record.provisional || is_due || record.kept == Kept::Node);
        let is_said = is_said || (lost_some && self.excuses(Exemption::OthersAreNotMissed));
        if !missing.is_empty() && !is_said {
            let what =
                format!("segments {missing:?} were acknowledged before, and are not on a bill that is not marked");
            self.break_promise(Promise::SegmentsAreBilled, trip, now, what);
        }
    }

    /// Bills that nodes answer for themselves, while they do not reach what they share, may differ from one another: one of them
    /// is listed as superseded in the end.
    fn check_repeats(&self, trip: &str, answered: &AnsweredBill, journal: &Journal, sent: Duration) {
        let now = answered.at;
        let (earlier, lost) = self.with(trip, |known| (known.bills.clone(), known.lost));
        if self.is_void(lost) {
            return;
        }
        for other in earlier {
            let both_shared = other.shared && answered.shared;
            let same_host = other.host == answered.host;
            if !both_shared && (!same_host || is_superseded(journal, trip, &other.document)) {
                continue;
            }
            // Of two that were asked at the same time, the later answer may be the older one.
            if other.at > sent && is_superseded(journal, trip, &answered.document) {
                continue;
            }
            let AnsweredBill { shared, host, .. } = other;
            if other.request != answered.request {
                let what =
                    format!("two different requests got a bill; shared: {shared} by host {host}, and now {answered:?}");
                self.break_promise(Promise::OneBill, trip, now, what);
            } else if other.document != answered.document && !self.follows(&other, answered, sent) {
                let what =
                    format!("an equal request got another bill; shared: {shared} by host {host}, and now {answered:?}");
                self.break_promise(Promise::EqualRequestsEqualBytes, trip, now, what);
            }
        }
    }

    /// Whether a bill may be answered after another: it is a newer revision; or an older one, because both were asked for at the same time, or
    /// because the host that answers it has not heard of the other, and cannot.
    fn follows(&self, earlier: &AnsweredBill, later: &AnsweredBill, sent: Duration) -> bool {
        let numbers = (revision_of(&earlier.document), revision_of(&later.document));
        let asked_since = sent.saturating_sub(ms(TRUST_MS + BUDGET_MS));
        let has_not_heard = earlier.host != later.host && self.plan.fails_between(asked_since, later.at);
        numbers.1 > numbers.0 || (numbers.1 < numbers.0 && (earlier.at > sent || has_not_heard))
    }

    /// Whether a segment that was acknowledged may be in the journal of another host than that which has made the bill, where it need
    /// not be seen. Who has made one that is answered again is not known.
    fn is_elsewhere(&self, here: Option<usize>, maker: Option<usize>) -> bool {
        here.is_some_and(|of| maker != Some(of)) && self.excuses(Exemption::SegmentsElsewhereAreNotMissed)
    }

    /// Whether a promise is void since the store lost something of the trip.
    fn is_void(&self, lost: bool) -> bool {
        lost && self.excuses(Exemption::LossesAreNotUndone)
    }

    fn excuses(&self, exemption: Exemption) -> bool {
        self.excused.contains(&exemption)
    }

    fn with<T>(&self, trip: &str, look: impl FnOnce(&mut Known) -> T) -> T {
        look(self.trips.borrow_mut().entry(trip.to_owned()).or_default())
    }

    fn break_promise(&self, promise: Promise, trip: &str, at: Duration, what: String) {
        let violation = Violation { promise, trip: trip.to_owned(), at, what };
        self.violation.borrow_mut().get_or_insert(violation);
    }
}

/// Whether a bill is the head of a trip, or an older revision.
fn is_in_store(contents: &Contents, trip: &str, document: &str) -> bool {
    let revisions = contents.bills.get(trip).map(Vec::as_slice).unwrap_or_default();
    revisions.iter().any(|revision| revision.bill.document == document)
}

/// Which revision a bill is.
fn revision_of(document: &str) -> u32 {
    let repair = BillRecord::read(document).ok().and_then(|record| record.repair);
    repair.map_or(1, |repair| repair.revision)
}

/// Whether a journal lists a bill as one that gave way to another.
fn is_superseded(journal: &Journal, trip: &str, document: &str) -> bool {
    journal.superseded.iter().any(|bill| bill.trip.1 == trip && bill.new.revision.bill.document == document)
}

/// The numbers of the segments that a bill was made from.
fn billed_segments(record: &BillRecord) -> BTreeSet<u64> {
    let trip = record.facts.trip.trip(record.passenger.currency);
    trip.map(|trip| trip.segments.iter().map(|segment| segment.sequence).collect()).unwrap_or_default()
}

/// Whether a number is missing between the first and the last.
fn has_hole(numbers: &BTreeSet<u64>) -> bool {
    numbers.iter().zip(numbers.iter().skip(1)).any(|(number, next)| *next > number + 1)
}

/// When a bill was made, or made again: the beginning of the second that it says.
fn made_at(record: &BillRecord) -> Duration {
    let since = time::parse(record.made_at()).unwrap_or_default().saturating_sub(BEGINNING);
    Duration::from_secs(u64::try_from(since).unwrap_or_default())
}
