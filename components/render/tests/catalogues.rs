//! Copy that would mislead somebody is refused, with everything that is wrong with it and where.

#![allow(clippy::unwrap_used)]

mod copy;

use farebox_document::Problem;
use farebox_render::Catalogue;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const MESSAGES: &str = "\
title = Fare
mocked = { $title } (estimated)
mileage = Distance
";
const LAYOUT: &str = r#"{"format": "farebox-copy-layout/1", "mocked": "mocked", "scenes": [
    {"name": "detail", "sections": [{"title": "title", "fees": ["mileage", "*"], "discounts": ["*"], "included": ["*"]}]}]}"#;

/// "pointer code", for each problem.
fn problems(locale: &str, messages: &str, layout: &str) -> Vec<String> {
    let problems = Catalogue::parse(locale, messages, layout).err().unwrap_or_default();
    let brief = |Problem { pointer, code, .. }: &Problem| format!("{pointer} {code}");
    problems.iter().map(brief).collect()
}

/// `more` follows three sound lines, so it begins on line 4.
fn check_messages(more: &str, expected: &[&str]) {
    assert_eq!(problems("en", &format!("{MESSAGES}{more}"), LAYOUT), expected, "{more}");
}

/// What Fluent cannot read is refused by line, all of it.
#[test]
fn syntax() {
    check_messages("", &[]);
    check_messages(
        "a = { $quantity\nb = B\nc\nd = { }",
        &["/messages:5 invalid-fluent", "/messages:6 invalid-fluent", "/messages:7 invalid-fluent"],
    );
    check_messages("a =\n", &["/messages:4 invalid-fluent"]);
    // The parser would panic on this one.
    check_messages("a = { \"\\u里\" }", &["/messages:4 invalid-fluent"]);
    check_messages("a = { \"\\U0041里\" }", &["/messages:4 invalid-fluent"]);
    check_messages("a = { \"\\u91CC\" }里", &[]);
    check_messages(&format!("a = {}", "{".repeat(10_000)), &["/messages:4 too-deep"]);
    check_messages(&format!("a = {{ {}", "F(".repeat(10_000)), &["/messages:4 too-deep"]);
    check_messages(&"a".repeat(300_000), &["/messages too-long"]);
    // Files from Windows are as good as others.
    assert_eq!(problems("en", &format!("\u{feff}{}", MESSAGES.replace('\n', "\r\n")), LAYOUT), [""; 0]);
}

/// What a message refers to has to be there, and to be told to it.
#[test]
fn references() {
    check_messages("a = { $quantity } { b }\nb = { $rate }", &[]);
    check_messages("a = { $quantum }", &["/messages:4 unknown-variable"]);
    check_messages("a = A\n    .text = { $quantum }", &["/messages:5 unknown-variable"]);
    check_messages("a = { b }", &["/messages:4 unknown-message"]);
    check_messages("a = { mileage.text }", &["/messages:4 unknown-message"]);
    check_messages("a = { NUMBER($quantity) }", &["/messages:4 unknown-function"]);
    check_messages("a = { 3.10 }", &["/messages:4 number-literal"]);
    check_messages("a = { -brand }", &["/messages:4 unknown-term"]);
    check_messages("a = { -brand }\n-brand = Farebox", &[]);
    check_messages("a = { -brand(case: \"of\") }\n-brand = { $case ->\n    [of] Farebox's\n   *[is] Farebox\n}", &[]);
    check_messages("a = { -brand }\n-brand = { $case }", &["/messages:4 missing-argument"]);
    check_messages("a = { -brand(case: 1) }\n-brand = { $case }", &["/messages:4 number-literal"]);
    check_messages("a = { -brand($code) }\n-brand = Farebox", &["/messages:4 unnamed-argument"]);
    check_messages("a = A\n-brand = { a }", &["/messages:5 message-in-term"]);
    check_messages("a = { -b(x: \"1\") }\n-b = { -c } { $x }\n-c = C", &["/messages:4 term-in-term"]);
    // A broken message is broken, not missing.
    check_messages("a = { b }\nb = { ", &["/messages:5 invalid-fluent"]);
    // Titles are about sections, amounts about money: neither knows of a line.
    check_messages("money = { $amount } { $currency } { $code }", &["/messages:4 unknown-variable"]);
    check_messages("title--detail = { a }\na = { $quantity }", &["/messages:4 unknown-variable"]);
}

