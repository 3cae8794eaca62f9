//! The promises of `journal` in `wit/store/store.wit`, kept by the store component in a real database; and that the journal in
//! memory, which the simulator bills with, keeps the same.
#![allow(clippy::unwrap_used)]

use farebox_fare as fare;
use farebox_kit::journal::Journal;
use farebox_records::stored;
use farebox_tests::store_redis_server::RedisServer;
use farebox_tests::store_under_test::{
    Degradation, Segment, StoreUnderTest, Surroundings, bills, documents::DocumentKind, faults, journal, trips,
};
use fastrand::Rng;
use rusqlite::Connection;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CITY: &str = "110000";

/// A node beside a Redis that is not there: the journal does not ask it.
struct Node {
    folder: TempDir,
    surroundings: Surroundings,
}

impl Node {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::redis("redis://127.0.0.1:1").with_database(&file(&folder)).unwrap();
        Self { folder, surroundings }
    }

    async fn open(&self) -> StoreUnderTest {
        StoreUnderTest::new(&self.surroundings).await.unwrap()
    }

    /// The database, as operators look into it.
    fn database(&self) -> Connection {
        Connection::open(file(&self.folder)).unwrap()
    }

    /// A minute goes by in which nobody hears of any bucket.
    fn be_quiet(&self) {
        self.database().execute("UPDATE position SET at_ms = at_ms - 60000", []).unwrap();
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("farebox.sqlite")
}

fn revision(number: u32, document: &str) -> bills::Revision {
    let bill = bills::Bill { fingerprint: format!("of {document}"), document: document.to_owned() };
    bills::Revision { number, bill }
}

fn bill(number: u32, document: &str) -> bills::NewRevision {
    let bills::Revision { bill, .. } = revision(number, document);
    let top_up = bills::TopUp { currency: "CNY".to_owned(), amount: 715, document: "{}".to_owned() };
    let due = bills::DueItem { reason: Degradation::StoreTimeout, at: -3 };
    let (top_up, due) = (Some(top_up), Some(due));
    bills::NewRevision {
        number,
        bill,
        billed_at: 1_000,
        day: "2026-11-26".to_owned(),
        top_up,
        due,
        seen: Some(4),
        whole_since: Some(900),
    }
}

fn segments(numbers: impl IntoIterator<Item = u64>, distance: u64) -> Vec<Segment> {
    let segment = |sequence| Segment { sequence, started_at: -7, distance, duration: 10 };
    numbers.into_iter().map(segment).collect()
}

fn cards() -> Vec<journal::Named> {
    [DocumentKind::RateCard, DocumentKind::Policy]
        .map(|kind| journal::Named { kind, version: "00ff".to_owned() })
        .into()
}

/// What was entered comes back as it was, whole, also after a restart; the first bill of a trip stays until something takes its place.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_entered_comes_back() {
    let node = Node::new();
    let store = node.open().await;
    let entered = store.enter_bill(CITY, "t", bill(1, "a"), cards()).await.unwrap();
    assert_eq!(entered, journal::BillOutcome::Entered(1));
    assert_eq!(store.enter_segments(CITY, "t", segments([2, 1], 100)).await, Ok(true));
    let named = |kind| journal::Named { kind, version: "00ff".to_owned() };
    store.enter_document(CITY, named(DocumentKind::Policy), "policy").await.unwrap();
    drop(store);
    let store = node.open().await;
    let found = store.of_trip(CITY, "t").await.unwrap();
    let kept = journal::JournaledBill { number: 1, waits: true, new: bill(1, "a"), documents: cards() };
    assert_eq!(found.bill, Some(kept.clone()));
    assert_eq!(found.segments, segments([1, 2], 100));
    let again = store.enter_bill(CITY, "t", bill(1, "b"), cards()).await.unwrap();
    assert_eq!(again, journal::BillOutcome::Exists(kept));
    assert_eq!(store.journaled_document(CITY, named(DocumentKind::Policy)).await, Ok(Some("policy".to_owned())));
    assert_eq!(store.journaled_document(CITY, named(DocumentKind::RateCard)).await, Ok(None));
    assert_eq!(store.journaled_document("310000", named(DocumentKind::Policy)).await, Ok(None));
    for (city, trip) in [("310000", "t"), (CITY, "u")] {
        let nothing = store.of_trip(city, trip).await.unwrap();
        assert!(nothing.bill.is_none() && nothing.segments.is_empty(), "{city} {trip}");
    }
}

