//! What stands in for measurements that are not to be had: how far and how long a ride was, as far as anybody knows.
//!
//! Whose word is taken first is the city's to say. Something can always be said: how far apart the ends are, and how much time
//! passed.

use crate::config::city::{CityRules, MockSource};
use crate::datum::to_wgs84;
use crate::geodesy::{great_circle_m, length_m};
use crate::requests::BillRequest;
use farebox_money::Decimal;
use farebox_records::{Datum, DistanceFrom, DurationFrom, Guess};
use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive;

/// A ride as it was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The length of the route, in metres.
    pub distance_m: u64,
    /// How long the route takes, in seconds.
    pub duration_s: u64,
}

/// A ride as it was, as far as anybody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guessed {
    /// How far it went, in metres; perhaps further than any trip can be.
    pub distance_m: u64,
    /// How long it took, in seconds.
    pub duration_s: u64,
    /// Where this comes from.
    pub from: Guess,
}

/// Guesses how far a ride went and how long it took. `planned` is the quote that it was ordered with, as far as that is of a ride
/// between the same ends.
///
/// How far, the first source that knows says. How long, the request says when it is asked before that source, or is the source;
/// or else the source, and the clock when it does not know either.
pub fn guess(request: &BillRequest, planned: Option<Planned>, rules: &CityRules) -> Guessed {
    let stated = &request.stated;
    let mut stated_s = None;
    for source in &rules.mock_from.0 {
        match source {
            MockSource::Stated => {
                stated_s = stated.duration_s;
                if let Some((distance_m, distance)) = stated_distance(request) {
                    return guessed(request, (distance_m, distance), stated_s, None);
                }
            }
            MockSource::Quote => {
                if let Some(Planned { distance_m, duration_s }) = planned {
                    return guessed(request, (distance_m, DistanceFrom::Quote), stated_s, Some(duration_s));
                }
            }
            MockSource::Straight => break,
        }
    }
    let factor = rules.detour_factor.0;
    let distance_m = times(great_circle_m(request.origin, request.destination), factor);
    let mut guessed = guessed(request, (distance_m, DistanceFrom::Straight), stated_s, None);
    guessed.from.detour_factor = Some(factor).filter(|factor| *factor != Decimal::ONE).map(|factor| factor.to_string());
    guessed
}

/// How far the ride went, by the request: what it says comes before what its route says.
fn stated_distance(request: &BillRequest) -> Option<(u64, DistanceFrom)> {
    let stated = &request.stated;
    let said = stated.distance_m.map(|distance_m| (distance_m, DistanceFrom::Stated));
    said.or_else(|| {
        let route = stated.route.as_ref()?;
        let route = route.iter().map(|place| to_wgs84(request.datum, *place));
        Some((length_m(route), DistanceFrom::Polyline))
    })
}

fn guessed(
    request: &BillRequest,
    (distance_m, distance): (u64, DistanceFrom),
    stated_s: Option<u64>,
    planned_s: Option<u64>,
) -> Guessed {
    let (duration_s, duration) = match (stated_s, planned_s) {
        (Some(stated_s), _) => (stated_s, DurationFrom::Stated),
        (None, Some(planned_s)) => (planned_s, DurationFrom::Quote),
        (None, None) => (request.elapsed_s(), DurationFrom::Elapsed),
    };
    let is_by_places = matches!(distance, DistanceFrom::Polyline | DistanceFrom::Straight);
    let datum = Some(request.datum).filter(|datum| is_by_places && *datum != Datum::default());
    Guessed { distance_m, duration_s, from: Guess { distance, duration, detour_factor: None, datum } }
}