/// What is said of a bill that was made again knows of both bills, and of no line; and nothing else knows of it.
#[test]
fn repairs() {
    check_messages("repaired = { $before } { $after }\n    .text = { repaired-why }\nrepaired-why = { $because }", &[]);
    check_messages("repaired-borne--detail = { $borne }", &["/messages:4 unknown-message"]);
    check_messages("repaired = { $code }", &["/messages:4 unknown-variable"]);
    check_messages("repaired = { a }\na = { $quantity }", &["/messages:4 unknown-variable"]);
    check_messages("a = { $before }", &["/messages:4 unknown-variable"]);
    check_messages("repairedness = { $before }", &["/messages:4 unknown-variable"]);
    let choose = |selector: &str, key: &str| format!("repaired = {{ {selector} ->\n    [{key}] A\n   *[other] B\n}}");
    check_messages(&choose("$change", "more"), &[]);
    check_messages(&choose("$closed", "yes"), &[]);
    check_messages(&choose("$because", "trip-missing"), &[]);
    check_messages(&choose("$because", "trip-lost"), &["/messages:5 unknown-variant"]);
    check_messages(&choose("$change", "1"), &["/messages:5 unknown-variant"]);
}

/// Messages that never end, or come to more than Fluent prints, are refused.
#[test]
fn endless_messages() {
    check_messages("a = { a }", &["/messages:4 cycle"]);
    check_messages("a = { b }\nb = { c.text }\nc = C\n    .text = { a }", &["/messages:7 cycle"]);
    check_messages("-a = { -b }\n-b = { -a }", &["/messages:5 cycle"]);
    check_messages(&format!("a = {}", "{ $code }".repeat(100)), &[]);
    check_messages(&format!("a = {}", "{ \"x\" }".repeat(101)), &["/messages:4 too-complex"]);
    let laughs = "a = { b }{ b }{ b }{ b }{ b }\nb = { c }{ c }{ c }{ c }{ c }\nc = { d }{ d }{ d }{ d }{ d }\nd = D";
    check_messages(laughs, &["/messages:4 too-complex"]);
    let chain: String = (0..4_900).map(|n| format!("m{n} = {{ m{} }}\n", n + 1)).collect();
    let problems = problems("en", &format!("{MESSAGES}{chain}m4900 = x"), LAYOUT);
    assert!(!problems.is_empty() && problems.iter().all(|problem| problem.ends_with("too-complex")));
}

/// A variant that can never be chosen is a typing error.
#[test]
fn variants() {
    let choose = |selector: &str, key: &str| format!("a = {{ {selector} ->\n    [{key}] A\n   *[other] B\n}}");
    check_messages(&choose("$unit", "meter"), &[]);
    check_messages(&choose("$unit", "metre"), &["/messages:5 unknown-variant"]);
    check_messages(&choose("$basis", "mocked"), &[]);
    check_messages(&choose("$basis", "1"), &["/messages:5 unknown-variant"]);
    check_messages(&choose("$quantity_number", "1"), &[]);
    check_messages(&choose("$quantity_number", "one"), &[]);
    check_messages(&choose("$quantity_number", "single"), &["/messages:5 unknown-variant"]);
    check_messages(&choose("$quantity", "1"), &["/messages:5 unknown-variant"]);
    check_messages(&choose("$code", "mileage"), &[]);
    check_messages(&choose("$code", "other"), &["/messages:6 duplicate-variant"]);
    check_messages(&choose("$kode", "mileage"), &["/messages:4 unknown-variable"]);
    check_messages(&choose("\"x\"", "x"), &["/messages:4 constant-selector"]);
    check_messages(&choose("1", "1"), &["/messages:4 constant-selector"]);
    check_messages("a = { $per_number }", &["/messages:4 number-printed"]);
}

