//! Bills in `cases/`, and in `pages/` what people read: one file a bill, every locale and scene in it.
//!
//! After a wanted change, `INSTA_UPDATE=always cargo test -p farebox-render` writes the pages anew; review the diff.

#![allow(clippy::unwrap_used)]

mod copy;

use copy::shipped;
use farebox_fare::Bill;
use farebox_render::{Page, UnknownScene};
use std::fmt::Write;
use std::path::Path;

/// A page the way it could be printed.
fn write_page(out: &mut String, page: &Page) {
    for section in &page.sections {
        writeln!(out, "{}", section.title).unwrap();
        for line in &section.lines {
            let text = if line.text.is_empty() { String::new() } else { format!("   ({})", line.text) };
            writeln!(out, "    {:<10} {}{text}", line.amount, line.label).unwrap();
        }
    }
    writeln!(out, "total   {}\npayable {}\n", page.total, page.payable).unwrap();
}

/// The shipped copy says the right thing about every bill, in every scene and locale.
#[test]
fn pages_read_as_before() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = cases.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let catalogues = shipped();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let bill: Bill = serde_json::from_str(&std::fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut pages = String::new();
        for (locale, catalogue) in &catalogues {
            for scene in catalogue.scenes() {
                writeln!(pages, "=== {locale} {scene} ===").unwrap();
                write_page(&mut pages, &catalogue.render(&bill, scene).unwrap());
            }
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("pages");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, pages));
    }
}

/// Asking for a scene that is not there says which are.
#[test]
fn unknown_scene() {
    let bill = include_str!("cases/jinan-express.json");
    let (_, catalogue) = &shipped()[0];
    let error = catalogue.render(&serde_json::from_str(bill).unwrap(), "poster").unwrap_err();
    assert_eq!(error, UnknownScene { scenes: ["detail", "receipt", "driver", "statement"].map(String::from).to_vec() });
}

/// Markup in copy or in a bill is text like any other: nothing is interpreted, and nothing is escaped twice.
#[test]
fn pages_are_plain_text() {
    let messages = "mocked = { $title }\ntitle = <b>Fare</b>\ncoupon = Coupon\n    .text = { $reference }";
    let layout = r#"{"format": "farebox-copy-layout/1", "mocked": "mocked",
        "scenes": [{"name": "all", "sections": [{"title": "title", "fees": ["*"], "discounts": ["*"], "included": ["*"]}]}]}"#;
    let catalogue = farebox_render::Catalogue::parse("en", messages, layout).unwrap();
    let bill = r#"{"currency": "CNY", "basis": "metered", "total": "0.00", "payable": "0.00", "rate_card": "",
        "lines": [], "discounts": [{"code": "coupon", "quantity": "1", "unit": "trip", "rate": "0", "per": "1",
        "amount": "0.00", "reference": "<i>&{ $amount }",
        "why": {"rule": "coupon", "source": "trip", "rounding": "half-up"}}]}"#;
    let page = catalogue.render(&serde_json::from_str(bill).unwrap(), "all").unwrap();
    assert_eq!(page.sections[0].title, "<b>Fare</b>");
    assert_eq!(page.sections[0].lines[0].text, "<i>&{ $amount }");
    // Without any pattern for money, the code of the currency stands in.
    assert_eq!(page.payable, "CNY 0.00");
}
