//! The document of limits, `farebox-limits/1`: tiers, and who has which.

use crate::{Limit, RouteClass};
use farebox_document::{AtMost, Problem, Problems, read_document};
use farebox_fare::names;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What `format` in the document has to say.
pub const FORMAT: &str = "farebox-limits/1";

/// The most tiers.
pub const MOST_TIERS: usize = 100;

/// The most keys that are given a tier, in a city or everywhere.
pub const MOST_KEYS: usize = 1_000;

/// The most cities that have tiers of their own.
pub const MOST_CITIES: usize = 1_000;

/// Limits in tiers, and who has which.
///
/// A key has the tier that it is given in a city, else its own, else that of the city, else the default. Without any it is not limited.
/// Whoever needs no key is one caller, which has the tiers of nobody in particular.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Farebox limits", rename = "Limits"))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsDocument {
    /// "farebox-limits/1".
    pub format: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The tiers, each with another name.
    pub tiers: AtMost<Tier, MOST_TIERS>,
    /// The tier of whoever is given none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    pub default: Option<String>,
    /// The tiers of keys, each key once.
    #[serde(default)]
    pub keys: AtMost<KeyTier, MOST_KEYS>,
    /// Other tiers in cities, each city once.
    #[serde(default)]
    pub cities: AtMost<CityTiers, MOST_CITIES>,
}

/// A tier: a limit for each class of routes. A class without one is not limited.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// What it is called: 1 to 32 letters, digits, `_` and `-`.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    pub name: String,
    /// Of estimates and their pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Limit>,
    /// Of adding segments to trips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<Limit>,
    /// Of billing trips and settling rides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Limit>,
    /// Of reading bills, pages, rate cards and what is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Limit>,
    /// Of looking at the service itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operate: Option<Limit>,
}

/// The tier of a key.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyTier {
    /// The key, by what requests name it by. There need not be one.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    pub key: String,
    /// Its tier.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    pub tier: String,
}

/// The tiers of a city.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CityTiers {
    /// The city.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    pub city: String,
    /// The tier there of whoever is given none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Token>"))]
    pub default: Option<String>,
    /// The tiers there of keys, each key once.
    #[serde(default)]
    pub keys: AtMost<KeyTier, MOST_KEYS>,
}

impl Tier {
    /// The limit of a class.
    pub fn limit(&self, class: RouteClass) -> Option<&Limit> {
        match class {
            RouteClass::Estimate => self.estimate.as_ref(),
            RouteClass::Meter => self.meter.as_ref(),
            RouteClass::Bill => self.bill.as_ref(),
            RouteClass::Read => self.read.as_ref(),
            RouteClass::Operate => self.operate.as_ref(),
        }
    }
}

/// Who has which tier, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tiers {
    default: Option<usize>,
    keys: BTreeMap<String, usize>,
}

impl Tiers {
    fn of(&self, key: Option<&str>) -> Option<usize> {
        self.keys.get(key?).copied()
    }
}

/// Limits as requests are decided by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    tiers: Vec<Tier>,
    everywhere: Tiers,
    cities: BTreeMap<String, Tiers>,
}

impl Limits {
    /// Reads and checks the document.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        LimitsDocument::parse(text).map(|document| Self::new(&document))
    }

    /// The limits of a document that was checked.
    fn new(document: &LimitsDocument) -> Self {
        let tiers = document.tiers.0.clone();
        let number = |name: &str| tiers.iter().position(|tier| tier.name == name);
        let of = |default: &Option<String>, keys: &[KeyTier]| Tiers {
            default: default.as_deref().and_then(number),
            keys: keys.iter().filter_map(|key| Some((key.key.clone(), number(&key.tier)?))).collect(),
        };
        let city = |city: &CityTiers| (city.city.clone(), of(&city.default, &city.keys.0));
        let everywhere = of(&document.default, &document.keys.0);
        let cities = document.cities.0.iter().map(city).collect();
        Self { everywhere, cities, tiers }
    }

    /// The tier of a caller, and its limit for a class of routes. `None` when they are not limited.
    pub fn of(&self, key: Option<&str>, city: Option<&str>, class: RouteClass) -> Option<(&str, &Limit)> {
        let there = city.and_then(|city| self.cities.get(city));
        let tier = there
            .and_then(|there| there.of(key))
            .or_else(|| self.everywhere.of(key))
            .or_else(|| there.and_then(|there| there.default))
            .or(self.everywhere.default)?;
        let tier = self.tiers.get(tier)?;
        Some((&tier.name, tier.limit(class)?))
    }
}

impl LimitsDocument {
    /// Reads and checks the document.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let read = read_document::<Self>(text, FORMAT, &mut problems);
        let Some((_, document)) = read else { return Err(problems.into_vec()) };
        document.check(&mut problems);
        problems.into_result(document)
    }

    fn check(&self, problems: &mut Problems) {
        let names: Vec<&str> = self.tiers.0.iter().map(|tier| tier.name.as_str()).collect();
        once(&names, "/tiers", "name", "a tier", problems);
        for (number, tier) in self.tiers.0.iter().enumerate() {
            for class in RouteClass::ALL {
                for (field, is, most) in tier.limit(*class).into_iter().flat_map(Limit::out_of_range) {
                    let pointer = format!("/tiers/{number}/{}/{field}", class.word());
                    problems.add(pointer, "out-of-range", format!("is {is}; 1 to {most} is allowed"));
                }
            }
        }
        let known = |name: &str, pointer: String, problems: &mut Problems| {
            if !names.contains(&name) {
                let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                let name = farebox_document::excerpt(name);
                problems.add(
                    pointer,
                    "unknown-tier",
                    format!("is {name}, and there is no such tier; there are: {there}"),
                );
            }
        };
        let mut tiers = |at: &str, default: &Option<String>, keys: &[KeyTier]| {
            if let Some(default) = default {
                known(default, format!("{at}/default"), problems);
            }
            let ids: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
            once(&ids, &format!("{at}/keys"), "key", "a key", problems);
            for (number, key) in keys.iter().enumerate() {
                known(&key.tier, format!("{at}/keys/{number}/tier"), problems);
            }
        };
        tiers("", &self.default, &self.keys.0);
        for (number, city) in self.cities.0.iter().enumerate() {
            tiers(&format!("/cities/{number}"), &city.default, &city.keys.0);
        }
        let cities: Vec<&str> = self.cities.0.iter().map(|city| city.city.as_str()).collect();
        once(&cities, "/cities", "city", "a city", problems);
    }

    /// The JSON Schema (draft 2020-12) of the document. What does not fit it is refused by [`parse`](Self::parse).
    #[cfg(feature = "schema")]
    pub fn schema() -> serde_json::Value {
        farebox_document::document_schema::<Self>("limits-1", FORMAT)
    }
}

/// Notes each that is no token, or stands there already.
fn once(items: &[&str], at: &str, field: &str, what: &str, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (number, item) in items.iter().enumerate() {
        let pointer = format!("{at}/{number}/{field}");
        if !names::is_token(item) {
            let item = farebox_document::excerpt(item);
            problems.add(pointer, "malformed", format!("is {item}; {what} is named by {}", names::TOKEN_RULE));
        } else if !seen.insert(*item) {
            problems.add(pointer, "duplicate", format!("{item} stands there already"));
        }
    }
}
