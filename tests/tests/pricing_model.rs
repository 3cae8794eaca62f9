//! The engine, natively and as a component, held to the model on random cards and trips.
#![allow(clippy::unwrap_used)]

use farebox_kit::random::{self, Dice};
use farebox_pricing::RateCard;
use farebox_tests::guest::Guest;
use farebox_tests::model;
use farebox_tests::pricing::{Outcome, PricingComponent, price_natively_as_quoted};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::{Cell, RefCell};

const CASES: u32 = 3000;

/// Engine and model say the same of every line, and component and engine the same to the byte.
#[test]
fn engine_component_and_model_agree() {
    let component = RefCell::new(PricingComponent::instantiate(&Guest::load("pricing")));
    let refused = Cell::new(0);
    let numbers = || prop::collection::vec(any::<u16>(), 0..600);
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) });
    let agree = runner.run(&(numbers(), numbers(), numbers(), any::<bool>()), |(card, trip, quoted, with_quote)| {
        let document = random::card(&mut Dice::new(&card));
        let zone = document["time_zone"].as_str().unwrap();
        let trip = random::trip(&mut Dice::new(&trip), zone);
        let quoted = with_quote.then(|| random::trip(&mut Dice::new(&quoted), zone));
        let text = document.to_string();
        let mut component = component.borrow_mut();
        let (card, parsed) = match (RateCard::parse(&text), component.parse(&text)) {
            (Ok(card), Ok(parsed)) => (card, parsed),
            (Err(problems), Err(same)) => {
                refused.set(refused.get() + 1);
                let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                prop_assert_eq!(problems, same);
                return Ok(());
            }
            (native, component) => panic!("native {native:?}, component {:?}", component.err()),
        };
        let native = price_natively_as_quoted(&card, &trip, quoted.as_ref());
        let guest = component.price_as_quoted(parsed, &trip, quoted.as_ref());
        component.forget(parsed);
        prop_assert_eq!(bytes(&native), bytes(&guest), "{:#}\n{:?}", document, trip);
        let by_engine = match native {
            Ok(bill) => Some(model::in_words(&bill)),
            Err(error) => {
                prop_assert!(error.contains("negative-fare"), "{}", error);
                None
            }
        };
        let by_model = model::price(&document, &trip, quoted.as_ref());
        prop_assert_eq!(by_engine, by_model, "{:#}\n{:?}\n{:?}", document, trip, quoted);
        Ok(())
    });
    agree.unwrap();
    assert!(refused.get() < CASES / 20, "{} random cards were refused", refused.get());
}

/// The record that would be kept.
fn bytes(outcome: &Outcome) -> Result<String, String> {
    outcome.clone().map(|bill| serde_json::to_string(&bill).unwrap())
}
