//! The promises of `wit/store/store.wit`, kept by the store component on every backend; and what each backend promises
//! beside them.

#![allow(clippy::unwrap_used)]

use farebox_records::lineage;
use farebox_records::proof::{Life, Position};
use farebox_tests::store_redis_server::RedisServer;
use farebox_tests::store_under_test::{
    Degradation, Segment, StoreUnderTest, Surroundings, bills, configuration, documents::DocumentKind, faults::Fault,
    ledger, limits, nonces, trips,
};
use fastrand::Rng;
use futures::future::join_all;
use rusqlite::OptionalExtension as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Asserts that all these calls give this error.
macro_rules! assert_fails {
    ($error:ident, $($call:expr),*) => {
        $({
            let result = $call.await;
            let text = format!("{result:?}");
            assert!(text.contains(concat!("Fault::", stringify!($error), "(")), "{}: {text}", stringify!($call));
        })*
    };
}

/// Defines each test twice: on SQLite and on a Redis server of its own.
macro_rules! on_every_backend {
    ($($test:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Place::sqlite()).await;
            })*
        }
        mod redis {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Place::redis()).await;
            })*
        }
    };
}

on_every_backend! {
    segments_accumulate
    order_and_repeats_change_nothing
    a_conflict_writes_nothing
    a_trip_holds_20000_segments
    the_largest_numbers_are_exact
    numbers_out_of_range_are_refused
    parallel_overlapping_segments_count_once
    a_trip_is_forgotten_whole
    a_trip_that_was_forgotten_is_in_conflict_with_nothing
    a_quote_lives_as_long_as_it_was_told_to
    a_quote_is_replaced
    a_document_is_written_once_and_stays
    a_bill_has_revisions
    revisions_are_put_back_where_they_belong
    what_follows_another_revision_is_not_taken
    a_revision_that_cannot_be_is_refused
    of_parallel_bills_one_is_kept
    a_document_of_a_revision_is_redacted
    a_top_up_comes_with_its_revision
    bills_are_listed_by_day
    what_is_due_is_listed_until_it_is_settled
    a_reason_of_a_later_release_is_listed
    late_segments_make_a_trip_due
    a_request_is_carried_out_once
    a_nonce_counts_for_a_key_and_a_trip
    what_is_refused_is_not_entered
    of_parallel_attempts_one_is_carried_out
    a_nonce_is_forgotten_when_its_time_is_over
    absence_is_not_an_error
    cities_do_not_share_anything
    every_allowed_name_is_a_name_of_its_own
    documents_come_back_as_they_were
    instances_see_each_others_writes
    what_was_written_outlives_the_instance
    a_city_is_written_by_one_site
    a_limit_grants_what_there_is
    a_limit_is_shared_by_all_instances
    limits_out_of_range_are_refused
    a_configuration_is_kept_on_the_node
    bytes_kept_per_bill
}

/// Where instances keep things, and what is needed to get there.
struct Place {
    surroundings: Surroundings,
    backend: Backend,
}

enum Backend {
    Sqlite(TempDir),
    Redis(RedisServer, TempDir),
}

impl Place {
    fn sqlite() -> Self {
        Self::at(Backend::Sqlite(tempfile::tempdir().unwrap()))
    }

    fn redis() -> Self {
        Self::at(Backend::Redis(RedisServer::start().unwrap(), tempfile::tempdir().unwrap()))
    }

    fn at(backend: Backend) -> Self {
        Self { surroundings: backend.surroundings(), backend }
    }

    /// A new instance on the same host.
    async fn open(&self) -> StoreUnderTest {
        StoreUnderTest::new(&self.surroundings).await.unwrap()
    }

    /// A new instance as another process would have it, with a connection of its own.
    async fn open_elsewhere(&self) -> StoreUnderTest {
        StoreUnderTest::new(&self.backend.surroundings()).await.unwrap()
    }
}

impl Backend {
    fn surroundings(&self) -> Surroundings {
        match self {
            Self::Sqlite(folder) => Surroundings::sqlite(&folder.path().join("store.db")).unwrap(),
            Self::Redis(server, folder) => {
                Surroundings::redis(&server.url("")).with_database(&folder.path().join("node.db")).unwrap()
            }
        }
    }
}

/// A database to look into past the component.
struct File {
    folder: TempDir,
}

impl File {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn look(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("store.db")).unwrap()
    }

    async fn open(&self) -> StoreUnderTest {
        let surroundings = Surroundings::sqlite(&self.folder.path().join("store.db")).unwrap();
        StoreUnderTest::new(&surroundings).await.unwrap()
    }
}

const CITY: &str = "110000";

fn segment(sequence: u64) -> Segment {
    Segment { sequence, started_at: 1_700_000_000, distance: 100, duration: 10 }
}

fn segments(sequences: impl IntoIterator<Item = u64>) -> Vec<Segment> {
    sequences.into_iter().map(segment).collect()
}

/// The totals of so many segments made by [`segment`].
fn totals_of(segments: u32) -> trips::Totals {
    trips::Totals { distance: u64::from(segments) * 100, duration: u64::from(segments) * 10, segments, billed: None }
}

fn bill(name: &str) -> bills::Bill {
    bills::Bill { fingerprint: format!("request of {name}"), document: format!("{{\"bill\":\"{name}\"}}") }
}

const DAY: &str = "2026-11-26";

/// A revision that owes nothing and of which nothing is due.
fn revision(number: u32, name: &str) -> bills::NewRevision {
    bills::NewRevision {
        number,
        bill: bill(name),
        billed_at: 1_000,
        day: DAY.to_owned(),
        top_up: None,
        due: None,
        seen: None,
        whole_since: None,
    }
}

/// One that owes as many minor units.
fn owing(amount: i64, new: bills::NewRevision) -> bills::NewRevision {
    let top_up = bills::TopUp { currency: "CNY".to_owned(), amount, document: "peak:1".to_owned() };
    bills::NewRevision { top_up: Some(top_up), ..new }
}

/// The same, in another currency.
fn in_currency(code: &str, new: bills::NewRevision) -> bills::NewRevision {
    let top_up = new.top_up.map(|top_up| bills::TopUp { currency: code.to_owned(), ..top_up });
    bills::NewRevision { top_up, ..new }
}

/// One of which something is due at a moment.
fn due_at(at: i64, reason: Degradation, new: bills::NewRevision) -> bills::NewRevision {
    bills::NewRevision { due: Some(bills::DueItem { reason, at }), ..new }
}

/// A request that may be carried out once, in an attempt at it.
fn once(nonce: &str, attempt: u64) -> nonces::Once {
    nonces::Once { key: "dispatch".to_owned(), nonce: format!("{nonce:-<16}"), attempt, ttl: 60 }
}

/// The totals of a trip that has a first bill.
fn billed(totals: trips::Totals) -> trips::Totals {
    trips::Totals { billed: Some(1), ..totals }
}

fn kept(number: u32, name: &str) -> bills::Revision {
    bills::Revision { number, bill: bill(name) }
}

/// All pages of the list of a day, `limit` entries a page.
async fn list_all(store: &StoreUnderTest, city: &str, day: &str, limit: u32) -> Vec<(String, u32)> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(city, day, cursor, limit).await.unwrap();
        assert!(page.entries.len() <= limit as usize, "{} entries", page.entries.len());
        all.extend(page.entries.into_iter().map(|listed| (listed.trip, listed.revision)));
        cursor = page.next;
        if cursor.is_none() {
            all.sort();
            return all;
        }
    }
}

/// All pages of what is due, `limit` entries a page: trip, revision, reason, moment.
async fn due_all(store: &StoreUnderTest, city: &str, limit: u32) -> Vec<(String, u32, Option<Degradation>, i64)> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.due(city, cursor, limit).await.unwrap();
        assert!(page.entries.len() <= limit as usize, "{} entries", page.entries.len());
        all.extend(page.entries.into_iter().map(|e| (e.trip, e.revision, e.reason, e.at)));
        cursor = page.next;
        if cursor.is_none() {
            all.sort_by(|(one, ..), (other, ..)| one.cmp(other));
            return all;
        }
    }
}

// What all backends promise: trips.

async fn segments_accumulate(place: Place) {
    let store = place.open().await;
    assert_eq!(store.add_segments(CITY, "t", segments([])).await, Ok(totals_of(0)));
    assert_eq!(store.segments(CITY, "t").await, Ok(None), "a trip begins with its first segment");
    assert_eq!(store.add_segments(CITY, "t", segments([1, 2])).await, Ok(totals_of(2)));
    assert_eq!(store.add_segments(CITY, "t", segments([7])).await, Ok(totals_of(3)), "gaps are fine");
    assert_eq!(store.add_segments(CITY, "t", segments([])).await, Ok(totals_of(3)));
    assert_eq!(store.add_segments(CITY, "u", segments([1])).await, Ok(totals_of(1)), "another trip");
    assert_eq!(store.segments(CITY, "t").await, Ok(Some(segments([1, 2, 7]))));
}

async fn order_and_repeats_change_nothing(place: Place) {
    let store = place.open().await;
    for (added, total) in
        [(&[5, 3][..], 2), (&[3, 5, 5], 2), (&[4, 3], 3), (&[10, 2, 0, 2], 6), (&[0, 2, 3, 4, 5, 10], 6)]
    {
        let added = segments(added.iter().copied());
        assert_eq!(store.add_segments(CITY, "t", added.clone()).await, Ok(totals_of(total)), "{added:?}");
    }
    assert_eq!(store.segments(CITY, "t").await, Ok(Some(segments([0, 2, 3, 4, 5, 10]))), "ascending");
}

async fn a_conflict_writes_nothing(place: Place) {
    let store = place.open().await;
    store.add_segments(CITY, "t", segments([1, 2, 3])).await.unwrap();
    let other = [
        Segment { started_at: 1_700_000_001, ..segment(2) },
        Segment { distance: 99, ..segment(2) },
        Segment { duration: 11, ..segment(2) },
    ];
    for other in other {
        let added = vec![segment(0), segment(1), other, segment(4)];
        assert_eq!(store.add_segments(CITY, "t", added).await, Err(trips::AddError::Conflict(2)), "{other:?}");
        let both = vec![segment(8), segment(2), other];
        assert_eq!(store.add_segments(CITY, "fresh", both).await, Err(trips::AddError::Conflict(2)), "within a call");
    }
    assert_eq!(store.segments(CITY, "t").await, Ok(Some(segments([1, 2, 3]))));
    assert_eq!(store.add_segments(CITY, "t", segments([])).await, Ok(totals_of(3)));
    assert_eq!(store.segments(CITY, "fresh").await, Ok(None));
}

async fn a_trip_holds_20000_segments(place: Place) {
    let too_many = Err(trips::AddError::TooManySegments(20_000));
    let store = place.open().await;
    assert_eq!(store.add_segments(CITY, "t", segments(0..20_001)).await, too_many, "in one call");
    assert_eq!(store.segments(CITY, "t").await, Ok(None));
    assert_eq!(store.add_segments(CITY, "t", segments(0..19_999)).await, Ok(totals_of(19_999)));
    assert_eq!(store.add_segments(CITY, "t", segments([19_999, 20_000])).await, too_many);
    assert_eq!(store.add_segments(CITY, "t", segments([])).await, Ok(totals_of(19_999)), "nothing was written");
    assert_eq!(store.add_segments(CITY, "t", segments([20_000])).await, Ok(totals_of(20_000)));
    assert_eq!(store.add_segments(CITY, "t", segments(5_000..19_999)).await, Ok(totals_of(20_000)), "repeats");
    assert_eq!(store.add_segments(CITY, "t", segments([20_001])).await, too_many);
    let other = Segment { distance: 0, ..segment(20_000) };
    assert_eq!(store.add_segments(CITY, "t", vec![other]).await, Err(trips::AddError::Conflict(20_000)));
    let expected = segments((0..19_999).chain([20_000]));
    assert!(store.segments(CITY, "t").await == Ok(Some(expected)), "not the segments that were added");
}

async fn the_largest_numbers_are_exact(place: Place) {
    const LARGEST: u64 = 100_000_000_000;
    let store = place.open().await;
    let extremes = vec![
        Segment { sequence: 0, started_at: i64::MIN, distance: 0, duration: LARGEST },
        Segment { sequence: (1 << 63) - 1, started_at: i64::MAX, distance: LARGEST, duration: 0 },
    ];
    let sums = trips::Totals { distance: LARGEST, duration: LARGEST, segments: 2, billed: None };
    assert_eq!(store.add_segments(CITY, "extremes", extremes.clone()).await, Ok(sums));
    assert_eq!(store.segments(CITY, "extremes").await, Ok(Some(extremes)));

    let full = |range: std::ops::Range<u64>| -> Vec<Segment> {
        range.map(|sequence| Segment { distance: LARGEST, duration: LARGEST - 1, ..segment(sequence) }).collect()
    };
    store.add_segments(CITY, "full", full(0..19_999)).await.unwrap();
    let sums =
        trips::Totals { distance: 20_000 * LARGEST, duration: 20_000 * (LARGEST - 1), segments: 20_000, billed: None };
    assert_eq!(store.add_segments(CITY, "full", full(19_999..20_000)).await, Ok(sums));
}

