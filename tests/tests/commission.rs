//! Commission: tables of settlements, natively and as a component.
#![allow(clippy::unwrap_used, clippy::panic)]

use farebox_commission::{Billed, Circumstances, Counted, Policy, Settlement, Totals};
use farebox_fare::{Basis, Bill, Line, LocalTime, Outcome, Reason, Rule, Source, Unit};
use farebox_kit::artifacts;
use farebox_money::{Currency, Decimal, Rounding};
use farebox_records::OrderRecord;
use farebox_tests::guest::{Guest, Wasi, commission, vocabulary};
use farebox_tests::wire::bill_to_wire;
use serde_json::json;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

use commission::exports::farebox::commission::commission as wire;

/// A policy, natively and in the component. What it settles has to be the same.
struct Both {
    native: Policy,
    store: Store<Wasi>,
    component: commission::Component,
    parsed: ResourceAny,
}

impl Both {
    fn parse(document: &str) -> Self {
        let native = Policy::parse(document).unwrap();
        let guest = Guest::load("commission");
        let mut store = guest.store();
        let component = commission::Component::instantiate(&mut store, &guest.component, &guest.linker).unwrap();
        let api = component.farebox_commission_commission();
        let parsed = api.policy().call_parse(&mut store, document).unwrap().unwrap();
        assert_eq!(api.policy().call_version(&mut store, parsed).unwrap(), native.version());
        Self { native, store, component, parsed }
    }

    fn settle(&mut self, ride: &Circumstances, totals: &Totals) -> Settlement {
        let Totals { currency, passenger_total, driver_total, coupons } = *totals;
        let to_wire = wire::Totals { currency: currency.code().to_owned(), passenger_total, driver_total, coupons };
        let policy = self.component.farebox_commission_commission().policy();
        let settled = policy.call_settle(&mut self.store, self.parsed, &circumstances_to_wire(ride), &to_wire);
        let settlement = self.native.settle(ride, totals).unwrap();
        assert_eq!(settlement_from_wire(settled.unwrap().unwrap(), currency), settlement);
        settlement
    }

    fn settle_bills(&mut self, ride: &Circumstances, billed: Billed<'_>) -> Settlement {
        let Billed { passenger, driver, partners } = billed;
        let (to_wire, driver_to_wire) = (bill_to_wire(passenger).unwrap(), bill_to_wire(driver).unwrap());
        let policy = self.component.farebox_commission_commission().policy();
        let ride_to_wire = circumstances_to_wire(ride);
        let settled =
            policy.call_settle_bills(&mut self.store, self.parsed, &ride_to_wire, &to_wire, &driver_to_wire, partners);
        let settlement = self.native.settle_bills(ride, billed).unwrap();
        assert_eq!(settlement_from_wire(settled.unwrap().unwrap(), passenger.currency), settlement);
        settlement
    }
}

fn circumstances_to_wire(ride: &Circumstances) -> wire::Circumstances {
    let Circumstances { city, product, tier, driver_tier, scene, campaign, partner, outcome, begins } = ride.clone();
    let begins = vocabulary::LocalTime { minute: begins.minute, holiday: begins.holiday };
    let outcome = outcome.into();
    wire::Circumstances { city, product, tier, driver_tier, scene, campaign, partner, outcome, begins }
}

fn settlement_from_wire(settlement: wire::Settlement, currency: Currency) -> Settlement {
    let decimal = |wire: vocabulary::Decimal| Decimal::new(wire.digits, wire.scale.into());
    Settlement {
        scenario: settlement.scenario,
        currency,
        counted: Some(Counted {
            base: settlement.base,
            passed_on: settlement.passed_on,
            partners: settlement.partners,
        }),
        take: settlement.take,
        take_rate: decimal(settlement.take_rate),
        cap: decimal(settlement.cap),
        top_up: settlement.top_up,
        held_back: settlement.held_back,
        take_after: settlement.take_after,
        take_rate_after: decimal(settlement.take_rate_after),
    }
}

/// The rows of a table, each with its place; what has fewer columns is a remark.
fn rows(file: &str, columns: usize, check: impl FnMut(&[&str], &str)) {
    let path = artifacts::repository().join("tests/cases").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let rows =
        text.lines().enumerate().map(|(index, row)| (index + 1, row.split('|').map(str::trim).collect::<Vec<_>>()));
    // The first row says what the columns are.
    let rows: Vec<_> = rows.filter(|(_, cells)| cells.len() == columns).skip(1).collect();
    assert!(rows.len() > 10, "{file} was not read");
    let mut check = check;
    rows.iter().for_each(|(line, cells)| check(cells, &format!("{file}:{line}")));
}

/// A completed ride of which nothing is known.
fn ride(product: &str) -> Circumstances {
    let monday = LocalTime { minute: 8 * 60, holiday: false };
    Circumstances::of("110000", product, OrderRecord::default(), Outcome::Completed, monday)
}