/// Where everything is kept on this node there is no journal, and nobody is told that something is in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_alone_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = StoreUnderTest::new(&Surroundings::sqlite(&file(&folder)).unwrap()).await.unwrap();
    assert_eq!(store.enter_bill(CITY, "t", bill(1, "a"), cards()).await, Ok(journal::BillOutcome::Unneeded));
    assert_eq!(store.enter_segments(CITY, "t", segments([1], 100)).await, Ok(false));
    assert_eq!(store.of_trip(CITY, "t").await.unwrap().bill, None);
    assert_eq!(store.stands().await.unwrap().waiting, 0);
    assert_eq!(store.losses(0_u64).await, Ok(vec![]));
    assert_eq!((store.look(16_u32).await, store.lost_documents(16_u32).await), (Ok(0), Ok(vec![])));
}

/// What waits is handed out oldest first, to one at a time, and in order within a trip; what was answered as being here is handed out
/// at once, and what was just entered is left to whoever did.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_handed_out_in_order() {
    let node = Node::new();
    let store = node.open().await;
    for trip in ["t", "u", "v"] {
        store.enter_bill(CITY, trip, bill(1, trip), cards()).await.unwrap();
        store.enter_segments(CITY, trip, segments([1], 100)).await.unwrap();
    }
    let numbers = |waiting: Vec<journal::Waiting>| waiting.iter().map(|waiting| waiting.number).collect::<Vec<_>>();
    assert_eq!(numbers(store.lease(16_u32).await.unwrap()), [0; 0]);
    store.secure(3_u64).await.unwrap();
    assert_eq!(numbers(store.lease(16_u32).await.unwrap()), [3]);
    assert_eq!(numbers(store.lease(16_u32).await.unwrap()), [0; 0]);
    node.database().execute("UPDATE journal_waiting SET leased_until_ms = 0", []).unwrap();
    assert_eq!(numbers(store.lease(2_u32).await.unwrap()), [1, 2]);
    // The bill of "t" is somebody's, and so is what comes after it.
    node.database().execute("UPDATE journal_waiting SET leased_until_ms = 0 WHERE number <> 1", []).unwrap();
    let leased = store.lease(16_u32).await.unwrap();
    let what = |waiting: &journal::Waiting| (waiting.city.clone(), waiting.trip.clone());
    assert_eq!(
        leased.iter().map(what).collect::<Vec<_>>(),
        ["u", "u", "v", "v"].map(|trip| (CITY.into(), trip.into()))
    );
    assert_eq!(numbers(leased), [3, 4, 5, 6]);
    // A newer bill of "t" is not held up by the first, which may wait for it.
    store.enter_bill(CITY, "t", bill(2, "t made again"), cards()).await.unwrap();
    node.database().execute("UPDATE journal_waiting SET leased_until_ms = 0 WHERE number = 7", []).unwrap();
    assert_eq!(numbers(store.lease(16_u32).await.unwrap()), [7]);
}