async fn numbers_out_of_range_are_refused(place: Place) {
    let store = place.open().await;
    let out_of_range = [
        segment(1 << 63),
        Segment { distance: 100_000_000_001, ..segment(1) },
        Segment { duration: u64::MAX, ..segment(1) },
    ];
    for wrong in out_of_range {
        let refused = store.add_segments(CITY, "t", vec![segment(5), wrong]).await;
        assert!(matches!(refused, Err(trips::AddError::Fault(Fault::Other(_)))), "{wrong:?}: {refused:?}");
    }
    assert_eq!(store.segments(CITY, "t").await, Ok(None));
    for ttl in [0, 315_360_001, u64::MAX] {
        let refused = store.put_quote(CITY, "q", "document", ttl).await;
        assert!(matches!(refused, Err(Fault::Other(_))), "{ttl}: {refused:?}");
    }
    assert_eq!(store.quote(CITY, "q").await, Ok(None));
    assert_eq!(store.put_quote(CITY, "q", "document", 315_360_000_u64).await, Ok(()));
}

/// 200 calls at once, on two fresh instances, each adding five segments of which its neighbours add some too.
async fn parallel_overlapping_segments_count_once(place: Place) {
    let stores = [place.open().await, place.open_elsewhere().await];
    let calls = (0..200_usize).map(|call| {
        let first = u64::try_from(call).unwrap() * 2;
        stores[call % 2].add_segments(CITY, "t", segments((first..first + 5).rev()))
    });
    for totals in join_all(calls).await {
        let totals = totals.unwrap();
        assert_eq!(totals, totals_of(totals.segments), "a sum and a count that do not belong together");
    }
    assert_eq!(stores[0].add_segments(CITY, "t", segments([])).await, Ok(totals_of(403)));
    assert_eq!(stores[1].segments(CITY, "t").await, Ok(Some(segments(0..403))));
}

