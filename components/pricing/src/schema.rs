//! The published JSON Schema of rate cards, made from the types that read them.

use crate::card::FORMAT;
use crate::document::CardDocument;
use farebox_document::document_schema;
use serde_json::Value;

/// The JSON Schema (draft 2020-12) of a rate card.
///
/// A card that does not fit it is refused by [`RateCard::parse`](crate::RateCard::parse). The reverse is not true: no
/// schema can say that branches do not overlap.
pub fn schema() -> Value {
    document_schema::<CardDocument>("rate-card-1", FORMAT)
}

#[cfg(test)]
mod tests {
    use super::schema;
    use farebox_document::without_limit;

    /// Every list of a card has a limit. Reading takes it from where the schema does.
    #[test]
    fn every_list_has_a_limit() {
        assert_eq!(without_limit(&schema(), ""), [""; 0]);
    }
}
