//! What a policy counts of the fees that rate cards have.

use farebox_commission::{Fees, Policy, Scenario};
use farebox_document::Problem;
use farebox_pricing::{RateCard, Side};
use std::collections::BTreeMap;

/// What is odd about the fees that scenarios name, given the rate cards of the rides that they are for: one that is passed on and
/// counts, and one that no card has.
pub fn warnings<'a>(policy: &Policy, cards: impl Iterator<Item = &'a RateCard>) -> Vec<Problem> {
    let mut cards: Vec<&RateCard> = cards.collect();
    cards.sort_by_key(|card| {
        (card.info().city.clone(), card.info().product.clone(), card.info().effective_from.clone())
    });
    let of = |(position, scenario): (usize, &Scenario)| {
        let of_it: Vec<&RateCard> =
            cards.iter().copied().filter(|card| scenario.is_for(&card.info().city, &card.info().product)).collect();
        let place = format!("/scenarios/{position}/fees");
        let mut warnings = counted(scenario, &of_it, &place);
        warnings.extend(unknown(scenario, &of_it, &place));
        warnings
    };
    policy.scenarios().iter().enumerate().flat_map(of).collect()
}

fn counted(scenario: &Scenario, cards: &[&RateCard], place: &str) -> Vec<Problem> {
    let mut of: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for card in cards.iter().filter(|card| card.info().side == Side::Passenger) {
        for code in card.passed_on().filter(|code| scenario.fees().has(code)) {
            let rides = format!("{} {}", card.info().city, card.info().product);
            let names = of.entry(code).or_default();
            if !names.contains(&rides) {
                names.push(rides);
            }
        }
    }
    let warning = |(code, rides): (&str, Vec<String>)| {
        let message = format!(
            "{code:?} counts, which is a tax or passed on, and nobody's take ({}); list it under `exempt`",
            rides.join(", ")
        );
        Problem { pointer: place.to_owned(), code: "passed-on".into(), message }
    };
    of.into_iter().map(warning).collect()
}

fn unknown(scenario: &Scenario, cards: &[&RateCard], place: &str) -> Vec<Problem> {
    let (list, codes) = match scenario.fees() {
        Fees::Of(codes) => ("of", codes),
        Fees::Exempt(codes) => ("exempt", codes),
    };
    let is_known = |code: &str| cards.iter().any(|card| card.codes().any(|one| one == code));
    let unknown = codes.iter().enumerate().filter(|(_, code)| !is_known(code));
    let warning = |(index, code): (usize, &String)| {
        let message = format!("no rate card of the rides that this is for has the fee {code:?}");
        Problem { pointer: format!("{place}/{list}/{index}"), code: "unknown-fee".into(), message }
    };
    unknown.map(warning).collect()
}