/// Some time after its last segments, repeats included, a trip is as if it had never been.
async fn a_trip_is_forgotten_whole(mut place: Place) {
    place.surroundings.variables.insert("trip_ttl_s".to_owned(), "1".to_owned());
    let store = place.open().await;
    store.add_segments(CITY, "t", segments([1, 2])).await.unwrap();
    store.add_segments(CITY, "u", segments([1, 2])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(store.add_segments(CITY, "t", segments([1])).await, Ok(totals_of(2)), "a repeat");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let (t, u) = (store.segments(CITY, "t").await, store.segments(CITY, "u").await);
    assert_eq!((t, u), (Ok(Some(segments([1, 2]))), Ok(None)), "a repeat gives a trip its time again");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(store.segments(CITY, "t").await, Ok(None));
    let other = Segment { distance: 7, ..segment(1) };
    assert_eq!(store.add_segments(CITY, "u", segments([])).await, Ok(totals_of(0)));
    let again = Ok(trips::Totals { distance: 7, duration: 10, segments: 1, billed: None });
    assert_eq!(store.add_segments(CITY, "t", vec![other]).await, again, "nothing to be in conflict with");
    assert_eq!(store.segments(CITY, "t").await, Ok(Some(vec![other])));
}

/// What is told of segments never depends on when exactly the time of their trip is over: they are in conflict with it while it
/// is there, are added once it has gone, and are never too many for a trip that is not there.
async fn a_trip_that_was_forgotten_is_in_conflict_with_nothing(mut place: Place) {
    place.surroundings.variables.insert("trip_ttl_s".to_owned(), "1".to_owned());
    let store = place.open().await;
    let other = |sequence| Segment { distance: 7, ..segment(sequence) };
    let begun = tokio::time::Instant::now();
    let trips: Vec<String> = (0..20).map(|number| format!("t{number}")).collect();
    for trip in &trips {
        store.add_segments(CITY, &**trip, segments([1, 2])).await.unwrap();
    }
    let added = trips::Totals { distance: 14, duration: 20, segments: 2, billed: None };
    // From before the first of them goes until after the last has gone, each asked once and each sweeping out others.
    for (number, trip) in (0..).zip(&trips) {
        tokio::time::sleep_until(begun + Duration::from_millis(950 + 10 * number)).await;
        let told = store.add_segments(CITY, &**trip, vec![other(1), other(2)]).await;
        assert!(told == Err(trips::AddError::Conflict(1)) || told == Ok(added), "{trip}: {told:?}");
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for trip in &trips {
        assert_eq!(store.add_segments(CITY, &**trip, vec![other(1), other(2)]).await, Ok(added), "{trip}");
    }
}

// Limits. What they come to at which moment is held to the model in `limits.rs`, where a test says what the clock says.

/// So slow that nothing comes while a test runs.
fn a_day(requests: u32) -> limits::Limit {
    limits::Limit { rate: 1, burst: 1_000_000, window: Some(limits::Window { requests, seconds: 86_400 }) }
}

/// All that there is, then what is left, then nothing until it is said when to come again; each limit by its name.
async fn a_limit_grants_what_there_is(place: Place) {
    let store = place.open().await;
    for (name, up_to, granted, left) in [
        ("a", 4_u32, 4, 6),
        ("a", 5, 5, 1),
        ("b", 1, 1, 9),
        ("a", 5, 1, 0),
        ("a", 5, 0, 0),
        ("b", 1_000, 9, 0),
        ("a", 1, 0, 0),
    ] {
        let taken = store.take(name, a_day(10), up_to).await.unwrap();
        assert_eq!((taken.granted, taken.window), (granted, Some(left)), "{name} {up_to}: {taken:?}");
        assert_eq!(taken.retry_after_ms == 0, left > 0, "{taken:?}");
    }
    let quick = limits::Limit { rate: 100, burst: 3, window: None };
    let taken = store.take("c", quick, 3_u32).await.unwrap();
    assert_eq!((taken.granted, taken.window), (3, None));
    assert!(taken.bucket == 0 && (1..=10).contains(&taken.retry_after_ms), "{taken:?}");
    tokio::time::sleep(Duration::from_millis(15)).await;
    assert!(store.take("c", quick, 3_u32).await.unwrap().granted > 0);
    // Another limit of the same name goes on from what there is.
    let taken = store.take("a", a_day(12), 5_u32).await.unwrap();
    assert_eq!((taken.granted, taken.window), (2, Some(0)));
}

/// However many ask at once, of however many instances, no more are granted than there are.
async fn a_limit_is_shared_by_all_instances(place: Place) {
    let stores = [place.open().await, place.open_elsewhere().await];
    let calls = (0..100_usize).map(|call| stores[call % 2].take("shared", a_day(777), 10_u32));
    let granted: u32 = join_all(calls).await.into_iter().map(|taken| taken.unwrap().granted).sum();
    assert_eq!(granted, 777);
}

async fn limits_out_of_range_are_refused(place: Place) {
    let store = place.open().await;
    let good = a_day(10);
    let window = |requests, seconds| Some(limits::Window { requests, seconds });
    for (limit, up_to, field) in [
        (good, 0_u32, "up-to"),
        (good, 1_001, "up-to"),
        (limits::Limit { rate: 0, ..good }, 1, "rate"),
        (limits::Limit { rate: 100_001, ..good }, 1, "rate"),
        (limits::Limit { burst: 0, ..good }, 1, "burst"),
        (limits::Limit { burst: 1_000_001, ..good }, 1, "burst"),
        (limits::Limit { window: window(0, 1), ..good }, 1, "window/requests"),
        (limits::Limit { window: window(1, 86_401), ..good }, 1, "window/seconds"),
    ] {
        let refused = store.take("a", limit, up_to).await;
        let Err(Fault::Other(told)) = &refused else { panic!("{refused:?}") };
        assert!(told.contains(&format!("a limit's {field} is ")) && told.contains("it must be from 1 to "), "{told}");
    }
    assert_eq!(store.take("a", good, 10_u32).await.unwrap().granted, 10, "nothing was taken");
}

// Quotes.

async fn a_quote_lives_as_long_as_it_was_told_to(place: Place) {
    let store = place.open().await;
    store.put_quote(CITY, "short", "s", 1_u64).await.unwrap();
    let put = Instant::now();
    store.put_quote(CITY, "long", "l", 3_600_u64).await.unwrap();
    assert_eq!(store.quote(CITY, "short").await, Ok(Some("s".to_owned())));
    tokio::time::sleep(Duration::from_millis(800)).await;
    let alive = store.quote(CITY, "short").await;
    assert!(alive == Ok(Some("s".to_owned())) || put.elapsed() > Duration::from_millis(990), "expired early");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(store.quote(CITY, "short").await, Ok(None), "expired");
    assert_eq!(store.quote(CITY, "long").await, Ok(Some("l".to_owned())));
    store.put_quote(CITY, "short", "again", 60_u64).await.unwrap();
    assert_eq!(store.quote(CITY, "short").await, Ok(Some("again".to_owned())));
}

async fn a_quote_is_replaced(place: Place) {
    let store = place.open().await;
    store.put_quote(CITY, "q", "first", 1_u64).await.unwrap();
    store.put_quote(CITY, "q", "second", 60_u64).await.unwrap();
    assert_eq!(store.quote(CITY, "q").await, Ok(Some("second".to_owned())));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(store.quote(CITY, "q").await, Ok(Some("second".to_owned())), "lives by its own time");
}

// Documents.

async fn a_document_is_written_once_and_stays(place: Place) {
    let store = place.open().await;
    assert_eq!(store.put_document(CITY, DocumentKind::RateCard, "v1", "{ \"a\": 1 }").await, Ok(()));
    assert_eq!(
        store.put_document(CITY, DocumentKind::RateCard, "v1", "{\"a\":1}").await,
        Ok(()),
        "laid out differently"
    );
    assert_eq!(store.put_document(CITY, DocumentKind::RateCard, "v2", "{\"a\":2}").await, Ok(()));
    assert_eq!(
        store.document(CITY, DocumentKind::RateCard, "v1").await,
        Ok(Some("{ \"a\": 1 }".to_owned())),
        "the first stays"
    );
    assert_eq!(store.document(CITY, DocumentKind::RateCard, "v2").await, Ok(Some("{\"a\":2}".to_owned())));
    for kind in [DocumentKind::Policy, DocumentKind::Catalogue, DocumentKind::City] {
        assert_eq!(store.document(CITY, kind, "v1").await, Ok(None), "{kind:?}");
        assert_eq!(store.put_document(CITY, kind, "v1", format!("{kind:?}")).await, Ok(()));
        assert_eq!(store.document(CITY, kind, "v1").await, Ok(Some(format!("{kind:?}"))));
    }
}

// Bills.

async fn a_bill_has_revisions(place: Place) {
    let store = place.open().await;
    assert_eq!(store.post(CITY, "t", revision(1, "first")).await, Ok(bills::PostOutcome::Created));
    let first = Ok(bills::PostOutcome::Exists(kept(1, "first")));
    assert_eq!(store.post(CITY, "t", revision(1, "first")).await, first, "its own, again");
    assert_eq!(store.post(CITY, "t", revision(1, "other")).await, first);
    assert_eq!(store.head(CITY, "t").await, Ok(Some(kept(1, "first"))));
    for number in 2..=4 {
        let outcome = store.post(CITY, "t", revision(number, &number.to_string())).await;
        assert_eq!(outcome, Ok(bills::PostOutcome::Created), "{number}");
        assert_eq!(store.head(CITY, "t").await, Ok(Some(kept(number, &number.to_string()))));
    }
    let head = Ok(bills::PostOutcome::Exists(kept(4, "4")));
    for number in [1, 2, 4] {
        assert_eq!(store.post(CITY, "t", revision(number, "late")).await, head, "{number}");
    }
    for (number, name) in [(1, "first"), (2, "2"), (3, "3"), (4, "4")] {
        assert_eq!(store.revision(CITY, "t", number).await, Ok(Some(kept(number, name))), "an older one stays");
    }
    for number in [0_u32, 5] {
        assert_eq!(store.revision(CITY, "t", number).await, Ok(None));
    }
    assert_eq!(store.head(CITY, "u").await, Ok(None));
    assert_eq!(store.post(CITY, "u", revision(1, "second")).await, Ok(bills::PostOutcome::Created), "another trip");
}

/// What was lost is posted again: a newer revision before an older one, which is put back with its top-up, and neither listed nor due, and
/// never in the place of another; nor before the one after it is there.
async fn revisions_are_put_back_where_they_belong(place: Place) {
    let store = place.open().await;
    let created = Ok(bills::PostOutcome::Created);
    assert_eq!(store.post(CITY, "t", revision(3, "third")).await, created);
    assert_eq!(store.head(CITY, "t").await, Ok(Some(kept(3, "third"))));
    let head = Ok(bills::PostOutcome::Exists(kept(3, "third")));
    let first = due_at(2_000, Degradation::TripMissing, owing(7, revision(1, "first")));
    assert_eq!(store.post(CITY, "t", first.clone()).await, head, "the one after it is not there");
    assert_eq!(store.post(CITY, "t", revision(2, "second")).await, created);
    assert_eq!(store.post(CITY, "t", first.clone()).await, created);
    assert_eq!(store.entry(CITY, "t", 1_u32).await.unwrap().map(|entry| entry.top_up), Some(7));
    assert_eq!(store.head(CITY, "t").await, Ok(Some(kept(3, "third"))), "the newest stays the newest");
    assert_eq!(store.revision(CITY, "t", 1_u32).await, Ok(Some(kept(1, "first"))));
    assert_eq!(due_all(&store, CITY, 10).await, [], "it was settled by the newer one");
    assert_eq!(list_all(&store, CITY, DAY, 10).await, [("t".to_owned(), 3)]);
    assert_eq!(store.post(CITY, "t", first).await, head);
    assert_eq!(store.post(CITY, "t", revision(4, "fourth")).await, created);
}

/// Two nodes have billed a trip while neither knew of the other, and the store has lost both bills: what was made from the one is never put
/// beside the other, whoever sends what first. As `lineage.rs` says, which is asked the same; also of what a revision was before who rode was
/// taken out of it.
async fn what_follows_another_revision_is_not_taken(place: Place) {
    let store = place.open().await;
    let [a, b] = ["a", "b"].map(|document| lineage::first("request", document));
    let [a2, b2] = [&a, &b].map(|before| lineage::next(before, &format!("after {before}")));
    let a3 = lineage::next(&a2, "third");
    let all: [(u32, &str); 5] = [(1, &a), (1, &b), (2, &a2), (2, &b2), (3, &a3)];
    let new = |number, fingerprint: &str, seen| {
        let new = revision(number, "any");
        let bill = bills::Bill { fingerprint: fingerprint.to_owned(), ..new.bill };
        bills::NewRevision { bill, seen, ..new }
    };
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..60 {
        let (trip, mut held) = (format!("t-{round}"), BTreeMap::<u32, &str>::new());
        for _ in 0..8 {
            let (number, fingerprint) = all[random.usize(..all.len())];
            // Whoever made it of the segments that the trip had is told of the bill, and not of segments.
            let seen = random.bool().then_some(0);
            let outcome = store.post(CITY, &trip, new(number, fingerprint, seen)).await.unwrap();
            let head = held.last_key_value().map(|(number, _)| *number);
            let [before, after] = [number - 1, number + 1].map(|beside| held.get(&beside).copied());
            let is_taken = !held.contains_key(&number) && lineage::is_taken(number, fingerprint, head, before, after);
            if is_taken {
                assert_eq!(outcome, bills::PostOutcome::Created, "{round}: {number} {fingerprint} to {held:?}");
                held.insert(number, fingerprint);
            } else {
                let bills::PostOutcome::Exists(told) = outcome else { panic!("{round}: {outcome:?} of {held:?}") };
                assert_eq!(
                    (told.number, Some(&*told.bill.fingerprint)),
                    (head.unwrap(), held.get(&head.unwrap()).copied())
                );
            }
        }
        for (number, fingerprint) in &held {
            let there = store.revision(CITY, &trip, *number).await.unwrap().unwrap();
            assert_eq!(there.bill.fingerprint, *fingerprint);
        }
    }
}

/// Another document takes the place of one that is what was expected, the head's or an older one's, and of no other; nothing else of the
/// bill is another, and whoever read it before does not undo it.
async fn a_document_of_a_revision_is_redacted(place: Place) {
    let store = place.open().await;
    put_all(&store, CITY, "t").await;
    for (number, name) in [(2, "two"), (3, "three")] {
        assert_eq!(store.post(CITY, "t", revision(number, name)).await, Ok(bills::PostOutcome::Created));
    }
    let first = store.revision(CITY, "t", 1_u32).await.unwrap().unwrap();
    let listed = list_all(&store, CITY, DAY, 10).await;
    for (number, was) in [(1, first.bill.clone()), (2, bill("two")), (3, bill("three"))] {
        let redacted = bills::Bill { document: format!("{} without", was.document), ..was.clone() };
        for (trip, number, expected) in [
            ("t", number, "another"),
            ("t", number + 1, &*was.document),
            ("t", 9, &was.document),
            ("u", number, &was.document),
        ] {
            let said = store.redact(CITY, trip, number, expected, "never").await;
            assert_eq!(said, Ok(false), "{trip} {number}");
        }
        assert_eq!(store.redact(CITY, "t", number, &*was.document, &*redacted.document).await, Ok(true));
        assert_eq!(store.redact(CITY, "t", number, &*was.document, "never").await, Ok(false), "once is enough");
        let kept = Some(bills::Revision { number, bill: redacted });
        assert_eq!(store.revision(CITY, "t", number).await, Ok(kept.clone()));
        if number == 3 {
            assert_eq!(store.head(CITY, "t").await, Ok(kept));
        }
    }
    assert_eq!(list_all(&store, CITY, DAY, 10).await, listed);
    let again = store.post(CITY, "t", revision(3, "three")).await;
    assert!(matches!(again, Ok(bills::PostOutcome::Exists(head)) if head.bill.document.ends_with(" without")));
}

async fn of_parallel_bills_one_is_kept(place: Place) {
    let stores = [place.open().await, place.open().await];
    for number in 1..=2 {
        let calls = (0..50).map(|call: usize| {
            let name = format!("{number} {call}");
            stores[call % 2].post(CITY, "t", owing(1 + i64::try_from(call).unwrap(), revision(number, &name)))
        });
        let outcomes = join_all(calls).await;
        let head = stores[0].head(CITY, "t").await.unwrap().unwrap();
        let created: Vec<usize> =
            (0..outcomes.len()).filter(|call| outcomes[*call] == Ok(bills::PostOutcome::Created)).collect();
        assert_eq!(created.len(), 1, "{outcomes:?}");
        assert_eq!(head, kept(number, &format!("{number} {}", created[0])));
        assert_eq!(outcomes.iter().filter(|o| **o == Ok(bills::PostOutcome::Exists(head.clone()))).count(), 49);
        let entry = stores[1].entry(CITY, "t", number).await.unwrap().unwrap();
        assert_eq!(entry.top_up, 1 + i64::try_from(created[0]).unwrap(), "the winner's top-up");
    }
}

/// Whatever cannot be right is refused before anything is written.
async fn a_revision_that_cannot_be_is_refused(place: Place) {
    let store = place.open().await;
    let wrong = [
        revision(0, "a"),
        owing(0, revision(1, "a")),
        owing(-1, revision(1, "a")),
        owing(0, revision(2, "a")),
        in_currency("yen", owing(1, revision(1, "a"))),
        bills::NewRevision { day: "2026-11-2".to_owned(), ..revision(1, "a") },
        bills::NewRevision { day: "a:b".to_owned(), ..revision(1, "a") },
    ];
    for new in wrong {
        let refused = store.post(CITY, "t", new.clone()).await;
        assert!(matches!(refused, Err(Fault::Other(_))), "{new:?}: {refused:?}");
    }
    assert_nothing_at(&store, CITY, "t").await;
    for limit in [0_u32, 1_001] {
        assert!(matches!(store.list(CITY, DAY, None::<String>, limit).await, Err(Fault::Other(_))), "{limit}");
        assert!(matches!(store.due(CITY, None::<String>, limit).await, Err(Fault::Other(_))), "{limit}");
    }
    assert!(matches!(store.list(CITY, "today", None::<String>, 1_u32).await, Err(Fault::Other(_))));
    assert!(matches!(store.due(CITY, Some("nonsense".to_owned()), 1_u32).await, Err(Fault::Other(_))));
}

// The ledger.

async fn a_top_up_comes_with_its_revision(place: Place) {
    let store = place.open().await;
    assert_eq!(store.post(CITY, "t", owing(135, revision(1, "a"))).await, Ok(bills::PostOutcome::Created));
    let entry = |top_up, billed_at| ledger::Entry {
        currency: "CNY".to_owned(),
        top_up,
        document: "peak:1".to_owned(),
        billed_at,
    };
    assert_eq!(store.entry(CITY, "t", 1_u32).await, Ok(Some(entry(135, 1_000))));
    let again = store.post(CITY, "t", owing(136, revision(1, "b"))).await;
    assert_eq!(again, Ok(bills::PostOutcome::Exists(kept(1, "a"))));
    assert_eq!(store.entry(CITY, "t", 1_u32).await, Ok(Some(entry(135, 1_000))), "nothing was written");
    assert_eq!(store.post(CITY, "t", revision(2, "b")).await, Ok(bills::PostOutcome::Created));
    assert_eq!(store.entry(CITY, "t", 2_u32).await, Ok(None), "the second owes nothing");
    assert_eq!(store.entry(CITY, "t", 1_u32).await, Ok(Some(entry(135, 1_000))), "the first still does");
    assert_eq!(store.post(CITY, "t", owing(-35, revision(3, "c"))).await, Ok(bills::PostOutcome::Created));
    assert_eq!(store.entry(CITY, "t", 3_u32).await, Ok(Some(entry(-35, 1_000))), "the third takes back");
    let largest = bills::NewRevision { billed_at: i64::MIN, ..owing(i64::MAX, revision(1, "a")) };
    assert_eq!(store.post(CITY, "u", largest).await, Ok(bills::PostOutcome::Created));
    assert_eq!(store.entry(CITY, "u", 1_u32).await, Ok(Some(entry(i64::MAX, i64::MIN))));
}

// What was billed on a day, and what is due.

async fn bills_are_listed_by_day(place: Place) {
    let store = place.open().await;
    let on = |day: &str, new| bills::NewRevision { day: day.to_owned(), ..new };
    let mut expected = Vec::new();
    for trip in 0..40 {
        let trip = format!("t:{trip}");
        store.post(CITY, &*trip, revision(1, "a")).await.unwrap();
        expected.push((trip, 1));
    }
    store.post(CITY, "t:3", revision(2, "b")).await.unwrap();
    store.post(CITY, "t:4", on("2026-11-27", revision(2, "b"))).await.unwrap();
    store.post("310000", "elsewhere", revision(1, "a")).await.unwrap();
    expected.iter_mut().find(|(trip, _)| trip == "t:3").unwrap().1 = 2;
    expected.sort();
    for limit in [1, 7, 40, 1_000] {
        assert_eq!(list_all(&store, CITY, DAY, limit).await, expected, "{limit}");
    }
    assert_eq!(list_all(&store, CITY, "2026-11-27", 10).await, [("t:4".to_owned(), 2)]);
    assert_eq!(list_all(&store, CITY, "2026-11-28", 10).await, []);
}

async fn what_is_due_is_listed_until_it_is_settled(place: Place) {
    let store = place.open().await;
    let mut expected = Vec::new();
    for number in 0..20_i64 {
        let trip = format!("t:{number}");
        store.post(CITY, &*trip, due_at(2_000 - number, Degradation::TripMissing, revision(1, "a"))).await.unwrap();
        expected.push((trip, 1, Some(Degradation::TripMissing), 2_000 - number));
    }
    store.post(CITY, "final", revision(1, "a")).await.unwrap();
    expected.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    for limit in [1, 7, 20, 1_000] {
        assert_eq!(due_all(&store, CITY, limit).await, expected, "{limit}");
    }
    // A revision settles what came due before it was made, and nothing that came due since.
    let later = |billed_at| bills::NewRevision { billed_at, ..revision(2, "b") };
    for (trip, billed_at, stays) in [("t:0", 2_000, true), ("t:1", 2_000, false)] {
        store.post(CITY, trip, later(billed_at)).await.unwrap();
        expected.retain(|(other, ..)| other != trip || stays);
    }
    let still = Degradation::StoreTimeout;
    store.post(CITY, "t:2", due_at(3_000, still, later(2_500))).await.unwrap();
    *expected.iter_mut().find(|(trip, ..)| trip == "t:2").unwrap() = ("t:2".to_owned(), 2, Some(still), 3_000);
    assert_eq!(due_all(&store, CITY, 7).await, expected);
}

/// A later release, which runs beside this one, has more reasons: one of them keeps nobody from the rest of the list.
async fn a_reason_of_a_later_release_is_listed(place: Place) {
    let store = place.open().await;
    for trip in ["t:1", "t:2"] {
        store.post(CITY, trip, due_at(7, Degradation::TripMissing, revision(1, "a"))).await.unwrap();
    }
    place.be_due_for_another_reason("t:1");
    let listed = due_all(&store, CITY, 1).await;
    let known = Some(Degradation::TripMissing);
    assert_eq!(listed, [("t:1".to_owned(), 1, None, 7), ("t:2".to_owned(), 1, known, 7)]);
}

/// Segments that are new to a trip with a bill say so, and make it due; repeats say so only.
async fn late_segments_make_a_trip_due(place: Place) {
    let store = place.open().await;
    let billed = |segments, billed| Ok(trips::Totals { billed: Some(billed), ..totals_of(segments) });
    store.add_segments(CITY, "t", segments([1, 2])).await.unwrap();
    store.post(CITY, "t", revision(1, "a")).await.unwrap();
    assert_eq!(store.add_segments(CITY, "t", segments([1, 2])).await, billed(2, 1));
    assert_eq!(store.add_segments(CITY, "t", segments([])).await, billed(2, 1));
    assert_eq!(due_all(&store, CITY, 10).await, []);
    let conflict = Segment { distance: 7, ..segment(1) };
    let refused = store.add_segments(CITY, "t", vec![conflict, segment(3)]).await;
    assert_eq!(refused, Err(trips::AddError::Conflict(1)));
    assert_eq!(due_all(&store, CITY, 10).await, [], "nothing was added");
    assert_eq!(store.add_segments(CITY, "t", segments([2, 3])).await, billed(3, 1));
    let [(trip, 1, reason, at)] = &due_all(&store, CITY, 10).await[..] else { panic!("not due") };
    assert_eq!((&**trip, *reason), ("t", Some(Degradation::LateSegments)));
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    assert!((now - 60..=now + 1).contains(at), "{at}");
    // Made before they came, and made after.
    for (number, billed_at, left) in [(2, now - 3_600, 1), (3, now + 3_600, 0)] {
        store.post(CITY, "t", bills::NewRevision { billed_at, ..revision(number, "b") }).await.unwrap();
        assert_eq!(due_all(&store, CITY, 10).await.len(), left, "{number}");
    }
    assert_eq!(store.add_segments(CITY, "t", segments([4])).await, billed(4, 3));
    assert_eq!(due_all(&store, CITY, 10).await.len(), 1);
    // A trip that nothing is known of any more has its bill all the same.
    store.post(CITY, "unmeasured", revision(1, "a")).await.unwrap();
    assert_eq!(store.add_segments(CITY, "unmeasured", segments([1])).await, billed(1, 1));
    assert_eq!(due_all(&store, CITY, 10).await.len(), 2);
}

// Requests that are carried out once.

/// A step in which a request is carried out, or refused.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// New segments.
    Add,
    /// Segments that are there.
    AddAgain,
    /// None.
    AddNone,
    /// The next revision of a bill.
    Post,
    /// One that is there already.
    PostAgain,
    /// Nothing else.
    Enter,
}

impl Step {
    const ALL: [Self; 6] = [Self::Add, Self::AddAgain, Self::AddNone, Self::Post, Self::PostAgain, Self::Enter];

    /// Takes the step on a trip that has been taken `before` in this way; whether it was carried out.
    async fn take(self, store: &StoreUnderTest, trip: &str, before: u32, once: nonces::Once) -> bool {
        let added = async |sent: &[u64]| {
            let added = store.add_segments_once(CITY, trip, segments(sent.iter().copied()), once.clone()).await;
            assert!(added.is_ok() || added == Err(trips::AddError::Replayed), "{self:?}: {added:?}");
            added.is_ok()
        };
        let posted = async |number| {
            let posted = store.post_once(CITY, trip, revision(number, "once"), once.clone()).await.unwrap();
            match (self, &posted) {
                (_, bills::PostOutcome::Replayed) => false,
                (Self::Post, bills::PostOutcome::Created) => true,
                (Self::PostAgain, bills::PostOutcome::Exists(head)) => {
                    assert_eq!(store.head(CITY, trip).await, Ok(Some(head.clone())));
                    true
                }
                _ => panic!("{self:?}: {posted:?}"),
            }
        };
        match self {
            Self::Add => added(&[u64::from(before) + 2]).await,
            Self::AddAgain => added(&[1]).await,
            Self::AddNone => added(&[]).await,
            Self::Post => posted(before + 2).await,
            Self::PostAgain => posted(1).await,
            Self::Enter => store.enter(CITY, trip, once.clone()).await.unwrap() == nonces::Entered::Fresh,
        }
    }

    /// A trip that the steps can be taken on.
    async fn prepare(store: &StoreUnderTest, trip: &str) {
        store.add_segments(CITY, trip, segments([1])).await.unwrap();
        store.post(CITY, trip, revision(1, "first")).await.unwrap();
    }
}

/// Whatever a request is carried out by, another attempt at it is refused, by every step and on every instance; the same attempt
/// never is. What is refused writes nothing.
async fn a_request_is_carried_out_once(place: Place) {
    let stores = [place.open().await, place.open_elsewhere().await];
    let [store, elsewhere] = &stores;
    for (number, first) in Step::ALL.into_iter().enumerate() {
        let trip = format!("t-{number}");
        Step::prepare(store, &trip).await;
        // The last ones that there are, and two that differ in one bit of many.
        let [attempt, another] =
            [[7, 8], [0, u64::MAX], [u64::MAX, u64::MAX - 1], [1 << 63, 0], [1 << 53, (1 << 53) + 1], [1, 0]][number];
        assert!(first.take(store, &trip, 0, once("a", attempt)).await, "{first:?}: fresh");
        let (held, head) = (store.segments(CITY, &*trip).await, store.head(CITY, &*trip).await);
        for next in Step::ALL {
            for store in &stores {
                assert!(!next.take(store, &trip, 1, once("a", another)).await, "{first:?}, then {next:?}: replayed");
            }
        }
        assert_eq!((store.segments(CITY, &*trip).await, store.head(CITY, &*trip).await), (held, head), "{first:?}");
        let taken = u32::from(matches!(first, Step::Post));
        for next in [Step::Add, Step::AddAgain, Step::AddNone, Step::PostAgain, Step::Enter] {
            let again = next.take(elsewhere, &trip, 0, once("a", attempt)).await;
            assert!(again, "{first:?}, then {next:?}: the same attempt");
        }
        assert!(Step::Post.take(elsewhere, &trip, taken, once("a", attempt)).await, "{first:?}, then a revision");
        assert!(!Step::Enter.take(elsewhere, &trip, 0, once("a", another)).await, "{first:?}: still entered");
    }
}

/// A nonce is one of a key about a trip: another key, another trip and another city have their own.
async fn a_nonce_counts_for_a_key_and_a_trip(place: Place) {
    let store = place.open().await;
    let enter = async |city: &str, trip: &str, once: nonces::Once| store.enter(city, trip, once).await;
    let fresh = Ok(nonces::Entered::Fresh);
    let of_key = |key: &str| nonces::Once { key: key.to_owned(), ..once("a", 2) };
    assert_eq!(enter(CITY, "t", once("a", 1)).await, fresh);
    for (city, trip, once) in [
        (CITY, "t", once("b", 2)),
        (CITY, "t", once("A", 2)),
        (CITY, "t", of_key("Dispatch")),
        (CITY, "t", of_key("meter")),
        (CITY, "u", once("a", 2)),
        (CITY, "T", once("a", 2)),
        (CITY, "a:t", once("a", 2)),
        ("310000", "t", once("a", 2)),
    ] {
        assert_eq!(enter(city, trip, once.clone()).await, fresh, "{city} {trip} {once:?}");
    }
    assert_eq!(enter(CITY, "t", once("a", 2)).await, Ok(nonces::Entered::Replayed));
    // Every character that a nonce may have, and the longest.
    for nonce in ["-_.~+/=-_.~+/=09AZaz", &"=".repeat(64), "0000000000000000"] {
        assert_eq!(enter(CITY, "t", once(nonce, 1)).await, fresh, "{nonce}");
        assert_eq!(enter(CITY, "t", once(nonce, 2)).await, Ok(nonces::Entered::Replayed), "{nonce}");
    }
    for ttl in [0, 315_360_001] {
        let refused = store.enter(CITY, "t", nonces::Once { ttl, ..once("c", 1) }).await;
        assert!(matches!(refused, Err(Fault::Other(_))), "{ttl}: {refused:?}");
    }
}

/// What is in conflict, or too much, was not carried out: it may be asked again with the same nonce. That it is a replay comes
/// first, since whoever sends something again is told nothing.
async fn what_is_refused_is_not_entered(place: Place) {
    let store = place.open().await;
    store.add_segments(CITY, "t", segments([1])).await.unwrap();
    store.add_segments(CITY, "full", segments(0..20_000)).await.unwrap();
    let other = vec![Segment { distance: 7, ..segment(1) }];
    for attempt in 1..=2 {
        let conflict = store.add_segments_once(CITY, "t", other.clone(), once("a", attempt)).await;
        assert_eq!(conflict, Err(trips::AddError::Conflict(1)));
        let too_many = store.add_segments_once(CITY, "full", segments([20_000]), once("a", attempt)).await;
        assert_eq!(too_many, Err(trips::AddError::TooManySegments(20_000)));
    }
    for trip in ["t", "full"] {
        assert_eq!(store.enter(CITY, trip, once("a", 3)).await, Ok(nonces::Entered::Fresh));
    }
    let refused = store.add_segments_once(CITY, "t", other, once("a", 4)).await;
    assert_eq!(refused, Err(trips::AddError::Replayed));
    let refused = store.add_segments_once(CITY, "full", segments([20_000]), once("a", 4)).await;
    assert_eq!(refused, Err(trips::AddError::Replayed));
    let refused = store.post_once(CITY, "t", revision(2, "b"), once("a", 4)).await;
    assert_eq!(refused, Ok(bills::PostOutcome::Replayed), "whatever else is wrong with it");
}

/// However many attempts at one request come at once, on however many instances, one is carried out.
async fn of_parallel_attempts_one_is_carried_out(place: Place) {
    let stores = [place.open().await, place.open_elsewhere().await];
    for step in Step::ALL {
        let trip = format!("{step:?}");
        Step::prepare(&stores[0], &trip).await;
        let attempts = (0..40).map(|number: usize| {
            let attempt = once("a", u64::try_from(number).unwrap());
            step.take(&stores[number % 2], &trip, 0, attempt)
        });
        let carried_out = join_all(attempts).await.into_iter().filter(|carried_out| *carried_out).count();
        assert_eq!(carried_out, 1, "{step:?}");
    }
}

/// A nonce is kept for its time from when it was entered, and is as good as new then.
async fn a_nonce_is_forgotten_when_its_time_is_over(place: Place) {
    let store = place.open().await;
    let short = |attempt| nonces::Once { ttl: 1, ..once("a", attempt) };
    for (number, step) in Step::ALL.into_iter().enumerate() {
        let trip = format!("t-{number}");
        Step::prepare(&store, &trip).await;
        assert!(step.take(&store, &trip, 0, short(1)).await);
        let entered = Instant::now();
        let replayed = !step.take(&store, &trip, 1, once("a", 2)).await;
        assert!(replayed || entered.elapsed() > Duration::from_millis(990), "{step:?}");
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for (number, step) in Step::ALL.into_iter().enumerate() {
        let trip = format!("t-{number}");
        assert!(step.take(&store, &trip, 1, once("a", 2)).await, "{step:?}: its time is over");
        assert!(!step.take(&store, &trip, 2, once("a", 1)).await, "{step:?}: it is another's now");
    }
}

// Names, documents, instances.

async fn absence_is_not_an_error(place: Place) {
    assert_nothing_at(&place.open().await, CITY, "nobody").await;
}

async fn assert_nothing_at(store: &StoreUnderTest, city: &str, name: &str) {
    assert_eq!(store.segments(city, name).await, Ok(None));
    assert_eq!(store.quote(city, name).await, Ok(None));
    assert_eq!(store.document(city, DocumentKind::RateCard, name).await, Ok(None));
    assert_eq!(store.head(city, name).await, Ok(None));
    assert_eq!(store.revision(city, name, 1_u32).await, Ok(None));
    assert_eq!(store.entry(city, name, 1_u32).await, Ok(None));
}

/// Puts one of everything, which nobody has put before.
async fn put_all(store: &StoreUnderTest, city: &str, name: &str) {
    let hint = format!("{city} {name}");
    assert_eq!(store.add_segments(city, name, segments([1])).await, Ok(totals_of(1)), "{hint}");
    assert_eq!(store.put_quote(city, name, format!("quote {hint}"), 60_u64).await, Ok(()), "{hint}");
    assert_eq!(store.put_document(city, DocumentKind::RateCard, name, format!("card {hint}")).await, Ok(()), "{hint}");
    let new = owing(1, revision(1, &hint));
    assert_eq!(store.post(city, name, new).await, Ok(bills::PostOutcome::Created), "{hint}");
}

async fn assert_all_at(store: &StoreUnderTest, city: &str, name: &str) {
    let hint = format!("{city} {name}");
    assert_eq!(store.segments(city, name).await, Ok(Some(segments([1]))), "{hint}");
    assert_eq!(store.quote(city, name).await, Ok(Some(format!("quote {hint}"))));
    assert_eq!(store.document(city, DocumentKind::RateCard, name).await, Ok(Some(format!("card {hint}"))));
    assert_eq!(store.head(city, name).await, Ok(Some(kept(1, &hint))));
    let entry = store.entry(city, name, 1_u32).await.unwrap().unwrap();
    assert_eq!((entry.top_up, &*entry.currency), (1, "CNY"));
}

async fn cities_do_not_share_anything(place: Place) {
    let store = place.open().await;
    put_all(&store, "110000", "t").await;
    assert_nothing_at(&store, "310000", "t").await;
    put_all(&store, "310000", "t").await;
    assert_all_at(&store, "110000", "t").await;
    assert_all_at(&store, "310000", "t").await;
}

async fn every_allowed_name_is_a_name_of_its_own(place: Place) {
    let store = place.open().await;
    let letters: String = ('A'..='Z').chain('a'..='z').chain('0'..='9').collect();
    let longest = format!("{letters}{letters}~:._");
    assert_eq!(longest.len(), 128);
    let names = [
        "._:~-", "a", "A", "a:", ":a", "a:b", "trip:a", "bill", "distance", "~", ".", "-", "0", "00", &letters,
        &longest,
    ];
    let cities = ["Z", "z", "a-b", "a_b", "a", "Abcdefghijklmnopqrstuvwxyz012345"];
    for city in cities {
        for name in names {
            put_all(&store, city, name).await;
        }
    }
    for city in cities {
        for name in names {
            assert_all_at(&store, city, name).await;
        }
    }
}

async fn documents_come_back_as_they_were(place: Place) {
    let store = place.open().await;
    let long = "价格🚕".repeat(1 << 17);
    let documents = [
        "",
        " ",
        "\0",
        "a\0b",
        "{\"总价\":\"9.60\"}",
        "🚕\u{301}\u{202e}'\";--\r\n\\",
        "1e400",
        "NULL",
        "%s{0}",
        &long,
    ];
    for (number, document) in documents.into_iter().enumerate() {
        let (name, start) = (number.to_string(), document.chars().take(20).collect::<String>());
        store.put_quote(CITY, &*name, document, 60_u64).await.unwrap();
        assert!(store.quote(CITY, &*name).await == Ok(Some(document.to_owned())), "{start:?}");
        store.put_document(CITY, DocumentKind::RateCard, &*name, document).await.unwrap();
        assert!(
            store.document(CITY, DocumentKind::RateCard, &*name).await == Ok(Some(document.to_owned())),
            "{start:?}"
        );
        let bill = bills::Bill { fingerprint: document.to_owned(), document: document.to_owned() };
        let top_up = bills::TopUp { currency: "CNY".to_owned(), amount: 1, document: document.to_owned() };
        let new = bills::NewRevision { bill: bill.clone(), ..revision(1, "") };
        let new = bills::NewRevision { top_up: Some(top_up), ..new };
        assert_eq!(store.post(CITY, &*name, new).await, Ok(bills::PostOutcome::Created), "{start:?}");
        let stored = bills::Revision { number: 1, bill };
        assert!(store.head(CITY, &*name).await == Ok(Some(stored.clone())), "{start:?}");
        let exists = store.post(CITY, &*name, revision(1, "other")).await;
        assert!(exists == Ok(bills::PostOutcome::Exists(stored.clone())), "{start:?}");
        assert!(store.entry(CITY, &*name, 1_u32).await.unwrap().unwrap().document == document, "{start:?}");
        store.post(CITY, &*name, revision(2, "other")).await.unwrap();
        assert!(store.revision(CITY, &*name, 1_u32).await == Ok(Some(stored)), "{start:?}");
    }
}

async fn instances_see_each_others_writes(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    put_all(&one, CITY, "a").await;
    assert_all_at(&two, CITY, "a").await;
    put_all(&two, CITY, "b").await;
    assert_all_at(&one, CITY, "b").await;
    assert_eq!(two.add_segments(CITY, "a", segments([2])).await, Ok(billed(totals_of(2))));
    assert_eq!(one.add_segments(CITY, "a", segments([1, 3])).await, Ok(billed(totals_of(3))));
}

async fn what_was_written_outlives_the_instance(place: Place) {
    put_all(&place.open().await, CITY, "t").await;
    assert_all_at(&place.open().await, CITY, "t").await;
    assert_all_at(&place.open_elsewhere().await, CITY, "t").await;
}

// Configurations, which are in SQLite whatever the rest is in.

async fn a_configuration_is_kept_on_the_node(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    let manifest = |file: &str| format!("{{\"cards/a.json\":\"{file}\"}}");
    let proposal =
        |number: u64, file: &str| configuration::Proposal { number, lead_ms: 1_000 * number, manifest: manifest(file) };
    let now_ms = || u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    // What it is, whenever it is in force.
    let is = |generation: &configuration::Generation, number: u64, file: &str| {
        generation.number == number && generation.manifest == manifest(file)
    };
    let before = now_ms();
    let known = one.generations().await.unwrap();
    assert!(known.newest.is_empty() && (before..=now_ms()).contains(&known.now_ms), "{known:?}");
    assert_eq!(one.file("v1").await, Ok(None));
    for (number, file) in [(1, "v1"), (2, "v2")] {
        assert_eq!(one.put_file(file, format!("text of {file}")).await, Ok(()));
        assert_eq!(one.put_file(file, format!("text of {file}")).await, Ok(()), "again");
        let before = now_ms();
        let kept = one.propose(proposal(number, file)).await.unwrap();
        assert!(is(&kept, number, file), "{kept:?}");
        let written = before..=now_ms();
        assert!(written.contains(&(kept.at_ms - 1_000 * number)), "the lead counts from the writing: {kept:?}");
    }
    let kept = two.propose(proposal(2, "other")).await.unwrap();
    assert!(is(&kept, 2, "v2"), "who proposes first decides: {kept:?}");
    let both = two.generations().await.unwrap().newest;
    assert!(matches!(&both[..], [first, second] if is(first, 1, "v1") && *second == kept), "{both:?}");
    assert_eq!(two.file("v1").await, Ok(Some("text of v1".to_owned())));
    let calls = (0..20).map(|call: u64| {
        let store = if call.is_multiple_of(2) { &one } else { &two };
        store.propose(proposal(3, &format!("v{call}")))
    });
    let answers = join_all(calls).await;
    let kept = answers[0].clone().unwrap();
    assert!(answers.iter().all(|answer| *answer == Ok(kept.clone())), "{answers:?}");
    for number in 4..=6 {
        one.propose(proposal(number, "v1")).await.unwrap();
    }
    let newest = one.generations().await.unwrap().newest;
    assert!(matches!(&newest[..], [five, six] if is(five, 5, "v1") && is(six, 6, "v1")), "the newest two: {newest:?}");
    let refused = one.propose(proposal(2, "v2")).await;
    assert!(matches!(refused, Err(Fault::Other(_))), "it is swept out: {refused:?}");
    let refused = one.propose(configuration::Proposal { manifest: "v1".to_owned(), ..proposal(7, "") }).await;
    assert!(matches!(refused, Err(Fault::Other(_))), "no manifest: {refused:?}");
    // Files that nobody names go when they are old.
    let database = match &place.backend {
        Backend::Sqlite(folder) => folder.path().join("store.db"),
        Backend::Redis(_, folder) => folder.path().join("node.db"),
    };
    let database = rusqlite::Connection::open(database).unwrap();
    database.execute("UPDATE configuration_file SET put_at_ms = 0", []).unwrap();
    one.put_file("young", "text").await.unwrap();
    one.propose(proposal(7, "v1")).await.unwrap();
    assert_eq!(one.file("v1").await, Ok(Some("text of v1".to_owned())));
    assert_eq!(one.file("v2").await, Ok(None));
    assert_eq!(one.file("young").await, Ok(Some("text".to_owned())));
}

/// Prints what a bill takes beside its own text: with `--nocapture`.
#[expect(clippy::print_stdout, reason = "a test may show how it went, and this is part of some")]
async fn bytes_kept_per_bill(place: Place) {
    const BILLS: i64 = 1_000;
    let store = place.open().await;
    put_all(&store, CITY, "first").await;
    let size = || match &place.backend {
        Backend::Sqlite(folder) => {
            let database = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
            let pages: i64 = database.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            pages * database.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0)).unwrap()
        }
        Backend::Redis(server, _) => {
            let info: String = server.run("INFO memory").unwrap();
            let line = info.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
            line.unwrap().trim().parse().unwrap()
        }
    };
    // As long as the record of a metered express ride.
    let document = format!("{{\"bill\":\"{}\"}}", "0123456789".repeat(250));
    let (before, text) = (size(), i64::try_from(document.len()).unwrap() + 64);
    for trip in 0..BILLS {
        let bill = bills::Bill { fingerprint: "f".repeat(64), document: document.clone() };
        let new = owing(715, bills::NewRevision { bill, ..revision(1, "") });
        store.post(CITY, format!("ride-{trip:032}"), new).await.unwrap();
    }
    let bytes = (size() - before) / BILLS;
    println!("bytes kept per bill: {bytes}, of which {text} are its text and its fingerprint");
    // SQLite puts but one bill of this length on a page of 4,096 bytes.
    assert!((text..text + 2_500).contains(&bytes), "{bytes}");
}

