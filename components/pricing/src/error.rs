//! Why a trip could not be priced.

use farebox_document::Problem;

/// Why a trip could not be priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceError {
    /// A fact about the trip is outside what can be priced; the pointer is in WIT's words, such as "/ended-at".
    InvalidTrip(Problem),
    /// The item with this code came to more than minor units can hold, or the sum did after it.
    Overflow(String),
}
