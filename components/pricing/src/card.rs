//! Rate cards: what they say, and how they are read.

use crate::binding::{Binding, known};
use crate::check;
use crate::discounts::{self, CouponRules};
use crate::document::{CardDocument, ItemDocument, Windows};
use crate::fee::Fee;
use crate::growth::{self, Growth};
use crate::kind::{Kind, Splits};
use crate::kinds::{kind, kind_names};
use crate::notes::Notes;
use crate::rounding::Rounded;
use crate::terms::Terms;
use crate::when::{When, WhenDocument};
use crate::zones::Zones;
use farebox_document::{Problem, Problems, parse_json, read_part, version_of};
use farebox_money::{Currency, MinorUnits, Rounding};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What `format` on a card has to say.
pub const FORMAT: &str = "farebox-rate-card/1";

/// The most items on a card, and branches in an item.
const MAX_ITEMS: usize = 100;
/// The most holidays on a card.
const MAX_HOLIDAYS: usize = 1000;

/// A parsed, checked rate card.
#[derive(Debug)]
pub struct RateCard {
    pub(crate) info: CardInfo,
    pub(crate) terms: Terms,
    pub(crate) rounding: Rounded,
    pub(crate) growth: Option<Growth>,
    pub(crate) coupons: CouponRules,
    pub(crate) items: Vec<Item>,
    /// Positions of items, those that others are based on first.
    pub(crate) order: Vec<usize>,
    /// Positions of the items that replace others, each after those that may replace it.
    pub(crate) replacement_order: Vec<usize>,
    warnings: Vec<Problem>,
}

/// What a card says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardInfo {
    /// SHA-256 of the canonical form: 64 lower-case hexadecimal digits.
    pub version: String,
    /// For people.
    pub title: String,
    /// A city code such as "110000".
    pub city: String,
    /// A product such as "express".
    pub product: String,
    /// Whose bill this card prices.
    pub side: Side,
    /// Of every amount on the card.
    pub currency: Currency,
    /// The IANA zone of the local times on the card.
    pub time_zone: String,
}

/// The two bills of a ride.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What the passenger is charged.
    Passenger,
    /// What the driver is paid.
    Driver,
}

/// One fee on a card.
#[derive(Debug)]
pub(crate) struct Item {
    pub code: String,
    pub kind: &'static str,
    pub required: Option<bool>,
    pub when_mocked: Option<bool>,
    /// Whether each part of the ride has its own branch.
    pub split: bool,
    pub rounding: Rounded,
    pub floor: Option<MinorUnits>,
    pub cap: Option<MinorUnits>,
    pub growth: Option<Growth>,
    /// Positions of items that are not charged when this one applies.
    pub replaces: Vec<usize>,
    pub branches: Vec<Branch>,
    /// Where local time may change the branch, in seconds of the day: ascending, beginning with 0. For items that split.
    pub edges: Vec<i64>,
}

/// How an item charges under some condition.
#[derive(Debug)]
pub(crate) struct Branch {
    pub when: When,
    /// The condition as it is written on the card.
    pub when_text: Option<Value>,
    pub fee: Box<dyn Fee>,
}

impl RateCard {
    /// Parses and checks a card.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the document.
    pub fn parse(document: &str) -> Result<Self, Vec<Problem>> {
        let mut notes = Notes::default();
        let card = match parse_json(document.as_bytes()) {
            Ok(value) => Self::read(&value, &mut notes),
            Err(error) => {
                notes.problems.add("", "invalid-json", format!("not JSON: {error}"));
                None
            }
        };
        match card {
            Some(card) => {
                notes.sort();
                notes.problems.into_result(Self { warnings: notes.warnings.into_vec(), ..card })
            }
            None => Err(notes.problems.into_vec()),
        }
    }

    /// What the card says of itself.
    pub fn info(&self) -> &CardInfo {
        &self.info
    }

    /// The fee codes of the card, in its order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.code.as_str())
    }

    /// What is not wrong with the card, but worth a second look.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    fn read(value: &Value, notes: &mut Notes) -> Option<Self> {
        let version = version_of(value);
        let problems = &mut notes.problems;
        let Some(document) = read_part::<CardDocument>(value, "", problems) else {
            read_items_alone(value, notes);
            return None;
        };
        if document.format != FORMAT {
            problems.add("/format", "unknown-format", format!("has to be \"{FORMAT}\""));
        }
        for (pointer, text) in [("/city", &document.city), ("/product", &document.product)] {
            if !is_token(text) {
                problems.add(
                    pointer,
                    "invalid-token",
                    format!("\"{text}\" is not a name; use 1 to 32 letters, digits, - and _, beginning with a letter or digit"),
                );
            }
        }
        let time_zone = TimeZone::get(&document.time_zone).unwrap_or_else(|_| {
            problems.add(
                "/time_zone",
                "unknown-time-zone",
                format!("\"{}\" is not an IANA time zone such as \"Asia/Shanghai\"", document.time_zone),
            );
            TimeZone::UTC
        });
        let (currency, product) = (document.currency, document.product.clone());
        let holidays = read_holidays(&document.holidays, problems);
        let rounding = Rounded::read(document.rounding, currency, "/rounding", problems);
        let growth = document.growth.map(|growth| Growth::read(growth, currency, "/growth", problems));
        let zones = Zones::read(document.zones, problems);
        let items = ItemReader { currency, rounding, zones: &zones, notes }.read(document.items);
        let order = check::order(&items, notes);
        let replacement_order = check::replacement_order(&items, notes);
        let card = Self {
            info: CardInfo {
                version,
                title: document.title,
                city: document.city,
                product: document.product,
                side: document.side,
                currency,
                time_zone: document.time_zone,
            },
            terms: Terms { currency, product, time_zone, holidays, zones },
            rounding,
            growth,
            coupons: document.coupons,
            items,
            order,
            replacement_order,
            warnings: Vec::new(),
        };
        check::card(&card, document.monotone, notes);
        Some(card)
    }
}

