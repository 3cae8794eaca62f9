//! What probes are told: what takes a host out, what does not, and where everything else is.
#![allow(clippy::unwrap_used)]

use farebox_billing::answers::{Check, ReadinessDocument, StatusDocument, Verdict};
use farebox_billing::{Billing, health};
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::memory::{Failure, World, now};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use tempfile::TempDir;

/// An instance, and the folder that it reads.
struct Host {
    folder: TempDir,
    world: World,
    billing: Rc<Billing<World>>,
}

impl Host {
    /// One that has not answered yet, from what ships after `change`.
    fn new(change: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        change(folder.path());
        let world = World::with_config(folder.path().to_owned());
        Self { folder, billing: Billing::new(world.clone()), world }
    }

    fn fail(&self, calls: &[&'static str], how: Failure) {
        self.world.0.failures.borrow_mut().extend(calls.iter().map(|call| (*call, how)));
    }

    /// Lets time pass, with a request every 50 ms.
    fn pass(&self, ms: u64) {
        for _ in 0..ms / 50 {
            now(self.billing.config()).unwrap();
            self.world.after_answers();
            self.world.0.now_ms.set(self.world.0.now_ms.get() + 50);
        }
    }

    fn ready(&self) -> ReadinessDocument {
        now(health::readiness(&self.billing, ""))
    }

    fn status(&self) -> StatusDocument {
        now(health::status(&self.billing, ""))
    }
}

/// The names of the checks that failed.
fn failed(checks: &[Check]) -> Vec<&str> {
    let failed: Vec<_> = checks.iter().filter(|check| !check.ok).collect();
    assert!(failed.iter().all(|check| check.problem.as_ref().is_some_and(|problem| !problem.is_empty())));
    failed.into_iter().map(|check| check.name).collect()
}

/// Whatever leaves a bill to be answered leaves the host in service; and what is wrong is told.
#[test]
fn what_takes_a_host_out() {
    type Change = fn(&Path);
    // A name, what is changed, which calls fail; the verdict, and the checks that failed.
    type Row<'a> = (&'a str, Change, &'a [&'static str], Verdict, &'a [&'a str]);
    const CARD: &str = "cards/370100/express.passenger.json";
    let nothing: Change = |_| {};
    let rows: [Row<'_>; 12] = [
        ("nothing", nothing, &[], Verdict::Ready, &[]),
        ("a store that cannot be read", nothing, &["quote"], Verdict::Degraded, &["store"]),
        ("a backup file", |folder| fs::write(folder.join(format!("{CARD}~")), "{").unwrap(), &[], Verdict::Ready, &[]),
        ("a database that cannot be read", nothing, &["generations", "propose"], Verdict::Ready, &[]),
        ("a broken card", |folder| fs::write(folder.join(CARD), "{").unwrap(), &[], Verdict::Degraded, &["documents"]),
        (
            "a card of the passenger's alone",
            |folder| fs::remove_file(folder.join("cards/370100/express.driver.json")).unwrap(),
            &[],
            Verdict::Degraded,
            &["documents"],
        ),
        (
            "broken copy",
            |folder| fs::write(folder.join("copy/en-US.ftl"), "= nonsense").unwrap(),
            &[],
            Verdict::Degraded,
            &["documents"],
        ),
        (
            "a broken city document",
            |folder| {
                fs::create_dir_all(folder.join("cities"))
                    .and_then(|()| fs::write(folder.join("cities/370100.json"), "{"))
                    .unwrap()
            },
            &[],
            Verdict::Degraded,
            &["documents"],
        ),
        (
            "no policy, and no store",
            |folder| fs::remove_file(folder.join("policies/default.json")).unwrap(),
            &["quote"],
            Verdict::Degraded,
            &["documents", "store"],
        ),
        (
            "no card at all",
            |folder| fs::remove_dir_all(folder.join("cards")).unwrap(),
            &[],
            Verdict::NotReady,
            &["bills"],
        ),
        (
            "no driver's card at all",
            |folder| {
                for city in fs::read_dir(folder.join("cards")).unwrap().map(Result::unwrap) {
                    for card in fs::read_dir(city.path()).unwrap().map(Result::unwrap) {
                        if card.file_name().to_string_lossy().contains("driver") {
                            fs::remove_file(card.path()).unwrap();
                        }
                    }
                }
            },
            &[],
            Verdict::NotReady,
            &["bills", "documents"],
        ),
        (
            "no folder",
            |folder| fs::remove_dir_all(folder).unwrap(),
            &[],
            Verdict::NotReady,
            &["configuration", "bills", "documents"],
        ),
    ];
    for (name, change, calls, verdict, checks) in rows {
        for how in [Failure::Unavailable, Failure::Silent] {
            let host = Host::new(change);
            host.fail(calls, how);
            let ready = host.ready();
            assert_eq!((ready.status, &failed(&ready.checks)[..]), (verdict, checks), "{name}: {ready:?}");
            assert_eq!(ready.is_ready(), verdict != Verdict::NotReady, "{name}");
        }
    }
    let host = Host::new(nothing);
    host.world.0.variables.borrow_mut().insert("store_budget_ms", "soon");
    let ready = host.ready();
    assert_eq!((ready.status, failed(&ready.checks)), (Verdict::NotReady, vec!["variables"]), "{ready:?}");
}

