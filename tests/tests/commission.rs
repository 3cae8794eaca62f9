//! Commission: the table of settlements, natively and as a component.
#![allow(clippy::unwrap_used)]

use farebox_commission::{Policy, RideTotals, Settlement};
use farebox_kit::artifacts;
use farebox_money::{Currency, Decimal};
use farebox_tests::guest::{Guest, commission, vocabulary};

/// The default policy settles every ride of the table as the table says, natively and as a component.
#[test]
fn settlements() {
    let document = std::fs::read_to_string(artifacts::repository().join("config/policies/default.json")).unwrap();
    let policy = Policy::parse(&document).unwrap();
    let guest = Guest::load("commission");
    let mut store = guest.store();
    let instance = commission::Component::instantiate(&mut store, &guest.component, &guest.linker).unwrap();
    let api = instance.farebox_commission_commission();
    let parsed = api.policy().call_parse(&mut store, &document).unwrap().unwrap();
    assert_eq!(api.policy().call_version(&mut store, parsed).unwrap(), policy.version());

    let mut rides = 0;
    for (index, row) in include_str!("../cases/commission.txt").lines().enumerate() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [product, passenger, driver, coupons, expected @ ..] = &cells[..] else { continue };
        if *product == "product" {
            continue;
        }
        rides += 1;
        let place = format!("commission.txt:{}", index + 1);
        let currency = Currency::from_code("CNY").unwrap();
        let money = |text: &str| currency.parse(text).unwrap_or_else(|error| panic!("{place}: {text}: {error:?}"));
        let ride = RideTotals {
            city: "110000".to_owned(),
            product: (*product).to_owned(),
            currency,
            passenger_total: money(passenger),
            driver_total: money(driver),
            coupons: money(coupons),
        };
        let settlement = policy.settle(&ride).unwrap();
        assert_eq!(describe(&settlement, currency), expected, "{place}");
        assert!(settlement.take_rate_after <= settlement.cap, "{place}");

        let wire = commission::exports::farebox::commission::commission::RideTotals {
            city: ride.city,
            product: ride.product,
            currency: "CNY".to_owned(),
            passenger_total: ride.passenger_total,
            driver_total: ride.driver_total,
            coupons: ride.coupons,
        };
        let from_component = api.policy().call_settle(&mut store, parsed, &wire).unwrap().unwrap();
        let decimal = |wire: vocabulary::Decimal| Decimal::new(wire.digits, wire.scale.into());
        let from_component = Settlement {
            scenario: from_component.scenario,
            currency,
            take: from_component.take,
            take_rate: decimal(from_component.take_rate),
            cap: decimal(from_component.cap),
            top_up: from_component.top_up,
            take_after: from_component.take_after,
            take_rate_after: decimal(from_component.take_rate_after),
        };
        assert_eq!(from_component, settlement, "{place}: native and component differ");
    }
    assert!(rides > 10, "the table was not read");
}

fn describe(settlement: &Settlement, currency: Currency) -> Vec<String> {
    vec![
        settlement.scenario.clone(),
        currency.format(settlement.take),
        settlement.take_rate.to_string(),
        currency.format(settlement.top_up),
        currency.format(settlement.take_after),
        settlement.take_rate_after.to_string(),
    ]
}

/// A broken policy is refused with all its problems at once.
#[test]
fn broken_policies() {
    let problems = Policy::parse(
        r#"{"format": "farebox-commission-policy/1", "title": "", "scenarios": [
            {"name": "all", "cap_percent": "27"},
            {"name": "all", "when": {"product": ["taxi"]}, "cap_percent": "27.00001"},
            {"name": "", "when": {"city": ["110000"]}, "cap_percent": "-1"}
        ]}"#,
    )
    .unwrap_err();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(problems.join("\n"));
}
