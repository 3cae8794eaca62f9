//! Rate cards: what they say, and everything that can be wrong with them.

use crate::condition::{Document as WhenDocument, When};
use crate::kinds::{self, Binding, Fee};
use farebox_types::read_part;
use farebox_types::{Currency, Problem, Problems, Rounding, version_of};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What `format` on a card has to say.
pub const FORMAT: &str = "farebox-rate-card/1";

/// The most items on a card, and branches in an item.
const MAX_ITEMS: usize = 100;

/// A parsed, checked rate card.
#[derive(Debug)]
pub struct RateCard {
    pub(crate) info: CardInfo,
    pub(crate) zone: TimeZone,
    pub(crate) rounding: Rounding,
    pub(crate) items: Vec<Item>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub branches: Vec<Branch>,
}

/// How an item charges under some condition.
#[derive(Debug)]
pub(crate) struct Branch {
    pub when: When,
    pub fee: Box<dyn Fee>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardDocument {
    format: String,
    title: String,
    /// Where the figures were published, and what is not covered. For people only.
    #[serde(default, rename = "source")]
    _source: Option<String>,
    #[serde(default, rename = "notes")]
    _notes: Option<String>,
    city: String,
    product: String,
    side: Side,
    currency: Currency,
    time_zone: String,
    #[serde(default)]
    rounding: Rounding,
    items: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemDocument {
    code: String,
    kind: String,
    branches: Vec<Value>,
}

impl RateCard {
    /// Parses and checks a card.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the document, in document order.
    pub fn parse(document: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let card = match serde_json::from_str::<Value>(document) {
            Ok(value) => Self::read(value, &mut problems),
            Err(error) => {
                problems.add("", "invalid-json", format!("not JSON: {error}"));
                None
            }
        };
        match card {
            Some(card) => problems.into_result(card),
            None => Err(problems.into_vec()),
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

    fn read(value: Value, problems: &mut Problems) -> Option<Self> {
        let version = version_of(&value);
        let document: CardDocument = read_part(value, "", problems)?;
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
        let zone = TimeZone::get(&document.time_zone).unwrap_or_else(|_| {
            problems.add(
                "/time_zone",
                "unknown-time-zone",
                format!("\"{}\" is not an IANA time zone such as \"Asia/Shanghai\"", document.time_zone),
            );
            TimeZone::UTC
        });
        let items = read_items(document.items, document.currency, problems);
        Some(Self {
            info: CardInfo {
                version,
                title: document.title,
                city: document.city,
                product: document.product,
                side: document.side,
                currency: document.currency,
                time_zone: document.time_zone,
            },
            zone,
            rounding: document.rounding,
            items,
        })
    }
}

fn read_items(documents: Vec<Value>, currency: Currency, problems: &mut Problems) -> Vec<Item> {
    if documents.is_empty() || documents.len() > MAX_ITEMS {
        problems.add("/items", "item-count", format!("a card has 1 to {MAX_ITEMS} items, not {}", documents.len()));
    }
    let mut items: Vec<Item> = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        let pointer = format!("/items/{index}");
        let Some(document) = read_part::<ItemDocument>(document, &pointer, problems) else { continue };
        if !is_token(&document.code) {
            let message = format!("\"{}\" is not a fee code; use letters, digits, - and _", document.code);
            problems.add(format!("{pointer}/code"), "invalid-token", message);
        }
        if items.iter().any(|item| item.code == document.code) {
            let message = format!("\"{}\" is the code of an earlier item; codes are unique on a card", document.code);
            problems.add(format!("{pointer}/code"), "duplicate-code", message);
        }
        let branches = read_branches(document.branches, &document.kind, &items, currency, &pointer, problems);
        items.push(Item { code: document.code, branches });
    }
    items
}

fn read_branches(
    documents: Vec<Value>,
    kind: &str,
    earlier: &[Item],
    currency: Currency,
    item: &str,
    problems: &mut Problems,
) -> Vec<Branch> {
    if !kinds::NAMES.contains(&kind) {
        let message = format!("\"{kind}\" is not a kind of fee; use one of {}", kinds::NAMES.join(", "));
        problems.add(format!("{item}/kind"), "unknown-kind", message);
        return Vec::new();
    }
    if documents.is_empty() || documents.len() > MAX_ITEMS {
        let message = format!("an item has 1 to {MAX_ITEMS} branches, not {}", documents.len());
        problems.add(format!("{item}/branches"), "branch-count", message);
    }
    let codes: Vec<&str> = earlier.iter().map(|item| item.code.as_str()).collect();
    let mut branches = Vec::new();
    for (index, mut document) in documents.into_iter().enumerate() {
        let pointer = format!("{item}/branches/{index}");
        let when = document.as_object_mut().and_then(|branch| branch.remove("when"));
        let when = when
            .and_then(|when| read_part::<WhenDocument>(when, &format!("{pointer}/when"), problems))
            .map_or_else(When::default, |when| When::read(when, &format!("{pointer}/when"), problems));
        let mut binding = Binding { codes: &codes, currency, pointer: &pointer, problems };
        if let Some(fee) = kinds::parse(kind, document, &mut binding) {
            branches.push(Branch { when, fee });
        }
    }
    refuse_overlaps(&branches, item, problems);
    branches
}

/// Two branches that both apply in some minute of the week would make the price depend on their order.
fn refuse_overlaps(branches: &[Branch], item: &str, problems: &mut Problems) {
    for (index, branch) in branches.iter().enumerate() {
        let overlap = branches.iter().take(index).enumerate().find_map(|(other, earlier)| {
            let both = |minute: &u16| branch.when.holds_in_minute(*minute) && earlier.when.holds_in_minute(*minute);
            // Where two branches overlap, the overlap begins where one of them does.
            branch.when.beginnings().chain(earlier.when.beginnings()).find(both).map(|minute| (other, minute))
        });
        if let Some((other, minute)) = overlap {
            const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            let (day, hour, minute) = (minute / 1440, minute / 60 % 24, minute % 60);
            let day = DAYS.get(usize::from(day)).copied().unwrap_or_default();
            problems.add(
                format!("{item}/branches/{index}/when"),
                "overlap",
                format!("branch {other} applies as well, for example on {day} at {hour:02}:{minute:02}; branches may not overlap"),
            );
        }
    }
}

/// Names that are safe in file names, keys and message identifiers.
fn is_token(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.len() <= 32
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
