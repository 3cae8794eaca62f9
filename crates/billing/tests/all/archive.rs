//! Bills that left the store for the archive are answered as before, wherever one is answered, repeated, repaired or listed: natively.
#![allow(clippy::unwrap_used)]

use farebox_billing::answers::Retired;
use farebox_billing::refusal::{Code, Refusal};
use farebox_billing::{Billing, Context, bills, meter, repairs, retention};
use farebox_kit::artifacts;
use farebox_kit::memory::{Failure, World, now};
use farebox_records::BillRecord;
use farebox_records::archive::{Archived, Contents, FORMAT, Line, Manifest};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::rc::Rc;
use tempfile::TempDir;

const CITY: &str = "110000";
const DAY: &str = "2026-11-21";
const DAY_MS: u64 = 86_400_000;

/// Three trips that were billed, one of them made again and one guessed; and an archive of their day.
struct Site {
    world: World,
    billing: Rc<Billing<World>>,
    archive: TempDir,
    _config: TempDir,
}

impl Site {
    fn new() -> Self {
        let config = tempfile::tempdir().unwrap();
        artifacts::copy_configuration(config.path());
        let rules = json!({"format": "farebox-city/1", "city": CITY, "retention": {"bills_days": 30}});
        fs::create_dir_all(config.path().join("cities")).unwrap();
        fs::write(config.path().join("cities").join(format!("{CITY}.json")), rules.to_string()).unwrap();
        let world = World::with_config(config.path().to_owned());
        let archive = tempfile::tempdir().unwrap();
        world.0.archive.replace(archive.path().to_owned());
        let site = Self { billing: Billing::new(world.clone()), world, archive, _config: config };
        for trip in ["measured", "repaired", "guessed"] {
            if trip == "measured" {
                site.meter(trip);
            }
            site.create(trip, &request()).unwrap();
        }
        site.meter("repaired");
        site.later(2_000);
        assert_eq!(now(repairs::sweep(&site.context(), None, None)).unwrap().repaired, 1);
        site.write();
        site
    }

    fn context(&self) -> Context<World> {
        now(Context::new(&self.billing, "")).unwrap()
    }

    fn later(&self, ms: u64) {
        self.world.0.now_ms.set(self.world.0.now_ms.get() + ms);
    }

