//! Holds what was answered against what is stored. Pure: the same history is always judged the same.

use crate::history::{Answered, Asked, Bill, Exchange, Excuses, Trip};
use crate::rides::{self, Price};
use std::collections::BTreeSet;
use std::fmt;

/// What is always true. The [crate's documentation](crate) says each in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1
    AnsweredIsKept,
    /// I1b
    KeptSomewhere,
    /// I2
    RepeatsAgree,
    /// I2b
    UnkeptRepeatsAgree,
    /// I3
    RevisionsFollow,
    /// I4
    LedgerIsOwed,
    /// I5
    LedgerAddsUp,
    /// I6
    FinalIsComplete,
    /// I7
    ProvisionalIsDue,
    /// I8
    AcknowledgedIsKept,
    /// I10
    PaidOnce,
    /// I13
    WrongIsMarked,
    /// I14
    AllIsAnswered,
    /// I14b
    RefusedWithoutAStore,
    /// I15
    MockedIsRepaired,
    /// I16
    HeadIsListed,
    /// I17
    AsWithoutTheFault,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::AnsweredIsKept,
        Self::KeptSomewhere,
        Self::RepeatsAgree,
        Self::UnkeptRepeatsAgree,
        Self::RevisionsFollow,
        Self::LedgerIsOwed,
        Self::LedgerAddsUp,
        Self::FinalIsComplete,
        Self::ProvisionalIsDue,
        Self::AcknowledgedIsKept,
        Self::PaidOnce,
        Self::WrongIsMarked,
        Self::AllIsAnswered,
        Self::RefusedWithoutAStore,
        Self::MockedIsRepaired,
        Self::HeadIsListed,
        Self::AsWithoutTheFault,
    ];

    /// Its name in reports and lists.
    pub fn id(self) -> &'static str {
        match self {
            Self::AnsweredIsKept => "I1",
            Self::KeptSomewhere => "I1b",
            Self::RepeatsAgree => "I2",
            Self::UnkeptRepeatsAgree => "I2b",
            Self::RevisionsFollow => "I3",
            Self::LedgerIsOwed => "I4",
            Self::LedgerAddsUp => "I5",
            Self::FinalIsComplete => "I6",
            Self::ProvisionalIsDue => "I7",
            Self::AcknowledgedIsKept => "I8",
            Self::PaidOnce => "I10",
            Self::WrongIsMarked => "I13",
            Self::AllIsAnswered => "I14",
            Self::RefusedWithoutAStore => "I14b",
            Self::MockedIsRepaired => "I15",
            Self::HeadIsListed => "I16",
            Self::AsWithoutTheFault => "I17",
        }
    }

    /// What it says, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::AnsweredIsKept => "what was answered as kept is kept",
            Self::KeptSomewhere => "no bill is answered that is kept nowhere",
            Self::RepeatsAgree => "equal requests get equal bytes, others are refused",
            Self::UnkeptRepeatsAgree => "the same, where one of the bills was in a journal",
            Self::RevisionsFollow => "a revision follows the one before it",
            Self::LedgerIsOwed => "the ledger has what each revision owes",
            Self::LedgerAddsUp => "the ledger comes to what the head owes",
            Self::FinalIsComplete => "a final bill has every acknowledged segment, and the right prices for them",
            Self::ProvisionalIsDue => "what may be put right, and what came late, is due",
            Self::AcknowledgedIsKept => "acknowledged segments are kept, batches are whole",
            Self::PaidOnce => "no trip was answered two final bills that both owe a top-up",
            Self::WrongIsMarked => "no total is wrong that is not marked",
            Self::AllIsAnswered => "all is answered",
            Self::RefusedWithoutAStore => {
                "segments and reads are refused only without a store, bills only without a journal as well"
            }
            Self::MockedIsRepaired => "when all is over, no head is mocked whose segments are stored",
            Self::HeadIsListed => "a head is listed under its day",
            Self::AsWithoutTheFault => {
                "when all is over, a head of whose trip nothing is lost is what it would have been"
            }
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Something that is not true of a trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What should be.
    pub invariant: Invariant,
    /// What is.
    pub what: String,
    /// By how much too little was charged, or too much if it is negative, in minor units, where that is what is wrong.
    pub short: i64,
}

/// Looks through all that is known of a trip: each invariant that is broken, once. `price` says what its ride comes to, billed from
/// some segments, and `whole` what its bill says of it when nothing fails, by either of its requests.
pub fn trip(
    trip: &Trip,
    price: &dyn Fn(&BTreeSet<u64>) -> Option<Price>,
    whole: &[String],
    excuses: &Excuses,
) -> Vec<Violation> {
    let mut audit = Audit { trip, found: Vec::new() };
    audit.answers(excuses);
    audit.kept();
    audit.repeats();
    audit.others();
    audit.segments();
    audit.finals(price);
    audit.top_ups();
    audit.heads(whole);
    audit.found
}

