//! The rate cards of one side of a product, one after the other.

use super::card::Card;
use super::document::Document;
use super::place::beginning_of;
use crate::engines::{RateCard, Side};
use crate::refusal::Refusal;
use farebox_fare::Timestamp;
use std::collections::BTreeMap;
use std::rc::Rc;

/// No clock on earth is further than this from Greenwich, in seconds.
const MOST_OFFSET_S: i64 = 16 * 3600;

/// Rate cards by the first day on which they are in force; the one from the beginning has none, and comes first.
pub(super) struct Dated<C> {
    city: String,
    product: String,
    side: Side,
    cards: BTreeMap<Option<String>, Rc<Document<Card<C>>>>,
}

impl<C: RateCard> Dated<C> {
    pub(super) fn new(city: &str, product: &str, side: Side) -> Self {
        Self { city: city.to_owned(), product: product.to_owned(), side, cards: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, from: Option<String>, card: Rc<Document<Card<C>>>) {
        self.cards.insert(from, card);
    }

    pub(super) fn get(&self, from: &Option<String>) -> Option<&Rc<Document<Card<C>>>> {
        self.cards.get(from)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The first day on which any of them is in force: `None` from the beginning, or when there are none.
    pub(super) fn begins(&self) -> Option<&str> {
        self.cards.keys().next()?.as_deref()
    }

    /// The latest that is not after a moment. `None` when none is in force yet.
    ///
    /// # Errors
    ///
    /// `config-invalid` when it cannot be used; or when it cannot be told whether it is in force, because it is broken and
    /// its day begins thereabouts.
    pub(super) fn at(&self, at: Timestamp) -> Result<Option<Rc<Card<C>>>, Refusal> {
        for (from, document) in self.cards.iter().rev() {
            // Which moment a day begins at depends on the card's clocks, which only matter nearby. A card for next year
            // need not be parsed to know that it is not in force.
            let in_greenwich = from.as_deref().and_then(beginning_of).unwrap_or(Timestamp::MIN);
            if at < in_greenwich.saturating_sub(MOST_OFFSET_S) {
                continue;
            }
            let card = self.parse(from, document)?;
            if card.effective_at.is_none_or(|effective_at| effective_at <= at) {
                return Ok(Some(card));
            }
        }
        Ok(None)
    }

    /// Each of them, with the path of its file.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = (&str, Result<Rc<Card<C>>, Refusal>)> {
        self.cards.iter().map(|(from, document)| (document.path(), self.parse(from, document)))
    }

    fn parse(&self, from: &Option<String>, document: &Document<Card<C>>) -> Result<Rc<Card<C>>, Refusal> {
        document.get(|texts| {
            let text = texts.first().map_or("", |text| &text.text);
            Card::of_file(text, &self.city, &self.product, self.side, from.as_deref())
        })
    }
}