// What Redis promises.

/// Asserts that all functions that write say that another site does.
async fn assert_all_fenced(store: &StoreUnderTest, city: &str, name: &str) {
    assert_fails!(
        Fenced,
        store.add_segments(city, name, segments([1])),
        store.put_quote(city, name, "document", 60_u64),
        store.put_document(city, DocumentKind::RateCard, name, "document"),
        store.post(city, name, revision(1, "a")),
        store.redact(city, name, 1_u32, "a", "b"),
        store.enter(city, name, once("fenced", 1)),
        store.add_segments_once(city, name, segments([1]), once("fenced", 1)),
        store.post_once(city, name, revision(1, "a"), once("fenced", 1))
    );
}

/// Sets the fence of a city.
impl Place {
    /// Gives a trip that is due a reason that this release has no word for.
    fn be_due_for_another_reason(&self, trip: &str) {
        match &self.backend {
            Backend::Sqlite(folder) => {
                let database = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
                let changed = database.execute("UPDATE due SET reason = 'toll-missing' WHERE trip = ?1", [trip]);
                assert_eq!(changed, Ok(1));
            }
            Backend::Redis(server, _) => {
                let keys: Vec<String> = server.run("KEYS *:due-why").unwrap();
                let why = "000000000007:1:toll-missing";
                let held = |key: &&String| server.run::<i64>(&format!("HEXISTS {key} {trip}")).unwrap() == 1;
                let key = keys.iter().find(held).unwrap();
                let _: i64 = server.run(&format!("HSET {key} {trip} {why}")).unwrap();
            }
        }
    }