struct Audit<'a> {
    trip: &'a Trip,
    found: Vec<Violation>,
}

impl<'a> Audit<'a> {
    fn broken(&mut self, invariant: Invariant, what: impl Into<String>) {
        self.broken_by(invariant, what, 0);
    }

    fn broken_by(&mut self, invariant: Invariant, what: impl Into<String>, short: i64) {
        if self.found.iter().all(|violation| violation.invariant != invariant) {
            self.found.push(Violation { invariant, what: what.into(), short });
        }
    }

    /// The bills that were answered to one of two requests, each with its exchange, in order of sending.
    fn billed(&self, asked: &Asked) -> Vec<(&'a Exchange, &'a Bill)> {
        let of_it = self.trip.exchanges.iter().filter(|exchange| exchange.asked == *asked);
        of_it.filter_map(|exchange| Some((exchange, bill(exchange)?))).collect()
    }

    /// Whatever was asked for was answered, or there is an excuse.
    fn answers(&mut self, excuses: &Excuses) {
        for exchange in &self.trip.exchanges {
            let Exchange { asked, answered, sent, .. } = exchange;
            let within = |spans: &[crate::history::Span]| spans.iter().any(|span| span.meets(exchange));
            let excused = match (asked, answered) {
                (_, Answered::Done | Answered::Bill(_)) => true,
                (_, Answered::Nothing(_)) => within(&excuses.killed),
                (Asked::Segments(_) | Asked::Read, Answered::Refused(503, _)) => within(&excuses.away),
                (Asked::Bill | Asked::Other, Answered::Refused(503, code)) if code.starts_with("store-") => {
                    within(&excuses.unkept)
                }
                // Looked at elsewhere.
                (Asked::Other | Asked::Bill, Answered::Refused(409, _)) | (Asked::Read, Answered::Refused(404, _)) => {
                    true
                }
                _ => false,
            };
            if !excused {
                let what = format!("{asked:?}, sent at {} ms: {answered:?}", sent.as_millis());
                let of_the_store = matches!(
                    (asked, answered),
                    (Asked::Segments(_) | Asked::Read | Asked::Bill | Asked::Other, Answered::Refused(503, code))
                        if code.starts_with("store-")
                );
                let broken = if of_the_store { Invariant::RefusedWithoutAStore } else { Invariant::AllIsAnswered };
                self.broken(broken, what);
            }
        }
    }

    /// Every bill that was answered is in the store, and what is read is as well.
    fn kept(&mut self) {
        let stored = &self.trip.stored;
        let is_there = |bill: &Bill| {
            let Bill { document, .. } = bill;
            stored.number(bill).is_some() || stored.superseded.contains(document) || stored.waiting.contains(document)
        };
        let mut kept_since = None;
        for exchange in &self.trip.exchanges {
            match &exchange.answered {
                Answered::Bill(bill) if bill.kept => {
                    if !is_there(bill) {
                        let how = if exchange.asked == Asked::Read { "read" } else { "answered" };
                        self.broken(
                            Invariant::AnsweredIsKept,
                            format!("a bill was {how}, and the store does not have it"),
                        );
                    }
                    kept_since = kept_since.min(Some(exchange.heard)).or(Some(exchange.heard));
                }
                Answered::Bill(bill) if !is_there(bill) => {
                    self.broken(Invariant::KeptSomewhere, "a bill was answered that is kept nowhere");
                }
                Answered::Refused(404, _)
                    if exchange.asked == Asked::Read && kept_since.is_some_and(|since| since < exchange.sent) =>
                {
                    self.broken(Invariant::AnsweredIsKept, "a bill was answered as kept, and then not found");
                }
                _ => {}
            }
        }
    }

    /// Answers to equal requests.
    fn repeats(&mut self) {
        let stored = &self.trip.stored;
        let answers = self.billed(&Asked::Bill);
        for (index, (earlier, first)) in answers.iter().enumerate() {
            for (later, second) in answers.iter().skip(index + 1) {
                if first.document == second.document {
                    continue;
                }
                let in_order = later.sent > earlier.heard;
                let follows = match (stored.number(first), stored.number(second)) {
                    (Some(first), Some(second)) => first < second || !in_order,
                    (None, Some(_)) => stored.superseded.contains(&first.document),
                    (Some(_), None) => stored.superseded.contains(&second.document) && !in_order,
                    (None, None) => false,
                };
                if !follows {
                    let (from, to) = (first.price.total, second.price.total);
                    let what = format!("an equal request was answered another bill: {from}, then {to}");
                    self.broken(one_of(first.kept && second.kept), what);
                }
            }
        }
    }

