//! All documents at one moment.

use super::card::{self, Card, ParsedCatalogue, ParsedCity, ParsedKeys, ParsedPolicy};
use super::dated::Dated;
use super::document::Document;
use super::place::{KEYS, LAYOUT, POLICY, Place};
use super::switches::Switches;
use super::texts::{Text, Texts};
use crate::engines::{Engines, RateCard, Side};
use crate::refusal::Refusal;
use crate::requests::Tariffs;
use farebox_access::MasterKeys;
use farebox_fare::Timestamp;
use farebox_limits::Limits;
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
    rules: BTreeMap<String, Rc<Document<ParsedCity>>>,
    copy: BTreeMap<String, Rc<Document<ParsedCatalogue<E::Catalogue>>>>,
    keys: Option<Rc<Document<ParsedKeys>>>,
    limits: Option<Rc<Document<Limits>>>,
    switches: Option<Rc<Document<Switches>>>,
    /// What stands for a document that there is not.
    unswitched: Rc<Switches>,
    texts: Texts,
    engines: OnceCell<(u32, u32)>,
}

/// A rate card, or why it cannot be used, and the path of its file.
pub type Filed<'a, C> = (&'a str, Result<Rc<Card<C>>, Refusal>);

/// The rate cards of a product.
struct Product<C> {
    passenger: Dated<C>,
    driver: Dated<C>,
}

impl<C: RateCard> Product<C> {
    fn new(city: &str, product: &str) -> Self {
        let side = |side| Dated::new(city, product, side);
        Self { passenger: side(Side::Passenger), driver: side(Side::Driver) }
    }

