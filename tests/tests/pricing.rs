//! The pricing engine: published tariffs, and the same answer natively and as a component.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_money::charge_in_steps;
use farebox_pricing::{ENGINE, RateCard, Side};
use farebox_tests::guest::Guest;
use farebox_tests::pricing::{PricingComponent, price_natively};
use farebox_tests::tariffs;
use std::collections::BTreeSet;

/// Every published tariff comes to the published amount, natively and as a component, and the two bills are identical.
#[test]
fn published_tariffs() {
    let guest = Guest::load("pricing");
    let mut component = PricingComponent::instantiate(&guest);
    let mut wrong = Vec::new();
    for tariff in tariffs::all() {
        let card = component.parse(&tariff.document).unwrap();
        for ride in tariff.rides {
            let native = price_natively(&tariff.card, &ride.trip);
            assert_eq!(native, component.price(card, &ride.trip), "{}: native and component differ", ride.place);
            let actual = native.map(|bill| tariffs::describe(&bill)).unwrap_or_else(|error| (error, String::new()));
            if actual != ride.expected {
                wrong.push(format!("{}\n  expected {:?}\n  actual   {:?}", ride.place, ride.expected, actual));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line can be recomputed from what it says, and lines add up, on every bill of every table.
#[test]
fn bills_explain_themselves() {
    for tariff in tariffs::all() {
        for ride in tariff.rides {
            let bill = tariff.card.price(&ride.trip, None).unwrap();
            for line in bill.lines.iter().chain(&bill.discounts) {
                let (rounding, step) = (line.why.rounding, line.why.step);
                let again = charge_in_steps(line.quantity, line.rate, line.per, bill.currency, rounding, step);
                assert_eq!(again, Some(line.amount), "{} {}", ride.place, line.code);
            }
            assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<i64>(), bill.total, "{}", ride.place);
            let discounts: i64 = bill.discounts.iter().map(|line| line.amount).sum();
            assert_eq!(bill.total + discounts, bill.payable, "{}", ride.place);
        }
    }
}

/// Every card that ships has nothing wrong with it and nothing odd about it, lies where it says it belongs, prices both
/// sides of a ride, and has a table when it is published.
#[test]
fn shipped_cards() {
    let tables: BTreeSet<String> = tariffs::all().into_iter().map(|tariff| tariff.card_name).collect();
    let names = artifacts::card_names();
    assert!(names.len() >= 14, "{names:?}");
    for name in &names {
        let document = artifacts::card(name);
        let card = RateCard::parse(&document).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        assert!(card.warnings().is_empty(), "{name}: {:#?}", card.warnings());
        let info = card.info();
        let ride = format!("{}/{}", info.city, info.product);
        let day = info.effective_from.iter().map(|day| format!(".{day}")).collect::<String>();
        match info.side {
            Side::Passenger => {
                assert_eq!(*name, format!("{ride}.passenger{day}"));
                assert!(tables.contains(name), "no table in tests/cases/tariffs is about {name}");
                assert!(names.contains(&format!("{ride}.driver")), "{ride} has no card for the driver");
            }
            Side::Driver => {
                assert_eq!(*name, format!("{ride}.driver{day}"));
                assert!(document.contains("A SAMPLE"), "{name} does not say that it is a sample");
            }
        }
    }
}

/// The rides of a table begin while its card is in force: not before its day, and before that of the next card.
#[test]
fn tables_keep_to_the_days_of_their_cards() {
    let cards: Vec<RateCard> =
        artifacts::card_names().iter().map(|name| RateCard::parse(&artifacts::card(name)).unwrap()).collect();
    for tariff in tariffs::all() {
        let info = tariff.card.info();
        let of_the_product = cards
            .iter()
            .map(RateCard::info)
            .filter(|other| (&other.city, &other.product, other.side) == (&info.city, &info.product, info.side));
        let next =
            of_the_product.filter_map(|other| other.effective_at).filter(|at| Some(*at) > info.effective_at).min();
        for ride in tariff.rides {
            let at = ride.trip.started_at;
            let in_force = info.effective_at.is_none_or(|from| from <= at) && next.is_none_or(|next| at < next);
            assert!(in_force, "{}: {} is not in force then", ride.place, tariff.card_name);
        }
    }
}

/// A broken card is refused with the same words natively and as a component, all problems at once.
#[test]
fn broken_cards() {
    let document = include_str!("../cases/broken-card.json");
    let native: Vec<_> = RateCard::parse(document).unwrap_err().iter().map(ToString::to_string).collect();
    let guest = Guest::load("pricing");
    let mut component = PricingComponent::instantiate(&guest);
    assert_eq!(Some(&native), component.parse(document).err().as_ref());
    insta::assert_snapshot!(native.join("\n"));
    assert_eq!(component.engine(), ENGINE);
}
