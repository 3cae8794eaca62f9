//! What stands in for measurements on a bill: whose word was taken for how far and how long a ride was.

use farebox_document::words;
use farebox_fare::Basis;
use farebox_money::unsigned_decimal;
use serde::{Deserialize, Serialize};

words! {
    /// Which coordinates places are given in.
    #[derive(Default)]
    pub enum Datum {
        /// What satellites say.
        #[default]
        Wgs84 = "wgs-84",
        /// What maps of mainland China are drawn in: some hundreds of metres from where satellites say.
        Gcj02 = "gcj-02",
    }
}

words! {
    /// Who says how far a ride went that was not measured.
    pub enum DistanceFrom {
        /// The request.
        Stated = "stated",
        /// The route that the request describes.
        Polyline = "polyline",
        /// The quote that the ride was ordered with.
        Quote = "quote",
        /// The great circle between its ends, times the city's detour factor.
        Straight = "straight",
    }
}

words! {
    /// Who says how long a ride took that was not measured.
    pub enum DurationFrom {
        /// The request.
        Stated = "stated",
        /// The quote that the ride was ordered with.
        Quote = "quote",
        /// The clock: the time between its start and its end.
        Elapsed = "elapsed",
    }
}

/// Where distance and duration of a ride come from that was not measured.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guess {
    /// Who says how far it went.
    pub distance: DistanceFrom,
    /// Who says how long it took.
    pub duration: DurationFrom,
    /// What the great circle was taken times, when that is not 1.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Number>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detour_factor: Option<String>,
    /// Which datum the places were given in that the distance is between, when that is not WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datum: Option<Datum>,
}

impl Guess {
    /// Holds a guess to what is always true of one: there is none of what was measured, only the great circle has a factor, and
    /// only what is between places a datum.
    ///
    /// # Errors
    ///
    /// What is not true.
    pub(crate) fn verify(&self, basis: Basis) -> Result<(), String> {
        let Self { distance, detour_factor, datum, .. } = self;
        let from = distance.word();
        if basis != Basis::Mocked {
            return Err(format!("it is {}, and its distance is a guess from {from}", basis.word()));
        }
        let factor = detour_factor.as_deref();
        if factor.is_some_and(|factor| *distance != DistanceFrom::Straight || unsigned_decimal(factor).is_none()) {
            return Err(format!("its distance is a guess from {from}, and has a detour factor"));
        }
        let has_places = matches!(distance, DistanceFrom::Polyline | DistanceFrom::Straight);
        if datum.is_some() && !has_places {
            return Err(format!("its distance is a guess from {from}, and has a datum"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A guess reads back as what was written, and says no more than there is to say.
    #[test]
    fn guesses_round_trip() {
        for text in [
            r#"{"distance":"straight","duration":"elapsed"}"#,
            r#"{"distance":"straight","duration":"stated","detour_factor":"1.3","datum":"gcj-02"}"#,
            r#"{"distance":"quote","duration":"quote"}"#,
        ] {
            let guess: Guess = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&guess).unwrap(), text);
            guess.verify(Basis::Mocked).unwrap();
            guess.verify(Basis::Metered).unwrap_err();
        }
    }

    /// What nobody could have guessed is not written.
    #[test]
    fn nonsense_is_a_contradiction() {
        for text in [
            r#"{"distance":"quote","duration":"quote","detour_factor":"1.3"}"#,
            r#"{"distance":"straight","duration":"elapsed","detour_factor":"much"}"#,
            r#"{"distance":"stated","duration":"stated","datum":"gcj-02"}"#,
        ] {
            let guess: Guess = serde_json::from_str(text).unwrap();
            guess.verify(Basis::Mocked).unwrap_err();
        }
    }
}