/// A broken successor degrades, and does not take the host out: the last good one is in force, and the status says both. So
/// it does of what is to come.
#[test]
fn the_last_good_one_is_told() {
    const CARD: &str = "cards/370100/express.passenger.json";
    let host = Host::new(|_| {});
    host.pass(1_000);
    let before = host.status().configuration;
    assert_eq!((before.generation, before.broken.len()), (Some(1), 0));
    assert_eq!(before.documents.keys().collect::<Vec<_>>(), ["cards", "copy", "policies"]);
    assert_eq!((before.documents["policies"].count, before.documents["copy"].count), (1, 3));
    fs::write(host.folder.path().join(CARD), "{").unwrap();
    fs::write(host.folder.path().join("policies/default.json~"), "").unwrap();
    host.pass(2_000);
    assert_eq!(host.ready().status, Verdict::Degraded);
    let after = host.status().configuration;
    let [broken] = &after.broken[..] else { panic!("{after:?}") };
    assert!(broken.path == CARD && broken.last_good && broken.why.contains("is not JSON"), "{broken:?}");
    assert_eq!(after.ignored, ["policies/default.json~"]);
    assert_eq!(after.documents["cards"].version, before.documents["cards"].version);

    fs::remove_file(host.folder.path().join(CARD)).unwrap();
    host.pass(600);
    let next = host.status().configuration.next.unwrap();
    assert!(next.generation == 2 && next.at.starts_with("2026-11-21T00:00:0"), "{next:?}");
    host.pass(1_000);
    let after = host.status().configuration;
    assert_eq!((after.generation, after.next.is_none(), after.broken.len()), (Some(2), true, 0));
    assert_ne!(after.documents["cards"].version, before.documents["cards"].version);
}

/// A store that can be read and not written is told by the status, with what went wrong and how long it took; the host is
/// ready all the same.
#[test]
fn a_store_that_cannot_be_written_is_told() {
    for (calls, expected) in [
        (&[][..], &[][..]),
        (&["put_quote"], &["store-write"]),
        (&["quote", "put_quote"], &["store", "store-write"]),
        (&["put_file"], &["database-write"]),
        (&["generations"], &["database"]),
    ] {
        for how in [Failure::Unavailable, Failure::Silent] {
            let host = Host::new(|_| {});
            host.fail(calls, how);
            let status = host.status();
            assert_eq!(failed(&status.checks), expected, "{status:?}");
            let verdict = if expected.is_empty() { Verdict::Ready } else { Verdict::Degraded };
            assert_eq!(status.status, verdict);
            let took = status.checks.iter().filter(|check| check.took_us.is_some()).map(|check| check.name);
            assert_eq!(took.collect::<Vec<_>>(), ["store", "store-write", "database", "database-write"]);
            let store = status.store.unwrap();
            assert_eq!((&*store.backend, &*store.city), ("sqlite", "110000"));
            assert!(host.ready().is_ready());
        }
    }
}

/// The status leaves one quote behind, however often it is asked for, and no readiness probe leaves anything.
#[test]
fn probes_leave_next_to_nothing() {
    let host = Host::new(|_| {});
    let kept = || host.world.0.documents.borrow().keys().cloned().collect::<Vec<_>>();
    host.ready();
    assert!(kept().is_empty());
    for _ in 0..3 {
        host.status();
    }
    assert_eq!(kept(), ["statusz"]);
    assert!(host.world.0.bills.borrow().is_empty() && host.world.0.segments.borrow().is_empty());
}

/// No secret is told, whatever is asked.
#[test]
fn secrets_are_not_told() {
    let host = Host::new(|_| {});
    let secrets = [
        ("signing_key", "hunter2 and what makes it long enough"),
        ("previous_signing_keys", "hunter1"),
        ("redis_url", "redis://me:hunter3@h"),
    ];
    host.world.0.variables.borrow_mut().extend(secrets);
    let told = serde_json::to_string(&host.status()).unwrap();
    assert!(!told.contains("hunter") && told.contains(r#""development_key":false"#), "{told}");
}

/// That a node signs with the development key is told once a day, however many instances it has; and by each of them while
/// nothing can be noted.
#[test]
fn the_development_key_is_told_once_a_day() {
    let host = Host::new(|_| {});
    host.world.0.variables.borrow_mut().insert("signing_key", "development-key-not-for-production");
    let instance = || {
        now(Billing::new(host.world.clone()).settings()).unwrap();
        host.world.after_answers();
    };
    let told = || host.world.0.events.borrow().iter().filter(|event| *event == "development-key").count();
    (0..3).for_each(|_| instance());
    assert_eq!(told(), 1);
    host.world.0.now_ms.set(host.world.0.now_ms.get() + 86_400_000);
    (0..3).for_each(|_| instance());
    assert_eq!(told(), 2, "a day later");
    host.fail(&["file", "put_file"], Failure::Unavailable);
    (0..3).for_each(|_| instance());
    assert_eq!(told(), 5, "nothing can be looked up");
}