/// Each entry follows from the one before: a database in which one was changed or lost is found out.
#[tokio::test(flavor = "multi_thread")]
async fn entries_are_chained() {
    let node = Node::new();
    let store = node.open().await;
    for trip in ["t", "u", "v"] {
        store.enter_bill(CITY, trip, bill(1, trip), cards()).await.unwrap();
        store.enter_segments(CITY, trip, segments([1], 100)).await.unwrap();
    }
    store.learn(CITY, "t", revision(1, "other")).await.unwrap();
    store.learn(CITY, "w", revision(2, "more")).await.unwrap();
    let database = node.database();
    let breaks = || {
        let broken = "SELECT count(*) FROM (
            SELECT chain, (coalesce(lag(chain) OVER (ORDER BY number), 0) * 31 + checksum) % 2147483647 AS follows FROM journal
        ) WHERE chain <> follows";
        database.query_row(broken, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(breaks(), 0);
    database.execute("DELETE FROM journal WHERE number = 3", []).unwrap();
    assert_eq!(breaks(), 1);
}

/// What does not wait any more gives way after a day, a little at a time; what waits, and what people should look at, stays.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_gives_way() {
    let node = Node::new();
    let store = node.open().await;
    for number in 1..=9_u64 {
        store.enter_bill(CITY, format!("t-{number}"), bill(1, "a"), cards()).await.unwrap();
    }
    for number in [1, 2, 3, 4, 5, 6_u64] {
        store.settle(number, journal::Outcome::Posted).await.unwrap();
    }
    store.settle(7_u64, journal::Outcome::Refused("no".to_owned())).await.unwrap();
    let database = node.database();
    database.execute("UPDATE journal SET at_ms = at_ms - 86400001", []).unwrap();
    let left = || {
        let mut rows = database.prepare("SELECT number FROM journal ORDER BY number").unwrap();
        let numbers = rows.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        numbers.map(Result::unwrap).collect::<Vec<_>>()
    };
    store.enter_bill(CITY, "t-10", bill(1, "a"), cards()).await.unwrap();
    assert_eq!(left(), [5, 6, 7, 8, 9, 10]);
    store.enter_bill(CITY, "t-11", bill(1, "a"), cards()).await.unwrap();
    assert_eq!(left(), [7, 8, 9, 10, 11]);
    let standing = store.stands().await.unwrap();
    assert_eq!((standing.waiting, standing.refused, standing.bytes), (4, 1, 5));
}

