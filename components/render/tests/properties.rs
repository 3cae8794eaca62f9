//! What holds for every bill.

#![allow(clippy::unwrap_used)]

mod copy;

use copy::shipped;
use farebox_fare::{Basis, Bill, Degradation, Line, Reason, Rule, Source, Unit};
use farebox_money::{Currency, Decimal, Rounding};
use farebox_render::{Catalogue, FeeDifference, Repair};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

const CODES: &[&str] =
    &["start_price", "mileage", "duration", "dynamic", "tolls", "tax", "coupon", "money", "*", "fee"];

fn line() -> impl Strategy<Value = Line> {
    let code = prop_oneof![
        4 => select(CODES).prop_map(str::to_owned),
        1 => "[^{]{0,12}",
        1 => "[a-z]{1,6}(-{1,2}[a-z]{1,6})?",
    ];
    let unit = select(vec![Unit::Trip, Unit::Meter, Unit::Second, Unit::Piece, Unit::Money]);
    let decimal = || (any::<i64>(), 0..=18_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale));
    let reference = proptest::option::of("[^{]{0,12}");
    (code, decimal(), unit, decimal(), prop_oneof![decimal(), Just(Decimal::ONE_THOUSAND)], any::<i64>(), reference)
        .prop_map(|(code, quantity, unit, rate, per, amount, reference)| Line {
            code,
            quantity,
            unit,
            rate,
            per,
            amount,
            reference,
            why: Reason { rule: Rule::Rate, branch: None, source: Source::Card, rounding: Rounding::HalfUp, step: 1 },
        })
}

fn bill() -> impl Strategy<Value = Bill> {
    let currency = select(vec!["CNY", "USD", "JPY", "KWD", "CLF"]);
    let basis = select(vec![Basis::Estimated, Basis::Metered, Basis::Mocked]);
    let lines = || proptest::collection::vec(line(), 0..12);
    (currency, basis, lines(), any::<i64>(), lines(), any::<i64>(), lines()).prop_map(
        |(currency, basis, lines, total, discounts, payable, included)| Bill {
            currency: Currency::from_code(currency).unwrap(),
            basis,
            lines,
            total,
            discounts,
            payable,
            included,
            rate_card: String::new(),
        },
    )
}

/// The digits of an amount, whatever the locale and the copy put around and between them.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

