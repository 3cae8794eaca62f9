//! Whether coupons may be used: whether what they are good for can be charged at all, and who says that they were given out.

use crate::config::city::Signed;
use crate::config::{ParsedCity, Snapshot};
use crate::engines::Engines;
use crate::refusal::Refusal;
use crate::requests::{BroughtCoupon, Passenger, coupon_of};
use farebox_coupons::{Refused, Use, accept};
use farebox_document::{Problem, ProblemCode};
use farebox_fare::{Coupon, Timestamp};
use farebox_money::Currency;
use std::collections::BTreeSet;

/// The ride that coupons are brought for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ride<'a> {
    /// Where it begins.
    pub city: &'a str,
    /// When.
    pub starts_at: Timestamp,
    /// What amounts are in.
    pub currency: Currency,
}

/// Refuses coupons that may not be used, for all that is wrong with any of them.
///
/// `fees` are those of each rate card that the ride may be priced with. `None` where they are not known: then no coupon is wrong for what it
/// is for.
///
/// # Errors
///
/// `unknown-choice` for each fee that there is not; `missing`, or why the token may not be used, for each coupon; or `config-invalid` when
/// the city's document cannot be used, which says whether coupons have to be signed.
pub(crate) fn check<'c, E: Engines>(
    passenger: &Passenger,
    config: &Snapshot<E>,
    ride: Ride<'_>,
    fees: Option<impl IntoIterator<Item = &'c Vec<String>>>,
) -> Result<(), Refusal> {
    if passenger.coupons.is_empty() {
        return Ok(());
    }
    let city = config.city(ride.city)?;
    let fees = fees.map(|fees| fees.into_iter().flatten().map(String::as_str).collect());
    let problems = problems(passenger, &city, ride, fees.as_ref());
    if problems.is_empty() { Ok(()) } else { Err(Refusal::invalid(problems)) }
}

/// What is wrong with coupons, in the order in which they are brought.
fn problems(passenger: &Passenger, city: &ParsedCity, ride: Ride<'_>, fees: Option<&BTreeSet<&str>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, brought) in passenger.coupons.iter().enumerate() {
        let pointer = format!("/passenger/coupons/{index}");
        problems.extend(fees.into_iter().flat_map(|fees| wrong_scope(&brought.coupon, fees, &pointer)));
        problems.extend(wrong_token(brought, passenger, city, ride, &pointer));
    }
    problems
}

/// Fees of a coupon that no rate card of the ride has: it would take nothing off them, and nobody would be told.
fn wrong_scope(coupon: &Coupon, fees: &BTreeSet<&str>, pointer: &str) -> Vec<Problem> {
    let wrong = coupon.scope.iter().enumerate().filter(|(_, code)| !fees.contains(code.as_str()));
    let problem = |(place, code): (usize, &String)| {
        let possible = fees.iter().copied().collect::<Vec<_>>().join(", ");
        let message = format!("is {code:?}; the rate card charges {possible}");
        let code = ProblemCode::UnknownChoice.word().into();
        Problem { pointer: format!("{pointer}/scope/{place}"), code, message }
    };
    wrong.map(problem).collect()
}

