//! The documents under /config: rate cards, the commission policy, the copy. Each is parsed once per instance, when
//! it is first needed, and kept.

use super::bindings::farebox::commission::commission::{Policy, PolicyError};
use super::bindings::farebox::pricing::pricing::{self, CardError, RateCard, Side};
use super::bindings::farebox::render::render::{Catalogue, CatalogueError};
use crate::names;
use crate::problem::Problem;
use crate::requests::Tariffs;
use farebox_money::Currency;
use farebox_wit::Problem as Fault;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = "/config";

/// All documents there are.
pub struct Config {
    cities: BTreeMap<String, BTreeMap<String, Cards>>,
    policy: Document<ParsedPolicy>,
    copy: BTreeMap<String, Document<ParsedCatalogue>>,
    /// Files that are where documents should be and cannot be used.
    strays: Vec<String>,
    engine: OnceCell<String>,
}

struct Cards {
    passenger: Document<Card>,
    driver: Document<Card>,
}

/// A rate card, and what it says of itself.
pub struct Card {
    pub rates: RateCard,
    pub currency: Currency,
    pub version: String,
    pub title: String,
    pub time_zone: String,
    /// As it was read.
    pub document: String,
    /// Whether the store has it, as far as this instance knows.
    pub kept: Cell<bool>,
}

/// A commission policy and its version.
pub struct ParsedPolicy {
    pub policy: Policy,
    pub version: String,
}

/// Copy for one locale, and its scenes; the first is the default.
pub struct ParsedCatalogue {
    pub catalogue: Catalogue,
    pub scenes: Vec<String>,
}

impl Config {
    /// The configuration. The folders are listed once per instance.
    pub fn get() -> Result<&'static Self, Problem> {
        thread_local! {
            static CONFIG: Cell<Option<&'static Config>> = const { Cell::new(None) };
        }
        if let Some(config) = CONFIG.get() {
            return Ok(config);
        }
        // Lives as long as the instance does.
        let config: &'static Self = Box::leak(Box::new(Self::list()?));
        CONFIG.set(Some(config));
        Ok(config)
    }

    fn list() -> Result<Self, Problem> {
        let root = Path::new(ROOT);
        let mut strays = Vec::new();
        let mut cities = BTreeMap::new();
        for (city, folder) in entries(&root.join("cards"))? {
            if !names::is_city(&city) {
                strays.push(format!("{}: not the name of a city", folder.display()));
                continue;
            }
            let mut products = BTreeMap::new();
            for (file, path) in entries(&folder)? {
                match file.strip_suffix(".passenger.json") {
                    Some(product) if names::is_city(product) => {
                        let driver = Document::at(folder.join(format!("{product}.driver.json")));
                        let cards = Cards { passenger: Document::at(path), driver };
                        products.insert(product.to_owned(), cards);
                    }
                    _ if file.ends_with(".driver.json") => {}
                    _ => strays.push(format!("{}: not a rate card's name", path.display())),
                }
            }
            cities.insert(city, products);
        }
        let mut copy = BTreeMap::new();
        for (file, path) in entries(&root.join("copy"))? {
            match file.strip_suffix(".ftl") {
                Some(locale) => drop(copy.insert(locale.to_owned(), Document::at(path))),
                None if file == "layout.json" => {}
                None => strays.push(format!("{}: not the name of a copy document", path.display())),
            }
        }
        let policy = Document::at(root.join("policies/default.json"));
        Ok(Self { cities, policy, copy, strays, engine: OnceCell::new() })
    }

    /// A rate card. `None` when the city does not have the product.
    pub fn card(&self, city: &str, product: &str, side: Side) -> Result<Option<&Card>, Problem> {
        let Some(cards) = self.cities.get(city).and_then(|products| products.get(product)) else {
            return Ok(None);
        };
        let document = match side {
            Side::Passenger => &cards.passenger,
            Side::Driver => &cards.driver,
        };
        document.get(|text| Card::parse(text, city, product, side)).map(Some)
    }

    /// The commission policy that applies unless a request brings its own.
    pub fn policy(&self) -> Result<&ParsedPolicy, Problem> {
        self.policy.get(|text| {
            let policy = Policy::parse(text).map_err(|error| match error {
                PolicyError::Invalid(faults) => lines(&faults),
                PolicyError::Other(why) => vec![why],
            })?;
            Ok(ParsedPolicy { version: policy.version(), policy })
        })
    }

    /// The copy for a locale. `None` when there is none.
    pub fn catalogue(&self, locale: &str) -> Result<Option<&ParsedCatalogue>, Problem> {
        let Some(document) = self.copy.get(locale) else {
            return Ok(None);
        };
        let parse = |messages: &str| {
            let layout = read(&Path::new(ROOT).join("copy/layout.json")).map_err(|problems| {
                problems.iter().map(|problem| format!("layout.json {problem}")).collect::<Vec<_>>()
            })?;
            let catalogue = Catalogue::parse(locale, messages, &layout).map_err(|error| match error {
                CatalogueError::Invalid(faults) => lines(&faults),
                CatalogueError::Other(why) => vec![why],
            })?;
            Ok(ParsedCatalogue { scenes: catalogue.scenes(), catalogue })
        };
        document.get(parse).map(Some)
    }

    /// The locales that there is copy for, in order.
    pub fn locales(&self) -> Vec<&str> {
        self.copy.keys().map(String::as_str).collect()
    }

    /// The version of the pricing engine.
    pub fn engine(&self) -> &str {
        self.engine.get_or_init(pricing::version)
    }

    /// What is wrong with files that belong to no document.
    pub fn strays(&self) -> &[String] {
        &self.strays
    }
}