    /// Answers to a request of other content.
    fn others(&mut self) {
        let (bills, others) = (self.billed(&Asked::Bill), self.billed(&Asked::Other));
        for (one, first) in &bills {
            for (other, second) in &others {
                let follows = other.sent > one.heard || one.sent > other.heard;
                if follows {
                    let what = "requests of different content were both answered a bill";
                    self.broken(one_of(first.kept && second.kept), what);
                }
            }
        }
        for exchange in &self.trip.exchanges {
            let Answered::Refused(409, _) = &exchange.answered else { continue };
            let asked = match exchange.asked {
                Asked::Bill => Asked::Other,
                Asked::Other => Asked::Bill,
                _ => continue,
            };
            let mut others =
                self.trip.exchanges.iter().filter(|other| other.asked == asked && other.sent < exchange.heard);
            let was_asked = others.clone().next().is_some();
            // A host that is cut off holds to what it accepted itself, as long as it has not learnt what counts.
            let is_of_one_host = others.any(|other| match &other.answered {
                Answered::Bill(bill) => !bill.kept,
                answered => matches!(answered, Answered::Nothing(_)),
            });
            let same: Vec<_> = self.billed(&exchange.asked);
            if !was_asked {
                self.broken(Invariant::RepeatsAgree, "a bill was refused as of other content, and there is no other");
            } else if let Some((_, bill)) = same.iter().find(|(other, _)| other.heard < exchange.sent) {
                let what = "a request was answered a bill, and an equal one was refused";
                self.broken(one_of(bill.kept && !is_of_one_host), what);
            }
        }
    }

    /// Every acknowledged segment is there, and of a batch all of it or nothing.
    fn segments(&mut self) {
        let stored = &self.trip.stored;
        for exchange in &self.trip.exchanges {
            let Asked::Segments(numbers) = &exchange.asked else { continue };
            let there = numbers.iter().filter(|seq| stored.segments.contains(seq)).count();
            if there != 0 && there != numbers.len() {
                self.broken(Invariant::AcknowledgedIsKept, format!("of the batch {numbers:?} {there} are stored"));
            }
            if exchange.answered != Answered::Done {
                continue;
            }
            let lost: Vec<u64> = numbers
                .iter()
                .copied()
                .filter(|seq| !stored.segments.contains(seq) && !stored.journaled.contains(seq))
                .collect();
            if !lost.is_empty() {
                self.broken(Invariant::AcknowledgedIsKept, format!("{lost:?} were acknowledged, and are lost"));
            } else if let Some(found) = &self.trip.found
                && let Some(seq) = numbers.iter().find(|seq| !found.contains(seq) && !stored.journaled.contains(seq))
            {
                self.broken(Invariant::AcknowledgedIsKept, format!("{seq} is stored, and a host does not find it"));
            }
        }
    }

    /// The moment before which a bill was not made: when it was asked for first, be it that nothing was answered then.
    fn made_after(&self, bill: &Bill) -> std::time::Duration {
        let may_have_made = |exchange: &&Exchange| {
            exchange.asked == Asked::Bill
                && match &exchange.answered {
                    Answered::Bill(other) => other.document == bill.document,
                    _ => true,
                }
        };
        self.trip.exchanges.iter().filter(may_have_made).map(|exchange| exchange.sent).min().unwrap_or_default()
    }

