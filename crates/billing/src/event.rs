//! What happened, for operators: one line of JSON for each event, under the trace of the request it happened to.
//!
//! Events are counted by name and severity; what varies stands in fields of its own, never in the name.

use crate::refusal::Code;
use serde::Serialize;
use serde_json::{Map, Value};

/// The longest text in an event, in characters.
const LONGEST: usize = 1_000;

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is degraded, as it was built to be.
    Warn,
    /// An operator has to do something.
    Error,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Event {
    /// A trip is billed from the two ends of the ride: its measurements could not be fetched.
    BillMocked {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What the store said.
        why: String,
    },
    /// A bill was made again, since what it lacked could be had, or something came late; or it counts as it is from now on.
    BillRepaired {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// The number of the new revision.
        revision: u32,
        /// What the one before lacked, or what came.
        why: &'static str,
        /// What the passenger was charged, and is now.
        passenger: [String; 2],
        /// What the driver was paid, and is now, without top-ups.
        driver: [String; 2],
    },
    /// A bill that is due could not be made again now. It stays due.
    BillNotRepaired {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What the store said, or what is wrong.
        why: String,
    },
    /// A file of the archive cannot be read: bills that are in it stay in the store.
    ArchiveUnreadable {
        /// Of the file.
        city: String,
        /// Which file, and what is wrong.
        why: String,
    },
    /// A bill is answered that is not settled: there is no commission policy that can be used.
    BillNotSettled {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What is wrong with the policy.
        why: String,
    },
    /// A bill that was made before is answered, and nobody can tell whether the request was sent again: the store did not take its
    /// nonce.
    NonceNotKept {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What the store said.
        why: String,
    },
    /// A bill is answered that is kept in the journal of this node, until the shared store takes it.
    BillKeptHere {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What the store said.
        why: String,
    },
    /// A bill is not answered: neither the shared store nor the journal of this node keeps it.
    BillNotKept {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What the store said.
        why: String,
    },
    /// Segments are kept in the journal of this node, until the shared store takes them.
    SegmentsKeptHere {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What the store said.
        why: String,
    },
    /// A message of a queue is not taken, and nothing of it is: nobody but the log is told.
    MessageRefused {
        /// The trip that is to blame, if one is and it has a name.
        trip: String,
        /// The kind of refusal.
        code: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Segments that came by a message of a queue are not taken, and others of the message may be: nobody but the log is told.
    SegmentsRefused {
        /// Of the trips.
        city: String,
        /// Which trips: the first of them, and how many more there are.
        trips: String,
        /// The kind of refusal.
        code: &'static str,
        /// What is wrong with those of the first trip.
        why: String,
    },
    /// The journal of this node does not take an entry, or does not say what it has.
    JournalFailed {
        /// What it said.
        why: String,
    },
    /// A bill that this node may have answered has given way to another one of the trip, which the shared store has.
    BillSuperseded {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// Its number in the journal.
        entry: u64,
    },
    /// The shared store will never take what this node has accepted. Somebody has to look at it.
    EntryRefused {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// Its number in the journal.
        entry: u64,
        /// Why not.
        why: String,
    },
    /// The shared store is behind what this node knows of it: it was emptied, or has failed over to a server that was behind.
    StoreLost {
        /// Of which city.
        city: String,
        /// When that was found out first.
        at: String,
        /// What it means, and what to do.
        advice: &'static str,
    },
    /// Who rode was taken out of a bill.
    PassengerErased {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// Of how many revisions.
        revisions: u32,
    },
    /// A stored bill cannot be read by this release.
    StoredBillUnreadable {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What is wrong with it.
        why: String,
    },
    /// A bill contradicts itself: its lines do not add up, say. It was not answered.
    BillContradictsItself {
        /// Of the trip.
        city: String,
        /// Which trip.
        trip: String,
        /// What is wrong with it.
        why: String,
    },
    /// A ride that was quoted is billed with the rate cards of today, or without the limits on growth of those it was quoted
    /// with.
    NotBilledAsQuoted {
        /// Of the trip.
        city: String,
        /// What was ridden.
        product: String,
        /// As the bill has it.
        reason: String,
        /// In detail.
        why: String,
    },
    /// The detail page of a quote shows totals only.
    QuoteNotShown {
        /// Of the quote.
        city: String,
        /// The product that was asked for.
        product: String,
        /// As the page has it.
        reason: String,
        /// In detail.
        why: String,
    },
    /// A quote is not kept: its detail page will show totals only, and the ride will be billed with other rate cards if
    /// they change.
    QuoteNotKept {
        /// Of the quote.
        city: String,
        /// What the store said.
        why: String,
    },
    /// A document that something was made with is not kept. It is tried again with whatever is made with it next.
    DocumentNotKept {
        /// What uses it.
        city: String,
        /// What it is.
        kind: &'static str,
        /// Which one.
        version: String,
        /// What the store said.
        why: String,
    },
    /// A product is left out of the list of what can be priced.
    ProductLeftOut {
        /// Of the product.
        city: String,
        /// Which product.
        product: String,
        /// What is wrong with its rate card.
        why: String,
    },
    /// Pages show totals only.
    CopyUnusable {
        /// Of the copy.
        locale: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file does not become part of the configuration as it is.
    DocumentRefused {
        /// Which.
        path: String,
        /// Whether its last good text stays in force. Otherwise it takes out itself.
        last_good: bool,
        /// What is wrong with it.
        why: String,
    },
    /// A new configuration does not get into force on this node. It is tried again.
    GenerationNotEntered {
        /// What the store said.
        why: String,
    },
    /// This instance stays with the configuration that it has. It is tried again.
    GenerationNotLoaded {
        /// The generation that it should go by.
        generation: u64,
        /// What is missing.
        why: String,
    },
    /// The store answers, and refuses: a password or a permission is wrong, a disk is full or fails, a file is damaged.
    StoreRefused {
        /// What to do about it.
        advice: &'static str,
        /// What the store said.
        why: String,
    },
    /// Estimates are signed with the built-in key, which is public: anybody can forge one.
    DevelopmentKey,
    /// Calls of a kind are not made for a while: the store does not answer them. One instance of the node tries whether it does again.
    BreakerOpened {
        /// What kind of call.
        kind: &'static str,
        /// How often it has, on this node.
        opened: u64,
        /// What became of the calls.
        why: String,
    },
    /// They are made again.
    BreakerClosed {
        /// What kind of call.
        kind: &'static str,
        /// For how long they were not, in milliseconds.
        open_ms: u64,
        /// How many were refused meanwhile, by the instance that tells it.
        refused: u64,
        /// What became of the calls before.
        why: String,
    },
    /// Requests are turned away.
    TurnedAway {
        /// What they were for.
        what: &'static str,
        /// This node is late, or an operator has switched them off.
        why: &'static str,
    },
    /// What operators have switched is in force.
    Switched {
        /// In which generation of the configuration; zero where there is none.
        generation: u64,
        /// What is switched; `nothing` when it is over.
        what: String,
    },
    /// What happens often is told every few seconds only. This is how often it happened since.
    Repeated {
        /// Which event, and what of it was always the same.
        of: String,
        /// How often.
        times: u64,
    },
    /// Requests need not be signed, so only callers on the machine itself are answered. Behind a proxy on the same machine everybody
    /// is one.
    SignaturesOff,
    /// Callers were refused because they had asked for more than is let. It is told once a minute.
    CallerLimited {
        /// Who was, last; empty for callers who need no key.
        key: String,
        /// In which city; empty where it is about none.
        city: String,
        /// In which class of routes.
        class: &'static str,
        /// How many requests were refused since it was told last, whoever they were of.
        refused: u64,
    },
    /// The store does not say how much is let: this instance goes by the limits alone, and lets what each of them says. It is told
    /// once a minute.
    LimitsLocal {
        /// How often the store was asked in vain since it was told last.
        times: u64,
        /// What the store said.
        why: String,
    },
    /// A request was refused for a reason that is not the caller's.
    Refused {
        /// The kind of refusal.
        code: &'static str,
        /// What only the log is told.
        why: String,
    },
}

impl Event {
    /// The event of a refusal, unless the caller is to blame and was told everything.
    pub fn of_refusal(code: &'static str, log: Option<&str>) -> Option<Self> {
        log.map(|why| Self::Refused { code, why: why.to_owned() })
    }

    /// What it is counted under when it may happen to every request for as long as something is wrong: its name, and what of it is the
    /// same for all of them. `None` for what an operator has to see each time.
    pub fn often(&self) -> Option<String> {
        let why = match self {
            Self::BillMocked { why, .. }
            | Self::BillNotSettled { why, .. }
            | Self::BillNotRepaired { why, .. }
            | Self::ArchiveUnreadable { why, .. }
            | Self::NonceNotKept { why, .. }
            | Self::BillKeptHere { why, .. }
            | Self::BillNotKept { why, .. }
            | Self::SegmentsKeptHere { why, .. }
            | Self::JournalFailed { why }
            | Self::QuoteNotKept { why, .. }
            | Self::DocumentNotKept { why, .. } => why,
            Self::NotBilledAsQuoted { reason, .. } | Self::QuoteNotShown { reason, .. } => reason,
            Self::Refused { code, .. } | Self::MessageRefused { code, .. } => *code,
            // What is wrong with the segments themselves is known nowhere else, so each time it is told of which trips.
            Self::SegmentsRefused { code, .. } if !is_of_the_segments(code) => *code,
            Self::BillRepaired { why, .. } => *why,
            Self::TurnedAway { what, .. } => what,
            // One that opens and closes all the time is told as often.
            Self::BreakerOpened { kind, .. } | Self::BreakerClosed { kind, .. } => kind,
            _ => return None,
        };
        // What the store says begins with what kind of fault it is; then come the details.
        let kind = why.split([':', ',', '(']).next().unwrap_or_default();
        let kind: String = kind.trim().chars().take(40).collect();
        Some(format!("{}: {kind}", self.name()))
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            Self::StoredBillUnreadable { .. } | Self::BillContradictsItself { .. } | Self::DevelopmentKey => {
                Severity::Error
            }
            Self::CopyUnusable { .. } | Self::ProductLeftOut { .. } | Self::BillNotSettled { .. } => Severity::Error,
            Self::BillNotKept { .. } | Self::JournalFailed { .. } | Self::EntryRefused { .. } => Severity::Error,
            Self::StoreLost { .. } => Severity::Error,
            Self::DocumentRefused { .. } | Self::GenerationNotLoaded { .. } | Self::StoreRefused { .. } => {
                Severity::Error
            }
            Self::Refused { code, .. } | Self::MessageRefused { code, .. } | Self::SegmentsRefused { code, .. }
                if matches!(*code, "config-invalid" | "internal") =>
            {
                Severity::Error
            }
            _ => Severity::Warn,
        }
    }

    /// The line for the log, without a line feed: `{"severity":"warn","trace_id":"...","event":"bill-mocked",...}`.
    pub fn line(&self, trace: &str) -> String {
        let mut line = Map::new();
        if let Ok(Value::Object(fields)) = serde_json::to_value(self) {
            line.extend(fields.into_iter().map(|(name, value)| (name, clipped(value))));
        }
        let severity = if self.severity() == Severity::Error { "error" } else { "warn" };
        line.insert("severity".to_owned(), severity.into());
        line.insert("trace_id".to_owned(), trace.into());
        Value::Object(line).to_string()
    }

    /// The name that it is counted by.
    pub fn name(&self) -> String {
        let name = serde_json::to_value(self).ok().and_then(|event| Some(event.get("event")?.as_str()?.to_owned()));
        name.unwrap_or_default()
    }
}

/// Whether segments are refused for what they say, however often they are sent.
fn is_of_the_segments(code: &str) -> bool {
    code == Code::SegmentConflict.word() || code == Code::TooManySegments.word()
}

/// Logs cut long lines, and half a line of JSON is none: a broken document can have a great many problems.
fn clipped(value: Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()).into(),
            None => text.into(),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line, whatever is in it; programs find name, severity and trace under the same keys in every event.
    #[test]
    fn lines() {
        let event = Event::BillMocked {
            city: "110000".to_owned(),
            trip: "t-1".to_owned(),
            why: "deadline passed\nfor \"trips.get\"".to_owned(),
        };
        assert_eq!(
            event.line("0af7"),
            r#"{"city":"110000","event":"bill-mocked","severity":"warn","trace_id":"0af7","trip":"t-1","why":"deadline passed\nfor \"trips.get\""}"#
        );
        assert_eq!(Event::DevelopmentKey.line(""), r#"{"event":"development-key","severity":"error","trace_id":""}"#);
        assert_eq!(event.name(), "bill-mocked");
        let refused = Event::StoreRefused { advice: "check", why: "Redis: WRONGPASS".to_owned() };
        assert_eq!(
            refused.line(""),
            r#"{"advice":"check","event":"store-refused","severity":"error","trace_id":"","why":"Redis: WRONGPASS"}"#
        );
        let long = Event::Refused { code: "config-invalid", why: "\u{4ef7}".repeat(100_000) };
        assert!(long.line("").len() < 4_000);
    }

    /// What may happen to every request is counted under what they have in common, and not under what they have not; what has to be
    /// seen each time is not counted.
    #[test]
    fn what_happens_often() {
        let mocked = |trip: &str, why: &str| {
            Event::BillMocked { city: "110000".to_owned(), trip: trip.to_owned(), why: why.to_owned() }.often()
        };
        assert_eq!(mocked("a", "unavailable: Redis: 1").as_deref(), Some("bill-mocked: unavailable"));
        assert_eq!(mocked("a", "unavailable: Redis: 1"), mocked("b", "unavailable: Redis: 2"));
        assert_ne!(mocked("a", "unavailable: Redis: 1"), mocked("a", "deadline passed"));
        let refused = |code| Event::Refused { code, why: "x".to_owned() }.often();
        assert_eq!(refused("store-unavailable").as_deref(), Some("refused: store-unavailable"));
        let message = |code| Event::MessageRefused { trip: String::new(), code, why: "x".to_owned() }.often();
        assert_eq!(message("invalid-json").as_deref(), Some("message-refused: invalid-json"));
        let segments = |code| {
            let (city, trips, why) = (String::new(), "a".to_owned(), "x".to_owned());
            Event::SegmentsRefused { city, trips, code, why }.often()
        };
        assert_eq!(segments("store-timed-out").as_deref(), Some("segments-refused: store-timed-out"));
        assert_eq!((segments("segment-conflict"), segments("too-many-segments")), (None, None));
        assert_eq!(Event::DevelopmentKey.often(), None);
        let (city, trip, why) = (String::new(), String::new(), String::new());
        assert_eq!(Event::StoredBillUnreadable { city, trip, why }.often(), None);
    }

    /// What callers are to blame for is theirs to know; the rest is an event.
    #[test]
    fn refusals() {
        assert_eq!(Event::of_refusal(Code::InvalidRequest.word(), None), None);
        let event = Event::of_refusal(Code::Internal.word(), Some("overflow")).map(|event| event.severity());
        assert_eq!(event, Some(Severity::Error));
        let event = Event::of_refusal(Code::StoreTimedOut.word(), Some("late")).map(|event| event.severity());
        assert_eq!(event, Some(Severity::Warn));
    }
}
