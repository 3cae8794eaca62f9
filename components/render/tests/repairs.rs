//! Bills that were made again, in `repairs/`: what each says of the one before it, in every locale and scene; and in copy that has no
//! words for it.
//!
//! After a wanted change, `INSTA_UPDATE=always cargo test -p farebox-render` writes the pages anew; review the diff.

#![allow(clippy::unwrap_used)]

mod copy;

use copy::{LAYOUT, MESSAGES, shipped};
use farebox_fare::Bill;
use farebox_records::Difference;
use farebox_render::{Catalogue, FeeDifference, Repair, RepairPage, UnknownScene};
use serde::Deserialize;
use std::fmt::Write;
use std::path::Path;

/// What a record has of a bill that was made again, as far as it takes part.
#[derive(Deserialize)]
struct Record {
    repair: farebox_records::Repair,
    passenger: Bill,
    driver: Bill,
}

impl Record {
    fn of(name: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repairs").join(name).with_extension("json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn side(&self, scene: &str) -> (&Bill, Repair) {
        let farebox_records::Repair { because, closed, passenger, driver, .. } = &self.repair;
        let (bill, difference) = if scene == "driver" { (&self.driver, driver) } else { (&self.passenger, passenger) };
        let Difference { before, after, borne, lines, .. } = difference;
        let line = |line: &farebox_records::LineDifference| FeeDifference {
            code: line.code.clone(),
            before: line.before,
            after: line.after,
        };
        let lines = lines.iter().map(line).collect();
        let (before, after, borne) = (*before, *after, *borne);
        (bill, Repair { because: because.clone(), closed: *closed, before, after, borne, lines })
    }

    fn rendered(&self, catalogue: &Catalogue, scene: &str) -> RepairPage {
        let (bill, repair) = self.side(scene);
        catalogue.repair(bill, &repair, scene).unwrap()
    }
}

/// A repair the way it could be printed.
fn write_repair(out: &mut String, page: &RepairPage) {
    let RepairPage { title, text, outcome, before, after, difference, borne, lines } = page;
    writeln!(out, "{title}\n{text}\n{outcome}\n{before} -> {after} ({difference})").unwrap();
    if let Some(borne) = borne {
        writeln!(out, "{}: {}", borne.amount, borne.text).unwrap();
    }
    for line in lines {
        writeln!(out, "    {:<10} {:<10} {}", line.before, line.after, line.label).unwrap();
    }
    out.push('\n');
}

/// Whoever reads a bill that was made again is told why, by how much it differs, and who bears that, in the words of their language.
#[test]
fn repairs_read_as_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repairs");
    let mut names: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    let catalogues = shipped();
    for name in names {
        let record = Record::of(&name);
        let mut pages = String::new();
        for (locale, catalogue) in &catalogues {
            for scene in catalogue.scenes() {
                writeln!(pages, "=== {locale} {scene} ===").unwrap();
                write_repair(&mut pages, &record.rendered(catalogue, scene));
            }
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("repairs");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, pages));
    }
}

/// A passenger who pays what the bill before came to, though the ride came to more, is told all three things.
#[test]
fn who_pays_no_more_is_told_so() {
    let record = Record::of("passenger-pays-no-more");
    for (locale, catalogue) in shipped() {
        let page = record.rendered(&catalogue, "detail");
        let said = page.borne.unwrap().text;
        let (came_to, no_more) =
            if locale == "zh-CN" { ("78.00元", "您无需多付") } else { ("¥78.00", "you pay no more") };
        for part in [came_to, "20.40", no_more] {
            assert!(said.contains(part), "{locale}: {part} is not in {said}");
        }
        assert!(page.difference.contains("0.00") && !page.difference.contains(['+', '-']), "{}", page.difference);
    }
}

/// Copy from before there were repairs is sound, and shows every number; where it has words for a fee, those are shown.
#[test]
fn older_copy_shows_the_numbers() {
    let record = Record::of("passenger-pays-no-more");
    for (locale, messages) in MESSAGES {
        let (older, repairs) = messages.split_at(messages.find("\nrepaired").unwrap());
        assert!(repairs.contains("repaired-borne"), "{locale}: all of it is left out");
        let (older, newer) = (Catalogue::parse(locale, older, LAYOUT), Catalogue::parse(locale, messages, LAYOUT));
        let (older, newer) = (older.unwrap(), newer.unwrap());
        for scene in ["detail", "receipt", "driver", "statement"] {
            let mut expected = record.rendered(&newer, scene);
            for words in [&mut expected.title, &mut expected.text, &mut expected.outcome] {
                words.clear();
            }
            expected.borne.iter_mut().for_each(|borne| borne.text.clear());
            assert_eq!(record.rendered(&older, scene), expected, "{locale} {scene}");
        }
    }
}

/// Of several reasons the one is told that changes what is charged for.
#[test]
fn one_reason_is_told() {
    use farebox_fare::Degradation::{LateSegments, PolicyUnavailable, StoreLost, TripMissing};
    let layout = r#"{"format": "farebox-copy-layout/1", "mocked": "mocked",
        "scenes": [{"name": "all", "sections": [{"title": "title", "fees": ["*"], "discounts": ["*"], "included": ["*"]}]}]}"#;
    let messages = "mocked = { $title }\ntitle = Fare\nrepaired = R\n    .text = <{ $because }>";
    let catalogue = Catalogue::parse("en", messages, layout).unwrap();
    let record = Record::of("passenger-pays-no-more");
    for (because, expected) in [
        (vec![], "<>"),
        (vec![PolicyUnavailable], "<policy-unavailable>"),
        (vec![PolicyUnavailable, TripMissing, StoreLost], "<trip-missing>"),
        (vec![LateSegments, TripMissing], "<late-segments>"),
    ] {
        let (bill, repair) = record.side("all");
        let page = catalogue.repair(bill, &Repair { because, ..repair }, "all").unwrap();
        assert_eq!((page.text.as_str(), page.outcome.as_str()), (expected, ""));
    }
}

/// Differences and sums are exact where no amount could hold them.
#[test]
fn no_amount_is_too_large() {
    let (_, catalogue) = shipped().swap_remove(1);
    let record = Record::of("passenger-pays-no-more");
    let (bill, repair) = record.side("detail");
    let (before, after, borne) = (i64::MIN, i64::MAX, i64::MAX);
    let page = catalogue.repair(bill, &Repair { before, after, borne, ..repair }, "detail").unwrap();
    assert_eq!(page.difference, "+¥184,467,440,737,095,516.15");
    assert!(page.borne.unwrap().text.contains("¥184,467,440,737,095,516.14"));
}

/// Asking for a scene that is not there says which are.
#[test]
fn unknown_scene() {
    let (_, catalogue) = shipped().swap_remove(0);
    let record = Record::of("passenger-pays-no-more");
    let (bill, repair) = record.side("detail");
    let error = catalogue.repair(bill, &repair, "poster").unwrap_err();
    assert_eq!(error, UnknownScene { scenes: ["detail", "receipt", "driver", "statement"].map(String::from).to_vec() });
}