/// The default policy settles every ride of the table as the table says.
#[test]
fn settlements() {
    let document = std::fs::read_to_string(artifacts::repository().join("config/policies/default.json")).unwrap();
    let mut policy = Both::parse(&document);
    let currency = Currency::from_code("CNY").unwrap();
    rows("commission.txt", 10, |cells, place| {
        let [product, passenger, driver, coupons, expected @ ..] = cells else { panic!("{place}") };
        let money = |text: &str| currency.parse(text).unwrap_or_else(|error| panic!("{place}: {text}: {error:?}"));
        let (passenger_total, driver_total, coupons) = (money(passenger), money(driver), money(coupons));
        let settlement = policy.settle(&ride(product), &Totals { currency, passenger_total, driver_total, coupons });
        let described = [
            settlement.scenario.clone(),
            currency.format(settlement.take),
            settlement.take_rate.to_string(),
            currency.format(settlement.top_up),
            currency.format(settlement.take_after),
            settlement.take_rate_after.to_string(),
        ];
        assert_eq!(described, expected, "{place}");
        assert!(settlement.take_rate_after <= settlement.cap, "{place}");
    });
}

/// Of the scenarios, that counts which the table says.
#[test]
fn scenarios() {
    let document = std::fs::read_to_string(artifacts::repository().join("tests/cases/scenarios.json")).unwrap();
    let mut policy = Both::parse(&document);
    let totals =
        Totals { currency: Currency::from_code("CNY").unwrap(), passenger_total: 100, driver_total: 100, coupons: 0 };
    rows("scenarios.txt", 10, |cells, place| {
        let [begins, city, product, tier, driver_tier, scene, campaign, partner, outcome, expected] = cells else {
            panic!("{place}")
        };
        let known = |name: &str| Some(name).filter(|name| *name != "-").map(str::to_owned);
        let ride = Circumstances {
            city: (*city).to_owned(),
            product: (*product).to_owned(),
            tier: known(tier),
            driver_tier: known(driver_tier),
            scene: known(scene),
            campaign: known(campaign),
            partner: known(partner),
            outcome: Outcome::from_word(outcome).unwrap(),
            begins: local_time(begins),
        };
        assert_eq!(policy.settle(&ride, &totals).scenario, *expected, "{place}");
    });
}

/// "tue 04:59", with a star behind it on a holiday.
fn local_time(text: &str) -> LocalTime {
    let (text, holiday) = text.strip_suffix('*').map_or((text, false), |text| (text.trim(), true));
    let (day, time) = text.split_once(' ').unwrap();
    let (hour, minute) = time.split_once(':').unwrap();
    let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().position(|name| *name == day).unwrap();
    let of_day = hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap();
    LocalTime { minute: u16::try_from(day).unwrap() * 24 * 60 + of_day, holiday }
}

/// Of two bills, those fees count that the policy says.
#[test]
fn fees() {
    let currency = Currency::from_code("USD").unwrap();
    rows("fees.txt", 9, |cells, place| {
        let [counts, base, passenger, driver, coupons, expected @ ..] = cells else { panic!("{place}") };
        let mut scenario = json!({"name": "all", "cap_percent": "29", "base": base});
        let mut words = counts.split(' ');
        match words.next() {
            Some("all") => {}
            Some(how) => scenario["fees"] = json!({how: words.collect::<Vec<_>>()}),
            None => panic!("{place}"),
        }
        let document = json!({"format": farebox_commission::FORMAT, "title": "of a test", "scenarios": [scenario]});
        let mut words = coupons.split(' ');
        let coupons = currency.parse(words.next().unwrap()).unwrap();
        let (mut of_driver, mut partners) = (0, 0);
        while let Some(who) = words.next() {
            let part = currency.parse(words.next().unwrap_or_else(|| panic!("{place}"))).unwrap();
            match who {
                "driver" => of_driver = part,
                "partner" => partners = part,
                _ => panic!("{place}: {who}"),
            }
        }
        let (passenger, driver) = (bill(currency, passenger, coupons), bill(currency, driver, of_driver));
        let billed = Billed { passenger: &passenger, driver: &driver, partners };
        let settlement = Both::parse(&document.to_string()).settle_bills(&ride("taxi"), billed);
        let described = [
            currency.format(settlement.take),
            settlement.take_rate.to_string(),
            currency.format(settlement.top_up),
            format!("{:.6}", settlement.take_rate_after).trim_end_matches('0').trim_end_matches('.').to_owned(),
        ];
        let trimmed = |text: &str| match text.split_once('.') {
            Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            None => text.to_owned(),
        };
        let [take, rate, top_up, after] = expected else { panic!("{place}") };
        assert_eq!(described, [(*take).to_owned(), trimmed(rate), (*top_up).to_owned(), trimmed(after)], "{place}");
    });
}

