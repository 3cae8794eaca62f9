//! What billing answers when something fails, and what it never answers: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::bills::{self, Billed};
use farebox_billing::meter::Metered;
use farebox_billing::ports::NewRevision;
use farebox_billing::refusal::{Code, Refusal};
use farebox_billing::{Billing, Context, Wanted, cards, estimates, journal, meter};
use farebox_fare::{Degradation, Segment};
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use farebox_records::Kept;
use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

const CALLS: [&str; 8] =
    ["add_segments", "segments", "put_quote", "quote", "put_document", "document", "post_bill", "bill"];

const JOURNAL: [&str; 4] = ["enter_bill", "enter_segments", "journaled", "secure"];

struct Ride {
    world: World,
    billing: Rc<Billing<World>>,
    estimate_id: Option<String>,
    /// Its own configuration, which is gone when the test is over.
    #[expect(dead_code, reason = "held, never read")]
    folder: Option<TempDir>,
}

impl Ride {
    fn new() -> Self {
        let world = World::default();
        Self { billing: Billing::new(world.clone()), world, estimate_id: None, folder: None }
    }

    fn context(&self) -> Rc<Context<World>> {
        Rc::new(now(Context::new(&self.billing, "")).unwrap())
    }

    fn estimate(&mut self) {
        let request = json!({
            "city": "110000", "products": ["express"], "distance_m": 10_000, "duration_s": 1200,
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
            "depart_at": "2026-11-21T08:00:00+08:00",
        });
        self.estimate_id = Some(now(estimates::create(&self.context(), &request)).unwrap().estimate_id);
    }

    fn meter(&self) {
        let request = json!({"city": "110000", "segments": [
            {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 10_000, "duration_s": 1200}]});
        now(meter::add_segments(&*self.context(), "t", &request)).unwrap();
    }

    fn request(&self) -> Value {
        let mut request = json!({
            "city": "110000", "product": "express",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        });
        if let Some(id) = &self.estimate_id {
            request["estimate_id"] = id.as_str().into();
        }
        request
    }

    fn bill(&self) -> Result<Billed, Refusal> {
        now(bills::create(&*self.context(), "t", &self.request()))
    }

    /// The newest revision of the bill, with all that was posted with it.
    fn head(&self) -> Option<NewRevision> {
        self.world.0.bills.borrow().get("t").and_then(|revisions| revisions.last()).cloned()
    }

    /// Puts another document in the place of the newest revision's.
    fn tamper(&self, from: &str, to: &str) -> String {
        let mut bills = self.world.0.bills.borrow_mut();
        let document = &mut bills.get_mut("t").unwrap().last_mut().unwrap().revision.bill.document;
        assert!(document.contains(from), "{from}: {document}");
        *document = document.replacen(from, to, 1);
        document.clone()
    }

    /// A ride on another host of the same store, whose configuration never was another than this: as it ships, but for what
    /// is taken away or broken.
    fn elsewhere(&self, change: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        change(folder.path());
        let world = World::with_config(folder.path().to_owned());
        *world.0.segments.borrow_mut() = self.world.0.segments.borrow().clone();
        *world.0.bills.borrow_mut() = self.world.0.bills.borrow().clone();
        let billing = Billing::new(world.clone());
        Self { billing, world, estimate_id: self.estimate_id.clone(), folder: Some(folder) }
    }

    fn beside_redis() -> Self {
        let ride = Self::new();
        *ride.world.0.journal.borrow_mut() = Some(Journal::default());
        ride
    }

    /// Answers a request about another trip, and lets go on what goes on after it.
    fn answer_something_else(&self) {
        let context = self.context();
        let request = json!({"city": "110000", "segments": [
            {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 1, "duration_s": 1}]});
        now(meter::add_segments(&*context, "another", &request)).unwrap();
        journal::after_answer(&*context);
        self.world.after_answers();
    }

    fn fail(&self, what: &str) {
        let mut failures = self.world.0.failures.borrow_mut();
        failures.clear();
        let (call, how) = match what.split_once(' ') {
            Some(parts) => parts,
            None => return assert_eq!(what, "nothing"),
        };
        let how = match how {
            "says no" => Failure::Unavailable,
            "refuses" => Failure::Refused,
            "is silent" => Failure::Silent,
            "is late" => Failure::Late,
            other => match other.strip_prefix("takes ").and_then(|time| time.strip_suffix(" ms")) {
                Some(time) => Failure::Slow(Duration::from_millis(time.parse().unwrap())),
                None => panic!("{other}"),
            },
        };
        let calls: Vec<&str> = CALLS.into_iter().filter(|name| call == "everything" || call == *name).collect();
        assert!(!calls.is_empty(), "{call}");
        failures.extend(calls.into_iter().map(|call| (call, how)));
    }
}