/// No two messages share a name, and none is written that nobody would ever see.
#[test]
fn names() {
    check_messages("mileage = Way", &["/messages:4 duplicate-message"]);
    check_messages("-mileage = Way", &["/messages:4 duplicate-message"]);
    check_messages("a = A\n    .text = B\n    .text = C", &["/messages:6 duplicate-attribute"]);
    check_messages("a = A\n    .txt = B", &["/messages:5 unknown-attribute"]);
    check_messages("a =\n    .text = B", &["/messages:4 no-label"]);
    check_messages("mileage--detail =\n    .text = B", &[]);
    check_messages("mileage--driver = Way", &["/messages:4 unknown-scene"]);
    check_messages("milage--detail = Way", &["/messages:4 unknown-message"]);
}

/// Words cannot hide an amount, a currency, or that a bill was reconstructed.
#[test]
fn nothing_is_hidden() {
    check_messages("money = { $amount }", &["/messages:4 hides-value"]);
    check_messages("money = { $currency }", &["/messages:4 hides-value"]);
    check_messages("money-CNY = ¥{ $amount }", &[]);
    check_messages("money-CNY = ¥{ number }\nnumber = { $amount }", &[]);
    check_messages("money-CNY = ¥", &["/messages:4 hides-value"]);
    check_messages("money-CNY = ¥{ $amount }\nmoney-CNY--detail = ¥", &["/messages:5 hides-value"]);
    check_messages(
        "money-CNY = { $currency ->\n    [CNY] ¥{ $amount }\n   *[other] ?\n}",
        &["/messages:4 hides-value"],
    );
    check_messages("money-CNT = { $amount }", &["/messages:4 unknown-currency"]);
    let silent = "title = Fare\nmocked = Estimated\nmileage = Distance";
    assert_eq!(problems("en", silent, LAYOUT), ["/messages:2 hides-value"]);
}