fn read_holidays(texts: &[String], problems: &mut Problems) -> Vec<Date> {
    if texts.len() > MAX_HOLIDAYS {
        problems.add(
            "/holidays",
            "holiday-count",
            format!("a card has at most {MAX_HOLIDAYS} holidays, not {}", texts.len()),
        );
    }
    let mut holidays = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        match text.parse::<Date>() {
            Ok(date) if date.to_string() == *text => holidays.push(date),
            _ => {
                let message = format!("\"{text}\" is not a day; write it like \"2026-10-01\"");
                problems.add(format!("/holidays/{index}"), "invalid-date", message);
            }
        }
    }
    holidays.sort_unstable();
    holidays.dedup();
    holidays
}

/// Notes what is wrong with the items of a card whose head cannot be read, so that all that is wrong is told at once.
fn read_items_alone(card: &Value, notes: &mut Notes) {
    let field = |name| card.get(name).cloned().unwrap_or_default();
    let zones = match card.get("zones") {
        None => Vec::new(),
        Some(zones) => match serde_json::from_value(zones.clone()) {
            Ok(zones) => zones,
            // Every name of a zone would seem to be unknown.
            Err(_) => return,
        },
    };
    let zones = Zones::read(zones, &mut notes.problems);
    // No currency has more decimals than the Chilean unit of account.
    let currency = field("currency").as_str().and_then(Currency::from_code).or_else(|| Currency::from_code("CLF"));
    let (Some(currency), Value::Array(items)) = (currency, field("items")) else { return };
    ItemReader { currency, rounding: Rounded::to_minor(Rounding::default()), zones: &zones, notes }.read(items);
}

/// Reads the items of a card.
struct ItemReader<'a> {
    currency: Currency,
    rounding: Rounded,
    zones: &'a Zones,
    notes: &'a mut Notes,
}

