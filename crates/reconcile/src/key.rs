//! What a payment is for.

use farebox_document::excerpt;
use farebox_fare::names::{NAME_RULE, TOKEN_RULE, is_name, is_token};
use serde::Serialize;

/// What a payer tells payments apart by: it pays each of these once, however often it is handed one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// The city.
    pub city: String,
    /// The trip.
    pub trip_id: String,
    /// The revision of its bill, counted from 1.
    pub revision: u32,
}

impl Key {
    /// A key whose parts can be ones, in all that Farebox writes.
    ///
    /// # Errors
    ///
    /// Which part cannot, and what would be right.
    pub fn new(city: &str, trip_id: &str, revision: u32) -> Result<Self, String> {
        if !is_token(city) {
            return Err(format!("city is {}; it has to be {TOKEN_RULE}", excerpt(city)));
        }
        if !is_name(trip_id) {
            return Err(format!("trip_id is {}; it has to be {NAME_RULE}", excerpt(trip_id)));
        }
        if revision == 0 {
            return Err("revision is 0; revisions are counted from 1".to_owned());
        }
        Ok(Self { city: city.to_owned(), trip_id: trip_id.to_owned(), revision })
    }
}
