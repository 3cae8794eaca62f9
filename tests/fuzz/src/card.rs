//! Whatever the bytes, loading a card either says what is wrong or gives a card that prices a ride, or says why not.

use crate::laws::check_bill;
use farebox_document::{Problem, canonical_json, parse_json};
use farebox_fare::{Basis, Segment, Trip};
use farebox_pricing::RateCard;
use serde_json::Value;

/// Reads the bytes as a rate card, and prices rides on it.
pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let read = RateCard::parse(text);
    let document = parse_json(bytes);
    let again = document.as_ref().map(|document| RateCard::parse(&canonical_json(document)));
    let card = match (read, again) {
        (Ok(card), Ok(Ok(again))) => {
            assert_eq!(card.info(), again.info());
            assert_eq!(card.warnings(), again.warnings());
            assert!(card.codes().eq(again.codes()));
            card
        }
        (Err(problems), Ok(Err(again))) => {
            assert!(!problems.is_empty(), "refused without a reason");
            // What is said of a number that is none may differ in its last digit.
            let places = |problems: &[Problem]| -> Vec<(String, String)> {
                problems.iter().map(|problem| (problem.pointer.clone(), problem.code.to_string())).collect()
            };
            let (places, again) = (places(&problems), places(&again));
            assert_eq!(places, again, "refused for other reasons when it is written down again");
            return;
        }
        (Err(problems), Err(_)) => return assert!(!problems.is_empty(), "refused without a reason"),
        (read, again) => panic!("{read:?}, and when it is written down again {again:?}"),
    };
    check_bill(&card, &Trip::default(), None);
    check_bill(&card, &metered(), Some(&Trip::default()));
    if document.is_ok_and(|document| document.get("monotone") == Some(&Value::Bool(true))) {
        check_monotone(&card);
    }
}

/// Two hours that begin on a winter's evening in Asia.
fn metered() -> Trip {
    Trip {
        basis: Basis::Metered,
        started_at: 1_793_509_200,
        ended_at: 1_793_516_400,
        distance_m: 15_000,
        duration_s: 7_200,
        segments: vec![Segment { sequence: 1, started_at: 1_793_509_200, distance_m: 15_000, duration_s: 7_200 }],
        ..Trip::default()
    }
}

/// A card that promises it never charges less for more.
fn check_monotone(card: &RateCard) {
    let total = |distance_m: u64, duration_s: u64| {
        let started_at = 1_793_509_200;
        let ended_at = started_at + duration_s.cast_signed();
        let trip = Trip { basis: Basis::Estimated, started_at, ended_at, distance_m, duration_s, ..Trip::default() };
        card.totals(&trip).ok().map(|totals| totals.total)
    };
    let mut before = None;
    for step in 0_u64..40 {
        // Both grow by turns, past all that is included.
        let (distance_m, duration_s) = (step / 2 * 377, step.div_ceil(2) * 91);
        let Some(now) = total(distance_m, duration_s) else { return };
        assert!(before <= Some(now), "{distance_m} m in {duration_s} s cost {now}, and less of it {before:?}");
        before = Some(now);
    }
}