impl ItemReader<'_> {
    fn read(&mut self, documents: Vec<Value>) -> Vec<Item> {
        if documents.is_empty() || documents.len() > MAX_ITEMS {
            let message = format!("a card has 1 to {MAX_ITEMS} items, not {}", documents.len());
            self.notes.problems.add("/items", "item-count", message);
        }
        let documents: Vec<(String, Option<ItemDocument>)> = (0..)
            .zip(documents)
            .map(|(index, document): (usize, _)| {
                let pointer = format!("/items/{index}");
                let document = read_part::<ItemDocument>(&document, &pointer, &mut self.notes.problems);
                (pointer, document)
            })
            .collect();
        // Items may refer to each other in any direction, so all codes are known before any branch is read.
        let codes: Vec<String> = documents
            .iter()
            .map(|(_, document)| document.as_ref().map(|document| document.code.clone()).unwrap_or_default())
            .collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let mut items = Vec::with_capacity(documents.len());
        for (position, (pointer, document)) in documents.into_iter().enumerate() {
            let Some(document) = document else {
                // Keeps the positions of the others; the card is refused.
                items.push(Item::placeholder(self.rounding));
                continue;
            };
            self.check_code(&document.code, codes.get(..position).unwrap_or_default(), &pointer);
            items.push(self.read_item(document, position, &codes, &pointer));
        }
        items
    }

    fn check_code(&mut self, code: &str, earlier: &[&str], pointer: &str) {
        let mut refuse = |name, message| self.notes.problems.add(format!("{pointer}/code"), name, message);
        if !is_token(code) {
            refuse("invalid-token", format!("\"{code}\" is not a fee code; use letters, digits, - and _"));
        }
        if [discounts::CODE, growth::CODE].contains(&code) {
            refuse("reserved-code", format!("\"{code}\" is what the engine's own lines are called; choose another"));
        }
        if earlier.contains(&code) {
            refuse("duplicate-code", format!("\"{code}\" is the code of an earlier item; codes are unique on a card"));
        }
    }

    fn read_item(&mut self, document: ItemDocument, position: usize, codes: &[&str], pointer: &str) -> Item {
        let Some(kind) = kind(&document.kind) else {
            let message = format!("\"{}\" is not a kind of fee; use one of {}", document.kind, kind_names().join(", "));
            self.notes.problems.add(format!("{pointer}/kind"), "unknown-kind", message);
            return Item::placeholder(self.rounding);
        };
        let currency = self.currency;
        let problems = &mut self.notes.problems;
        let split = match kind.splits {
            Splits::Optional => document.windows == Some(Windows::Split),
            Splits::Always | Splits::Never => {
                let always = kind.splits == Splits::Always;
                if document.windows.is_some() {
                    let how = if always { "part by part, always" } else { "once for the ride" };
                    let message = format!("a fee of kind \"{}\" is charged {how}; leave this out", kind.name);
                    problems.add(format!("{pointer}/windows"), "no-choice", message);
                }
                always
            }
        };
        let rounding = document.rounding.map_or(self.rounding, |rounding| {
            Rounded::read(rounding, currency, &format!("{pointer}/rounding"), problems)
        });
        let floor = document.floor.and_then(|floor| floor.amount(currency, &format!("{pointer}/floor"), problems));
        let cap = document.cap.and_then(|cap| cap.amount(currency, &format!("{pointer}/cap"), problems));
        if let (Some(floor), Some(cap)) = (floor, cap)
            && floor > cap
        {
            problems.add(format!("{pointer}/floor"), "floor-above-cap", "has to be at most the cap");
        }
        let growth =
            document.growth.map(|growth| Growth::read(growth, currency, &format!("{pointer}/growth"), problems));
        let replaces = self.read_replaces(&document.replaces, position, codes, pointer);
        if split && !replaces.is_empty() {
            let message =
                "a fee that is charged part by part cannot replace others; use a fee that applies to the whole ride";
            self.notes.problems.add(format!("{pointer}/replaces"), "cannot-replace", message);
        }
        let branches = self.read_branches(document.branches, kind, position, codes, pointer);
        let edges = if split { edges(&branches) } else { Vec::new() };
        Item {
            code: document.code,
            kind: kind.name,
            required: document.required,
            when_mocked: document.when_mocked,
            split,
            rounding,
            floor,
            cap,
            growth,
            replaces,
            branches,
            edges,
        }
    }

    fn read_replaces(&mut self, names: &[String], position: usize, codes: &[&str], pointer: &str) -> Vec<usize> {
        let mut replaces = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match codes.iter().position(|code| code == name) {
                Some(other) if other != position => replaces.push(other),
                _ => {
                    let message = format!("\"{name}\" is not another item of the card; there are {}", known(codes));
                    self.notes.problems.add(format!("{pointer}/replaces/{index}"), "unknown-reference", message);
                }
            }
        }
        replaces
    }

    fn read_branches(
        &mut self,
        documents: Vec<Value>,
        kind: &Kind,
        position: usize,
        codes: &[&str],
        item: &str,
    ) -> Vec<Branch> {
        if documents.is_empty() || documents.len() > MAX_ITEMS {
            let message = format!("an item has 1 to {MAX_ITEMS} branches, not {}", documents.len());
            self.notes.problems.add(format!("{item}/branches"), "branch-count", message);
        }
        let mut branches = Vec::new();
        for (index, mut document) in documents.into_iter().enumerate() {
            let pointer = format!("{item}/branches/{index}");
            let when_text = document.as_object_mut().and_then(|branch| branch.remove("when"));
            let when = when_text
                .clone()
                .and_then(|when| read_part::<WhenDocument>(&when, &format!("{pointer}/when"), &mut self.notes.problems))
                .map_or_else(When::default, |when| {
                    When::read(when, self.zones, &format!("{pointer}/when"), &mut self.notes.problems)
                });
            let mut binding =
                Binding { codes, position, currency: self.currency, pointer: &pointer, notes: &mut *self.notes };
            if let Some(fee) = (kind.parse)(document, &mut binding) {
                branches.push(Branch { when, when_text, fee });
            }
        }
        branches
    }
}

impl Item {
    /// Stands where an item cannot be read, on a card that is refused.
    fn placeholder(rounding: Rounded) -> Self {
        Self {
            code: String::new(),
            kind: "",
            required: None,
            when_mocked: None,
            split: false,
            rounding,
            floor: None,
            cap: None,
            growth: None,
            replaces: Vec::new(),
            branches: Vec::new(),
            edges: Vec::new(),
        }
    }
}

fn edges(branches: &[Branch]) -> Vec<i64> {
    if branches.iter().all(|branch| branch.when.calendar.is_always()) {
        return Vec::new();
    }
    let minutes = branches.iter().flat_map(|branch| branch.when.calendar.edges());
    let mut edges: Vec<i64> = minutes.map(|minute| i64::from(minute) * 60).chain([0]).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Names that are safe in file names, keys and message identifiers.
fn is_token(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.len() <= 32
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
