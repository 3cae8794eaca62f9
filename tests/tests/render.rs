//! Rendering: the same pages natively and as a component.
#![allow(clippy::unwrap_used)]

use farebox_fare::{Bill, Degradation};
use farebox_kit::artifacts;
use farebox_render::{Borne, Catalogue, FeeDifference, Page, PageLine, Repair, RepairLine, RepairPage, Section};
use farebox_tests::guest::{Guest, render, vocabulary};
use farebox_tests::wire::bill_to_wire;
use render::exports::farebox::render::render as api;

/// Every bill of render's own cases gives the same page natively and as a component, in every scene and locale; and so does what it may say
/// of the one before.
#[test]
fn pages_are_the_same_natively_and_as_a_component() {
    let copy = |name: &str| std::fs::read_to_string(artifacts::repository().join("config/copy").join(name)).unwrap();
    let layout = copy("layout.json");
    let guest = Guest::load("render");
    let mut store = guest.store();
    let instance = render::Component::instantiate(&mut store, &guest.component, &guest.linker).unwrap();
    let catalogue = instance.farebox_render_render().catalogue();
    let mut pages = 0;
    for locale in ["zh-CN", "en-US"] {
        let messages = copy(&format!("{locale}.ftl"));
        let native = Catalogue::parse(locale, &messages, &layout).unwrap();
        let parsed = catalogue.call_parse(&mut store, locale, &messages, &layout).unwrap().unwrap();
        assert_eq!(catalogue.call_version(&mut store, parsed).unwrap(), native.version());
        for bill in bills() {
            // Only a bill too strange to cross is left out.
            let Some(wire) = bill_to_wire(&bill) else { continue };
            for scene in native.scenes() {
                let rendered = catalogue.call_render(&mut store, parsed, &wire, scene).unwrap().unwrap();
                assert_eq!(page(rendered), native.render(&bill, scene).unwrap(), "{locale} {scene}");
                for (repair, to_wire) in repairs(&bill) {
                    let rendered = catalogue.call_repair(&mut store, parsed, &wire, &to_wire, scene).unwrap().unwrap();
                    let native = native.repair(&bill, &repair, scene).unwrap();
                    assert_eq!(repair_page(rendered), native, "{locale} {scene}");
                }
                pages += 1;
            }
        }
        let unknown =
            catalogue.call_render(&mut store, parsed, &bill_to_wire(&bills()[0]).unwrap(), "billboard").unwrap();
        assert!(matches!(unknown, Err(api::RenderError::UnknownScene(scenes)) if scenes.len() == 4));
        let (_, repair) = repairs(&bills()[0]).swap_remove(0);
        let unknown = catalogue
            .call_repair(&mut store, parsed, &bill_to_wire(&bills()[0]).unwrap(), &repair, "billboard")
            .unwrap();
        assert!(matches!(unknown, Err(api::RenderError::UnknownScene(scenes)) if scenes.len() == 4));
    }
    assert!(pages >= 60, "{pages} pages");
}

/// Broken copy is refused with the same words natively and as a component.
#[test]
fn broken_copy() {
    let (messages, layout) = ("mileage = { $nonsense }\nmileage = twice\n", "{\"format\": 1}");
    let native: Vec<_> = Catalogue::parse("en-US", messages, layout).unwrap_err();
    let native: Vec<_> = native.iter().map(|problem| (problem.pointer.as_str(), problem.message.as_str())).collect();
    let guest = Guest::load("render");
    let mut store = guest.store();
    let instance = render::Component::instantiate(&mut store, &guest.component, &guest.linker).unwrap();
    let catalogue = instance.farebox_render_render().catalogue();
    match catalogue.call_parse(&mut store, "en-US", messages, layout).unwrap() {
        Err(api::CatalogueError::Invalid(problems)) => {
            let problems: Vec<_> = problems.iter().map(|p| (p.pointer.as_str(), p.message.as_str())).collect();
            assert_eq!(problems, native);
        }
        other => panic!("{other:?}"),
    }
}

fn bills() -> Vec<Bill> {
    let directory = artifacts::repository().join("components/render/tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

fn page(page: api::Page) -> Page {
    let line =
        |line: api::PageLine| PageLine { code: line.code, label: line.label, text: line.text, amount: line.amount };
    let section =
        |section: api::Section| Section { title: section.title, lines: section.lines.into_iter().map(line).collect() };
    Page { sections: page.sections.into_iter().map(section).collect(), total: page.total, payable: page.payable }
}

/// What a bill may say of the one before it: that it was closed with less, and that it comes to more.
fn repairs(bill: &Bill) -> Vec<(Repair, api::Repair)> {
    use vocabulary::Degradation as Wire;
    let lines: Vec<_> = bill.lines.iter().map(|line| (line.code.clone(), line.amount, 7)).collect();
    let repair = |reason, closed, [before, after, borne]: [i64; 3]| Repair {
        because: vec![reason],
        closed,
        before,
        after,
        borne,
        lines: lines
            .iter()
            .map(|(code, before, after)| FeeDifference { code: code.clone(), before: *before, after: *after })
            .collect(),
    };
    let to_wire = |reason, repair: &Repair| api::Repair {
        because: vec![reason],
        closed: repair.closed,
        before: repair.before,
        after: repair.after,
        borne: repair.borne,
        lines: lines
            .iter()
            .map(|(code, before, after)| api::FeeDifference { code: code.clone(), before: *before, after: *after })
            .collect(),
    };
    let closed = repair(Degradation::TripIncomplete, true, [bill.payable, 0, 0]);
    let more = repair(Degradation::LateSegments, false, [1, bill.payable, 2_040]);
    let (closed_to_wire, more_to_wire) = (to_wire(Wire::TripIncomplete, &closed), to_wire(Wire::LateSegments, &more));
    vec![(closed, closed_to_wire), (more, more_to_wire)]
}

fn repair_page(page: api::RepairPage) -> RepairPage {
    let line = |line: api::RepairLine| RepairLine {
        code: line.code,
        label: line.label,
        before: line.before,
        after: line.after,
    };
    RepairPage {
        title: page.title,
        text: page.text,
        outcome: page.outcome,
        before: page.before,
        after: page.after,
        difference: page.difference,
        borne: page.borne.map(|borne| Borne { amount: borne.amount, text: borne.text }),
        lines: page.lines.into_iter().map(line).collect(),
    }
}