impl Tariffs for Config {
    fn currency(&self, city: &str, product: &str) -> Result<Option<Currency>, Problem> {
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

impl Card {
    /// Parses a card, which has to be for this product, in this city, on this side.
    pub fn parse(text: &str, city: &str, product: &str, side: Side) -> Result<Self, Vec<String>> {
        let rates = RateCard::parse(text).map_err(|error| match error {
            CardError::Invalid(faults) => lines(&faults),
            CardError::Other(why) => vec![why],
        })?;
        let info = rates.info();
        if (info.city.as_str(), info.product.as_str()) != (city, product) {
            let found = format!("it is for {} in {}", info.product, info.city);
            return Err(vec![format!("{found}, and lies where the card for {product} in {city} belongs")]);
        }
        if info.side != side {
            let found = format!("it is a card for the {}", name(info.side));
            return Err(vec![format!("{found}, and lies where the {}'s belongs", name(side))]);
        }
        let currency = Currency::from_code(&info.currency)
            .ok_or_else(|| vec![format!("its currency is {:?}, which is not ISO 4217", info.currency)])?;
        Ok(Self {
            rates,
            currency,
            version: info.version,
            title: info.title,
            time_zone: info.time_zone,
            document: text.to_owned(),
            kept: Cell::new(false),
        })
    }
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Passenger => "passenger",
        Side::Driver => "driver",
    }
}

/// A file, and what it means once somebody asked.
struct Document<T> {
    path: PathBuf,
    parsed: OnceCell<T>,
}

impl<T> Document<T> {
    fn at(path: PathBuf) -> Self {
        Self { path, parsed: OnceCell::new() }
    }

    /// Reads and parses the file, the first time. What is broken is tried again, so that a repair is noticed.
    fn get(&self, parse: impl FnOnce(&str) -> Result<T, Vec<String>>) -> Result<&T, Problem> {
        if let Some(parsed) = self.parsed.get() {
            return Ok(parsed);
        }
        let parsed = read(&self.path).and_then(|text| parse(&text)).map_err(|problems| {
            let name = self.path.strip_prefix(ROOT).unwrap_or(&self.path).display();
            Problem::config(format!("{name}: {}", problems.join("; ")))
        })?;
        Ok(self.parsed.get_or_init(|| parsed))
    }
}

fn read(path: &Path) -> Result<String, Vec<String>> {
    fs::read_to_string(path).map_err(|error| vec![format!("cannot be read: {error}")])
}

/// Names and paths in a folder, without hidden ones.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Problem> {
    let unreadable = |error| Problem::config(format!("{} cannot be listed: {error}", folder.display()));
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            entries.push((name, entry.path()));
        }
    }
    Ok(entries)
}

fn lines(faults: &[Fault]) -> Vec<String> {
    let line = |fault: &Fault| format!("{} {} [{}]", fault.pointer, fault.message, fault.code);
    faults.iter().map(line).collect()
}