/// Nothing that there is of a trip says who rode once that was taken out: not what waits, nor what gave way, nor what it gave way to. Other
/// trips do.
#[tokio::test(flavor = "multi_thread")]
async fn passengers_are_forgotten() {
    const NAMING: [&str; 3] = [
        r#"{"fare":1,"passenger_id":"p-1","more":[]}"#,
        r#"{"fare":2,"passenger_id":"p-1","more":[]}"#,
        r#"{"fare":3,"passenger_id":"p-1","more":[]}"#,
    ];
    let node = Node::new();
    let store = node.open().await;
    for trip in ["t", "u"] {
        store.enter_bill(CITY, trip, bill(1, NAMING[0]), cards()).await.unwrap();
        store.learn(CITY, trip, revision(1, NAMING[1])).await.unwrap();
        store.enter_bill(CITY, trip, bill(2, NAMING[2]), cards()).await.unwrap();
    }
    let naming = |table: &str, column: &str| {
        let count = format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%p-1%'");
        node.database().query_row(&count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((naming("journal", "content"), naming("journal_outcome", "by_content")), (6, 2));
    assert_eq!(store.forget_passenger(CITY, "t").await, Ok(3));
    assert_eq!((naming("journal", "content"), naming("journal_outcome", "by_content")), (3, 1));
    assert_eq!(store.forget_passenger(CITY, "t").await, Ok(0));
    assert_eq!(store.forget_passenger("310000", "u").await, Ok(0));
    let left = store.of_trip(CITY, "t").await.unwrap().bill.unwrap();
    assert_eq!((left.new.number, left.new.bill.document.as_str(), left.waits), (2, r#"{"fare":3,"more":[]}"#, true));
}

/// A node beside a Redis that there is, and where its trips are.
struct Beside {
    server: RedisServer,
    node: Node,
}

impl Beside {
    fn new() -> Self {
        let (server, folder) = (RedisServer::start().unwrap(), tempfile::tempdir().unwrap());
        let surroundings = Surroundings::redis(&server.url("")).with_database(&file(&folder)).unwrap();
        Self { server, node: Node { folder, surroundings } }
    }

    /// Redis loses everything, and a trip finds it out.
    async fn lose(&self, store: &StoreUnderTest, city: &str, trip: &str) {
        let before = store.losses(0_u64).await.unwrap().len();
        let () = self.server.run("FLUSHALL").unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while store.losses(0_u64).await.unwrap().len() == before {
            assert!(Instant::now() < deadline);
            store.add_segments(city, trip, segments([1], 100)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Enters a segment of a trip, which the shared store takes.
    async fn enter_segments_and_post(&self, store: &StoreUnderTest, trip: &str, sequence: u64) -> u64 {
        store.enter_segments(CITY, trip, segments([sequence], 100)).await.unwrap();
        let newest = "SELECT max(number) FROM journal";
        let number: i64 = self.node.database().query_row(newest, [], |row| row.get(0)).unwrap();
        store.settle(number.cast_unsigned(), journal::Outcome::Posted).await.unwrap();
        number.cast_unsigned()
    }

    /// The bucket of the trip of an entry.
    fn bucket(&self, number: u64) -> i64 {
        let bucket = "SELECT bucket FROM journal WHERE number = ?1";
        self.node.database().query_row(bucket, [number.cast_signed()], |row| row.get(0)).unwrap()
    }

    /// Six seconds go by.
    fn age(&self) {
        let age = "UPDATE loss SET at_ms = at_ms - 6000; UPDATE journal SET at_ms = at_ms - 6000";
        self.node.database().execute_batch(age).unwrap();
    }
}

/// Enters the first bill of a trip, which the shared store takes.
async fn enter_and_post(store: &StoreUnderTest, city: &str, trip: &str) -> u64 {
    let entered = store.enter_bill(city, trip, bill(1, trip), cards()).await.unwrap();
    let journal::BillOutcome::Entered(number) = entered else { panic!("{entered:?}") };
    store.add_segments(city, trip, segments([1], 100)).await.unwrap();
    store.settle(number, journal::Outcome::Posted).await.unwrap();
    number
}

/// Leases what there is, and notes that the shared store has it; until nothing is left.
async fn drive_all(store: &StoreUnderTest) -> Vec<u64> {
    let mut driven = Vec::new();
    loop {
        let leased = store.lease(100_u32).await.unwrap();
        if leased.is_empty() {
            return driven;
        }
        for waiting in leased {
            store.settle(waiting.number, journal::Outcome::Posted).await.unwrap();
            driven.push(waiting.number);
        }
    }
}

/// What was sent to a bucket that has lost something waits again, once, and so does what is sent in the five seconds after it was found
/// out; not what other buckets and cities have, nor what does not bind anybody, nor what is a copy.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_what_was_lost_waits_again() {
    let beside = Beside::new();
    let (store, other) = (beside.node.open().await, beside.node.open().await);
    let mut numbers = Vec::new();
    for trip in 0..64 {
        numbers.push(enter_and_post(&store, CITY, &format!("t-{trip}")).await);
    }
    let bucket = beside.bucket(numbers[0]);
    numbers.retain(|number| beside.bucket(*number) == bucket);
    let [kept @ .., superseded, withdrawn] = &numbers[..] else { panic!("{numbers:?}") };
    assert!(!kept.is_empty() && numbers.len() < 32, "{numbers:?}");
    // Entry n is of trip n - 1.
    store.learn(CITY, format!("t-{}", superseded - 1), revision(1, "other")).await.unwrap();
    beside
        .node
        .database()
        .execute("UPDATE journal SET binds = 0 WHERE number = ?1", [withdrawn.cast_signed()])
        .unwrap();
    enter_and_post(&store, "310000", "t-0").await;
    store.learn(CITY, "t-0", revision(2, "made elsewhere")).await.unwrap();
    assert_eq!(drive_all(&store).await, [0; 0]);

    beside.lose(&store, CITY, "t-0").await;
    assert_eq!(store.stands().await.unwrap().waiting, 0, "a little at a time, when somebody drives");
    let (mine, theirs) = futures::join!(drive_all(&store), drive_all(&other));
    let mut driven = [mine, theirs].concat();
    driven.sort_unstable();
    assert_eq!(driven, kept);
    assert_eq!(drive_all(&other).await, [0; 0]);
    // Of the same trip, and so perhaps sent to what was lost.
    let late = beside.enter_segments_and_post(&store, "t-0", 2).await;
    assert_eq!(drive_all(&store).await, [late]);
    assert_eq!(drive_all(&store).await, [0; 0]);
    beside.age();
    beside.enter_segments_and_post(&store, "t-0", 3).await;
    assert_eq!(drive_all(&store).await, [0; 0], "what is sent from then on is sent to what there is");
    let recalled = beside.node.database().query_row("SELECT sum(is_recalled) FROM loss", [], |row| row.get(0));
    assert_eq!(recalled, Ok(1));

    beside.lose(&store, CITY, "t-0").await;
    assert_eq!(drive_all(&store).await.len(), kept.len() + 2, "another loss");
}

/// A bucket that nobody writes to any more is looked at when it was not heard of for a minute, once by whichever instance, if this node has sent
/// something there that it could send again. So it is found out that documents are lost, and which.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_writes_to_is_looked_at() {
    let mut beside = Beside::new();
    let (store, other) = (beside.node.open().await, beside.node.open().await);
    let named = |version: &str| journal::Named { kind: DocumentKind::RateCard, version: version.to_owned() };
    for version in ["00ff", "11ee"] {
        store.enter_document(CITY, named(version), "{}").await.unwrap();
        store.put_document(CITY, DocumentKind::RateCard, version, "{}").await.unwrap();
    }
    enter_and_post(&store, CITY, "t").await;
    // Nothing that could be sent again: a trip that Redis took at once, and what opens the city.
    store.add_segments("310000", "u", segments([1], 100)).await.unwrap();
    let buckets = "SELECT count(*) FROM position WHERE city = '110000'";
    let opened: u32 = beside.node.database().query_row(buckets, [], |row| row.get(0)).unwrap();
    assert!(opened >= 3, "the documents and the trip are in different buckets");
    let () = beside.server.run("FLUSHALL").unwrap();
    assert_eq!(store.look(16_u32).await, Ok(0), "it was heard of just now");
    beside.node.be_quiet();
    let (mine, theirs) = futures::join!(store.look(2_u32), other.look(16_u32));
    assert_eq!(mine.unwrap() + theirs.unwrap(), 3);
    assert_eq!(store.look(16_u32).await, Ok(0));
    assert_eq!(drive_all(&store).await, [1]);
    let lost = store.lost_documents(16_u32).await.unwrap();
    let versions = |lost: &[journal::LostDocument]| -> Vec<String> {
        lost.iter().map(|lost| lost.named.version.clone()).collect()
    };
    assert_eq!(versions(&lost), ["00ff", "11ee"]);
    assert_eq!((lost[0].city.as_str(), lost[0].document.as_str()), (CITY, "{}"));
    store.document_is_back(CITY, named("00ff"), lost[0].loss - 1).await.unwrap();
    store.document_is_back(CITY, named("11ee"), lost[1].loss).await.unwrap();
    assert_eq!(versions(&store.lost_documents(16_u32).await.unwrap()), ["00ff"], "not since that was lost");
    store.document_is_back(CITY, named("00ff"), lost[0].loss).await.unwrap();
    assert_eq!(store.lost_documents(1_u32).await, Ok(vec![]));

    // A city that another site writes now holds up nothing; a Redis that is gone is told, and looked at a minute later.
    let entered = store.enter_bill("310000", "u", bill(1, "u"), cards()).await.unwrap();
    let journal::BillOutcome::Entered(number) = entered else { panic!("{entered:?}") };
    for bucket in [0, beside.bucket(number)] {
        let fence = format!("HSET c:310000:{{310000:{bucket}}}:fence owner elsewhere epoch 2 retry-after 1");
        let () = beside.server.run(&fence).unwrap();
    }
    beside.node.be_quiet();
    assert_eq!(store.look(16_u32).await, Ok(4));
    beside.server.kill().unwrap();
    beside.node.be_quiet();
    assert!(matches!(store.look(16_u32).await, Err(faults::Fault::Unavailable(_))));
}

/// Whoever enters a document may have put it into the shared store before that was found to have lost something.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_entered_just_after_a_loss_may_be_lost() {
    let beside = Beside::new();
    let store = beside.node.open().await;
    let named = |version: &str| journal::Named { kind: DocumentKind::Policy, version: version.to_owned() };
    store.put_document(CITY, DocumentKind::Policy, "00ff", "{}").await.unwrap();
    let () = beside.server.run("FLUSHALL").unwrap();
    store.put_document(CITY, DocumentKind::Policy, "00ff", "{}").await.unwrap();
    store.enter_document(CITY, named("00ff"), "{}").await.unwrap();
    store.enter_document("310000", named("00ff"), "{}").await.unwrap();
    let lost = store.lost_documents(16_u32).await.unwrap();
    assert_eq!(lost.iter().map(|lost| lost.city.as_str()).collect::<Vec<_>>(), [CITY]);
}

/// Whoever has sent an entry just before a loss, and is about to note that it does not wait, does not keep it from waiting again.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_when_something_is_lost_waits_again() {
    let beside = Beside::new();
    let store = beside.node.open().await;
    let first = enter_and_post(&store, CITY, "t").await;
    let entered = store.enter_bill(CITY, "t", bill(2, "more"), cards()).await.unwrap();
    let journal::BillOutcome::Entered(on_its_way) = entered else { panic!("{entered:?}") };
    let last = {
        let entered = store.enter_bill(CITY, "t", bill(3, "most"), cards()).await.unwrap();
        let journal::BillOutcome::Entered(number) = entered else { panic!("{entered:?}") };
        store.settle(number, journal::Outcome::Posted).await.unwrap();
        number
    };
    beside.lose(&store, CITY, "t").await;
    assert_eq!(drive_all(&store).await, [first]);
    assert_eq!(drive_all(&store).await, [0; 0]);
    store.settle(on_its_way, journal::Outcome::Posted).await.unwrap();
    assert_eq!(drive_all(&store).await, [on_its_way, last]);
    assert_eq!(store.withdraw(on_its_way).await, Ok(false));
    beside.age();
    assert_eq!(drive_all(&store).await, [0; 0]);
}

/// That the store has a bill, which another node may have sent, does not say that it has what this one was made with, and nobody who has
/// only read it would notice that the store loses it: it is sent on.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_again_is_sent_again() {
    let beside = Beside::new();
    let store = beside.node.open().await;
    let number = enter_and_post(&store, CITY, "t").await;
    beside.lose(&store, CITY, "t").await;
    // Whoever takes it does not come to send it.
    assert_eq!(store.lease(1_u32).await.unwrap().len(), 1);
    assert_eq!(store.learn(CITY, "t", revision(1, "t")).await, Ok(None));
    assert_eq!(store.secure(number).await, Ok(true));
    assert_eq!(store.learn(CITY, "t", revision(1, "t")).await, Ok(None));
    assert_eq!(store.withdraw(number).await, Ok(false));
    assert_eq!(store.stands().await.unwrap().waiting, 1);
    assert_eq!(drive_all(&store).await, [number]);

    // The same for what waits for the first time: the answer of the step that posted it was lost, say.
    let entered = store.enter_bill("310000", "t", bill(1, "t"), cards()).await.unwrap();
    let journal::BillOutcome::Entered(number) = entered else { panic!("{entered:?}") };
    assert_eq!(store.learn("310000", "t", revision(1, "t")).await, Ok(None));
    assert_eq!(store.withdraw(number).await, Ok(false), "somebody may have been answered it");
    assert_eq!(store.stands().await.unwrap().waiting, 1);
    // Whoever has entered it is done with it.
    assert_eq!(store.secure(number).await, Ok(true));
    assert_eq!(drive_all(&store).await, [number]);
}

/// A long journal waits again 64 entries at a time, and what never ceased to wait is not gone back to for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_journal_waits_again_by_and_by() {
    let beside = Beside::new();
    let store = beside.node.open().await;
    for sequence in 1..=150 {
        assert_eq!(beside.enter_segments_and_post(&store, "t", sequence).await, sequence);
    }
    store.enter_bill(CITY, "t", bill(1, "a"), cards()).await.unwrap();
    store.add_segments(CITY, "t", segments([1], 100)).await.unwrap();
    beside.lose(&store, CITY, "t").await;
    for expected in [1..=64, 65..=128, 129..=150] {
        let leased: Vec<u64> = store.lease(100_u32).await.unwrap().iter().map(|waiting| waiting.number).collect();
        assert_eq!(leased, expected.clone().collect::<Vec<u64>>());
        for number in expected {
            store.settle(number, journal::Outcome::Posted).await.unwrap();
        }
    }
    assert_eq!(store.lease(100_u32).await.unwrap().len(), 0);
    beside.age();
    for done in [0, 1] {
        assert_eq!(store.lease(100_u32).await.unwrap().len(), 0, "the bill is left to whoever has entered it");
        let recalled = beside.node.database().query_row("SELECT is_recalled, recalled FROM loss", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        assert_eq!(recalled, Ok((done, 151)));
    }
    assert_eq!(store.stands().await.unwrap().waiting, 1);
}

/// What the two databases say is the same, whatever is asked of them: 40 walks of 60 random steps over three trips.
#[tokio::test(flavor = "multi_thread")]
async fn the_journal_in_memory_is_as_good() {
    for seed in 0..40 {
        let (node, mut rng, mut model) = (Node::new(), Rng::with_seed(seed), Journal::default());
        let store = node.open().await;
        for step in 0..60 {
            let trip = format!("t-{}", rng.u8(0..3));
            let document =
                [r#"{"fare":1,"passenger_id":"p-1"}"#, r#"{"fare":2,"passenger_id":"p-1"}"#, r#"{"fare":1}"#]
                    [rng.usize(0..3)];
            let (number, entry) = (rng.u32(1..=2), rng.u64(1..=12));
            let hint = format!("seed {seed}, step {step}: {trip}, {document}, revision {number}, entry {entry}");
            match rng.u8(0..8) {
                0 | 1 => {
                    let real = store.enter_bill(CITY, trip.clone(), bill(number, document), cards()).await.unwrap();
                    let expected = model.enter_bill(CITY, &trip, &to_model(bill(number, document)), &[]);
                    match (real, expected) {
                        (journal::BillOutcome::Entered(real), stored::Journaled::Entered(expected)) => {
                            assert_eq!(real, expected, "{hint}");
                        }
                        (journal::BillOutcome::Exists(real), stored::Journaled::Exists(expected)) => {
                            // Of several revisions the real one tells the newest.
                            assert!(real.new.number >= expected.new.revision.number, "{hint}");
                        }
                        (real, expected) => panic!("{hint}: {real:?} {expected:?}"),
                    }
                }
                2 => {
                    let sent = segments([rng.u64(1..4), rng.u64(4..6)], rng.u64(1..=2));
                    let real = store.enter_segments(CITY, trip.clone(), sent.clone()).await;
                    let sent: Vec<fare::Segment> = sent.into_iter().map(segment_to_model).collect();
                    let expected = model.enter_segments(CITY, &trip, &sent);
                    assert_eq!(real.is_ok(), expected.is_ok(), "{hint}: {real:?} {expected:?}");
                    assert!(matches!(real, Ok(true) | Err(trips::AddError::Conflict(_))), "{hint}: {real:?}");
                }
                3 => {
                    let real = store.learn(CITY, trip.clone(), revision(number, document)).await.unwrap();
                    assert_eq!(real, model.learn(CITY, &trip, &to_model(bill(number, document)).revision), "{hint}");
                }
                4 => assert_eq!(store.secure(entry).await.unwrap(), model.secure(entry), "{hint}"),
                5 => assert_eq!(store.withdraw(entry).await.unwrap(), model.withdraw(entry), "{hint}"),
                6 => {
                    store.settle(entry, journal::Outcome::Posted).await.unwrap();
                    model.drive(entry, &stored::Driven::Posted);
                }
                _ => {
                    let forgotten = store.forget_passenger(CITY, trip.clone()).await.unwrap();
                    assert_eq!(forgotten, model.forget_passenger(CITY, &trip), "{hint}");
                }
            }
            for trip in ["t-0", "t-1", "t-2"] {
                let (real, expected) = (store.of_trip(CITY, trip).await.unwrap(), model.journaled(CITY, trip));
                let real_bill =
                    real.bill.map(|bill| (bill.number, bill.waits, bill.new.number, bill.new.bill.document));
                let bill = expected.bill.map(|bill| {
                    let stored::Revision { number, bill: stored } = bill.new.revision;
                    (bill.number, bill.waits, number, stored.document)
                });
                assert_eq!(real_bill, bill, "{hint}: {trip}");
                let real: Vec<fare::Segment> = real.segments.into_iter().map(segment_to_model).collect();
                assert_eq!(real, expected.segments, "{hint}: {trip}");
            }
            let (real, expected) = (store.stands().await.unwrap(), model.standing());
            let real = (real.waiting, real.superseded, real.refused);
            assert_eq!(real, (expected.waiting, expected.superseded, expected.refused), "{hint}");
        }
    }
}

fn to_model(new: bills::NewRevision) -> stored::NewRevision {
    let bills::NewRevision { number, bill: bills::Bill { fingerprint, document }, billed_at, day, .. } = new;
    let revision = stored::Revision { number, bill: stored::StoredBill { fingerprint, document } };
    stored::NewRevision { revision, billed_at, day, top_up: None, due: None, seen: None, whole_since: None }
}

fn segment_to_model(Segment { sequence, started_at, distance, duration }: Segment) -> fare::Segment {
    fare::Segment { sequence, started_at, distance_m: distance, duration_s: duration }
}
