//! Histories that are wrong are found, and others are not: a table of them.
#![allow(clippy::unwrap_used)]

use farebox_faults::audit::{self, Invariant};
use farebox_faults::history::{Answered, Asked, Bill, Exchange, Excuses, Span, Trip};
use farebox_faults::rides::{BATCHES, Price};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const DAY: &str = "2026-11-26";

fn numbers(words: &[&str]) -> BTreeSet<u64> {
    words.iter().map(|word| word.parse().unwrap()).collect()
}

/// Each segment comes to 10, and the driver is owed 1 for it. A torn batch has no price.
fn price(segments: &BTreeSet<u64>) -> Option<Price> {
    let is_whole = BATCHES.iter().all(|[first, second]| segments.contains(first) == segments.contains(second));
    let count = i64::try_from(segments.len()).unwrap();
    is_whole.then_some(Price { total: 10 * count, driver: 5 * count, top_up: count })
}

fn bill(name: &str, words: &[&str]) -> Bill {
    let is = |word: &str| words.contains(&word);
    let numbered: Vec<&str> = words.iter().copied().filter(|word| word.parse::<u64>().is_ok()).collect();
    let segments = numbers(&numbered);
    let count = i64::try_from(segments.len()).unwrap();
    let mut price = Price { total: 10 * count, driver: 5 * count, top_up: count };
    if let Some(total) = words.iter().find_map(|word| word.strip_prefix("price=")) {
        price.total = total.parse().unwrap();
    }
    let is_final = is("final");
    Bill {
        document: name.to_owned(),
        degraded: !is_final,
        provisional: !is_final,
        kept: !is("nowhere"),
        mocked: is("mocked"),
        reasons: Vec::new(),
        segments,
        price,
        owed: if is_final { price.top_up } else { 0 },
        ride: if is("another") { "of another ride" } else { "of the ride" }.to_owned(),
    }
}

fn span(text: &str) -> Span {
    let (from, to) = text.split_once("..").unwrap();
    let ms = |text: &str| Duration::from_millis(text.parse().unwrap());
    Span { from: ms(from), to: ms(to) }
}

#[derive(Default)]
struct Case {
    bills: BTreeMap<String, Bill>,
    trip: Trip,
    excuses: Excuses,
}

impl Case {
    fn bill(&self, name: &str) -> Bill {
        self.bills.get(name).unwrap_or_else(|| panic!("there is no bill {name:?}")).clone()
    }

    fn exchange(&mut self, when: &str, words: &[&str]) {
        let (asked, answered) = words.split_at(words.iter().position(|word| *word == "->").unwrap());
        let asked = match asked {
            ["estimate"] => Asked::Estimate,
            ["segments", of @ ..] => Asked::Segments(numbers(of)),
            ["bill"] => Asked::Bill,
            ["other"] => Asked::Other,
            ["read"] => Asked::Read,
            _ => panic!("{asked:?}"),
        };
        let answered = match answered[1] {
            "done" => Answered::Done,
            "nothing" => Answered::Nothing("reset".to_owned()),
            word => match word.parse() {
                Ok(status) => Answered::Refused(status, "store-unavailable".to_owned()),
                Err(_) => Answered::Bill(Box::new(self.bill(word))),
            },
        };
        let Span { from: sent, to: heard } = span(when);
        self.trip.exchanges.push(Exchange { asked, answered, sent, heard });
    }

    /// Takes a line; answers what it expects.
    fn line(&mut self, line: &str) -> Option<BTreeSet<String>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let pairs = |words: &[&str]| -> Vec<(u32, String)> {
            let pair = |word: &&str| word.split_once('=').map(|(number, name)| (number.parse().unwrap(), name.into()));
            words.iter().map(|word| pair(word).unwrap()).collect()
        };
        match words.as_slice() {
            [name, "=", about @ ..] => _ = self.bills.insert((*name).to_owned(), bill(name, about)),
            ["whole"] => {
                for [first, second] in BATCHES {
                    self.exchange("0..10", &["segments", &first.to_string(), &second.to_string(), "->", "done"]);
                    self.trip.stored.segments.extend([first, second]);
                }
            }
            ["keeps", name] => {
                let bill = self.bill(name);
                self.trip.stored.due = bill.provisional;
                self.trip.stored.listed = [(DAY.to_owned(), 1)].into();
                self.trip.stored.ledger = Some((1, bill.owed)).filter(|(_, owed)| *owed > 0).into_iter().collect();
                self.trip.stored.revisions = [(1, bill)].into();
            }
            ["stored", of @ ..] => {
                let revisions = pairs(of).into_iter().map(|(number, name)| (number, self.bill(&name)));
                self.trip.stored.revisions = revisions.collect();
            }
            ["ledger", of @ ..] => {
                let entries = pairs(of).into_iter().map(|(number, amount)| (number, amount.parse().unwrap()));
                self.trip.stored.ledger = entries.collect();
            }
            ["listed", of @ ..] => {
                let listed = of.iter().map(|number| (DAY.to_owned(), number.parse().unwrap()));
                self.trip.stored.listed = listed.collect();
            }
            ["has", of @ ..] => self.trip.stored.segments = numbers(of),
            ["found", of @ ..] => self.trip.found = Some(numbers(of)),
            ["journal", of @ ..] => self.trip.stored.journaled = numbers(of),
            ["superseded", name] => _ = self.trip.stored.superseded.insert((*name).to_owned()),
            ["due"] => self.trip.stored.due = true,
            ["away", when] => self.excuses.away.push(span(when)),
            ["unkept", when] => self.excuses.unkept.push(span(when)),
            ["killed", when] => self.excuses.killed.push(span(when)),
            ["breaks", "nothing"] => return Some(BTreeSet::new()),
            ["breaks", of @ ..] => return Some(of.iter().map(|id| (*id).to_owned()).collect()),
            [when, asked @ ..] if when.contains("..") => self.exchange(when, asked),
            _ => panic!("{line:?}"),
        }
        None
    }
}

/// Whatever is wrong in a history is found by its name, and nothing else is.
#[test]
fn histories_are_judged() {
    let cases = include_str!("histories.txt").split("\n== ").skip(1);
    let mut broken = BTreeSet::new();
    for text in cases {
        let (name, lines) = text.split_once('\n').unwrap();
        let mut case = Case::default();
        let expected = lines.lines().filter(|line| !line.is_empty()).filter_map(|line| case.line(line)).last();
        let expected = expected.unwrap_or_else(|| panic!("{name}: nothing is expected"));
        let found = audit::trip(&case.trip, &price, &["of the ride".to_owned()], &case.excuses);
        let ids: BTreeSet<String> = found.iter().map(|violation| violation.invariant.id().to_owned()).collect();
        assert_eq!(ids, expected, "{name}: {found:#?}");
        broken.extend(expected);
    }
    let all: BTreeSet<String> = Invariant::ALL.iter().map(|invariant| invariant.id().to_owned()).collect();
    assert_eq!(broken, all, "every invariant is broken by a history");
}