/// A layout that is not one, or that says what nobody understands, is refused by field.
#[test]
fn layout_fields() {
    let check = |layout: &str, expected: &[&str]| assert_eq!(problems("en", MESSAGES, layout), expected, "{layout}");
    check("{", &["/layout invalid-json"]);
    check("[]", &["/layout wrong-type"]);
    check("{}", &["/layout/format missing", "/layout/mocked missing", "/layout/scenes missing"]);
    check(
        r#"{"format": "farebox-copy-layout/2", "mocked": "mocked", "scenes": []}"#,
        &["/layout/format unknown-format", "/layout/scenes wrong-length"],
    );
    check(
        &LAYOUT.replace(r#""mocked": "#, r#""colour": 1, "fallback": "fee", "mocked": "#),
        &["/layout/colour unknown-field", "/layout/fallback unknown-message"],
    );
    check(
        &LAYOUT.replace(r#""name": "detail""#, r#""name": "de-tail", "x/y~": 2"#),
        &["/layout/scenes/0/x~1y~0 unknown-field", "/layout/scenes/0/name invalid-scene"],
    );
    let twice = r#"{"name": "detail", "sections": [{"title": "title", "fees": ["*"], "discounts": ["*"], "included": ["*"]}]}, "#;
    check(&LAYOUT.replace(r#"{"name""#, &format!(r#"{twice}{{"name""#)), &["/layout/scenes/1/name duplicate-scene"]);
}

/// Every list has a limit, which is told where the list is.
#[test]
fn lists_have_limits() {
    let section = r#"{"title": "title", "fees": ["*"], "discounts": ["*"], "included": ["*"]}"#;
    let empty = r#"{"title": "title", "fees": ["mileage"]}"#;
    let check = |scenes: &str, expected: &[&str]| {
        let layout = format!(r#"{{"format": "farebox-copy-layout/1", "mocked": "mocked", "scenes": [{scenes}]}}"#);
        assert_eq!(problems("en", MESSAGES, &layout), expected);
    };
    let scenes = |count: usize| {
        let scene = |number| format!(r#"{{"name": "s{number}", "sections": [{section}]}}"#);
        (0..count).map(scene).collect::<Vec<_>>().join(",")
    };
    check(&scenes(50), &[]);
    check(&scenes(51), &["/layout/scenes wrong-length"]);
    check(
        &format!(r#"{{"name": "a", "sections": [{section}{}]}}"#, format!(", {empty}").repeat(50)),
        &["/layout/scenes/0/sections wrong-length"],
    );
    for list in ["fees", "discounts", "included"] {
        let long =
            section.replace(&format!(r#""{list}": ["*""#), &format!(r#""{list}": ["*"{}"#, r#", "a""#.repeat(200)));
        check(
            &format!(r#"{{"name": "a", "sections": [{long}]}}"#),
            &[&*format!("/layout/scenes/0/sections/0/{list} wrong-length")],
        );
    }
    let messages = |count: usize| {
        (0..count)
            .map(|number| {
                format!(
                    "m{number} = x
"
                )
            })
            .collect::<String>()
    };
    check_messages(&messages(4_997), &[]);
    check_messages(&messages(4_998), &["/messages wrong-length"]);
}

/// However many titles and messages there are, copy is looked at in no time.
#[test]
fn large_copy_is_read_at_once() {
    let section = |title: usize, codes: &str| format!(r#"{{"title": "t{title}"{codes}}}"#);
    let all = r#", "fees": ["*"], "discounts": ["*"], "included": ["*"]"#;
    let scene = |scene: usize| {
        let sections = (1..50).map(|number| section(50 * scene + number, &format!(r#", "fees": ["m{number}"]"#)));
        let sections: Vec<_> = [section(50 * scene, all)].into_iter().chain(sections).collect();
        format!(r#"{{"name": "s{scene}", "sections": [{}]}}"#, sections.join(","))
    };
    let scenes: Vec<_> = (0..50).map(scene).collect();
    let layout =
        format!(r#"{{"format": "farebox-copy-layout/1", "mocked": "mocked", "scenes": [{}]}}"#, scenes.join(","));
    let titles: String = (0..2_500)
        .map(|number| {
            format!(
                "t{number} = x
"
            )
        })
        .collect();
    let messages: String = (0..2_400)
        .map(|number| {
            format!(
                "m{number} = x
"
            )
        })
        .collect();
    let begun = Instant::now();
    assert_eq!(problems("en", &format!("{MESSAGES}{titles}{messages}"), &layout), [""; 0]);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// A layout in which a line could go missing, show twice, or show without words is refused.
#[test]
fn layout_sections() {
    let check = |sections: &str, expected: &[&str]| {
        let layout = format!(
            r#"{{"format": "farebox-copy-layout/1", "mocked": "mocked",
                "scenes": [{{"name": "detail", "sections": [{sections}]}}]}}"#
        );
        let expected: Vec<_> = expected.iter().map(|place| format!("/layout/scenes/0/sections{place}")).collect();
        assert_eq!(problems("en", MESSAGES, &layout), expected, "{sections}");
    };
    check(r#"{"title": "title", "fees": ["*"], "discounts": ["*"], "included": ["*"]}"#, &[]);
    check(
        r#"{"title": "title", "fees": ["*"], "included": ["*"]}, {"title": "title", "discounts": ["*", "mileage"]}"#,
        &[],
    );
    check(r#"{"title": "title", "fees": ["mileage"], "discounts": ["*"], "included": ["*"]}"#, &[" no-catch-all"]);
    check(r#"{"title": "title", "fees": ["*"]}"#, &[" no-catch-all", " no-catch-all"]);
    check(
        r#"{"title": "title", "fees": ["mileage", "*"], "discounts": ["*"], "included": ["*"]}, {"title": "title", "fees": ["*", "mileage"]}"#,
        &["/1/fees/0 duplicate-code", "/1/fees/1 duplicate-code"],
    );
    check(
        r#"{"fees": ["*", 1, ""], "discounts": ["*"], "included": ["*"]}, {"title": "title"}, {"title": "title", "fees": []}"#,
        &["/0/fees/1 wrong-type", "/0/fees/2 wrong-length", "/0/title missing", "/1 missing", "/2/fees wrong-length"],
    );
    check(
        r#"{"title": "heading", "fees": ["*"], "discounts": ["*"], "included": ["*"]}"#,
        &["/0/title unknown-message"],
    );
    check(
        r#"{"title": "title", "fees": ["milage", "*"], "discounts": ["copoun", "*"], "included": ["*"]}"#,
        &["/0/fees/0 unknown-message", "/0/discounts/0 unknown-message"],
    );
    // The same words for a section and for a fee are a coincidence that would not last.
    check(
        r#"{"title": "mileage", "fees": ["mileage", "*"], "discounts": ["*"], "included": ["*"]}"#,
        &["/0/title ambiguous-message"],
    );
}

/// Problems of all three documents come together.
#[test]
fn all_at_once() {
    let layout = LAYOUT.replace("\"*\"]}", "\"*\"], \"colour\": 1}");
    assert_eq!(
        problems("not a locale", &format!("{MESSAGES}a = {{ $b }}"), &layout),
        ["/locale invalid-locale", "/layout/scenes/0/sections/0/colour unknown-field", "/messages:4 unknown-variable",]
    );
}

/// A version changes with any word, and with nothing that nobody reads: the layout's white space, the tag's case.
#[test]
fn versions() {
    let version = |locale: &str, messages: &str, layout: &str| {
        Catalogue::parse(locale, messages, layout).unwrap().version().to_owned()
    };
    let first = version("zh-CN", MESSAGES, LAYOUT);
    assert_eq!(first.len(), 64);
    assert_eq!(first, version("zh-cn", MESSAGES, &LAYOUT.replace('\n', " ")));
    assert_ne!(first, version("zh-TW", MESSAGES, LAYOUT));
    assert_ne!(first, version("zh-CN", &MESSAGES.replace("Fare", "Fares"), LAYOUT));
    assert_ne!(first, version("zh-CN", MESSAGES, &LAYOUT.replace("detail", "details")));
}

/// Every fee of every rate card that ships has words of its own in every language, and a place on the detail page.
#[test]
fn shipped_fees_have_words() {
    let layout: serde_json::Value = serde_json::from_str(copy::LAYOUT).unwrap();
    let sections = layout["scenes"][0]["sections"].as_array().unwrap();
    let placed: Vec<_> = sections.iter().filter_map(|section| section["fees"].as_array()).flatten().collect();
    let codes = shipped_codes();
    assert!(codes.len() > 20, "{codes:?}");
    for (locale, catalogue) in copy::shipped() {
        let label = |code: &str| {
            let line = r#"{"code": "?", "quantity": "1", "unit": "trip", "rate": "1.00", "per": "1", "amount": "1.00",
                "why": {"rule": "rate", "source": "card", "rounding": "half-up"}}"#;
            let bill = r#"{"currency": "CNY", "basis": "metered", "total": "1.00", "payable": "1.00", "rate_card": "",
                "lines": [LINE]}"#;
            let bill = bill.replace("LINE", &line.replace('?', code));
            let page = catalogue.render(&serde_json::from_str(&bill).unwrap(), "detail").unwrap();
            page.sections[0].lines[0].label.clone()
        };
        for code in &codes {
            assert_ne!(
                label(code),
                label("unheard-of").replace("unheard-of", code),
                "{locale} has no words for {code}"
            );
            assert!(placed.iter().any(|placed| *placed == code), "{code} has no place on the detail page");
        }
    }
}

/// The fee codes of the rate cards in the configuration.
fn shipped_codes() -> BTreeSet<String> {
    let cities = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/cards");
    let directories = cities.read_dir().unwrap().map(|city| city.unwrap().path());
    let cards = directories.flat_map(|city| city.read_dir().unwrap()).map(|card| card.unwrap().path());
    let codes = |card: PathBuf| -> Vec<String> {
        let card: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(card).unwrap()).unwrap();
        let items = card["items"].as_array().unwrap().iter();
        items.map(|item| item["code"].as_str().unwrap().to_owned()).collect()
    };
    cards.flat_map(codes).collect()
}

/// There is nothing wrong with what ships.
#[test]
fn shipped_copy_is_sound() {
    let catalogues = copy::shipped();
    assert!(catalogues.iter().all(|(_, catalogue)| catalogue.scenes().eq([
        "detail",
        "receipt",
        "driver",
        "statement"
    ])));
}
