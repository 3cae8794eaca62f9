//! How a card is read.

mod items;

use crate::card::{CardInfo, FORMAT, RateCard};
use crate::check;
use crate::document::CardDocument;
use crate::growth::Growth;
use crate::limits;
use crate::notes::Notes;
use crate::rounding::Rounded;
use crate::terms::Terms;
use crate::zones::Zones;
use farebox_document::{AtMost, Problem, Problems, check_format, read_json, read_part, version_of};
use farebox_fare::Timestamp;
use farebox_money::{Currency, Rounding};
use items::{ItemReader, is_token};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

impl RateCard {
    /// Parses and checks a card.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the document.
    pub fn parse(document: &str) -> Result<Self, Vec<Problem>> {
        let mut notes = Notes::default();
        let card = read_json(document, "", &mut notes.problems).and_then(|value| Self::read(&value, &mut notes));
        match card {
            Some(card) => {
                notes.sort();
                notes.problems.into_result(Self { warnings: notes.warnings.into_vec(), ..card })
            }
            None => Err(notes.problems.into_vec()),
        }
    }

    fn read(value: &Value, notes: &mut Notes) -> Option<Self> {
        let version = version_of(value);
        let problems = &mut notes.problems;
        check_format(value, FORMAT, "", problems);
        let Some(document) = read_part::<CardDocument>(value, "", problems) else {
            read_items_alone(value, notes);
            return None;
        };
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
        let effective_at = document.effective_from.as_deref().and_then(|day| beginning_of(day, &time_zone, problems));
        let (currency, product) = (document.currency, document.product.clone());
        let holidays = read_holidays(&document.holidays.0, problems);
        let rounding = Rounded::read(document.rounding, currency, "/rounding", problems);
        let growth = document.growth.map(|growth| Growth::read(growth, currency, "/growth", problems));
        let zones = Zones::read(document.zones.0, problems);
        let items = ItemReader { currency, rounding, zones: &zones, notes }.read(document.items.0);
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
                effective_from: document.effective_from,
                effective_at,
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

/// When a day begins, on the clocks of the card.
fn beginning_of(day: &str, time_zone: &TimeZone, problems: &mut Problems) -> Option<Timestamp> {
    let date = day.parse::<Date>().ok().filter(|date| date.to_string() == day);
    let zoned = date.and_then(|date| date.to_zoned(time_zone.clone()).ok());
    if zoned.is_none() {
        let message = format!("\"{day}\" is not a day; write it like \"2026-10-01\"");
        problems.add("/effective_from", "invalid-date", message);
    }
    zoned.map(|zoned| zoned.timestamp().as_second())
}

fn read_holidays(texts: &[String], problems: &mut Problems) -> Vec<Date> {
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
        Some(zones) => match serde_json::from_value::<AtMost<_, { limits::ZONES }>>(zones.clone()) {
            Ok(AtMost(zones)) => zones,
            // Every name of a zone would seem to be unknown.
            Err(_) => return,
        },
    };
    let zones = Zones::read(zones, &mut notes.problems);
    // No currency has more decimals than the Chilean unit of account.
    let currency = field("currency").as_str().and_then(Currency::from_code).or_else(|| Currency::from_code("CLF"));
    let (Some(currency), Value::Array(items)) = (currency, field("items")) else { return };
    if items.len() > limits::ITEMS {
        // That is what is wrong with them, and was noted.
        return;
    }
    ItemReader { currency, rounding: Rounded::to_minor(Rounding::default()), zones: &zones, notes }.read(items);
}
