//! Predicts what may be answered, from nothing but what was sent and acknowledged before, and holds every answer to it.

use crate::exemptions::Exemption;
use crate::host::BEGINNING;
use crate::plan::{Loss, Plan, ms};
use crate::prices::SecondOpinion;
use crate::store::{Contents, SimStore};
use farebox_billing::bills::Billed;
use farebox_billing::ports::DocumentKind;
use farebox_billing::refusal::{Code, Refusal};
use farebox_fare::{Basis, Degradation, Segment, time};
use farebox_records::{BillRecord, CardChoice, Kept, NotQuoted, TopUpRecord, Versions};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// How long what a bill is made from is waited for: the budget of a request, less two writes.
const READS_OF_A_BILL: Duration = ms(1_000 - 2 * 250);

/// A promise of the product's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// An equal request gets equal bytes.
    EqualRequestsEqualBytes,
    /// A trip has one bill: a different request for it is refused.
    OneBill,
    /// What was answered as kept is in the store, and stays as it is.
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
    /// A signed request that writes is carried out once, and whoever sends it again is never answered while the store answers.
    OnceIsOnce,
    /// Who is refused is refused for a reason.
    RefusedForAReason,
    /// An acknowledged segment is in the store.
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
    /// When it was acknowledged first.
    acknowledged: BTreeMap<u64, Duration>,
    /// The requests for its bill that were sent. Equal ones are one.
    asked: BTreeSet<String>,
    /// The bills that were answered: the request, the document, and whether it was said to be kept.
    bills: Vec<(String, String, bool)>,
    /// Since when it is answered that there is a bill that is kept.
    kept_since: Option<Duration>,
    /// Whether the store lost anything of it.
    lost: bool,
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

    /// Segments were acknowledged.
    pub fn segments_acknowledged(&self, trip: &str, segments: &[Segment], now: Duration, contents: &Contents) {
        let stored = contents.segments(trip);
        let missing = segments.iter().find(|segment| !stored.contains(segment));
        let lost = self.with(trip, |known| {
            for segment in segments {
                known.acknowledged.entry(segment.sequence).or_insert(now);
            }
            known.lost
        });
        if let Some(segment) = missing
            && !self.is_void(lost)
        {
            let what = format!("segment {} was acknowledged, and is not in the store", segment.sequence);
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

    /// A bill was answered.
    pub fn bill_answered(&self, trip: &str, request: &str, billed: &Billed, now: Duration, contents: &Contents) {
        let record = match BillRecord::read(&billed.document) {
            Ok(record) => record,
            Err(error) => return self.break_promise(Promise::LinesAddUp, trip, now, format!("{error:?}")),
        };
        if let Err(what) = self.opinion.agrees(&record) {
            self.break_promise(Promise::LinesAddUp, trip, now, what);
        }
        self.check_marks(trip, request, &record, now);
        self.check_segments(trip, &record, now);
        self.check_repeats(trip, request, billed, &record, now);
        let lost = self.with(trip, |known| known.lost);
        let void = self.is_void(lost);
        let kept = record.kept == Kept::Shared;
        if kept && !void {
            // It is the head, or an older revision.
            let revisions = contents.bills.get(trip).map(Vec::as_slice).unwrap_or_default();
            if revisions.iter().all(|revision| revision.bill.document != billed.document) {
                let what = "the bill was answered as kept, and is not what the store has".to_owned();
                self.break_promise(Promise::AnsweredIsKept, trip, now, what);
            }
        }
        if kept {
            self.check_documents(trip, &record, now, contents);
        }
        self.with(trip, |known| {
            if kept {
                known.kept_since.get_or_insert(now);
            }
            known.bills.push((request.to_owned(), billed.document.clone(), kept));
        });
    }

    /// A bill was read.
    pub fn bill_fetched(&self, trip: &str, document: &str, now: Duration) {
        let (different, lost) = self.with(trip, |known| {
            let kept = known.bills.iter().find(|(_, _, stored)| *stored);
            (kept.is_some_and(|(_, kept, _)| kept != document), known.lost)
        });
        if different && !self.is_void(lost) {
            let what = "the bill that is read is not the bill that was answered".to_owned();
            self.break_promise(Promise::AnsweredIsKept, trip, now, what);
        }
    }

    /// A signed request that writes was answered with what it asked for, in an attempt; `bill` is the one that was.
    pub fn answered_once(&self, attempt: Attempt<'_>, bill: Option<&Billed>, now: Duration, contents: &Contents) {
        let Attempt { trip, nonce, number, sent } = attempt;
        let record = bill.and_then(|billed| BillRecord::read(&billed.document).ok());
        // Where the store is away there is nobody who could tell.
        let kept_nowhere = record.is_some_and(|record| record.kept == Kept::Nowhere);
        let not_entered = bill.is_some_and(|billed| !billed.new) && self.plan.fails_between(sent, now);
        if kept_nowhere || not_entered || self.is_void(self.with(trip, |known| known.lost)) {
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

    /// Something was refused.
    pub fn refused(&self, trip: &str, refusal: &Refusal, sent: Duration, now: Duration) {
        let (several, kept_since, lost) =
            self.with(trip, |known| (known.asked.len() > 1, known.kept_since, known.lost));
        let void = self.is_void(lost);
        let not_billed = void || kept_since.is_none_or(|since| since > sent);
        let reason = match refusal.code {
            Code::StoreUnavailable | Code::StoreTimedOut => !self.plan.is_calm(),
            Code::BillConflict => several,
            // Neither is an answer once there is a bill.
            Code::BillNotFound => not_billed,
            Code::ConfigInvalid => not_billed && self.plan.without.is_some(),
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
            }
        }
    }

    /// What the store holds changed: the ledger has what the bills owe, revision by revision, and nothing else.
    pub fn store_changed(&self, contents: &Contents, now: Duration) {
        for (trip, revisions) in &contents.bills {
            let lost = self.with(trip, |known| known.lost);
            if self.is_void(lost) {
                continue;
            }
            for revision in revisions {
                let Ok(record) = BillRecord::read(&revision.bill.document) else { continue };
                let owed = record.owed().map_or(0, |settlement| settlement.top_up);
                let entry = contents.ledger.get(&(trip.clone(), revision.number));
                let entered = entry.map_or(0, |entry| entry.amount);
                if entry.is_some_and(|entry| {
                    TopUpRecord::read(&entry.document).ok() != TopUpRecord::of(&record, revision.number)
                }) {
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
            let lost = self.with(trip, |known| known.lost);
            let head = revisions.last().and_then(|head| BillRecord::read(&head.bill.document).ok());
            if head.is_some_and(|head| head.provisional) && !contents.due.contains_key(trip) && !self.is_void(lost) {
                let what = "its bill is provisional, and it is not due".to_owned();
                self.break_promise(Promise::ProvisionalIsDue, trip, now, what);
            }
        }
        for (trip, number) in contents.ledger.keys() {
            let lost = self.with(trip, |known| known.lost);
            if contents.revision(trip, *number).is_none() && !self.is_void(lost) {
                let what = format!("the ledger has a top-up for revision {number}, and the store no such bill");
                self.break_promise(Promise::TopUpOnce, trip, now, what);
            }
        }
    }

    /// All is over: everything that was to happen has happened.
    pub fn over(&self, contents: &Contents, now: Duration) {
        let trips: Vec<String> = self.trips.borrow().keys().cloned().collect();
        for trip in &trips {
            let (lost, answered, kept) = self.with(trip, |known| {
                let kept = known.bills.iter().any(|(_, _, stored)| *stored);
                (known.lost, !known.bills.is_empty(), kept)
            });
            if self.is_void(lost) {
                continue;
            }
            let Some(head) = contents.head(trip) else {
                if answered && (kept || !self.excuses(Exemption::UnstoredBillsAreNotKept)) {
                    let what = "a bill was answered, and none is kept".to_owned();
                    self.break_promise(Promise::AnsweredIsKept, trip, now, what);
                }
                continue;
            };
            let Ok(record) = BillRecord::read(&head.bill.document) else { continue };
            self.check_what_was_never_billed(trip, &record, now);
        }
    }

    /// What the final bill lacks of what was acknowledged, before it and after it.
    fn check_what_was_never_billed(&self, trip: &str, record: &BillRecord, now: Duration) {
        let billed = billed_segments(record);
        let made = made_at(record);
        let unbilled = self.with(trip, |known| {
            let lacks = |(number, _): &(&u64, &Duration)| !billed.contains(number);
            known.acknowledged.iter().filter(lacks).map(|(number, at)| (*number, *at)).collect::<Vec<_>>()
        });
        for (number, at) in unbilled {
            let (excuse, what) = if record.basis == Basis::Mocked && at < made {
                (Exemption::MockedIsForGood, "the bill stays mocked, and the store has its segments")
            } else {
                (Exemption::LateSegmentsAreNotBilled, "it came after the bill")
            };
            if !self.excuses(excuse) {
                let what = format!("segment {number} is never billed: {what}");
                self.break_promise(Promise::SegmentsAreBilled, trip, now, what);
            }
        }
    }

    /// A bill that is kept can be made again: both rate cards and the policy are kept as well.
    fn check_documents(&self, trip: &str, record: &BillRecord, now: Duration, contents: &Contents) {
        if self.is_void(self.lost_something.get()) {
            return;
        }
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

    fn check_marks(&self, trip: &str, request: &str, record: &BillRecord, now: Duration) {
        let reason = record.pinned.reason;
        // Segments are numbered one after another: a client that gave up posting some leaves a hole.
        let incomplete = record.basis == Basis::Metered && has_hole(&billed_segments(record));
        let expected = record.basis == Basis::Mocked
            || incomplete
            || record.kept == Kept::Nowhere
            || record.settlement.is_none()
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
        let (sent, lost) = self.with(trip, |known| (known.acknowledged.values().any(|at| *at < made), known.lost));
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
    fn check_segments(&self, trip: &str, record: &BillRecord, now: Duration) {
        if record.basis != Basis::Metered {
            return;
        }
        let billed = billed_segments(record);
        let made = made_at(record);
        let (missing, lost, invented) = self.with(trip, |known| {
            let before = known.acknowledged.iter().filter(|(_, at)| **at < made).map(|(number, _)| *number);
            let missing: Vec<u64> = before.filter(|number| !billed.contains(number)).collect();
            let invented = billed.iter().find(|number| !known.sent.contains_key(number)).copied();
            (missing, known.lost, invented)
        });
        if let Some(number) = invented {
            let what = format!("segment {number} is billed, and was never sent");
            self.break_promise(Promise::SegmentsAreBilled, trip, now, what);
        }
        if !missing.is_empty() && !self.is_void(lost) {
            let what =
                format!("segments {missing:?} were acknowledged before, and are not on a bill that is not marked");
            self.break_promise(Promise::SegmentsAreBilled, trip, now, what);
        }
    }

    fn check_repeats(&self, trip: &str, request: &str, billed: &Billed, record: &BillRecord, now: Duration) {
        let (earlier, lost) = self.with(trip, |known| (known.bills.clone(), known.lost));
        if self.is_void(lost) {
            return;
        }
        for (other_request, document, stored) in earlier {
            let both_kept = stored && record.kept == Kept::Shared;
            if other_request == request {
                let excused = !both_kept && self.excuses(Exemption::UnstoredBillsBindNobody);
                if document != billed.document && !excused {
                    let what = format!("an equal request got another bill; kept: {stored}, now {:?}", record.kept);
                    self.break_promise(Promise::EqualRequestsEqualBytes, trip, now, what);
                }
            } else {
                let excused = !both_kept && self.excuses(Exemption::UnstoredBillsHideConflicts);
                if !excused {
                    let what = format!("two different requests got a bill; kept: {stored}, now {:?}", record.kept);
                    self.break_promise(Promise::OneBill, trip, now, what);
                }
            }
        }
    }

    /// Whether a promise is void since the store lost something of the trip.
    fn is_void(&self, lost: bool) -> bool {
        lost && self.excuses(Exemption::LossesAreNotNoticed)
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

/// The numbers of the segments that a bill was made from.
fn billed_segments(record: &BillRecord) -> BTreeSet<u64> {
    let trip = record.facts.trip.trip(record.passenger.currency);
    trip.map(|trip| trip.segments.iter().map(|segment| segment.sequence).collect()).unwrap_or_default()
}

/// Whether a number is missing between the first and the last.
fn has_hole(numbers: &BTreeSet<u64>) -> bool {
    numbers.iter().zip(numbers.iter().skip(1)).any(|(number, next)| *next > number + 1)
}

/// When a bill was made: the beginning of the second that it says.
fn made_at(record: &BillRecord) -> Duration {
    let since = time::parse(&record.billed_at).unwrap_or_default().saturating_sub(BEGINNING);
    Duration::from_secs(u64::try_from(since).unwrap_or_default())
}