/// What is wrong with what the issuer of a coupon has signed, or with its not having signed. What is signed has to be right whether the
/// city demands it or not.
fn wrong_token(
    BroughtCoupon { coupon, token }: &BroughtCoupon,
    passenger: &Passenger,
    city: &ParsedCity,
    Ride { city: name, starts_at, currency }: Ride<'_>,
    pointer: &str,
) -> Option<Problem> {
    let problem = |word: &'static str, message: String| {
        Some(Problem { pointer: format!("{pointer}/token"), code: word.into(), message })
    };
    let Some(token) = token else {
        if city.rules.coupons.signed == Signed::Optional {
            return None;
        }
        let message = format!("`token` is missing: in {name} coupons have to be signed by their issuer");
        return problem(ProblemCode::Missing.word(), message);
    };
    let used = Use { city: name, passenger: passenger.id.as_deref(), starts_at };
    let accepted = accept(token, &city.issuers, used).and_then(|claims| {
        let claimed = coupon_of(&claims.coupon, currency);
        if claimed.as_ref() == Some(coupon) { Ok(()) } else { Err(Refused::OtherCoupon) }
    });
    accepted.err().and_then(|refused| problem(refused.word(), refused.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_coupons::{Claims, Secret};
    use farebox_fare::{CouponValue, Funding};
    use serde_json::{Value, json};

    fn ride() -> Ride<'static> {
        Ride { city: "110000", starts_at: 1_000, currency: Currency::from_code("CNY").unwrap() }
    }

    fn coupon(scope: &[&str]) -> Coupon {
        let scope = scope.iter().map(|code| (*code).to_owned()).collect();
        Coupon {
            id: "c-1".into(),
            value: CouponValue::Amount(500),
            min_spend: 2_000,
            max_off: None,
            scope,
            funding: Funding::default(),
        }
    }

    fn passenger(coupon: Coupon, token: Option<String>) -> Passenger {
        Passenger { id: Some("p-1".into()), coupons: vec![BroughtCoupon { coupon, token }] }
    }

    /// What is wrong with coupons, where only these fees are charged, or any.
    fn told(passenger: &Passenger, city: &ParsedCity, fees: Option<&[&str]>) -> String {
        let fees = fees.map(|fees| fees.iter().copied().collect());
        let problems = problems(passenger, city, ride(), fees.as_ref());
        problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect::<Vec<_>>().join(", ")
    }

    /// A coupon is for fees that there are. Where they are not known, no coupon is wrong for them.
    #[test]
    fn scopes() {
        let (nobody, fees) = (ParsedCity::default_of("110000"), ["mileage", "tolls"]);
        for (scope, expected) in [
            (&[][..], ""),
            (&["mileage", "tolls"], ""),
            (&["mileage", "toll"], "/passenger/coupons/0/scope/1 unknown-choice"),
            (
                &["Mileage", "x"],
                "/passenger/coupons/0/scope/0 unknown-choice, /passenger/coupons/0/scope/1 unknown-choice",
            ),
        ] {
            let brought = passenger(coupon(scope), None);
            assert_eq!(told(&brought, &nobody, Some(&fees)), expected, "{scope:?}");
            assert_eq!(told(&brought, &nobody, None), "", "{scope:?}");
        }
        let said = wrong_scope(&coupon(&["toll"]), &fees.into(), "");
        assert_eq!(said[0].message, "is \"toll\"; the rate card charges mileage, tolls");
    }

    /// What is signed is this coupon, by value and in every field, whether the city demands it or not.
    #[test]
    fn tokens() {
        let secret = Secret::new(&[7; 32]);
        let city = |signed: &str| {
            let document = json!({
                "format": "farebox-city/1", "city": "110000",
                "coupons": {"signed": signed, "issuers": [{"id": "i", "public_key": secret.public_key().to_string()}]},
            });
            ParsedCity::parse(&document.to_string(), "110000").unwrap()
        };
        let said = json!({"id": "c-1", "kind": "amount", "value": "5.00", "min_spend": "20.00"});
        let token = |coupon: Value| {
            let claims = json!({"aud": "110000", "sub": "p-1", "exp": 2_000, "coupon": coupon});
            secret.sign("i", &serde_json::from_value::<Claims>(claims).unwrap())
        };
        let other = |name: &str, value: Value| {
            let mut other = said.clone();
            other[name] = value;
            Some(token(other))
        };
        for (name, brought, optional, required) in [
            ("none", None, "", "missing"),
            ("right", Some(token(said.clone())), "", ""),
            ("the same amount", other("value", json!("5")), "", ""),
            ("a scope that is the whole fare", other("scope", json!(["mileage"])), "other-coupon", "other-coupon"),
            ("another amount", other("value", json!("5.01")), "other-coupon", "other-coupon"),
            ("another kind", other("kind", json!("percent")), "other-coupon", "other-coupon"),
            ("another least spend", other("min_spend", json!("0")), "other-coupon", "other-coupon"),
            ("a limit", other("max_off", json!("4.00")), "other-coupon", "other-coupon"),
            ("another id", other("id", json!("c-2")), "other-coupon", "other-coupon"),
            ("no coupon", other("kind", json!(7)), "other-coupon", "other-coupon"),
            ("rubbish", Some("a.b.c".to_owned()), "malformed", "malformed"),
        ] {
            for (signed, expected) in [("optional", optional), ("required", required)] {
                let expected =
                    if expected.is_empty() { String::new() } else { format!("/passenger/coupons/0/token {expected}") };
                let brought = passenger(coupon(&[]), brought.clone());
                assert_eq!(told(&brought, &city(signed), None), expected, "{name}, {signed}");
            }
        }
        let nobody = ParsedCity::default_of("110000");
        let brought = passenger(coupon(&[]), Some(token(said)));
        assert_eq!(told(&brought, &nobody, None), "/passenger/coupons/0/token unknown-issuer");
    }
}
