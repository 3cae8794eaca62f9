//! A backup that is taken while bills are made is of one moment, and a node goes on from it.
#![allow(clippy::unwrap_used)]

use farebox_records::{BillRecord, TopUpRecord};
use farebox_tests::command::farebox;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::Server;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How many bills a database has, after a look at all of them: each can be read, has the documents that it names, and the top-up that it
/// says; and every trip that was billed has its segments.
fn audited(database: &Path) -> usize {
    let database = rusqlite::Connection::open(database).unwrap();
    let mut bills =
        database.prepare("SELECT city, trip, revision, document, top_up_document FROM bill ORDER BY trip").unwrap();
    let text = |row: &rusqlite::Row<'_>, column| row.get::<_, String>(column);
    let rows =
        bills.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?, row.get(2)?, text(row, 3)?, row.get(4)?))).unwrap();
    let mut count = 0;
    for row in rows {
        let (city, trip, number, document, top_up): (String, String, u32, String, Option<String>) = row.unwrap();
        let record = BillRecord::read(&document).unwrap();
        for version in [&record.versions.rate_card, &record.versions.driver_rate_card] {
            let of = "SELECT count(*) FROM document WHERE city = ?1 AND version = ?2";
            let there: i64 = database.query_row(of, [&city, version], |row| row.get(0)).unwrap();
            assert_eq!(there, 1, "{trip}: {version}");
        }
        let of = "SELECT count(*) FROM segment WHERE city = ?1 AND trip = ?2";
        let segments: i64 = database.query_row(of, [&city, &trip], |row| row.get(0)).unwrap();
        assert_eq!(segments, 1, "{trip}");
        let top_up = top_up.map(|document| TopUpRecord::read(&document).unwrap());
        assert_eq!(top_up, TopUpRecord::of(&record, number, 0), "{trip}");
        count += 1;
    }
    count
}

/// What was answered before a backup is in it, whole; a node that is put back to it answers what it did; and it is put in the place of no
/// database that is used, nor is anything else.
#[test]
fn a_backup_under_load_is_of_one_moment() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = server.data().to_str().unwrap().to_owned();
    let (made, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let before = std::thread::scope(|scope| {
        for client in 0..4 {
            let (server, made, is_over) = (&server, &made, &is_over);
            scope.spawn(move || {
                for ride in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let trip = format!("backed-up-{client}-{ride}");
                    assert_eq!(server.post(&format!("/v1/trips/{trip}/segments"), &segment(1)).status, 200);
                    assert_eq!(server.post(&format!("/v1/trips/{trip}/bill"), &bill()).status, 201);
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut before = Vec::new();
        for number in 0..5 {
            std::thread::sleep(Duration::from_millis(300));
            before.push(made.load(Ordering::Relaxed));
            let (code, text) = farebox(&["backup", "--data", &data, "--to", &file(&format!("{number}.sqlite"))]);
            assert_eq!(code, Some(0), "{text}");
        }
        is_over.store(true, Ordering::Relaxed);
        before
    });
    let made = made.into_inner();
    for (number, before) in before.into_iter().enumerate() {
        let count = audited(&folder.path().join(format!("{number}.sqlite")));
        assert!((before..=made).contains(&count), "{count} of {before} to {made}");
    }
    assert!(made > 20, "{made}");

    let last = file("4.sqlite");
    let (code, text) = farebox(&["restore", "--from", &last, "--data", &data]);
    assert!(code == Some(1) && text.contains("another farebox is using the data directory"), "{text}");
    let (code, text) = farebox(&["backup", "--data", &data, "--to", &last]);
    assert!(code == Some(1) && text.contains("there is a file"), "{text}");
    let billed = server.get("/v1/trips/backed-up-0-0/bill?city=110000");
    let late = server.post("/v1/trips/after-the-backup/bill", &bill());
    assert_eq!((billed.status, late.status), (200, 201));
    server.signal("TERM");
    let (_, kept) = server.wait();

    std::fs::write(file("damaged.sqlite"), b"nothing").unwrap();
    let (code, text) = farebox(&["restore", "--from", &file("damaged.sqlite"), "--data", &data]);
    assert!(code == Some(1) && text.contains("cannot be read as a database"), "{text}");
    let (code, text) = farebox(&["restore", "--from", &last, "--data", &data, "--json"]);
    assert_eq!(code, Some(0), "{text}");
    let restored: Value = serde_json::from_str(&text).unwrap();
    assert!(Path::new(restored["before"].as_str().unwrap()).is_file(), "{text}");
    let server = Server::restart(kept, &[]);
    assert_eq!(server.get("/v1/trips/backed-up-0-0/bill?city=110000").body, billed.body);
    assert_eq!(server.get("/v1/trips/after-the-backup/bill?city=110000").status, 404);
    let again = server.post("/v1/trips/after-the-backup/bill", &bill());
    assert_eq!((again.status, &again.json()["provisional"]), (201, &json!(true)), "{}", again.body);
}