    fn fence(&self, owner: &str) {
        match &self.backend {
            Backend::Sqlite(folder) => {
                let database = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
                let fence = "INSERT OR REPLACE INTO fence VALUES (?1, ?2, 7, 30)";
                database.execute(fence, [CITY, owner]).unwrap();
            }
            Backend::Redis(server, _) => {
                for bucket in 0..16 {
                    let fence = format!("c:{CITY}:{{{CITY}:{bucket}}}:fence");
                    let () = server.run(&format!("HSET {fence} owner {owner} epoch 7 retry-after 30")).unwrap();
                }
            }
        }
    }
}

/// A city that another site writes is not written, by no step, and is read; one that this site writes is both.
async fn a_city_is_written_by_one_site(place: Place) {
    let store = place.open().await;
    put_all(&store, CITY, "before").await;
    // One that was carried out, so that all are replays: where the city is written comes first.
    assert_eq!(store.enter(CITY, "before", once("fenced", 0)).await, Ok(nonces::Entered::Fresh));
    place.fence("there");
    assert_all_fenced(&store, CITY, "before").await;
    assert_all_fenced(&store, CITY, "new").await;
    let Err(Fault::Fenced(fence)) = store.put_quote(CITY, "q", "document", 60_u64).await else { panic!("not fenced") };
    assert_eq!((&*fence.owner, fence.epoch, fence.retry_after), ("there", 7, 30));
    assert_all_at(&store, CITY, "before").await;
    assert_nothing_at(&store, CITY, "new").await;
    put_all(&store, "310000", "before").await;
    place.fence("here");
    put_all(&store, CITY, "new").await;
    assert_eq!(store.enter(CITY, "before", once("fenced", 1)).await, Ok(nonces::Entered::Replayed));
    assert_eq!(store.add_segments(CITY, "before", segments([2])).await, Ok(billed(totals_of(2))));
}

/// A city whose keys are spread over another count of buckets is neither written nor read: half of it would not be found.
#[tokio::test(flavor = "multi_thread")]
async fn another_count_of_buckets_is_refused() {
    let server = RedisServer::start().unwrap();
    let with = |buckets: &str| {
        let mut surroundings = Surroundings::redis(&server.url(""));
        surroundings.variables.insert("buckets".to_owned(), buckets.to_owned());
        surroundings
    };
    put_all(&StoreUnderTest::new(&with("16")).await.unwrap(), CITY, "t").await;
    for buckets in ["15", "17", "32"] {
        let store = StoreUnderTest::new(&with(buckets)).await.unwrap();
        assert_fails!(
            Other,
            store.add_segments(CITY, "t", segments([1])),
            store.put_quote(CITY, "t", "document", 60_u64),
            store.put_document(CITY, DocumentKind::RateCard, "t", "document"),
            store.post(CITY, "t", revision(1, "a")),
            store.quote(CITY, "t")
        );
        let Err(Fault::Other(told)) = store.head(CITY, "t").await else { panic!("{buckets}") };
        let expected = format!("spread over 16 buckets, and variable buckets is {buckets}; it must be 16");
        assert!(told.contains(&expected), "{told}");
        put_all(&store, &format!("city-{buckets}"), "t").await;
    }
    // The step itself looks again, whatever an instance remembers of the city.
    let store = StoreUnderTest::new(&with("16")).await.unwrap();
    assert_all_at(&store, CITY, "t").await;
    let () = server.run("HSET c:110000:{110000:11}:facts buckets 32").unwrap();
    assert_fails!(Other, store.put_quote(CITY, "a-1", "document", 60_u64));
    assert_all_at(&StoreUnderTest::new(&with("16")).await.unwrap(), CITY, "t").await;
}

