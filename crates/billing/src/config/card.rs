//! What documents are once they are parsed.

use crate::engines::{Catalogue, Policy, RateCard, Side};
use farebox_money::Currency;
use std::cell::Cell;

/// A rate card, and what it says of itself.
pub struct Card<C> {
    /// What prices.
    pub rates: C,
    /// The currency of every amount.
    pub currency: Currency,
    /// SHA-256 of its canonical form.
    pub version: String,
    /// For people.
    pub title: String,
    /// The IANA zone of its local times.
    pub time_zone: String,
    /// As it was read.
    pub document: String,
    /// Whether the store has it, as far as this instance knows.
    pub kept: Cell<bool>,
}

/// A commission policy and its version.
pub struct ParsedPolicy<P> {
    /// What settles.
    pub policy: P,
    /// SHA-256 of its canonical form.
    pub version: String,
}

/// Copy for one locale, and its scenes; the first is the default.
pub struct ParsedCatalogue<C> {
    /// What renders.
    pub catalogue: C,
    /// Never empty in a catalogue that can be used.
    pub scenes: Vec<String>,
}

impl<C: RateCard> Card<C> {
    /// Parses a card, which has to be for this product, in this city, on this side.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str, city: &str, product: &str, side: Side) -> Result<Self, Vec<String>> {
        let rates = C::parse(text).map_err(|error| error.lines())?;
        let info = rates.info().map_err(|why| vec![why])?;
        if (info.city.as_str(), info.product.as_str()) != (city, product) {
            let found = format!("it is for {} in {}", info.product, info.city);
            return Err(vec![format!("{found}, and lies where the card for {product} in {city} belongs")]);
        }
        if info.side != side {
            let found = format!("it is a card for the {}", info.side.word());
            return Err(vec![format!("{found}, and lies where the {}'s belongs", side.word())]);
        }
        Ok(Self {
            rates,
            currency: info.currency,
            version: info.version,
            title: info.title,
            time_zone: info.time_zone,
            document: text.to_owned(),
            kept: Cell::new(false),
        })
    }
}

impl<P: Policy> ParsedPolicy<P> {
    /// Parses a policy.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let policy = P::parse(text).map_err(|error| error.lines())?;
        Ok(Self { version: policy.version(), policy })
    }
}

impl<C: Catalogue> ParsedCatalogue<C> {
    /// Parses the copy of a locale.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or with the layout.
    pub fn parse(locale: &str, messages: &str, layout: &str) -> Result<Self, Vec<String>> {
        let catalogue = C::parse(locale, messages, layout).map_err(|error| error.lines())?;
        Ok(Self { scenes: catalogue.scenes(), catalogue })
    }
}
