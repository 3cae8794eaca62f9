//! Why a trip could not be priced.

use farebox_document::Problem;
use farebox_fare::Contradiction;

/// Why a trip could not be priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceError {
    /// A fact about the trip is outside what can be priced; the pointer is in WIT's words, such as "/ended-at".
    InvalidTrip(Problem),
    /// The item with this code came to more than minor units can hold, or the sum did after it.
    Overflow(String),
    /// The bill contradicts itself. That is a fault of this engine, and such a bill is given to nobody.
    Contradiction(Contradiction),
}