/// A user who may read everything, and write one city: what removes a city from that list fences it at once, on
/// connections that are open already.
#[tokio::test(flavor = "multi_thread")]
async fn redis_may_fence_a_city() {
    let server = RedisServer::start().unwrap();
    let () = server.run("ACL SETUSER site on >word resetkeys %R~* %RW~c:110000:* +@all").unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url("site:word@"))).await.unwrap();
    put_all(&store, "110000", "t").await;
    for city in ["310000", "11", "1100001"] {
        assert_all_fenced(&store, city, "t").await;
        assert_nothing_at(&store, city, "t").await;
    }
    let () = server.run("ACL SETUSER site resetkeys %R~*").unwrap();
    assert_all_fenced(&store, "110000", "t").await;
    assert_all_at(&store, "110000", "t").await;
    let () = server.run("ACL SETUSER site %RW~c:110000:*").unwrap();
    assert_eq!(store.add_segments("110000", "t", segments([2])).await, Ok(billed(totals_of(2))));
}

/// A user who may do what docs/store.md says, and no more, can do all there is to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_user_needs_what_is_documented() {
    let server = RedisServer::start().unwrap();
    let needed = "~c:* ~s:local:* +@read +@write +@scripting +@connection +time";
    let () = server.run(&format!("ACL SETUSER site on >word {}", needed.replace("local", "here"))).unwrap();
    let docs = std::fs::read_to_string(farebox_kit::artifacts::repository().join("docs/store.md")).unwrap();
    assert!(docs.contains(needed));
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url("site:word@"))).await.unwrap();
    put_all(&store, CITY, "t").await;
    assert_all_at(&store, CITY, "t").await;
    assert_eq!(store.take("t", a_day(1), 1_u32).await.unwrap().granted, 1);
    for step in Step::ALL {
        let trip = format!("{step:?}");
        Step::prepare(&store, &trip).await;
        assert!(step.take(&store, &trip, 0, once("a", 1)).await && !step.take(&store, &trip, 1, once("a", 2)).await);
    }
}

/// A user who may write every key and lacks a command was set up wrongly: no city has moved.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_user_without_a_command_is_refused() {
    let server = RedisServer::start().unwrap();
    let () = server.run("ACL SETUSER site on >word ~* +@all -@write -@scripting").unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url("site:word@"))).await.unwrap();
    assert_fails!(
        Refused,
        store.add_segments(CITY, "t", segments([1])),
        store.put_quote(CITY, "t", "document", 60_u64),
        store.put_document(CITY, DocumentKind::RateCard, "t", "document"),
        store.post(CITY, "t", revision(1, "a"))
    );
    assert_nothing_at(&store, CITY, "t").await;
}

/// Asserts that every function says so when the backend cannot be reached, and says it soon.
async fn assert_all_unavailable(store: &StoreUnderTest) {
    let started = Instant::now();
    assert_fails!(
        Unavailable,
        store.add_segments(CITY, "t", segments([1])),
        store.segments(CITY, "t"),
        store.put_quote(CITY, "t", "document", 60_u64),
        store.quote(CITY, "t"),
        store.put_document(CITY, DocumentKind::RateCard, "t", "document"),
        store.document(CITY, DocumentKind::RateCard, "t"),
        store.post(CITY, "t", revision(1, "a")),
        store.redact(CITY, "t", 1_u32, "a", "b"),
        store.head(CITY, "t"),
        store.entry(CITY, "t", 1_u32)
    );
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

/// Waits until Redis is reached again: the local host tries at intervals of a second at most.
async fn wait_until_it_answers(store: &StoreUnderTest) {
    let started = Instant::now();
    while let Err(error) = store.head(CITY, "nobody").await {
        assert!(matches!(error, Fault::Unavailable(_)), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{error:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_recovers_when_redis_comes_back() {
    let mut server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    put_all(&store, CITY, "before").await;
    server.kill().unwrap();
    assert_all_unavailable(&store).await;
    server.restart().unwrap();
    wait_until_it_answers(&store).await;
    assert_nothing_at(&store, CITY, "before").await;
    put_all(&store, CITY, "after").await;
    server.kill().unwrap();
    let calls = (0..16).map(|_| store.add_segments(CITY, "t", segments([1])));
    for result in join_all(calls).await {
        assert!(matches!(result, Err(trips::AddError::Fault(Fault::Unavailable(_)))), "{result:?}");
    }
}

/// A connection that broke while nobody used it costs a moment at most, however many find out at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_restart_between_two_calls_costs_a_moment() {
    let mut server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    put_all(&store, CITY, "before").await;
    server.kill().unwrap();
    server.restart().unwrap();
    let calls = (0..16).map(|call| store.add_segments(CITY, "t", segments([call])));
    for result in join_all(calls).await {
        assert!(matches!(result, Ok(_) | Err(trips::AddError::Fault(Fault::Unavailable(_)))), "{result:?}");
    }
    wait_until_it_answers(&store).await;
    assert_eq!(store.add_segments(CITY, "t", segments(0..16)).await, Ok(totals_of(16)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_starts_without_redis_finds_it_later() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    assert_all_unavailable(&store).await;
    server.restart().unwrap();
    wait_until_it_answers(&store).await;
    put_all(&store, CITY, "t").await;
}

/// Something between the store and Redis, which ends a connection in place of an answer when it is told to.
struct Lossy {
    url: String,
    loses: Arc<AtomicBool>,
}

impl Lossy {
    async fn before(server: &RedisServer) -> Self {
        let to = server.url("").strip_prefix("redis://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let loses = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&loses);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&to).await.unwrap();
                tokio::spawn(Self::carry(client, server, Arc::clone(&told)));
            }
        });
        Self { url, loses }
    }

    async fn carry(client: TcpStream, server: TcpStream, loses: Arc<AtomicBool>) {
        let (mut asked, mut answers) = client.into_split();
        let (mut answered, mut asks) = server.into_split();
        let there = tokio::spawn(async move { tokio::io::copy(&mut asked, &mut asks).await });
        let mut bytes = vec![0; 65_536];
        while let Ok(read @ 1..) = answered.read(&mut bytes).await
            && !loses.swap(false, Ordering::SeqCst)
            && answers.write_all(&bytes[..read]).await.is_ok()
        {}
        there.abort();
    }
}

/// When a connection breaks that used to work, a script is sent again that may have been carried out: what it was part of is the
/// same attempt, and no replay. For others it is carried out.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_because_a_connection_broke_is_no_replay() {
    let server = RedisServer::start().unwrap();
    let lossy = Lossy::before(&server).await;
    let store = StoreUnderTest::new(&Surroundings::redis(&lossy.url)).await.unwrap();
    for step in Step::ALL {
        let trip = format!("{step:?}");
        Step::prepare(&store, &trip).await;
        // Redis knows the scripts from here on, so that the first answer is the one of the step.
        assert!(Step::Enter.take(&store, &trip, 0, once("warm", 1)).await);
        // The local host takes its time after a connection that did not live for 50 ms.
        tokio::time::sleep(Duration::from_millis(100)).await;
        lossy.loses.store(true, Ordering::SeqCst);
        if let Step::Post = step {
            // It finds what it has posted itself.
            let posted = store.post_once(CITY, &*trip, revision(2, "once"), once("a", 1)).await;
            assert_eq!(posted, Ok(bills::PostOutcome::Exists(kept(2, "once"))));
        } else {
            assert!(step.take(&store, &trip, 0, once("a", 1)).await, "{step:?}");
        }
        assert!(!lossy.loses.load(Ordering::SeqCst), "no answer was lost");
        assert!(!step.take(&store, &trip, 1, once("a", 2)).await, "{step:?}");
    }
}

/// Calls that come while Redis hangs are answered when it goes on, and take effect once. Callers who do not want to
/// wait so long stop waiting; that is their duty.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_and_goes_on_loses_nothing() {
    let server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    store.add_segments(CITY, "t", segments([0])).await.unwrap();
    server.stop().unwrap();
    let calls = join_all((0..16).map(|call| store.add_segments(CITY, "t", segments([call]))));
    tokio::pin!(calls);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut calls).await.is_err(), "it does not hang");
    server.resume().unwrap();
    let answers = tokio::time::timeout(Duration::from_secs(5), calls).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(store.add_segments(CITY, "t", segments([])).await, Ok(totals_of(16)));
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_lose_its_data_and_its_scripts() {
    let server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    put_all(&store, CITY, "t").await;
    let () = server.run("FLUSHALL").unwrap();
    assert_nothing_at(&store, CITY, "t").await;
    let () = server.run("SCRIPT FLUSH").unwrap();
    put_all(&store, CITY, "t").await;
    assert_all_at(&store, CITY, "t").await;
}

/// One pattern covers a city, one hash slot a trip; trips and quotes go away by themselves, bills and top-ups do not.
#[tokio::test(flavor = "multi_thread")]
async fn redis_keys_are_as_documented() {
    let server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    put_all(&store, CITY, "a-1").await;
    store.post(CITY, "a-1", due_at(2_000, Degradation::PolicyUnavailable, revision(2, "b"))).await.unwrap();
    store.enter(CITY, "a-1", once("6f1d0c2a9b7e4f53", 7)).await.unwrap();
    let mut keys: Vec<String> = server.run("KEYS *").unwrap();
    keys.sort();
    let key = |kind| format!("c:110000:{{110000:11}}:{kind}:a-1");
    let mut expected = ["bill", "document:rate-card", "ledger", "quote", "trip"].map(key).to_vec();
    expected.extend(["day:2026-11-26", "due", "due-why"].map(|name| format!("c:110000:{{110000:11}}:{name}")));
    expected.extend([0, 11].map(|bucket| format!("c:110000:{{110000:{bucket}}}:facts")));
    expected.push(key("nonce:dispatch:6f1d0c2a9b7e4f53"));
    expected.sort();
    assert_eq!(keys, expected);
    let ttl = |kind| server.run::<i64>(&format!("TTL {}", key(kind))).unwrap();
    assert!((590..=600).contains(&ttl("trip")), "{}", ttl("trip"));
    assert!((50..=60).contains(&ttl("quote")), "{}", ttl("quote"));
    assert!((50..=60).contains(&ttl("nonce:dispatch:6f1d0c2a9b7e4f53")));
    let attempt: String = server.run(&format!("GET {}", key("nonce:dispatch:6f1d0c2a9b7e4f53"))).unwrap();
    assert_eq!(attempt, "7");
    assert_eq!((ttl("bill"), ttl("document:rate-card"), ttl("ledger")), (-1, -1, -1), "these stay");
    let () = server.run(&format!("EXPIRE {} 5", key("trip"))).unwrap();
    store.add_segments(CITY, "a-1", segments([1])).await.unwrap();
    assert!((590..=600).contains(&ttl("trip")), "a write gives a trip its time again");
}

/// A limit is under a prefix of the site's own, on one slot, for as long as it says anything; a user who may write cities and not
/// the site is told what is missing, as a permission and not as a fence.
#[tokio::test(flavor = "multi_thread")]
async fn limits_in_redis_are_as_documented() {
    let server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    let limit = limits::Limit { rate: 2, burst: 10, window: Some(limits::Window { requests: 9, seconds: 30 }) };
    store.take("dispatch:110000:bill", limit, 4_u32).await.unwrap();
    let keys: Vec<String> = server.run("KEYS *").unwrap();
    let [key] = &keys[..] else { panic!("{keys:?}") };
    assert!(key.starts_with("s:here:{here:") && key.ends_with("}:limit:dispatch:110000:bill"), "{key}");
    let ttl: i64 = server.run(&format!("TTL {key}")).unwrap();
    assert!((58..=61).contains(&ttl), "{ttl}");
    let fields: Vec<String> = server.run(&format!("HMGET {key} level window current previous")).unwrap();
    assert_eq!(fields, ["6000", "30000", "4", "0"]);

    let () = server.run("ACL SETUSER site on >word %R~* %RW~c:* +@all").unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url("site:word@"))).await.unwrap();
    let Err(Fault::Refused(told)) = store.take("a", limit, 1_u32).await else { panic!("it may") };
    assert!(told.contains("permit them with %RW~s:here:*"), "{told}");
    let () = server.run("ACL SETUSER site %RW~s:here:*").unwrap();
    assert_eq!(store.take("a", limit, 1_u32).await.unwrap().granted, 1);
    put_all(&store, CITY, "t").await;
}

/// Whatever else is under our keys is an operator's business: it is told, and left alone.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_redis_is_told_and_left_alone() {
    let server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    for key in ["trip:a-1", "bill:a-1", "ledger:a-1"] {
        let () = server.run(&format!("SET c:110000:{{110000:11}}:{key} nonsense")).unwrap();
    }
    for key in ["quote:a-1", "nonce:dispatch:6f1d0c2a9b7e4f53:a-1"] {
        let () = server.run(&format!("HSET c:110000:{{110000:11}}:{key} non sense")).unwrap();
    }
    assert_fails!(
        Other,
        store.add_segments(CITY, "a-1", segments([1])),
        store.segments(CITY, "a-1"),
        store.quote(CITY, "a-1"),
        store.post(CITY, "a-1", revision(1, "a")),
        store.head(CITY, "a-1"),
        store.entry(CITY, "a-1", 1_u32),
        store.enter(CITY, "a-1", once("6f1d0c2a9b7e4f53", 1))
    );
    assert_eq!(server.run::<String>("GET c:110000:{110000:11}:trip:a-1").unwrap(), "nonsense");
}

