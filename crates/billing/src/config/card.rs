//! What documents are once they are parsed.

use super::city::CityRules;
use super::switches::Switches;
use crate::engines::{Catalogue, Policy, RateCard, Side};
use farebox_access::{Document, Keys, MasterKeys, SealedDocument};
use farebox_coupons::Issuers;
use farebox_document::{Problem, Problems};
use farebox_fare::Timestamp;
use farebox_limits::Limits;
use farebox_money::Currency;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

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
    /// The first local day on which it is in force; from the beginning without.
    pub effective_from: Option<String>,
    /// When that day begins.
    pub effective_at: Option<Timestamp>,
    /// The codes of its fees, in the order of its items.
    pub fees: Vec<String>,
    /// As it was read.
    pub document: String,
    /// As far as which loss of the store this instance knows that it has it.
    pub kept: Cell<Option<u64>>,
    /// The cities for which the journal of this node has it, as far as this instance knows.
    pub journaled: RefCell<BTreeSet<String>>,
}

/// A commission policy and its version.
pub struct ParsedPolicy<P> {
    /// What settles.
    pub policy: P,
    /// SHA-256 of its canonical form.
    pub version: String,
    /// As it was read.
    pub document: String,
    /// The cities that the store has it for, each with the loss of the store as far as which this instance knows that.
    pub kept: RefCell<BTreeMap<String, u64>>,
    /// The cities for which the journal of this node has it, as far as this instance knows.
    pub journaled: RefCell<BTreeSet<String>>,
}

/// What a city decides for itself, and the version of its document, if it has one.
pub struct ParsedCity {
    /// All decisions; those that the document leaves open are as by default.
    pub rules: CityRules,
    /// Whose coupons are taken, ready to verify with.
    pub issuers: Issuers,
    /// SHA-256 of its canonical form.
    pub version: Option<String>,
}

/// The keys that requests are signed with.
pub struct ParsedKeys {
    /// As requests are verified with. Shared with the requests that they identify.
    pub keys: Rc<Keys>,
    /// Whether the document was sealed under a previous master key.
    pub under_previous: bool,
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
            effective_from: info.effective_from,
            effective_at: info.effective_at,
            fees: info.fees,
            document: text.to_owned(),
            kept: Cell::new(None),
            journaled: RefCell::default(),
        })
    }
}

impl<C: RateCard> Card<C> {
    /// Parses the card of a file, whose name has the day from which it is in force, or none.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(super) fn of_file(
        text: &str,
        city: &str,
        product: &str,
        side: Side,
        from: Option<&str>,
    ) -> Result<Self, Vec<String>> {
        let card = Self::parse(text, city, product, side)?;
        if card.effective_from.as_deref() == from {
            return Ok(card);
        }
        let says = |from: Option<&str>| from.map_or_else(|| "none".to_owned(), |from| format!("\"{from}\""));
        let name = card.effective_from.as_ref().map_or_else(String::new, |from| format!(".{from}"));
        Err(vec![format!(
            "/effective_from is {}, and the name of the file says {}; name it {product}.{}{name}.json, or change the field",
            says(card.effective_from.as_deref()),
            says(from),
            side.word(),
        )])
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
        Ok(Self::new(policy, text))
    }

    /// A policy and the text it was read from.
    pub fn new(policy: P, document: &str) -> Self {
        Self {
            version: policy.version(),
            policy,
            document: document.to_owned(),
            kept: RefCell::default(),
            journaled: RefCell::default(),
        }
    }
}

impl ParsedCity {
    /// One that has no document of its own.
    pub fn default_of(city: &str) -> Self {
        Self { rules: CityRules::of(city), issuers: Issuers::default(), version: None }
    }

    /// Parses the document of a city.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str, city: &str) -> Result<Self, Vec<String>> {
        let (rules, version) = CityRules::parse(text).map_err(lines)?;
        if rules.city != city {
            return Err(vec![format!("/city is {:?}, and the name of the file says {city:?}", rules.city)]);
        }
        let issuers = Issuers::read(&rules.coupons.issuers.0, "", &mut Problems::default());
        Ok(Self { rules, issuers, version: Some(version) })
    }
}

impl ParsedKeys {
    /// Opens the document of keys.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, and nothing of a secret.
    pub fn open(text: &str, master: &MasterKeys) -> Result<Self, Vec<String>> {
        let document = Document::open(text, master).map_err(lines)?;
        Ok(Self { keys: Rc::new(document.keys()), under_previous: document.under_previous })
    }

    /// Checks the document as far as it can be without a master key.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(super) fn check(text: &str) -> Result<(), Vec<String>> {
        SealedDocument::parse(text).map(drop).map_err(lines)
    }
}

/// Reads the document of limits.
///
/// # Errors
///
/// Everything that is wrong with it.
pub(super) fn limits(text: &str) -> Result<Limits, Vec<String>> {
    Limits::parse(text).map_err(lines)
}

/// Reads the document of switches.
///
/// # Errors
///
/// Everything that is wrong with it.
pub(super) fn switches(text: &str) -> Result<Switches, Vec<String>> {
    Switches::parse(text).map_err(lines)
}

fn lines(problems: Vec<Problem>) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
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