    /// The numbers of the segments for which something was answered, or asked, before a moment.
    fn posted(&self, is_so: impl Fn(&Exchange) -> bool) -> BTreeSet<u64> {
        let of = |exchange: &'a Exchange| match &exchange.asked {
            Asked::Segments(numbers) => Some(numbers),
            _ => None,
        };
        let posted = self.trip.exchanges.iter().filter(|exchange| is_so(exchange)).filter_map(of);
        posted.flatten().copied().collect()
    }

    /// Bills that say nothing of lacking anything.
    fn finals(&mut self, price: &dyn Fn(&BTreeSet<u64>) -> Option<Price>) {
        for (exchange, bill) in self.billed(&Asked::Bill) {
            if bill.degraded || bill.provisional {
                continue;
            }
            let made = self.made_after(bill);
            let acknowledged = self.posted(|other| other.answered == Answered::Done && other.heard < made);
            let sent = self.posted(|other| other.sent < exchange.heard);
            let missing: Vec<_> = acknowledged.difference(&bill.segments).collect();
            if !missing.is_empty() {
                let what = format!("it is final, and {missing:?} are not on it, which were acknowledged before");
                self.broken(Invariant::FinalIsComplete, what);
            } else if !bill.segments.is_subset(&sent) {
                self.broken(Invariant::FinalIsComplete, format!("{:?} were never sent", bill.segments));
            } else if price(&bill.segments) != Some(bill.price) {
                let what = format!("from {:?} it comes to {:?}", bill.segments, bill.price);
                self.broken(Invariant::FinalIsComplete, what);
            }
            let whole = price(&rides::all()).unwrap_or_default();
            if bill.price != whole {
                let what = format!("it is not marked, and is {} instead of {}", bill.price.total, whole.total);
                self.broken_by(Invariant::WrongIsMarked, what, whole.total - bill.price.total);
            }
        }
    }

    /// Revisions, the ledger, and what two answers owe.
    fn top_ups(&mut self) {
        let stored = &self.trip.stored;
        let expected = 1..=u32::try_from(stored.revisions.len()).unwrap_or(u32::MAX);
        if !stored.revisions.keys().copied().eq(expected) {
            let numbers: Vec<_> = stored.revisions.keys().collect();
            self.broken(Invariant::RevisionsFollow, format!("there are the revisions {numbers:?}"));
        }
        // A revision enters what it owes beyond those before it. One that may yet be put right enters nothing.
        let mut before = 0;
        for (number, bill) in &stored.revisions {
            let entered = stored.ledger.get(number).copied().unwrap_or_default();
            let owed = if bill.provisional { 0 } else { bill.owed - before };
            before += owed;
            if entered != owed {
                let what = format!("revision {number} owes {owed} beyond those before it, and {entered} is entered");
                self.broken(Invariant::LedgerIsOwed, what);
            }
        }
        if let Some(number) = stored.ledger.keys().find(|number| !stored.revisions.contains_key(number)) {
            self.broken(Invariant::LedgerIsOwed, format!("an entry is of revision {number}, which there is not"));
        }
        let (sum, owed) = (stored.ledger.values().sum::<i64>(), stored.head().map_or(0, |(_, head)| head.owed));
        if sum != owed {
            self.broken(Invariant::LedgerAddsUp, format!("{sum} is entered, and the head owes {owed}"));
        }
        let bills = self.trip.exchanges.iter().filter_map(bill).filter(|bill| bill.owed > 0 && bill.kept);
        let owing: BTreeSet<&str> = bills
            .filter(|bill| !stored.superseded.contains(&bill.document))
            .filter(|bill| stored.number(bill).is_none_or(|number| Some(number) == stored.head().map(|(head, _)| head)))
            .map(|bill| bill.document.as_str())
            .collect();
        if owing.len() > 1 {
            let what = format!("{} bills were answered as kept that each owe a top-up", owing.len());
            self.broken(Invariant::PaidOnce, what);
        }
    }

    /// What is to be true of heads.
    fn heads(&mut self, whole: &[String]) {
        let stored = &self.trip.stored;
        let Some((number, head)) = stored.head() else { return };
        let acknowledged = self.posted(|exchange| exchange.answered == Answered::Done);
        let late = !acknowledged.is_subset(&head.segments);
        if (head.provisional || late) && !stored.due {
            let why = if head.provisional { "is provisional" } else { "lacks segments that were acknowledged" };
            self.broken(Invariant::ProvisionalIsDue, format!("the head {why}, and nothing is due"));
        }
        if head.mocked && rides::all().is_subset(&stored.segments) {
            self.broken(Invariant::MockedIsRepaired, "the head is mocked, and the store has every segment");
        }
        if rides::all().is_subset(&stored.segments) && (head.provisional || !whole.contains(&head.ride)) {
            let what = format!(
                "the store has every segment, and revision {number} says {:?} of it: {}",
                head.reasons, head.ride
            );
            self.broken(Invariant::AsWithoutTheFault, what);
        }
        let listed: Vec<_> = stored.listed.iter().map(|(_, number)| *number).collect();
        if listed != [number] {
            self.broken(Invariant::HeadIsListed, format!("the head is {number}, and listed are {listed:?}"));
        }
    }
}

fn bill(exchange: &Exchange) -> Option<&Bill> {
    match &exchange.answered {
        Answered::Bill(bill) if exchange.asked != Asked::Read => Some(bill),
        _ => None,
    }
}

/// What two answers break that contradict each other.
fn one_of(both_kept: bool) -> Invariant {
    if both_kept { Invariant::RepeatsAgree } else { Invariant::UnkeptRepeatsAgree }
}