/// A replica answers reads, and says no to writes without a page to the operator.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_replica_is_unavailable_for_writes() {
    let server = RedisServer::start().unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url(""))).await.unwrap();
    put_all(&store, CITY, "t").await;
    let () = server.run("REPLICAOF 127.0.0.1 1").unwrap();
    assert_fails!(
        Unavailable,
        store.add_segments(CITY, "t", segments([2])),
        store.put_quote(CITY, "t", "document", 60_u64),
        store.put_document(CITY, DocumentKind::RateCard, "u", "document"),
        store.post(CITY, "u", revision(1, "a"))
    );
    assert_all_at(&store, CITY, "t").await;
    assert_nothing_at(&store, CITY, "u").await;
    let () = server.run("REPLICAOF NO ONE").unwrap();
    // Soon: the host looks for a primary now and then.
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut added = store.add_segments(CITY, "t", segments([2])).await;
    while added.is_err() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
        added = store.add_segments(CITY, "t", segments([2])).await;
    }
    assert_eq!(added, Ok(billed(totals_of(2))));
}

/// Whatever is wrong with a password, it is no outage: an unknown user, a wrong word, and none where one is needed.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_refused() {
    let server = RedisServer::start().unwrap();
    let () = server.run("ACL SETUSER site on >word ~* +@all").unwrap();
    let refused = async |credentials: &str| {
        let store = StoreUnderTest::new(&Surroundings::redis(&server.url(credentials))).await.unwrap();
        assert_fails!(Refused, store.head(CITY, "t"), store.post(CITY, "t", revision(1, "a")));
    };
    refused("nobody:word@").await;
    refused("site:other@").await;
    let () = server.run("CONFIG SET requirepass secret").unwrap();
    refused("").await;
    refused(":other@").await;
}

/// So is a permission that is taken away while the connection is open; what it is given back for goes on at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_taken_away_is_refused() {
    let server = RedisServer::start().unwrap();
    let () = server.run("ACL SETUSER site on >word ~* +@all").unwrap();
    let store = StoreUnderTest::new(&Surroundings::redis(&server.url("site:word@"))).await.unwrap();
    put_all(&store, CITY, "t").await;
    let () = server.run("ACL SETUSER site resetkeys").unwrap();
    assert_fails!(Refused, store.segments(CITY, "t"), store.quote(CITY, "t"), store.head(CITY, "t"));
    let () = server.run("ACL SETUSER site ~*").unwrap();
    assert_all_at(&store, CITY, "t").await;
}

// How a Redis proves that it is the one that it was.

/// Nodes that share a Redis in which each city has one bucket.
struct Nodes {
    server: RedisServer,
    nodes: Vec<(TempDir, Surroundings)>,
}

impl Nodes {
    fn new(count: usize) -> Self {
        let server = RedisServer::start().unwrap();
        let node = || {
            let folder = tempfile::tempdir().unwrap();
            let surroundings = Surroundings::redis(&server.url("")).with_database(&folder.path().join("node.db"));
            let mut surroundings = surroundings.unwrap();
            surroundings.variables.insert("buckets".to_owned(), "1".to_owned());
            (folder, surroundings)
        };
        let nodes = (0..count).map(|_| node()).collect();
        Self { server, nodes }
    }

    /// A new instance of a node, whose database there is.
    async fn open(&self, node: usize) -> StoreUnderTest {
        let store = StoreUnderTest::new(&self.nodes[node].1).await.unwrap();
        store.stands().await.unwrap();
        store
    }

    /// What a node has noted of a city.
    fn noted(&self, node: usize, city: &str) -> Option<Position> {
        let row = "SELECT life, steps, token, mark FROM position WHERE city = ?1 AND bucket = 0";
        let read = |row: &rusqlite::Row<'_>| {
            let token: String = row.get(2)?;
            let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok(Position { life: number(0)?, steps: number(1)?, token: token.parse().unwrap(), mark: row.get(3)? })
        };
        self.database(node).query_row(row, [city], read).optional().unwrap()
    }

    fn database(&self, node: usize) -> rusqlite::Connection {
        rusqlite::Connection::open(self.nodes[node].0.path().join("node.db")).unwrap()
    }

    /// The field in which Redis counts the steps of a node.
    fn field(&self, node: usize) -> String {
        let name = self.database(node).query_row("SELECT name FROM node", [], |row| row.get::<_, String>(0)).unwrap();
        format!("by:{name}")
    }

    /// The bucket of a city for a node, as Redis has it.
    fn found(&self, node: usize, city: &str) -> Option<Life> {
        let command = format!("HMGET {} life token {}", facts(city), self.field(node));
        let fields: Vec<Option<String>> = self.server.run(&command).unwrap();
        let number = |text: &str| text.parse::<u64>().unwrap();
        let [Some(life), Some(token), steps] = &fields[..] else { return None };
        let taken = steps.as_deref().unwrap_or("0:0:").split(':').collect::<Vec<_>>();
        let marks = taken[2].as_bytes().chunks(4).map(|mark| str::from_utf8(mark).unwrap().parse().unwrap()).collect();
        Some(Life { number: number(life), token: number(token), steps: number(taken[0]), marks })
    }

    /// All that is true of the bucket of a city.
    fn copy(&self, city: &str) -> Vec<String> {
        self.server.run(&format!("HGETALL {}", facts(city))).unwrap()
    }

    /// Puts the bucket of a city back to what it was.
    fn put_back(&self, city: &str, copy: &[String]) {
        let _: i64 = self.server.run(&format!("DEL {}", facts(city))).unwrap();
        let _: i64 = self.server.run(&format!("HSET {} {}", facts(city), copy.join(" "))).unwrap();
    }

    fn flush(&self) {
        let () = self.server.run("FLUSHALL").unwrap();
    }
}

fn facts(city: &str) -> String {
    format!("c:{city}:{{{city}:0}}:facts")
}

/// The script does what the model does, to the step, whatever was lost: 12 walks of 60 random steps by two nodes, some of which are refused
/// and count as none, and some by an instance that has just begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_moves_as_the_model_does() {
    for seed in 0..12 {
        let (nodes, mut rng) = (Nodes::new(2), Rng::with_seed(seed));
        let mut stores = [nodes.open(0).await, nodes.open(1).await];
        // What an instance may know of the bucket: what it has heard, or its node has noted, unless its database was late.
        let mut known = [vec![None], vec![None]];
        let (mut earlier, mut lives): (Vec<Vec<String>>, BTreeSet<u64>) = Default::default();
        for step in 0..60 {
            let node = rng.usize(0..2);
            match rng.u8(0..16) {
                0 => nodes.flush(),
                1 => _ = nodes.server.run::<i64>(&format!("DEL {}", facts(CITY))).unwrap(),
                2 | 3 if !earlier.is_empty() => nodes.put_back(CITY, &earlier[rng.usize(0..earlier.len())]),
                4 => {
                    stores[node] = nodes.open(node).await;
                    known[node] = vec![nodes.noted(node, CITY), None];
                }
                _ => {}
            }
            let (found, is_refused) = (nodes.found(node, CITY), rng.u8(0..4) == 0);
            let hint = format!("seed {seed}, step {step}: {found:?}, node {node} knows {:?}", known[node]);
            if is_refused {
                // The first step in a city is one more, which counts.
                stores[node].put_quote("first", "q", "document", 60_u64).await.unwrap();
                let moved = bills::NewRevision { seen: Some(7), ..revision(1, "a") };
                let refused = stores[node].post(CITY, "t", moved).await;
                assert_eq!(refused, Ok(bills::PostOutcome::Moved), "{hint}");
            } else {
                stores[node].put_quote(CITY, "q", "document", 60_u64).await.unwrap();
            }
            let after = nodes.found(node, CITY).unwrap();
            // The mark of a step is a random number.
            let is_expected = |known: Option<Position>, steps: u64| {
                let mut expected = Life::begin(found.clone(), known.as_slice(), after.token);
                (0..steps).for_each(|_| expected.step(0));
                let unknown = usize::try_from(steps).unwrap();
                let marks = |life: &Life| life.marks.iter().rev().skip(unknown).copied().collect::<Vec<_>>();
                marks(&expected) == marks(&after) && Life { marks: after.marks.clone(), ..expected } == after
            };
            // An instance that has not been in the city, or has seen it lose something, takes a step to open it.
            let counts = if is_refused { [0, 1] } else { [1, 2] };
            let fits = |known: &Option<Position>| counts.iter().any(|steps| is_expected(*known, *steps));
            assert!(known[node].iter().any(fits), "{hint}: {after:?}");
            let is_new = lives.insert(after.token);
            let is_same = found.as_ref().is_some_and(|found| found.token == after.token);
            assert!(is_new || is_same, "{hint}: a token that was another life's: {after:?}");
            earlier.push(nodes.copy(CITY));
            known[node] = vec![Some(after.position())];
        }
    }
}

/// A loss is found out although another instance of the node, which has not heard of the steps that were lost, has taken as many and more
/// in their place.
#[tokio::test(flavor = "multi_thread")]
async fn steps_in_the_place_of_lost_ones_do_not_hide_them() {
    for in_their_place in [1, 2, 3, 60] {
        let nodes = Nodes::new(1);
        let stores = [nodes.open(0).await, nodes.open(0).await];
        let write = async |store: usize| stores[store].put_quote(CITY, "q", "document", 60_u64).await.unwrap();
        write(0).await;
        write(1).await;
        let copy = nodes.copy(CITY);
        write(0).await;
        write(0).await;
        let lost = nodes.found(0, CITY).unwrap();
        nodes.put_back(CITY, &copy);
        // It notices itself if it has been told meanwhile.
        for _ in 0..in_their_place {
            write(1).await;
        }
        write(0).await;
        assert_eq!(nodes.found(0, CITY).unwrap().number, lost.number + 1, "{in_their_place} in their place");
    }
}

/// A bill that says that it was made of all that the trip had is kept if the bucket has lost nothing since the trip began, and is refused
/// before anything else is said of the segments.
#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_is_whole_is_proven() {
    // Rides that began long before anything was lost, and long after.
    const BEFORE: i64 = 1_000;
    const AFTER: i64 = 4_102_444_800;
    let whole_since =
        |began, seen, name| bills::NewRevision { whole_since: Some(began), seen: Some(seen), ..revision(1, name) };
    let whole = |seen, name| whole_since(BEFORE, seen, name);
    let nodes = Nodes::new(1);
    let store = nodes.open(0).await;
    for trip in ["kept", "before", "older", "billed"] {
        assert_eq!(store.add_segments(CITY, trip, segments([1, 2])).await, Ok(totals_of(2)));
    }
    assert_eq!(store.post(CITY, "kept", whole(3, "a")).await, Ok(bills::PostOutcome::Moved));
    assert_eq!(store.post(CITY, "kept", whole(2, "a")).await, Ok(bills::PostOutcome::Created));
    assert_eq!(store.post(CITY, "billed", whole(2, "a")).await, Ok(bills::PostOutcome::Created));
    assert_eq!(store.post(CITY, "nothing", whole(0, "a")).await, Ok(bills::PostOutcome::Created));
    assert_eq!(store.segments(CITY, "kept").await, Ok(Some(segments([1, 2]))));
    let before = nodes.found(0, CITY).unwrap();
    let back = format!("HSET {} {} {}:0:", facts(CITY), nodes.field(0), before.steps - 1);
    let _: i64 = nodes.server.run(&back).unwrap();
    for (began, seen) in [(BEFORE, 2), (BEFORE, 3), (AFTER, 2)] {
        let unproven = whole_since(began, seen, "a");
        assert_eq!(store.post(CITY, "before", unproven).await, Ok(bills::PostOutcome::Unproven));
    }
    assert_eq!(nodes.found(0, CITY).unwrap().number, before.number + 1, "it is known, though nothing was written");
    assert_eq!(store.head(CITY, "before").await, Ok(None));
    assert_eq!(store.post(CITY, "billed", whole(2, "b")).await, Ok(bills::PostOutcome::Exists(kept(1, "a"))));
    let not = bills::NewRevision { whole_since: None, ..whole(2, "a") };
    assert_eq!(store.post(CITY, "before", not).await, Ok(bills::PostOutcome::Created));
    assert_eq!(store.add_segments(CITY, "after", segments([1])).await, Ok(totals_of(1)));
    // What it began with may be lost, though the trip was born since; one that had nothing may have had something.
    for trip in ["after", "never"] {
        let seen = u32::from(trip == "after");
        assert_eq!(store.post(CITY, trip, whole(seen, "a")).await, Ok(bills::PostOutcome::Unproven));
        assert_eq!(store.post(CITY, trip, whole_since(AFTER, seen, "a")).await, Ok(bills::PostOutcome::Created));
    }
    // What an earlier release began says nothing about where it was born, and its segments are counted all the same.
    let trip = format!("c:{CITY}:{{{CITY}:0}}:trip:older");
    let _: i64 = nodes.server.run(&format!("HDEL {trip} born")).unwrap();
    assert_eq!(store.add_segments(CITY, "older", segments([2, 3])).await, Ok(totals_of(3)));
    assert_eq!(store.post(CITY, "older", whole_since(AFTER, 3, "a")).await, Ok(bills::PostOutcome::Unproven));
    let not = |seen| bills::NewRevision { whole_since: None, ..whole(seen, "a") };
    assert_eq!(store.post(CITY, "older", not(2)).await, Ok(bills::PostOutcome::Moved));
    assert_eq!(store.post(CITY, "older", not(3)).await, Ok(bills::PostOutcome::Created));
    // A trip that begins anew after all was lost is born in the life that began then.
    nodes.flush();
    assert_eq!(store.add_segments(CITY, "older", segments([4])).await, Ok(totals_of(1)));
    assert_eq!(store.post(CITY, "older", whole(1, "a")).await, Ok(bills::PostOutcome::Unproven));
    assert_eq!(store.post(CITY, "older", whole_since(AFTER, 1, "a")).await, Ok(bills::PostOutcome::Created));
}

