//! Rendering: the same pages natively and as a component.
#![allow(clippy::unwrap_used)]

use farebox_fare::Bill;
use farebox_kit::artifacts;
use farebox_render::{Catalogue, Page, PageLine, Section};
use farebox_tests::guest::{Guest, render};
use farebox_tests::wire::bill_to_wire;
use render::exports::farebox::render::render as api;

/// Every bill of render's own cases gives the same page natively and as a component, in every scene and locale.
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
                pages += 1;
            }
        }
        let unknown =
            catalogue.call_render(&mut store, parsed, &bill_to_wire(&bills()[0]).unwrap(), "billboard").unwrap();
        assert!(matches!(unknown, Err(api::RenderError::UnknownScene(scenes)) if scenes.len() == 3));
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