    fn side(&self, side: Side) -> &Dated<C> {
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
        let (mut policy, mut rules, mut copy, mut keys) = (None, BTreeMap::new(), BTreeMap::new(), None);
        let (mut limits, mut switches) = (None, None);
        for (path, text) in texts.iter() {
            match Place::of(path) {
                Some(Place::Card { city, product, side, from }) => {
                    let earlier = before.and_then(|before| before.product(&city, &product)?.side(side).get(&from));
                    let document = Document::new(path, &[text], earlier);
                    let new = Product::new(&city, &product);
                    let cards = cities.entry(city).or_default().entry(product).or_insert(new);
                    match side {
                        Side::Passenger => cards.passenger.add(from, document),
                        Side::Driver => cards.driver.add(from, document),
                    }
                }
                Some(Place::Policy) => {
                    policy = Some(Document::new(path, &[text], before.and_then(|before| before.policy.as_ref())));
                }
                Some(Place::Keys) => {
                    keys = Some(Document::new(path, &[text], before.and_then(|before| before.keys.as_ref())));
                }
                Some(Place::Limits) => {
                    limits = Some(Document::new(path, &[text], before.and_then(|before| before.limits.as_ref())));
                }
                Some(Place::Switches) => {
                    switches = Some(Document::new(path, &[text], before.and_then(|before| before.switches.as_ref())));
                }
                Some(Place::City { city }) => {
                    let document = Document::new(path, &[text], before.and_then(|before| before.rules.get(&city)));
                    rules.insert(city, document);
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
            products.retain(|_, product| !product.passenger.is_empty());
        }
        cities.retain(|_, products| !products.is_empty());
        Self {
            cities,
            policy,
            rules,
            copy,
            keys,
            limits,
            switches,
            unswitched: Rc::default(),
            texts,
            engines: OnceCell::new(),
        }
    }

    /// The rate card that is in force at a moment: the latest whose day has begun. `None` when the city does not have the
    /// product, or not yet.
    ///
    /// # Errors
    ///
    /// `config-invalid` when it cannot be used, or when the passenger has one then and the driver has none.
    pub fn card(
        &self,
        city: &str,
        product: &str,
        side: Side,
        at: Timestamp,
    ) -> Result<Option<Rc<Card<E::Card>>>, Refusal> {
        let Some(cards) = self.product(city, product) else {
            return Ok(None);
        };
        let card = cards.side(side).at(at)?;
        if card.is_none() && side == Side::Driver && !matches!(cards.passenger.at(at), Ok(None)) {
            let missing = format!("cards/{city}/{product}.driver.json: is not there, and the product is offered");
            let begins = |begins: &str| format!("cards/{city}/{product}: the driver has no card before {begins}");
            return Err(Refusal::config(cards.driver.begins().map_or(missing, begins)));
        }
        Ok(card)
    }

    /// Every rate card of a side of a product, whenever it is in force, each with the path of its file.
    pub fn cards(&self, city: &str, product: &str, side: Side) -> impl Iterator<Item = Filed<'_, E::Card>> {
        self.product(city, product).into_iter().flat_map(move |cards| cards.side(side).all())
    }

    /// The first day on which a product is offered; `None` when it is from the beginning, or not at all.
    pub fn begins(&self, city: &str, product: &str) -> Option<&str> {
        self.product(city, product)?.passenger.begins()
    }

    /// What is wrong with the rate cards of a product taken together, though each may be good.
    pub fn misfits(&self, city: &str, product: &str) -> Vec<String> {
        let Some(cards) = self.product(city, product) else {
            return Vec::new();
        };
        let mut misfits = Vec::new();
        if cards.driver.is_empty() {
            misfits.push("the driver has no rate card".to_owned());
        } else if let Some(begins) = cards.driver.begins().filter(|begins| Some(*begins) > cards.passenger.begins()) {
            let since = cards.passenger.begins().map_or("the beginning".to_owned(), str::to_owned);
            misfits.push(format!("the driver has no rate card before {begins}, the passenger has one since {since}"));
        }
        let mut currencies: Vec<Currency> = Side::BOTH
            .iter()
            .flat_map(|side| cards.side(*side).all())
            .filter_map(|(_, card)| Some(card.ok()?.currency))
            .collect();
        currencies.sort_by_key(|currency| currency.code());
        currencies.dedup();
        if currencies.len() > 1 {
            let codes: Vec<&str> = currencies.iter().map(|currency| currency.code()).collect();
            misfits.push(format!("its rate cards are in several currencies: {}", codes.join(", ")));
        }
        misfits
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

    /// What a city decides for itself; without a document of its own, what is so by default.
    ///
    /// # Errors
    ///
    /// `config-invalid` when it has one, and it cannot be used.
    pub fn city(&self, city: &str) -> Result<Rc<ParsedCity>, Refusal> {
        match self.rules.get(city) {
            Some(document) => document.get(|texts| ParsedCity::parse(own(texts), city)),
            None => Ok(Rc::new(ParsedCity::default_of(city))),
        }
    }

    /// The same for a bill, which there always is: a document that cannot be used is told where documents are, and the city does
    /// what is so by default.
    pub fn city_or_default(&self, city: &str) -> Rc<ParsedCity> {
        self.city(city).unwrap_or_else(|_| Rc::new(ParsedCity::default_of(city)))
    }

    /// The cities that have a document of their own, in order. Not all of them need have rate cards.
    pub fn cities_with_rules(&self) -> impl Iterator<Item = &str> {
        self.rules.keys().map(String::as_str)
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

    /// The keys that let requests in, where requests have to be signed.
    ///
    /// # Errors
    ///
    /// Why no request is let in: no master key, no document of keys that opens, or no key in it.
    pub fn admitting_keys(&self, master: Option<&MasterKeys>) -> Result<Rc<ParsedKeys>, String> {
        let master = master.ok_or("there is no master key")?;
        match self.keys(master) {
            Err(refusal) => Err(refusal.reason().to_owned()),
            Ok(keys) if keys.keys.is_empty() => Err(format!("{KEYS}: has no keys; make some with farebox keys create")),
            Ok(keys) => Ok(keys),
        }
    }

    /// The keys that requests are signed with.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there is no document of keys, or it does not open. The master keys of an instance stay what they
    /// are, so that it is opened once.
    pub fn keys(&self, master: &MasterKeys) -> Result<Rc<ParsedKeys>, Refusal> {
        let missing = || Refusal::config(format!("{KEYS}: is not there; make keys with farebox keys create"));
        self.keys.as_ref().ok_or_else(missing)?.get(|texts| ParsedKeys::open(own(texts), master))
    }

    /// Whether there is a document of keys.
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// How much whom is let. `None` when there is no document of limits: then nobody is limited.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there is one, and it cannot be used.
    pub fn limits(&self) -> Result<Option<Rc<Limits>>, Refusal> {
        let Some(document) = &self.limits else { return Ok(None) };
        document.get(|texts| card::limits(own(texts))).map(Some)
    }

    /// What operators have switched. Nothing without a document; nor with one that cannot be used, which is told where documents are.
    pub fn switches(&self) -> Rc<Switches> {
        self.switches_or_why().unwrap_or_else(|_| Rc::clone(&self.unswitched))
    }

    /// The same.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there is a document, and it cannot be used.
    pub fn switches_or_why(&self) -> Result<Rc<Switches>, Refusal> {
        let Some(document) = &self.switches else { return Ok(Rc::clone(&self.unswitched)) };
        document.get(|texts| card::switches(own(texts)))
    }

    /// The locales that there is copy for, in order.
    pub fn locales(&self) -> Vec<&str> {
        self.copy.keys().map(String::as_str).collect()
    }

    /// What the documents are made of.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The numbers of the engines, pricing's and commission's.
    pub fn engines(&self) -> (u32, u32) {
        *self.engines.get_or_init(|| (E::pricing(), E::commission()))
    }

    fn product(&self, city: &str, product: &str) -> Option<&Product<E::Card>> {
        self.cities.get(city)?.get(product)
    }
}

impl<E: Engines> Tariffs for Snapshot<E> {
    fn currency(&self, city: &str, product: &str) -> Result<Option<Currency>, Refusal> {
        // All cards of a product are in one currency, so any that can be read will do.
        let Some(cards) = self.product(city, product) else {
            return Ok(None);
        };
        let mut broken = None;
        for (_, card) in cards.passenger.all().rev() {
            match card {
                Ok(card) => return Ok(Some(card.currency)),
                Err(refusal) => broken = Some(refusal),
            }
        }
        broken.map_or(Ok(None), Err)
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
