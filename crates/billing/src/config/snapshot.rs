//! All documents at one moment.

use super::card::{Card, ParsedCatalogue, ParsedPolicy};
use super::document::Document;
use super::place::{LAYOUT, POLICY, Place};
use super::texts::{Text, Texts};
use crate::engines::{Engines, Side};
use crate::refusal::Refusal;
use crate::requests::Tariffs;
use farebox_money::Currency;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The whole configuration at one moment. It never changes: a request that holds it is answered from it alone, and it is
/// gone when the last request has dropped it.
///
/// What is broken takes out itself and nothing else: a side of a product, the policy, or the copy of a locale.
pub struct Snapshot<E: Engines> {
    cities: BTreeMap<String, BTreeMap<String, Product<E::Card>>>,
    policy: Option<Rc<Document<ParsedPolicy<E::Policy>>>>,
    copy: BTreeMap<String, Rc<Document<ParsedCatalogue<E::Catalogue>>>>,
    texts: Texts,
    engine: OnceCell<String>,
}

/// The rate cards of a product.
struct Product<C> {
    passenger: Option<Rc<Document<Card<C>>>>,
    driver: Option<Rc<Document<Card<C>>>>,
}

impl<C> Product<C> {
    const NONE: Self = Self { passenger: None, driver: None };

    fn side(&self, side: Side) -> &Option<Rc<Document<Card<C>>>> {
        match side {
            Side::Passenger => &self.passenger,
            Side::Driver => &self.driver,
        }
    }
}

impl<E: Engines> Snapshot<E> {
    /// The configuration of these texts. What is as it was `before` is not parsed again.
    pub fn new(texts: Texts, before: Option<&Self>) -> Self {
        let mut cities: BTreeMap<String, BTreeMap<String, Product<E::Card>>> = BTreeMap::new();
        let (mut policy, mut copy) = (None, BTreeMap::new());
        for (path, text) in texts.iter() {
            match Place::of(path) {
                Some(Place::Card { city, product, side }) => {
                    let earlier = before.and_then(|before| before.product(&city, &product)?.side(side).as_ref());
                    let document = Document::new(path, &[text], earlier);
                    let cards = cities.entry(city).or_default().entry(product).or_insert(Product::NONE);
                    match side {
                        Side::Passenger => cards.passenger = Some(document),
                        Side::Driver => cards.driver = Some(document),
                    }
                }
                Some(Place::Policy) => {
                    policy = Some(Document::new(path, &[text], before.and_then(|before| before.policy.as_ref())));
                }
                Some(Place::Messages { locale }) => {
                    let parts: Vec<&Text> = [text].into_iter().chain(texts.get(LAYOUT)).collect();
                    let document = Document::new(path, &parts, before.and_then(|before| before.copy.get(&locale)));
                    copy.insert(locale, document);
                }
                // The layout belongs to the messages of each locale; and nothing else is a document.
                Some(Place::Layout) | None => {}
            }
        }
        for products in cities.values_mut() {
            // Without a passenger's card there is nothing to offer.
            products.retain(|_, product| product.passenger.is_some());
        }
        cities.retain(|_, products| !products.is_empty());
        Self { cities, policy, copy, texts, engine: OnceCell::new() }
    }

    /// A rate card. `None` when the city does not have the product.
    ///
    /// # Errors
    ///
    /// `config-invalid` when it cannot be used, or when the driver of an offered product has none.
    pub fn card(&self, city: &str, product: &str, side: Side) -> Result<Option<Rc<Card<E::Card>>>, Refusal> {
        let Some(cards) = self.product(city, product) else {
            return Ok(None);
        };
        let Some(document) = cards.side(side) else {
            let path = format!("cards/{city}/{product}.{}.json", side.word());
            return Err(Refusal::config(format!("{path}: is not there, and the product is offered")));
        };
        document.get(|texts| Card::parse(own(texts), city, product, side)).map(Some)
    }

    /// The commission policy that applies unless a request brings its own.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there is none, or it cannot be used.
    pub fn policy(&self) -> Result<Rc<ParsedPolicy<E::Policy>>, Refusal> {
        let missing = || Refusal::config(format!("{POLICY}: is not there"));
        self.policy.as_ref().ok_or_else(missing)?.get(|texts| ParsedPolicy::parse(own(texts)))
    }

    /// The copy for a locale. `None` when there is none.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there is some, and it cannot be used.
    pub fn catalogue(&self, locale: &str) -> Result<Option<Rc<ParsedCatalogue<E::Catalogue>>>, Refusal> {
        let Some(document) = self.copy.get(locale) else {
            return Ok(None);
        };
        let parse = |texts: &[Text]| {
            let layout = texts.get(1).ok_or_else(|| vec![format!("{LAYOUT} is not there")])?;
            ParsedCatalogue::parse(locale, own(texts), &layout.text)
        };
        document.get(parse).map(Some)
    }

    /// The locales that there is copy for, in order.
    pub fn locales(&self) -> Vec<&str> {
        self.copy.keys().map(String::as_str).collect()
    }

    /// What the documents are made of.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The version of the pricing engine.
    pub fn engine(&self) -> &str {
        self.engine.get_or_init(E::pricing)
    }

    fn product(&self, city: &str, product: &str) -> Option<&Product<E::Card>> {
        self.cities.get(city)?.get(product)
    }
}

impl<E: Engines> Tariffs for Snapshot<E> {
    fn currency(&self, city: &str, product: &str) -> Result<Option<Currency>, Refusal> {
        Ok(self.card(city, product, Side::Passenger)?.map(|card| card.currency))
    }

    fn serves(&self, city: &str) -> bool {
        self.cities.contains_key(city)
    }

    fn products(&self, city: &str) -> Vec<&str> {
        self.cities.get(city).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    fn cities(&self) -> Vec<&str> {
        self.cities.keys().map(String::as_str).collect()
    }
}

/// The text of the document itself.
fn own(texts: &[Text]) -> &str {
    texts.first().map_or("", |text| &text.text)
}