    fn meter(&self, trip: &str) {
        let segment =
            json!({"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 9_000, "duration_s": 1_200});
        now(meter::add_segments(&self.context(), trip, &json!({"city": CITY, "segments": [segment]}))).unwrap();
    }

    fn create(&self, trip: &str, request: &Value) -> Result<bills::Billed, Refusal> {
        let billed = now(bills::create(&self.context(), trip, request));
        self.world.after_answers();
        billed
    }

    /// Writes the file of the day: a part for each trip.
    fn write(&self) {
        let (mut file, mut last) = (Vec::new(), None);
        for (trip, revisions) in &*self.world.0.bills.borrow() {
            let mut part = GzEncoder::new(file, Compression::default());
            for new in revisions {
                writeln!(part, "{}", new.revision.bill.document).unwrap();
                last = Some(Line { trip_id: trip.clone(), revision: new.revision.number });
            }
            file = part.finish().unwrap();
        }
        let about = Manifest {
            format: FORMAT.into(),
            city: CITY.into(),
            day: DAY.into(),
            written_at: String::new(),
            sha256: String::new(),
            bytes: 0,
            last,
            contents: Contents::default(),
        };
        fs::create_dir_all(self.archive.path().join(CITY)).unwrap();
        fs::write(self.file("jsonl.gz"), file).unwrap();
        fs::write(self.file("json"), serde_json::to_string(&about).unwrap()).unwrap();
    }

    fn file(&self, end: &str) -> std::path::PathBuf {
        self.archive.path().join(CITY).join(format!("{DAY}.{end}"))
    }

    /// Has bills leave, 31 days later unless that is over.
    fn sweep(&self) -> Retired {
        now(retention::sweep(&self.context(), None, None)).unwrap()
    }

    fn leave(&self) {
        self.later(32 * DAY_MS);
        assert_eq!(self.sweep(), Retired { looked_at: 4, retired: 4, ..Retired::default() });
        let bills = self.world.0.bills.borrow();
        assert!(bills.values().flatten().all(|new| Archived::is(&new.revision.bill.document)));
    }

    /// All that is answered of the bills: of which there is nothing else to be had from the store.
    fn answers(&self) -> Vec<String> {
        let mut answers = Vec::new();
        for trip in ["measured", "repaired", "guessed"] {
            answers.push(now(bills::fetch(&self.context(), trip, Some(CITY))).unwrap());
            for revision in if trip == "repaired" { &["1", "2"][..] } else { &["1"] } {
                answers.push(now(bills::fetch_revision(&self.context(), trip, Some(CITY), revision)).unwrap());
            }
            let history = now(bills::history(&self.context(), trip, Some(CITY))).unwrap();
            answers.push(serde_json::to_string(&history).unwrap());
            let billed = self.create(trip, &request()).unwrap();
            assert!(!billed.new, "{trip}");
            answers.push(billed.document);
            let mut other = request();
            other["ended_at"] = json!("2026-11-21T08:30:00+08:00");
            assert_eq!(self.create(trip, &other).unwrap_err().code, Code::BillConflict, "{trip}");
        }
        let asked = bills::Asked { city: CITY, day: Some(DAY), wanted: None, cursor: None };
        let list = now(bills::list(&self.context(), asked)).unwrap();
        answers.push(serde_json::to_string(&list).unwrap());
        answers
    }
}

fn request() -> Value {
    json!({
        "city": CITY, "product": "express", "passenger": {"id": "p-1"},
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
        "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
    })
}

/// Nobody who asks can tell whether a bill has left: every answer is the same to the byte, and a trip is still billed once.
#[test]
fn what_left_is_answered_as_before() {
    let site = Site::new();
    let before = site.answers();
    assert_eq!(site.sweep(), Retired::default(), "it is not as old as that");
    assert_eq!(site.answers(), before);
    site.leave();
    assert_eq!(site.answers(), before);
    let top_ups = site.world.0.bills.borrow().values().flatten().filter(|new| new.top_up.is_some()).count();
    assert!(top_ups > 0, "what is owed stays in the store");
}

/// A day is looked at once, also by whoever was not told: it is seen by its last bill. Asked from in between, it goes on there.
#[test]
fn a_day_is_looked_at_once() {
    let site = Site::new();
    site.leave();
    assert_eq!(site.sweep(), Retired::default());
    let another = Billing::new(site.world.clone());
    let again = |cursor| now(retention::sweep(&now(Context::new(&another, "")).unwrap(), None, cursor));
    assert_eq!(again(None).unwrap(), Retired::default());
    let from = format!("{CITY}/{DAY}/0");
    assert_eq!(again(Some(&*from)).unwrap().looked_at, 4);
    assert_eq!(again(Some("x")).unwrap_err().code, Code::InvalidParameter);
}

/// What the archive does not have to the byte stays in the store, and so does everything that it cannot be asked for.
#[test]
fn what_is_not_in_the_archive_stays() {
    let site = Site::new();
    let change = |text: &str| {
        let mut bills = site.world.0.bills.borrow_mut();
        bills.get_mut("measured").unwrap()[0].revision.bill.document = text.to_owned();
    };
    let before = site.world.0.bills.borrow()["measured"][0].revision.bill.document.clone();
    change(&before.replace("p-1", "p-2"));
    site.later(32 * DAY_MS);
    assert_eq!(site.sweep(), Retired { looked_at: 4, retired: 3, differ: 1, ..Retired::default() });
    assert!(now(bills::fetch(&site.context(), "measured", Some(CITY))).unwrap().contains("p-2"));

    let site = Site::new();
    site.later(32 * DAY_MS);
    site.world.0.failures.borrow_mut().insert("redact_bill", Failure::Unavailable);
    let stopped = site.sweep();
    assert!(stopped.stopped.is_some() && stopped.retired == 0, "{stopped:?}");
    site.world.0.failures.borrow_mut().clear();
    let mut file = fs::read(site.file("jsonl.gz")).unwrap();
    file.truncate(file.len() - 20);
    fs::write(site.file("jsonl.gz"), file).unwrap();
    let cut = site.sweep();
    assert_eq!((cut.retired, cut.unreadable), (2, 1), "the last part is not all there: {cut:?}");
    assert!(site.world.0.log.borrow().iter().any(|line| line.contains("archive-unreadable")));
    for trip in ["measured", "repaired", "guessed"] {
        assert!(now(bills::fetch(&site.context(), trip, Some(CITY))).is_ok(), "{trip}");
    }
}

/// While the archive cannot be read, or says something else, nobody is answered another bill, none is made, and nothing is lost; other trips
/// are billed.
#[test]
fn an_archive_that_cannot_be_read() {
    let site = Site::new();
    let before = site.answers();
    site.leave();
    let whole = fs::read(site.file("jsonl.gz")).unwrap();
    let mut damaged = whole.clone();
    for at in (0..damaged.len()).step_by(50) {
        damaged[at] ^= 0x55;
    }
    let stored = |site: &Site| format!("{:?}", site.world.0.bills.borrow());
    let there = stored(&site);
    for bytes in [None, Some(damaged)] {
        match bytes {
            None => fs::remove_file(site.file("jsonl.gz")).unwrap(),
            Some(bytes) => fs::write(site.file("jsonl.gz"), bytes).unwrap(),
        }
        for trip in ["measured", "repaired", "guessed"] {
            let refused = now(bills::fetch(&site.context(), trip, Some(CITY))).unwrap_err();
            assert_eq!(refused.code, Code::StoreUnavailable);
            assert!(refused.detail.contains("archive"), "{}", refused.detail);
            assert_eq!(site.create(trip, &request()).unwrap_err().code, Code::StoreUnavailable);
            assert_eq!(now(bills::repair(&site.context(), trip, Some(CITY))).unwrap_err().code, Code::StoreUnavailable);
            let erased = now(bills::erase_passenger(&site.context(), trip, Some(CITY)));
            assert_eq!(erased.unwrap_err().code, Code::StoreUnavailable);
        }
        assert_eq!(stored(&site), there);
        assert!(site.create("another", &request()).unwrap().new);
        site.world.0.bills.borrow_mut().remove("another");
    }
    fs::write(site.file("jsonl.gz"), whole).unwrap();
    assert_eq!(site.answers()[..before.len() - 1], before[..before.len() - 1]);
}

/// A bill that has left can be made again: the newer revision is in the store, and the ones before are read where they are.
#[test]
fn what_left_can_be_repaired() {
    let site = Site::new();
    let first = now(bills::fetch(&site.context(), "guessed", Some(CITY))).unwrap();
    site.leave();
    site.meter("guessed");
    site.later(2_000);
    let billed = now(bills::repair(&site.context(), "guessed", Some(CITY))).unwrap();
    let repaired = BillRecord::read(&billed.document).unwrap();
    assert_eq!((billed.new, repaired.repair.unwrap().revision), (true, 2));
    assert_eq!(now(bills::fetch_revision(&site.context(), "guessed", Some(CITY), "1")).unwrap(), first);
    assert_eq!(now(bills::fetch(&site.context(), "guessed", Some(CITY))).unwrap(), billed.document);
}

/// Who rode is taken out of what left as well: it is back in the store then, and it is said which files still have it.
#[test]
fn who_rode_is_taken_out_of_what_left() {
    let site = Site::new();
    site.leave();
    let erased = now(bills::erase_passenger(&site.context(), "repaired", Some(CITY))).unwrap();
    assert_eq!((erased.revisions, erased.archived), (2, vec![DAY.to_owned()]));
    for revision in ["1", "2"] {
        let bill = now(bills::fetch_revision(&site.context(), "repaired", Some(CITY), revision)).unwrap();
        assert!(!bill.contains("p-1"), "{bill}");
    }
    let another = Billing::new(site.world.clone());
    let from = format!("{CITY}/{DAY}/0");
    let again = now(retention::sweep(&now(Context::new(&another, "")).unwrap(), None, Some(&from))).unwrap();
    assert_eq!((again.retired, again.differ), (0, 2), "it does not leave again with who rode");
    let again = now(bills::erase_passenger(&site.context(), "repaired", Some(CITY))).unwrap();
    assert_eq!((again.revisions, again.archived), (0, Vec::<String>::new()));
}