proptest! {
    /// Every line of any bill is on every page exactly once, with all its digits and its sign; nothing panics.
    #[test]
    fn nothing_is_hidden(bill in bill()) {
        for (_, catalogue) in shipped() {
            for scene in catalogue.scenes() {
                let page = catalogue.render(&bill, scene).unwrap();
                prop_assert_eq!(&page, &catalogue.render(&bill, scene).unwrap(), "the same bill, the same page");
                let mut shown: Vec<_> = page
                    .sections
                    .iter()
                    .flat_map(|section| &section.lines)
                    .map(|line| (line.code.clone(), line.amount.contains('-'), digits(&line.amount)))
                    .collect();
                let mut billed: Vec<_> = bill
                    .lines
                    .iter()
                    .chain(&bill.discounts)
                    .chain(&bill.included)
                    .map(|line| (line.code.clone(), line.amount < 0, digits(&bill.currency.format(line.amount))))
                    .collect();
                shown.sort();
                billed.sort();
                prop_assert_eq!(shown, billed);
                prop_assert_eq!(digits(&page.total), digits(&bill.currency.format(bill.total)));
                prop_assert_eq!(digits(&page.payable), digits(&bill.currency.format(bill.payable)));
            }
        }
    }

    /// Every fee that differs from the bill before is told exactly once, whether the bill still has it or not, with all its digits.
    #[test]
    fn no_difference_is_hidden(bill in bill(), gone in "[a-z]{1,6}", because in select(Degradation::ALL), amounts in any::<[i64; 3]>()) {
        let [before, after, borne] = amounts;
        let codes = bill.lines.iter().chain(&bill.discounts).map(|line| line.code.clone());
        let codes: BTreeSet<String> = codes.chain([gone]).collect();
        let line = |code: &String| FeeDifference { code: code.clone(), before, after };
        let lines = codes.iter().map(line).collect();
        let repair = Repair { because: vec![because], closed: before < after, before, after, borne, lines };
        for (_, catalogue) in shipped() {
            for scene in catalogue.scenes() {
                let page = catalogue.repair(&bill, &repair, scene).unwrap();
                let told: Vec<_> = page.lines.iter().map(|line| line.code.clone()).collect();
                prop_assert_eq!(told.len(), codes.len());
                prop_assert_eq!(&told.into_iter().collect::<BTreeSet<_>>(), &codes);
                let currency = bill.currency;
                prop_assert_eq!(digits(&page.before), digits(&currency.format(before)));
                prop_assert_eq!(digits(&page.after), digits(&currency.format(after)));
                prop_assert_eq!(page.borne.is_some(), borne != 0);
                prop_assert_eq!(page.difference.contains('+'), after > before);
                prop_assert_eq!(page.difference.contains('-'), after < before);
                for words in [page.title, page.text, page.outcome] {
                    prop_assert!(!words.is_empty() && !words.contains('{'), "{}", words);
                }
                for line in page.lines {
                    prop_assert!(!line.label.trim().is_empty() && !line.label.contains("{$"), "{:?}", line);
                    prop_assert_eq!(digits(&line.after), digits(&currency.format(after)));
                }
            }
        }
    }

    /// Every section has a title and every line a name, and Fluent leaves no gaps such as `{$quantity}`.
    #[test]
    fn everything_has_words(bill in bill()) {
        for (_, catalogue) in shipped() {
            for scene in catalogue.scenes() {
                for section in catalogue.render(&bill, scene).unwrap().sections {
                    prop_assert!(!section.title.is_empty() && !section.lines.is_empty());
                    for line in section.lines {
                        prop_assert!(!line.label.trim().is_empty(), "{:?}", line);
                        prop_assert!(!line.label.contains("{$") && !line.text.contains("{$"), "{:?}", line);
                    }
                }
            }
        }
    }

    /// Any text at all is either refused or good for every bill: no panic, and no gaps in what people read.
    #[test]
    fn any_messages_are_answered(pieces in proptest::collection::vec(select(PIECES), 0..12), bill in bill()) {
        let messages = format!("title = Fare\nmocked = {{ $title }}\na = A{}", pieces.concat());
        let layout = r#"{"format": "farebox-copy-layout/1", "mocked": "mocked", "fallback": "a", "scenes": [
            {"name": "driver", "sections": [{"title": "title", "fees": ["*"], "discounts": ["*"], "included": ["*"]}]}]}"#;
        if let Ok(catalogue) = Catalogue::parse("en", &messages, layout) {
            let page = catalogue.render(&bill, "driver").unwrap();
            for line in page.sections.iter().flat_map(|section| &section.lines) {
                prop_assert!(!line.label.contains('{') && !line.text.contains('{'), "{messages}\n{line:?}");
            }
        }
    }
}

/// What Fluent resources are made of, sound or not.
const PIECES: &[&str] = &[
    "a = ",
    "b = ",
    "-t = ",
    "a--driver = ",
    "money = ",
    "\n",
    "\n    ",
    "\n    .text = ",
    "{ ",
    " }",
    "$quantity",
    "$unit",
    "$per_number",
    "$x",
    " ->\n",
    "\n    [meter] ",
    "\n    [1] ",
    "\n   *[other] ",
    "\n}",
    "a",
    "b.text",
    "-t",
    "-t.x",
    "F(",
    ")",
    "x: ",
    "\"",
    "\\u",
    "\\U",
    "91CC",
    "里",
    "1.50",
    ", ",
    "word",
    "#",
];