/// So many times a distance, to whole metres, the half ones upwards.
fn times(distance_m: u64, factor: Decimal) -> u64 {
    let product = Decimal::from(distance_m).checked_mul(factor);
    let rounded = product.map(|metres| metres.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero));
    rounded.and_then(|metres| metres.to_u64()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::city::DetourFactor;
    use crate::requests::{Extras, Labels, Stated};
    use farebox_document::AtMost;
    use farebox_fare::Point;
    use farebox_money::Currency;

    /// A ride that states what these words say: "5000 m", "900 s", a "route".
    fn request(says: &str) -> BillRequest {
        let place = |latitude, longitude| Point { latitude, longitude };
        let mut stated = Stated::default();
        let mut datum = Datum::Wgs84;
        for word in says.split(", ").filter(|word| !word.is_empty()) {
            match word.split_once(' ') {
                Some((metres, "m")) => stated.distance_m = Some(metres.parse().unwrap()),
                Some((seconds, "s")) => stated.duration_s = Some(seconds.parse().unwrap()),
                None if word == "route" => {
                    let corner = place(39_900_000, 116_450_000);
                    stated.route = Some(vec![place(39_900_000, 116_400_000), corner, place(39_930_000, 116_450_000)]);
                }
                None if word == "gcj-02" => datum = Datum::Gcj02,
                _ => panic!("{word}"),
            }
        }
        BillRequest {
            city: "110000".into(),
            product: "express".into(),
            currency: Currency::from_code("CNY").unwrap(),
            started_at: 1_562_806_800,
            ended_at: 1_562_808_060,
            origin: place(39_900_000, 116_400_000),
            destination: place(39_900_000, 116_450_000),
            extras: Extras::default(),
            metering: farebox_records::Metering::default(),
            last_seq: None,
            datum,
            stated,
            estimate_id: None,
            labels: Labels::default(),
        }
    }

    /// Whose word is taken, and what for: every order that a city may ask in, of all that there may be to know.
    #[test]
    fn whose_word_is_taken() {
        // The great circle between the ends is 4,265 m, and the time between them 1,260 s; the route turns north for 3,336 m.
        // A ride that was quoted was to be 5,200 m and 900 s. "x" is the city's detour factor.
        let table = "
            the city asks            | the request says        | quoted | metres | seconds | distance | duration | besides
            stated, quote, straight  |                         |        | 4265   | 1260    | straight | elapsed  |
            stated, quote, straight  |                         | yes    | 5200   | 900     | quote    | quote    |
            stated, quote, straight  | 5000 m                  | yes    | 5000   | 1260    | stated   | elapsed  |
            stated, quote, straight  | 5000 m, 1000 s          | yes    | 5000   | 1000    | stated   | stated   |
            stated, quote, straight  | 1000 s                  | yes    | 5200   | 1000    | quote    | stated   |
            stated, quote, straight  | 1000 s                  |        | 4265   | 1000    | straight | stated   |
            stated, quote, straight  | route                   | yes    | 7601   | 1260    | polyline | elapsed  |
            stated, quote, straight  | route, 1000 s           |        | 7601   | 1000    | polyline | stated   |
            stated, quote, straight  | 5000 m, route           |        | 5000   | 1260    | stated   | elapsed  |
            stated, quote, straight  | 0 m, 0 s                | yes    | 0      | 0       | stated   | stated   |
            quote, stated            | 5000 m, 1000 s          | yes    | 5200   | 900     | quote    | quote    |
            quote, stated            | 5000 m, 1000 s          |        | 5000   | 1000    | stated   | stated   |
            quote, stated            | 1000 s                  |        | 4265   | 1000    | straight | stated   |
            quote                    | 5000 m, 1000 s          |        | 4265   | 1260    | straight | elapsed  |
            stated                   |                         | yes    | 4265   | 1260    | straight | elapsed  |
            straight                 | 5000 m, 1000 s, route   | yes    | 4265   | 1260    | straight | elapsed  |
            straight, x 1.3          |                         |        | 5545   | 1260    | straight | elapsed  | x 1.3
            stated, straight, x 1.25 |                         | yes    | 5331   | 1260    | straight | elapsed  | x 1.25
            stated, straight, x 1.25 | route                   |        | 7601   | 1260    | polyline | elapsed  |
            quote, straight, x 1.25  |                         | yes    | 5200   | 900     | quote    | quote    |
            straight                 | gcj-02                  |        | 4265   | 1260    | straight | elapsed  | gcj-02
            straight, x 1.3          | gcj-02                  |        | 5545   | 1260    | straight | elapsed  | x 1.3 gcj-02
            stated, straight         | gcj-02, route           |        | 7605   | 1260    | polyline | elapsed  | gcj-02
            stated, straight         | gcj-02, 5000 m          |        | 5000   | 1260    | stated   | elapsed  |
            quote, straight          | gcj-02                  | yes    | 5200   | 900     | quote    | quote    |";
        let mut wrong = Vec::new();
        for row in table.lines().skip(2) {
            let [asks, says, is_quoted, expected @ ..] = &row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
                panic!("{row}")
            };
            let mut rules = CityRules::of("110000");
            let sources = asks.split(", ").filter(|word| !word.starts_with('x'));
            rules.mock_from = AtMost(sources.map(|word| MockSource::from_word(word).unwrap()).collect());
            if let Some((_, factor)) = asks.split_once("x ") {
                rules.detour_factor = DetourFactor(factor.parse().unwrap());
            }
            let planned = (*is_quoted == "yes").then_some(Planned { distance_m: 5_200, duration_s: 900 });
            let Guessed { distance_m, duration_s, from } = guess(&request(says), planned, &rules);
            let factor = from.detour_factor.map(|factor| format!("x {factor}"));
            let datum = from.datum.map(|datum| datum.word().to_owned());
            let actual = [
                distance_m.to_string(),
                duration_s.to_string(),
                from.distance.word().to_owned(),
                from.duration.word().to_owned(),
                [factor, datum].into_iter().flatten().collect::<Vec<_>>().join(" "),
            ];
            if actual[..] != *expected {
                wrong.push(format!("{asks}; {says}; {is_quoted}: {}", actual.join(" | ")));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Decimal, exact, and rounded once.
    #[test]
    fn factors_are_exact() {
        for (distance_m, factor, expected) in [
            (4_265, "1", 4_265),
            (4_265, "1.3", 5_545), // 5,544.5
            (4_265, "1.2999", 5_544),
            (1, "1.5", 2),
            (0, "10", 0),
            (20_015_114, "10", 200_151_140),
            (u64::MAX, "10", u64::MAX),
        ] {
            assert_eq!(times(distance_m, factor.parse().unwrap_or_default()), expected, "{distance_m} x {factor}");
        }
    }
}
