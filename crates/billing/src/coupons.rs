//! Whether coupons may be used: whether what they are good for can be charged at all, and who says that they were given out.

use crate::config::ParsedCity;
use crate::config::city::Signed;
use crate::refusal::Refusal;
use crate::requests::{BroughtCoupon, Passenger, coupon_of};
use farebox_coupons::{Refused, Use, accept};
use farebox_document::{MOST_PROBLEMS, Problem, ProblemCode};
use farebox_fare::Timestamp;
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

/// Refuses coupons for fees that no rate card of the ride has: such a coupon would take nothing off, and nobody would be told.
///
/// # Errors
///
/// `unknown-choice` for each code that there is not.
pub(crate) fn check_scopes<'c>(
    passenger: &Passenger,
    fees: impl IntoIterator<Item = &'c Vec<String>>,
) -> Result<(), Refusal> {
    if passenger.coupons.iter().all(|brought| brought.coupon.scope.is_empty()) {
        return Ok(());
    }
    let fees: BTreeSet<&str> = fees.into_iter().flatten().map(String::as_str).collect();
    let mut problems = Vec::new();
    for (index, BroughtCoupon { coupon, .. }) in passenger.coupons.iter().enumerate() {
        for (place, code) in coupon.scope.iter().enumerate().filter(|(_, code)| !fees.contains(code.as_str())) {
            let possible = fees.iter().copied().collect::<Vec<_>>().join(", ");
            let message = format!("is {code:?}; the rate card charges {possible}");
            let code = ProblemCode::UnknownChoice.word().into();
            problems.push(Problem { pointer: format!("/passenger/coupons/{index}/scope/{place}"), code, message });
        }
    }
    refuse(problems)
}

/// Refuses coupons that their issuer has not signed, as far as the city demands it. What is signed has to be right either way.
///
/// # Errors
///
/// `missing`, or why the token may not be used, for each coupon.
pub(crate) fn check_tokens(passenger: &Passenger, city: &ParsedCity, ride: Ride<'_>) -> Result<(), Refusal> {
    let Ride { city: name, starts_at, currency } = ride;
    let used = Use { city: name, passenger: passenger.id.as_deref(), starts_at };
    let mut problems = Vec::new();
    for (index, BroughtCoupon { coupon, token }) in passenger.coupons.iter().enumerate() {
        let mut refuse = |word: &'static str, message: String| {
            let pointer = format!("/passenger/coupons/{index}/token");
            problems.push(Problem { pointer, code: word.into(), message });
        };
        let Some(token) = token else {
            if city.rules.coupons.signed == Signed::Required {
                let message = format!("`token` is missing: in {name} coupons have to be signed by their issuer");
                refuse(ProblemCode::Missing.word(), message);
            }
            continue;
        };
        let accepted = accept(token, &city.issuers, used).and_then(|claims| {
            let claimed = coupon_of(&claims.coupon, currency);
            if claimed.as_ref() == Some(coupon) { Ok(()) } else { Err(Refused::OtherCoupon) }
        });
        if let Err(refused) = accepted {
            refuse(refused.word(), refused.to_string());
        }
    }
    refuse(problems)
}

fn refuse(mut problems: Vec<Problem>) -> Result<(), Refusal> {
    problems.truncate(MOST_PROBLEMS);
    if problems.is_empty() { Ok(()) } else { Err(Refusal::invalid(problems)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_coupons::{Claims, Secret};
    use farebox_fare::{Coupon, CouponValue};
    use serde_json::{Value, json};

    fn ride() -> Ride<'static> {
        Ride { city: "110000", starts_at: 1_000, currency: Currency::from_code("CNY").unwrap() }
    }

    fn coupon(scope: &[&str]) -> Coupon {
        let scope = scope.iter().map(|code| (*code).to_owned()).collect();
        Coupon { id: "c-1".into(), value: CouponValue::Amount(500), min_spend: 2_000, max_off: None, scope }
    }

    fn passenger(coupon: Coupon, token: Option<String>) -> Passenger {
        Passenger { id: Some("p-1".into()), coupons: vec![BroughtCoupon { coupon, token }] }
    }

    fn told(result: Result<(), Refusal>) -> String {
        let problems = result.err().map(|refusal| refusal.problems).unwrap_or_default();
        problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect::<Vec<_>>().join(", ")
    }

    /// A coupon is for fees that there are: those of any of the cards.
    #[test]
    fn scopes() {
        let fees = [vec!["mileage".to_owned()], vec!["mileage".to_owned(), "tolls".to_owned()]];
        for (scope, expected) in [
            (&[][..], ""),
            (&["mileage", "tolls"], ""),
            (&["mileage", "toll"], "/passenger/coupons/0/scope/1 unknown-choice"),
            (
                &["Mileage", "x"],
                "/passenger/coupons/0/scope/0 unknown-choice, /passenger/coupons/0/scope/1 unknown-choice",
            ),
        ] {
            assert_eq!(told(check_scopes(&passenger(coupon(scope), None), &fees)), expected, "{scope:?}");
        }
        let refusal = check_scopes(&passenger(coupon(&["toll"]), None), &fees).unwrap_err();
        assert_eq!(refusal.problems[0].message, "is \"toll\"; the rate card charges mileage, tolls");
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
                assert_eq!(told(check_tokens(&brought, &city(signed), ride())), expected, "{name}, {signed}");
            }
        }
        let nobody = ParsedCity::default_of("110000");
        let brought = passenger(coupon(&[]), Some(token(said)));
        assert_eq!(told(check_tokens(&brought, &nobody, ride())), "/passenger/coupons/0/token unknown-issuer");
    }
}
