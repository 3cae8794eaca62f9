//! The documents that everything is done by: rate cards, the commission policy, the copy. Each is parsed when it is first
//! needed, and kept.

use crate::engines::{Catalogue as _, Engines, Policy, RateCard, Side};
use crate::ports::Files;
use crate::refusal::Refusal;
use crate::requests::Tariffs;
use farebox_fare::names;
use farebox_money::Currency;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// All documents there are.
pub struct Config<E: Engines> {
    files: Rc<dyn Files>,
    cities: BTreeMap<String, BTreeMap<String, Cards<E::Card>>>,
    policy: Document<ParsedPolicy<E::Policy>>,
    copy: BTreeMap<String, Document<ParsedCatalogue<E::Catalogue>>>,
    /// Files that are where documents should be and cannot be used.
    strays: Vec<String>,
    engines: OnceCell<(u32, u32)>,
}

struct Cards<C> {
    passenger: Document<Card<C>>,
    driver: Document<Card<C>>,
}

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
    /// As it was read.
    pub document: String,
    /// The cities that the store has it for, as far as this instance knows.
    pub kept: RefCell<BTreeSet<String>>,
}

/// Copy for one locale, and its scenes; the first is the default.
pub struct ParsedCatalogue<C> {
    /// What renders.
    pub catalogue: C,
    /// Never empty in a catalogue that can be used.
    pub scenes: Vec<String>,
}

impl<E: Engines> Config<E> {
    /// Lists what there is. Nothing is parsed yet.
    ///
    /// # Errors
    ///
    /// A folder cannot be listed.
    pub fn list(files: Rc<dyn Files>) -> Result<Self, Refusal> {
        let mut strays = Vec::new();
        let mut cities = BTreeMap::new();
        for city in entries(&*files, "cards")? {
            let folder = format!("cards/{city}");
            if !names::is_token(&city) {
                strays.push(format!("{folder}: not the name of a city"));
                continue;
            }
            let mut products = BTreeMap::new();
            for file in entries(&*files, &folder)? {
                let path = format!("{folder}/{file}");
                match file.strip_suffix(".passenger.json") {
                    Some(product) if names::is_token(product) => {
                        let driver = Document::at(format!("{folder}/{product}.driver.json"));
                        products.insert(product.to_owned(), Cards { passenger: Document::at(path), driver });
                    }
                    _ if file.ends_with(".driver.json") => {}
                    _ => strays.push(format!("{path}: not a rate card's name")),
                }
            }
            cities.insert(city, products);
        }
        let mut copy = BTreeMap::new();
        for file in entries(&*files, "copy")? {
            let path = format!("copy/{file}");
            match file.strip_suffix(".ftl") {
                Some(locale) => drop(copy.insert(locale.to_owned(), Document::at(path))),
                None if file == "layout.json" => {}
                None => strays.push(format!("{path}: not the name of a copy document")),
            }
        }
        let policy = Document::at("policies/default.json".to_owned());
        Ok(Self { files, cities, policy, copy, strays, engines: OnceCell::new() })
    }

    /// A rate card. `None` when the city does not have the product.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there is one, and it cannot be used.
    pub fn card(&self, city: &str, product: &str, side: Side) -> Result<Option<Rc<Card<E::Card>>>, Refusal> {
        let Some(cards) = self.cities.get(city).and_then(|products| products.get(product)) else {
            return Ok(None);
        };
        let document = match side {
            Side::Passenger => &cards.passenger,
            Side::Driver => &cards.driver,
        };
        document.get(&*self.files, |text| Card::parse(text, city, product, side)).map(Some)
    }

    /// The commission policy that applies unless a request brings its own.
    ///
    /// # Errors
    ///
    /// `config-invalid` when it cannot be used.
    pub fn policy(&self) -> Result<Rc<ParsedPolicy<E::Policy>>, Refusal> {
        self.policy.get(&*self.files, |text| {
            let policy = E::Policy::parse(text).map_err(|error| error.lines())?;
            Ok(ParsedPolicy::new(policy, text))
        })
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
        let parse = |messages: &str| {
            let layout = self.files.read("copy/layout.json").map_err(|why| vec![format!("layout.json {why}")])?;
            let catalogue = E::Catalogue::parse(locale, messages, &layout).map_err(|error| error.lines())?;
            Ok(ParsedCatalogue { scenes: catalogue.scenes(), catalogue })
        };
        document.get(&*self.files, parse).map(Some)
    }

    /// The locales that there is copy for, in order.
    pub fn locales(&self) -> Vec<&str> {
        self.copy.keys().map(String::as_str).collect()
    }

    /// The numbers of the engines, pricing's and commission's.
    pub fn engines(&self) -> (u32, u32) {
        *self.engines.get_or_init(|| (E::pricing(), E::commission()))
    }

    /// What is wrong with files that belong to no document.
    pub fn strays(&self) -> &[String] {
        &self.strays
    }
}

impl<E: Engines> Tariffs for Config<E> {
    fn currency(&self, city: &str, product: &str) -> Result<Option<Currency>, Refusal> {
        Ok(self.card(city, product, Side::Passenger)?.map(|card| card.currency))
    }

    fn serves(&self, city: &str) -> bool {
        self.cities.get(city).is_some_and(|products| !products.is_empty())
    }

    fn products(&self, city: &str) -> Vec<&str> {
        self.cities.get(city).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    fn cities(&self) -> Vec<&str> {
        self.cities.keys().map(String::as_str).filter(|city| self.serves(city)).collect()
    }
}

impl<P: Policy> ParsedPolicy<P> {
    /// A policy and the text it was read from.
    pub fn new(policy: P, document: &str) -> Self {
        Self { version: policy.version(), policy, document: document.to_owned(), kept: RefCell::default() }
    }
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

/// A file, and what it means once somebody asked.
struct Document<T> {
    path: String,
    parsed: OnceCell<Rc<T>>,
}

impl<T> Document<T> {
    fn at(path: String) -> Self {
        Self { path, parsed: OnceCell::new() }
    }

    /// Reads and parses the file, the first time. What is broken is tried again, so that a repair is noticed.
    fn get(&self, files: &dyn Files, parse: impl FnOnce(&str) -> Result<T, Vec<String>>) -> Result<Rc<T>, Refusal> {
        if let Some(parsed) = self.parsed.get() {
            return Ok(Rc::clone(parsed));
        }
        let text = files.read(&self.path).map_err(|why| vec![why]);
        let parsed = text
            .and_then(|text| parse(&text))
            .map_err(|problems| Refusal::config(format!("{}: {}", self.path, problems.join("; "))))?;
        Ok(Rc::clone(self.parsed.get_or_init(|| Rc::new(parsed))))
    }
}

/// What is in a folder, without what is hidden.
fn entries(files: &dyn Files, folder: &str) -> Result<Vec<String>, Refusal> {
    let names = files.list(folder).map_err(|why| Refusal::config(format!("{folder} cannot be listed: {why}")))?;
    Ok(names.into_iter().filter(|name| !name.starts_with('.')).collect())
}