/// A loss is listed once for each bucket and node that knew better, by whichever instance finds it out, and for all of them. Who knew
/// nothing has lost nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_redis_lost_is_listed_once() {
    let nodes = Nodes::new(2);
    let (one, other, stranger) = (nodes.open(0).await, nodes.open(0).await, nodes.open(1).await);
    let lost = async |store: &StoreUnderTest, after: u64| {
        let losses = store.losses(after).await.unwrap();
        losses.into_iter().map(|loss| (loss.number, loss.city, loss.bucket)).collect::<Vec<_>>()
    };
    // Until its node has noted it: a database that is late is told a second later.
    let write = async |store: &StoreUnderTest, node: usize, city: &str| {
        wait_until(async || {
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            store.put_quote(city, "q", "document", 60_u64).await.unwrap();
            nodes
                .noted(node, city)
                .is_some_and(|noted| Some(noted.token) == nodes.found(node, city).map(|found| found.token))
        })
        .await;
    };
    for city in [CITY, "310000"] {
        write(&one, 0, city).await;
        write(&other, 0, city).await;
    }
    nodes.flush();
    write(&stranger, 1, CITY).await;
    assert_eq!(nodes.found(1, CITY).unwrap().number, 1, "nobody knew better");
    assert_eq!(lost(&stranger, 0).await, []);
    write(&one, 0, CITY).await;
    assert_eq!(nodes.found(0, CITY).unwrap().number, 2);
    assert_eq!(lost(&one, 0).await, [(1, CITY.to_owned(), 0)]);
    write(&other, 0, CITY).await;
    write(&other, 0, "310000").await;
    write(&one, 0, "310000").await;
    let both = [(1, CITY.to_owned(), 0), (2, "310000".to_owned(), 0)];
    assert_eq!((lost(&one, 0).await, lost(&other, 1).await), (both.to_vec(), both[1..].to_vec()));
    let at_ms = one.losses(1_u64).await.unwrap()[0].at_ms;
    let age_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() - u128::from(at_ms);
    assert!(age_ms < 60_000, "{age_ms}");
    drop((one, other));
    let one = nodes.open(0).await;
    write(&one, 0, CITY).await;
    assert_eq!(lost(&one, 0).await, both);
    assert_eq!(lost(&one, 2).await, []);
    // The stranger has begun a life which the other node has put an end to.
    write(&stranger, 1, CITY).await;
    assert_eq!(lost(&stranger, 0).await, [(1, CITY.to_owned(), 0)]);
    drop(one);
    nodes.flush();
    let one = nodes.open(0).await;
    write(&one, 0, CITY).await;
    assert_eq!(lost(&one, 2).await, [(3, CITY.to_owned(), 0)], "found out by an instance that has just begun");
}

/// Whatever its node's database does, a step is taken, and is not held up by much. What was not noted meanwhile, a loss as well, is noted
/// then.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_does_not_wait_for_the_nodes_database() {
    for (breaks, mends) in [
        // Somebody else writes, for a long time.
        ("BEGIN IMMEDIATE", "ROLLBACK"),
        ("ALTER TABLE position RENAME TO planted", "ALTER TABLE planted RENAME TO position"),
    ] {
        let nodes = Nodes::new(1);
        let store = nodes.open(0).await;
        wait_until(async || {
            store.put_quote(CITY, "q", "document", 60_u64).await.unwrap();
            nodes.noted(0, CITY).is_some()
        })
        .await;
        let database = nodes.database(0);
        database.execute_batch(breaks).unwrap();
        nodes.flush();
        let started = Instant::now();
        store.put_quote(CITY, "q", "document", 60_u64).await.unwrap();
        for city in 0..10 {
            store.put_quote(city.to_string(), "q", "document", 60_u64).await.unwrap();
            store.put_quote(city.to_string(), "q", "document", 60_u64).await.unwrap();
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{breaks}: {:?}", started.elapsed());
        assert_eq!(nodes.found(0, CITY).unwrap().number, 2, "{breaks}");
        assert_eq!(store.losses(0_u64).await, Ok(vec![]), "{breaks}");
        database.execute_batch(mends).unwrap();
        wait_until(async || {
            store.put_quote(CITY, "q", "document", 60_u64).await.unwrap();
            (0..10).all(|city| nodes.noted(0, &city.to_string()).is_some())
                && !store.losses(0_u64).await.unwrap().is_empty()
        })
        .await;
        assert_eq!(store.losses(0_u64).await.unwrap().len(), 1, "{breaks}");
    }
}

/// Waits until something is so, for 20 seconds at most.
async fn wait_until(is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < deadline, "it is not so");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Where a bucket is must make sense: nonsense is told, and nothing is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_makes_no_sense_is_told() {
    let nodes = Nodes::new(1);
    let store = nodes.open(0).await;
    for broken in ["HSET facts life one", "HDEL facts token", "HSET facts token -1"] {
        store.put_quote(CITY, "q", "document", 60_u64).await.unwrap();
        let () = nodes.server.run(&broken.replace("facts", &facts(CITY))).map(|_: i64| ()).unwrap();
        let Err(Fault::Other(told)) = store.put_quote(CITY, "new", "document", 60_u64).await else {
            panic!("{broken}")
        };
        assert!(told.contains("a position in Redis is not as"), "{told}");
        assert_eq!(store.quote(CITY, "new").await, Ok(None), "{broken}");
        nodes.flush();
    }
}

// What SQLite promises.

#[tokio::test(flavor = "multi_thread")]
async fn expired_quotes_are_swept_out_of_sqlite() {
    let file = File::new();
    let store = file.open().await;
    for quote in 0..20 {
        store.put_quote(CITY, quote.to_string(), "document", 1_u64).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for quote in 20..25 {
        store.put_quote(CITY, quote.to_string(), "document", 60_u64).await.unwrap();
    }
    let count: i64 = file.look().query_row("SELECT count(*) FROM quote", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 5, "each new quote takes four expired ones with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_limits_are_swept_out_of_sqlite() {
    let file = File::new();
    let store = file.open().await;
    let quick = limits::Limit { rate: 100, burst: 1, window: None };
    for name in 0..20 {
        store.take(name.to_string(), quick, 1_u32).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    for name in 20..25 {
        store.take(name.to_string(), quick, 1_u32).await.unwrap();
    }
    let count: i64 = file.look().query_row("SELECT count(*) FROM rate_limit", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 5, "each new limit takes four expired ones with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_set_up_as_documented() {
    let file = File::new();
    put_all(&file.open().await, CITY, "t").await;
    let pragma =
        |name| file.look().query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0));
    assert_eq!(pragma("journal_mode").unwrap(), "wal".to_owned().into());
    assert_eq!(pragma("user_version").unwrap(), 9.into());
    assert_eq!(pragma("integrity_check").unwrap(), "ok".to_owned().into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_release_is_left_alone() {
    for (version, whose) in [(1, "earlier"), (8, "earlier"), (10, "later")] {
        let file = File::new();
        file.look().execute_batch(&format!("PRAGMA user_version = {version}")).unwrap();
        let store = file.open().await;
        assert_fails!(Other, store.post(CITY, "t", revision(1, "a")));
        let Err(Fault::Other(told)) = store.head(CITY, "t").await else { panic!("version {version}") };
        assert!(
            told.contains(&format!("made by a{} {whose} release", if whose == "earlier" { "n" } else { "" })),
            "{told}"
        );
        assert!(told.contains("move the file away"), "{told}");
        let tables: i64 = file.look().query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }
}

/// Expired nonces go away a few at a time, when others come.
#[tokio::test(flavor = "multi_thread")]
async fn expired_nonces_are_swept_out_of_sqlite() {
    let file = File::new();
    let store = file.open().await;
    for number in 0..20 {
        let short = nonces::Once { ttl: 1, ..once(&number.to_string(), 1) };
        store.enter(CITY, number.to_string(), short).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for number in 20..25 {
        store.add_segments_once(CITY, "t", segments([1]), once(&number.to_string(), 1)).await.unwrap();
    }
    let count: i64 = file.look().query_row("SELECT count(*) FROM nonce", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 5, "each new nonce takes four expired ones with it");
}

/// What nobody signed leaves no nonce behind.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_is_not_entered() {
    let file = File::new();
    put_all(&file.open().await, CITY, "t").await;
    let count: i64 = file.look().query_row("SELECT count(*) FROM nonce", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 0);
}

/// Expired trips go away a few at a time, with all their segments, when others come.
#[tokio::test(flavor = "multi_thread")]
async fn expired_trips_are_swept_out_of_sqlite() {
    let file = File::new();
    let mut surroundings = Surroundings::sqlite(&file.folder.path().join("store.db")).unwrap();
    surroundings.variables.insert("trip_ttl_s".to_owned(), "4".to_owned());
    let store = StoreUnderTest::new(&surroundings).await.unwrap();
    store.add_segments(CITY, "long", segments(0..1_500)).await.unwrap();
    for trip in 0..8 {
        store.add_segments(CITY, trip.to_string(), segments([1, 2])).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(4_200)).await;
    let mut held = Vec::new();
    for trip in 100..106 {
        store.add_segments(CITY, trip.to_string(), segments([1])).await.unwrap();
        let count = |table| -> i64 {
            file.look().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        held.push((count("trip"), count("segment")));
    }
    assert_eq!(held, [(10, 517), (9, 16), (8, 13), (7, 10), (6, 7), (6, 6)], "trips and segments after each call");
}

/// Somebody else's write may sweep a trip out between the statement that adds segments and the one that looks what became of
/// them. They are then added to a trip that begins anew, and nobody is told that they are too many.
#[tokio::test(flavor = "multi_thread")]
async fn a_trip_that_is_swept_out_in_between_begins_anew() {
    for (name, sent) in [("in conflict", Segment { distance: 7, ..segment(1) }), ("new", segment(3))] {
        let file = File::new();
        let store = file.open().await;
        store.add_segments(CITY, "t", segments([1, 2])).await.unwrap();
        let database = file.look();
        let arrives = "SELECT sql FROM sqlite_schema WHERE name = 'batch_arrives'";
        let arrives: String = database.query_row(arrives, [], |row| row.get(0)).unwrap();
        let arrives = arrives.trim_end().strip_suffix("END").unwrap();
        database
            .execute_batch(&format!(
                "CREATE TABLE planted (once); INSERT INTO planted VALUES (1); DROP TRIGGER batch_arrives; {arrives}
                 DELETE FROM segment WHERE EXISTS (SELECT 1 FROM planted);
                 DELETE FROM trip WHERE EXISTS (SELECT 1 FROM planted);
                 DELETE FROM planted; END"
            ))
            .unwrap();
        let Segment { distance, duration, .. } = sent;
        let alone = trips::Totals { distance, duration, segments: 1, billed: None };
        assert_eq!(store.add_segments(CITY, "t", vec![sent]).await, Ok(alone), "{name}");
        assert_eq!(store.segments(CITY, "t").await, Ok(Some(vec![sent])), "{name}");
    }
}

// What the component promises whatever the backend.

/// A wrong variable is told by name, and what would be right.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_variables_are_told_by_name() {
    let place = Place::sqlite();
    for (variable, text) in [("store_backend", "etcd"), ("sqlite_synchronous", "sometimes")] {
        let mut surroundings = place.surroundings.clone();
        surroundings.variables.insert(variable.to_owned(), text.to_owned());
        let store = StoreUnderTest::new(&surroundings).await.unwrap();
        let Err(Fault::Other(told)) = store.head(CITY, "t").await else { panic!("{variable} is {text}") };
        assert!(told.contains(&format!("variable {variable} must be \"")), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_granted_is_a_wrong_configuration() {
    let mut surroundings = Place::sqlite().surroundings;
    surroundings.database = None;
    let store = StoreUnderTest::new(&surroundings).await.unwrap();
    assert_fails!(Other, store.head(CITY, "t"), store.post(CITY, "t", revision(1, "a")));
}