/// "fare 22.28, taxes 5.40, incl vat 3.80", less coupons.
fn bill(currency: Currency, text: &str, coupons: i64) -> Bill {
    let (mut lines, mut included) = (Vec::new(), Vec::new());
    for part in text.split(", ").filter(|part| !part.is_empty()) {
        match part.strip_prefix("incl ") {
            Some(part) => included.push(line(currency, part)),
            None => lines.push(line(currency, part)),
        }
    }
    let total = lines.iter().map(|line| line.amount).sum::<i64>();
    let discounts = (coupons > 0).then(|| line(currency, &format!("coupon -{}", currency.format(coupons))));
    Bill {
        currency,
        basis: Basis::Metered,
        lines,
        total,
        discounts: discounts.into_iter().collect(),
        payable: total - coupons,
        included,
        rate_card: String::new(),
    }
}

fn line(currency: Currency, text: &str) -> Line {
    let (code, amount) = text.split_once(' ').unwrap();
    let minor = |text: &str| currency.parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let amount = amount.strip_prefix('-').map_or_else(|| minor(amount), |amount| -minor(amount));
    Line {
        code: code.to_owned(),
        quantity: Decimal::ONE,
        unit: Unit::Trip,
        rate: Decimal::new(amount, 2),
        per: Decimal::ONE,
        amount,
        reference: None,
        why: Reason { rule: Rule::Rate, branch: None, source: Source::Card, rounding: Rounding::HalfUp, step: 1 },
    }
}

/// What is owed is paid as the scenario says.
#[test]
fn paying() {
    let currency = Currency::from_code("CNY").unwrap();
    rows("paying.txt", 9, |cells, place| {
        let [step, floor, most, passenger, driver, expected @ ..] = cells else { panic!("{place}") };
        let mut scenario = json!({"name": "all", "cap_percent": "27"});
        if *step != "-" {
            scenario["round_up_to"] = json!({"CNY": step, "USD": "7.00"});
        }
        if *floor != "-" {
            scenario["floor_percent"] = json!(floor);
        }
        if *most != "-" {
            scenario["at_most"] = json!({"CNY": most, "JPY": "1"});
        }
        let document = json!({"format": farebox_commission::FORMAT, "title": "of a test", "scenarios": [scenario]});
        let money = |text: &str| currency.parse(text).unwrap_or_else(|error| panic!("{place}: {text}: {error:?}"));
        let (passenger_total, driver_total) = (money(passenger), money(driver));
        let totals = Totals { currency, passenger_total, driver_total, coupons: 0 };
        let settlement = Both::parse(&document.to_string()).settle(&ride("taxi"), &totals);
        let described = [
            currency.format(settlement.top_up),
            currency.format(settlement.held_back),
            currency.format(settlement.take_after),
            settlement.take_rate_after.to_string(),
        ];
        assert_eq!(described, expected, "{place}");
    });
}

/// What is wrong with how a scenario pays is told, each with its place.
#[test]
fn broken_paying() {
    let check = |paying: serde_json::Value, expected: &[&str]| {
        let mut scenario = json!({"name": "all", "cap_percent": "27"});
        scenario.as_object_mut().unwrap().extend(paying.as_object().unwrap().clone());
        let document = json!({"format": farebox_commission::FORMAT, "title": "", "scenarios": [scenario]});
        let problems = Policy::parse(&document.to_string()).err().unwrap_or_default();
        let problems: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
        assert_eq!(problems, expected, "{paying}");
    };
    check(
        json!({"round_up_to": {"CNY": "0.10"}, "floor_percent": "27", "at_most": {"CNY": "0.10", "USD": "0.01"}}),
        &[],
    );
    check(json!({"round_up_to": {"CNY": "0"}}), &["/scenarios/0/round_up_to/CNY invalid-amount"]);
    check(json!({"round_up_to": {"CNY": "-1.00"}}), &["/scenarios/0/round_up_to/CNY invalid-amount"]);
    check(json!({"at_most": {"JPY": "0.5"}}), &["/scenarios/0/at_most/JPY invalid-amount"]);
    check(json!({"at_most": {"cny": "5.00"}}), &["/scenarios/0/at_most unknown-currency"]);
    check(
        json!({"round_up_to": {"CNY": "0.50"}, "at_most": {"CNY": "0.75"}}),
        &["/scenarios/0/at_most/CNY not-a-multiple"],
    );
    check(json!({"floor_percent": "20"}), &["/scenarios/0/floor_percent no-effect"]);
    check(
        json!({"round_up_to": {"CNY": "1.00"}, "floor_percent": "27.0001"}),
        &["/scenarios/0/floor_percent above-cap"],
    );
    check(
        json!({"round_up_to": {"CNY": "1.00"}, "floor_percent": "many"}),
        &["/scenarios/0/floor_percent invalid-percentage"],
    );
}

/// A broken policy is refused with all its problems at once.
#[test]
fn broken_policies() {
    let problems = Policy::parse(
        r#"{"format": "farebox-commission-policy/1", "title": "", "scenarios": [
            {"name": "all", "cap_percent": "27"},
            {"name": "all", "when": {"product": ["taxi"]}, "cap_percent": "27.00001"},
            {"name": "", "when": {"city": ["110000"]}, "cap_percent": "-1", "fees": {"exempt": ["tolls", "tolls"]}}
        ]}"#,
    )
    .unwrap_err();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(problems.join("\n"));
}