/// Every row of failures.txt is what is answered.
#[test]
fn failures() {
    let table = include_str!("failures.txt");
    let rows = table.lines().skip_while(|line| !line.starts_with("---")).skip(1);
    let mut wrong = Vec::new();
    for row in rows {
        let [case, expected @ ..] = &row.split('|').map(str::trim).collect::<Vec<_>>()[..] else { panic!("{row}") };
        let mut words = case.split(", ");
        let (fails, more) = (words.next().unwrap(), words.collect::<Vec<_>>());
        let mut ride = Ride::new();
        ride.meter();
        if more.contains(&"no policy") {
            ride = ride.elsewhere(|folder| std::fs::write(folder.join("policies/default.json"), "{").unwrap());
        }
        if more.contains(&"quoted") {
            if fails.starts_with("put_quote") {
                ride.fail(fails);
            }
            ride.estimate();
        }
        ride.fail(fails);
        if more.iter().any(|word| word.starts_with("journal")) {
            *ride.world.0.journal.borrow_mut() = Some(Journal::default());
        }
        if more.contains(&"journal fails") {
            ride.world.0.failures.borrow_mut().extend(JOURNAL.map(|call| (call, Failure::Unavailable)));
        }
        let mut billed = ride.bill();
        if more.contains(&"again") {
            ride.fail("nothing");
            ride.world.0.events.borrow_mut().clear();
            billed = ride.bill();
        }
        let answer = match &billed {
            Ok(billed) if billed.new => "new",
            Ok(_) => "earlier",
            Err(refusal) => refusal.code.word(),
        };
        let record = billed.as_ref().map_or(Value::Null, |billed| serde_json::from_str(&billed.document).unwrap());
        if billed.is_ok() {
            let lacks = json!(record.get("reasons").is_some());
            assert_eq!((&record["degraded"], &record["provisional"]), (&lacks, &lacks), "{case}");
        }
        let pinned = [&record["pinned"]["rate_card"], &record["pinned"]["reason"]];
        let mut events = ride.world.0.events.borrow().clone();
        events.sort();
        let actual = [
            answer.to_owned(),
            record["basis"].as_str().unwrap_or_default().to_owned(),
            record["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            record["kept"].as_str().unwrap_or_default().to_owned(),
            match ride.head().map(|head| head.top_up) {
                Some(Some(_)) => "entered",
                Some(None) => "waits",
                None => "none",
            }
            .to_owned(),
            ride.world.0.due.borrow().get("t").and_then(|due| due.reason).map_or("", Degradation::word).to_owned(),
            pinned.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(" "),
            events.join(" "),
        ];
        if actual[..] != expected[..] {
            wrong.push(format!("{case}\n  is       {}\n  expected {}", actual.join(" | "), expected.join(" | ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A detail page says of a store that refuses that it refuses, and not that it is away; operators are told once for each request.
#[test]
fn a_page_tells_refusal_from_outage() {
    let mut ride = Ride::new();
    ride.estimate();
    let id = ride.estimate_id.clone().unwrap();
    for (how, reason, events) in [
        ("says no", Degradation::StoreUnavailable, &["quote-not-shown"][..]),
        ("refuses", Degradation::StoreRefused, &["store-refused", "quote-not-shown"]),
    ] {
        ride.fail(&format!("quote {how}"));
        ride.world.0.events.borrow_mut().clear();
        let page = now(estimates::detail(&*ride.context(), &id, "express", Wanted::default())).unwrap();
        assert_eq!((page.reason, page.sections.len()), (Some(reason), 0), "{how}");
        assert_eq!(*ride.world.0.events.borrow(), events, "{how}");
    }
}

/// Nothing but the request decides what is equal: another one is refused, in whatever order they come.
#[test]
fn another_request_is_a_conflict() {
    let ride = Ride::new();
    ride.meter();
    ride.bill().unwrap();
    let mut other = ride.request();
    other["tolls"] = "1.00".into();
    let refusal = now(bills::create(&*ride.context(), "t", &other)).unwrap_err();
    assert_eq!(refusal.code, Code::BillConflict);
}

/// A bill that does not add up is never answered: not read, not shown, not repeated.
#[test]
fn contradictions_are_never_answered() {
    type Ask = fn(&Ride) -> Option<Refusal>;
    let asks: [(&str, Ask); 3] = [
        ("read", |ride| now(bills::fetch(&*ride.context(), "t", Some("110000"))).err()),
        ("shown", |ride| now(bills::detail(&*ride.context(), "t", Some("110000"), Wanted::default())).err()),
        ("repeated", |ride| ride.bill().err()),
    ];
    // Each of these makes it another sum, another product, or another top-up.
    for (from, to) in [
        (r#""total":"48.00""#, r#""total":"48.01""#),
        (r#""amount":"18.00""#, r#""amount":"18.01""#),
        (r#""rate":"1.80""#, r#""rate":"1.81""#),
        (r#""payable":"48.00""#, r#""payable":"47.00""#),
        (r#""take_after":""#, r#""take_after":"1"#),
    ] {
        let ride = Ride::new();
        ride.meter();
        ride.bill().unwrap();
        for (name, ask) in asks {
            assert!(ask(&ride).is_none(), "{name}: a good bill is refused");
        }
        ride.tamper(from, to);
        for (name, ask) in asks {
            ride.world.0.events.borrow_mut().clear();
            let refusal = ask(&ride).unwrap_or_else(|| panic!("{name}: {to} was answered"));
            assert_eq!(refusal.code, Code::Internal, "{name}");
            assert_eq!(*ride.world.0.events.borrow(), ["bill-contradicts-itself"], "{name}");
        }
    }
}

/// A stored bill that this release cannot read is still the trip's bill: it is answered as it is.
#[test]
fn bills_of_another_release_stay() {
    let ride = Ride::new();
    ride.meter();
    ride.bill().unwrap();
    let document = ride.tamper("\"basis\":\"metered\"", "\"basis\":\"guessed\"");
    let again = ride.bill().unwrap();
    assert_eq!((again.new, &again.document), (false, &document));
    assert_eq!(now(bills::fetch(&*ride.context(), "t", Some("110000"))).unwrap(), document);
}

/// A release that writes one fact more, or a unit that this one does not know, runs beside it: its bills are shown.
#[test]
fn bills_of_a_later_release_are_shown() {
    let ride = Ride::new();
    ride.meter();
    let first = ride.bill().unwrap();
    let page = |ride: &Ride| now(bills::detail(&*ride.context(), "t", Some("110000"), Wanted::default())).unwrap();
    let before = serde_json::to_value(page(&ride)).unwrap();
    for (part, later) in [
        ("\"facts\":{\"trip\":{", "\"facts\":{\"trip\":{\"weather\":\"rain\","),
        ("\"format\":\"farebox-bill/1\"", "\"format\":\"farebox-bill/2\",\"tip\":\"1.00\""),
        ("\"versions\":{", "\"versions\":{\"catalogue\":\"ab\","),
        ("\"rule\":\"rate\"", "\"rule\":\"mood\""),
    ] {
        assert!(first.document.contains(part), "{part}");
        let document = first.document.replace(part, later);
        ride.world.0.bills.borrow_mut().get_mut("t").unwrap().last_mut().unwrap().revision.bill.document =
            document.clone();
        assert_eq!(serde_json::to_value(page(&ride)).unwrap(), before, "{later}");
        assert_eq!(now(bills::fetch(&*ride.context(), "t", Some("110000"))).unwrap(), document, "{later}");
        assert_eq!(ride.bill().unwrap().document, document, "{later}");
    }
}

fn nothing_is_offered(folder: &Path) {
    std::fs::remove_dir_all(folder.join("cards")).unwrap();
    std::fs::create_dir_all(folder.join("cards/310000")).unwrap();
    std::fs::write(folder.join("cards/310000/express.passenger.json"), "{").unwrap();
}

/// A request that today's configuration refuses may be a repeat. As long as the store does not say, nobody is told for good
/// that there is nothing to be had.
#[test]
fn refused_is_only_what_was_not_billed() {
    let ride = Ride::new();
    ride.meter();
    let first = ride.bill().unwrap();
    let later = ride.elsewhere(nothing_is_offered);
    for (how, code) in [("is silent", Code::StoreTimedOut), ("says no", Code::StoreUnavailable)] {
        later.fail(&format!("bill {how}"));
        let refusal = later.bill().unwrap_err();
        assert_eq!(refusal.code, code, "{}", refusal.detail);
        assert_eq!(refusal.problems.len(), 1, "what it would be refused for is said: {refusal:?}");
    }
    later.fail("nothing");
    assert_eq!(later.bill().unwrap().document, first.document);
    later.world.0.bills.borrow_mut().clear();
    assert_eq!(later.bill().unwrap_err().code, Code::UnknownCity);
}

/// Words that are missing stop no estimate and no bill: pages show totals.
#[test]
fn words_stop_nothing() {
    let mut ride = Ride::new().elsewhere(|folder| std::fs::remove_dir_all(folder.join("copy")).unwrap());
    ride.meter();
    ride.estimate();
    let record: Value = serde_json::from_str(&ride.bill().unwrap().document).unwrap();
    assert_eq!(record["degraded"], json!(false));
    let page = now(bills::detail(&*ride.context(), "t", Some("110000"), Wanted::default())).unwrap();
    assert_eq!((page.total.as_str(), page.reason), ("48.00", Some(Degradation::CopyUnavailable)));
}

/// A bill can be asked for again, and read, whatever became of what it was made with.
#[test]
fn repeats_need_no_configuration() {
    let ride = Ride::new();
    ride.meter();
    let first = ride.bill().unwrap();
    // Nothing is configured but another city, whose card is broken.
    let later = ride.elsewhere(nothing_is_offered);
    let again = later.bill().unwrap();
    assert_eq!((again.new, &again.document), (false, &first.document));
    assert_eq!(now(bills::fetch(&*later.context(), "t", Some("110000"))).unwrap(), first.document);
    let mut another = later.request();
    another["tolls"] = json!("1.00");
    let refusal = now(bills::create(&*later.context(), "t", &another)).unwrap_err();
    assert_eq!(refusal.code, Code::BillConflict);
}

/// What a node has answered while the store was away it answers again, to the byte, reads and shows; another request is a conflict. When the
/// store is back it is driven in after an answer, with its top-up, and says that it is shared; nothing else of it changes.
#[test]
fn a_node_answers_for_itself() {
    let ride = Ride::beside_redis();
    ride.meter();
    ride.fail("everything says no");
    let first = ride.bill().unwrap();
    assert!(first.new && first.document.contains("\"kept\":\"node\""), "{}", first.document);
    assert_eq!(ride.bill().unwrap(), Billed { new: false, ..first.clone() });
    assert_eq!(now(bills::fetch(&*ride.context(), "t", Some("110000"))).unwrap(), first.document);
    now(bills::detail(&*ride.context(), "t", Some("110000"), Wanted::default())).unwrap();
    let mut other = ride.request();
    other["tolls"] = "1.00".into();
    assert_eq!(now(bills::create(&*ride.context(), "t", &other)).unwrap_err().code, Code::BillConflict);

    ride.fail("nothing");
    assert_eq!(ride.head(), None);
    ride.answer_something_else();
    let head = ride.head().unwrap();
    let shared = first.document.replace("\"kept\":\"node\"", "\"kept\":\"shared\"");
    assert_eq!(head.revision.bill.document, shared);
    assert_eq!(ride.bill().unwrap(), Billed { new: false, document: shared });
    assert_eq!(ride.world.0.due.borrow()["t"].reason, Some(Degradation::StoreUnavailable));
}

/// The same after a restart with a configuration in which nothing is offered: the journal is asked before anything is priced.
#[test]
fn a_node_answers_for_itself_without_a_configuration() {
    let ride = Ride::beside_redis();
    ride.meter();
    ride.fail("everything says no");
    let first = ride.bill().unwrap();
    let later = ride.elsewhere(nothing_is_offered);
    *later.world.0.journal.borrow_mut() = ride.world.0.journal.borrow().clone();
    later.fail("everything says no");
    assert_eq!(later.bill().unwrap(), Billed { new: false, ..first });
}

/// Segments that the store did not take are on the bill that is made when it is back, and in the store; posted again they change
/// nothing, and one that says something else is a conflict.
#[test]
fn segments_that_a_node_keeps_are_billed() {
    let ride = Ride::beside_redis();
    ride.meter();
    ride.fail("add_segments says no");
    let more = |distance: u32| {
        let segment =
            json!({"seq": 2, "started_at": "2026-11-21T08:20:00+08:00", "distance_m": distance, "duration_s": 60});
        now(meter::add_segments(&*ride.context(), "t", &json!({"city": "110000", "segments": [segment]})))
    };
    for _ in 0..2 {
        let Metered::Here(kept) = more(1_000).unwrap() else { panic!("it is not in the journal") };
        assert_eq!((kept.received, kept.kept), (1, Kept::Node));
    }
    assert_eq!(more(2_000).unwrap_err().code, Code::SegmentConflict);
    let bill: Value = serde_json::from_str(&ride.bill().unwrap().document).unwrap();
    assert_eq!((&bill["distance_m"], &bill["kept"]), (&json!(11_000), &json!("shared")));
    ride.fail("nothing");
    ride.answer_something_else();
    ride.answer_something_else();
    assert_eq!(ride.world.0.segments.borrow()["t"].len(), 2);
    assert_eq!(ride.world.0.journal.borrow().as_ref().unwrap().standing().waiting, 0);
}

/// Of two nodes that bill a trip while neither reaches the store, the one that is driven in first counts; the other's bill is listed
/// before anybody is answered the one that counts.
#[test]
fn who_comes_first_counts() {
    let ride = Ride::beside_redis();
    ride.meter();
    ride.fail("everything says no");
    let loser = ride.bill().unwrap();
    let other = ride.elsewhere(|_| {});
    let winner = other.bill().unwrap();
    assert_ne!(loser.document, winner.document);
    *ride.world.0.bills.borrow_mut() = other.world.0.bills.borrow().clone();
    ride.fail("nothing");
    ride.world.0.events.borrow_mut().clear();
    assert_eq!(ride.bill().unwrap().document, winner.document);
    assert_eq!(*ride.world.0.events.borrow(), ["bill-superseded"]);
    ride.fail("bill says no");
    assert_eq!(ride.bill().unwrap().document, winner.document, "the node knows it from now on");
}

/// A bill is made again when segments come between the reading of a trip and the posting of its bill.
#[test]
fn a_trip_that_moves_is_read_again() {
    let ride = Ride::beside_redis();
    ride.meter();
    ride.world.0.arrives.borrow_mut().push(Segment {
        sequence: 2,
        started_at: 1_795_220_400,
        distance_m: 1_000,
        duration_s: 60,
    });
    let bill: Value = serde_json::from_str(&ride.bill().unwrap().document).unwrap();
    assert_eq!((&bill["distance_m"], &bill["kept"]), (&json!(11_000), &json!("shared")));
    assert_eq!(ride.world.0.bills.borrow()["t"].len(), 1);
    assert_eq!(ride.world.0.due.borrow().get("t"), None);
}

/// Without a journal the meter has nothing to fall back to: what is not acknowledged was not taken, as far as is known.
#[test]
fn segments_are_taken_or_refused() {
    for (how, code) in [
        ("says no", Code::StoreUnavailable),
        ("refuses", Code::StoreUnavailable),
        ("is silent", Code::StoreTimedOut),
        ("is late", Code::StoreTimedOut),
    ] {
        let ride = Ride::new();
        ride.fail(&format!("add_segments {how}"));
        let request = json!({"city": "110000", "segments": [
            {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 1, "duration_s": 1}]});
        let refusal = now(meter::add_segments(&*ride.context(), "t", &request)).unwrap_err();
        assert_eq!(refusal.code, code, "{how}");
    }
}

/// Bill, top-up and the day it is listed under are posted in one step, after the documents that the bill names; segments that
/// are new to a trip with a bill say so and make it due.
#[test]
fn all_of_a_bill_is_kept_at_once() {
    let ride = Ride::new();
    ride.meter();
    let billed = ride.bill().unwrap();
    let record: Value = serde_json::from_str(&billed.document).unwrap();
    let head = ride.head().unwrap();
    assert_eq!((head.revision.number, &head.revision.bill.document), (1, &billed.document));
    assert_eq!((head.billed_at, &*head.day), (1_795_219_200, "2026-11-21"));
    let top_up = head.top_up.unwrap();
    assert_eq!(record["settlement"]["top_up"], json!(top_up.currency.format(top_up.amount)));
    let document: Value = serde_json::from_str(&top_up.document).unwrap();
    let owed = json!({
        "format": "farebox-top-up/1", "trip_id": record["trip_id"], "city": record["city"], "revision": 1,
        "currency": "CNY", "amount": record["settlement"]["top_up"], "scenario": record["settlement"]["scenario"],
        "policy": record["versions"]["policy"], "billed_at": record["billed_at"],
    });
    assert_eq!(document, owed);
    for name in ["rate_card", "driver_rate_card", "policy"] {
        let version = record["versions"][name].as_str().unwrap();
        assert!(ride.world.0.documents.borrow().contains_key(version), "{name}");
    }
    assert!(ride.world.0.due.borrow().is_empty());
    let late = json!({"city": "110000", "segments": [
        {"seq": 2, "started_at": "2026-11-21T08:20:00+08:00", "distance_m": 10, "duration_s": 1}]});
    let Metered::Shared(totals) = now(meter::add_segments(&*ride.context(), "t", &late)).unwrap() else {
        panic!("it is not in the store")
    };
    assert_eq!((totals.segments, totals.billed), (2, Some(1)));
    let due = ride.world.0.due.borrow().get("t").map(|due| (due.revision, due.reason, due.at));
    assert_eq!(due, Some((1, Some(Degradation::LateSegments), 1_795_219_200)));
}

/// A bill is not there, or the store does not say: two answers.
#[test]
fn silence_is_not_absence() {
    let ride = Ride::new();
    let read = |ride: &Ride| now(bills::fetch(&*ride.context(), "t", Some("110000"))).unwrap_err().code;
    assert_eq!(read(&ride), Code::BillNotFound);
    ride.fail("bill is silent");
    assert_eq!(read(&ride), Code::StoreTimedOut);
    ride.fail("bill says no");
    assert_eq!(read(&ride), Code::StoreUnavailable);
}

/// Late is not lost: a bill that is read late is answered, as are its page and a rate card that only the store has.
#[test]
fn what_was_asked_for_is_waited_for() {
    let mut ride = Ride::new();
    ride.meter();
    ride.estimate();
    let billed = ride.bill().unwrap();
    let record: Value = serde_json::from_str(&billed.document).unwrap();
    let later = ride.elsewhere(nothing_is_offered);
    *later.world.0.documents.borrow_mut() = ride.world.0.documents.borrow().clone();
    later.fail("everything takes 200 ms");
    assert_eq!(later.bill().unwrap().document, billed.document);
    assert_eq!(now(bills::fetch(&*later.context(), "t", Some("110000"))).unwrap(), billed.document);
    let page = now(bills::detail(&*later.context(), "t", Some("110000"), Wanted::default())).unwrap();
    assert_eq!(page.total, "48.00");
    let version = record["versions"]["rate_card"].as_str().unwrap();
    assert!(now(cards::document(&*later.context(), "110000", version)).is_ok());
}

/// The cards that a ride was quoted with may be late one after the other, and it is billed with them.
#[test]
fn quoted_cards_are_waited_for() {
    let mut ride = Ride::new();
    ride.meter();
    ride.estimate();
    let later = ride.elsewhere(|folder| {
        for side in ["passenger", "driver"] {
            let path = folder.join(format!("cards/110000/express.{side}.json"));
            let card = std::fs::read_to_string(&path).unwrap().replacen("\"title\": \"", "\"title\": \"New ", 1);
            std::fs::write(path, card).unwrap();
        }
    });
    *later.world.0.documents.borrow_mut() = ride.world.0.documents.borrow().clone();
    ride.world.after_answers();
    later.fail("document takes 200 ms");
    let record: Value = serde_json::from_str(&later.bill().unwrap().document).unwrap();
    assert_eq!((&record["pinned"]["rate_card"], &record["degraded"]), (&json!("quoted"), &json!(false)));
}

/// However long was read, keeping the bill has all its time: the documents that it names, and then the bill.
#[test]
fn patience_leaves_writes_their_time() {
    let ride = Ride::new();
    ride.meter();
    ride.fail("segments is silent");
    for call in ["put_document", "post_bill"] {
        ride.world.0.failures.borrow_mut().insert(call, Failure::Slow(Duration::from_millis(240)));
    }
    let record: Value = serde_json::from_str(&ride.bill().unwrap().document).unwrap();
    assert_eq!((&record["basis"], &record["kept"]), (&json!("mocked"), &json!("shared")));
}

/// What can be done without is not waited for: a page of an estimate shows the total when the store is late.
#[test]
fn pages_of_estimates_do_not_wait() {
    let mut ride = Ride::new();
    ride.estimate();
    ride.fail("quote takes 100 ms");
    let id = ride.estimate_id.clone().unwrap();
    let page = now(estimates::detail(&*ride.context(), &id, "express", Wanted::default())).unwrap();
    assert_eq!(page.reason, Some(Degradation::StoreTimeout));
}
