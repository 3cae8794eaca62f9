//! The configurations that hosts run with, and a second opinion on what bills come to.

use crate::host::Documents;
use crate::plan::RELEASES;
use farebox_billing::engines::{RateCard as _, Side};
use farebox_fare::{Bill, Trip};
use farebox_kit::artifacts;
use farebox_kit::native::NativeCard;
use farebox_records::BillRecord;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The city that is simulated: an exercise tariff with included quantities.
pub const CITY: &str = "370100";

/// A policy under which most rides owe a top-up.
const POLICY: &str = r#"{"format": "farebox-commission-policy/1", "title": "of the simulator", "scenarios": [
    {"name": "all", "cap_percent": "12.5"}]}"#;

const LAYOUT: &str = r#"{"format": "farebox-copy-layout/1", "fallback": "fee", "mocked": "mocked", "scenes": [
    {"name": "receipt", "sections": [{"title": "fare", "fees": ["*"], "discounts": ["*"], "included": ["*"]}]}]}"#;

const MESSAGES: &str = "fare = Fare\nfee = Fee\nmocked = { $title }\n";

/// The releases of the configuration that there are, each with another start price.
pub fn configurations() -> [Rc<Documents>; RELEASES] {
    let card = |side: Side| artifacts::card(&format!("{CITY}/express.{}", side.word()));
    let documents = |change: &dyn Fn(String) -> String| {
        let mut documents = Documents::new();
        for side in Side::BOTH {
            documents.insert(format!("cards/{CITY}/express.{}.json", side.word()), change(card(side)));
        }
        documents.insert("policies/default.json".to_owned(), POLICY.to_owned());
        documents.insert("copy/layout.json".to_owned(), LAYOUT.to_owned());
        documents.insert("copy/en-US.ftl".to_owned(), MESSAGES.to_owned());
        Rc::new(documents)
    };
    let with = |cents: &'static str| documents(&move |card| card.replacen(".00\"", cents, 1));
    [with(".00\""), with(".50\""), with(".25\"")]
}

/// The rate cards of all configurations, asked directly.
pub struct SecondOpinion {
    cards: BTreeMap<String, NativeCard>,
    /// Which release a rate card is of.
    releases: BTreeMap<String, usize>,
}

impl SecondOpinion {
    /// Of these configurations.
    ///
    /// # Panics
    ///
    /// When a rate card there cannot be used.
    pub fn of(configurations: &[Rc<Documents>]) -> Self {
        let (mut cards, mut releases) = (BTreeMap::new(), BTreeMap::new());
        for (release, documents) in configurations.iter().enumerate() {
            for (path, text) in documents.iter().filter(|(path, _)| path.starts_with("cards/")) {
                let card = NativeCard::parse(text).unwrap_or_else(|error| panic!("{path}: {error:?}"));
                releases.insert(card.0.info().version.clone(), release);
                cards.insert(card.0.info().version.clone(), card);
            }
        }
        Self { cards, releases }
    }

    /// The release that both cards of a bill are of; `None` when they are of two.
    pub fn release(&self, record: &BillRecord) -> Option<usize> {
        let release = |version: &String| self.releases.get(version).copied();
        release(&record.versions.rate_card).filter(|of| release(&record.versions.driver_rate_card) == Some(*of))
    }

    /// Whether a bill is what it should be.
    ///
    /// # Errors
    ///
    /// What is not.
    pub fn agrees(&self, record: &BillRecord) -> Result<(), String> {
        let currency = record.passenger.currency;
        let trip = record.facts.trip.trip(currency)?;
        let quoted = record.facts.quoted.as_ref().map(|quoted| quoted.trip(currency)).transpose()?;
        let without = |trip: &Trip| Trip { coupons: Vec::new(), ..trip.clone() };
        self.is_priced(&record.passenger, &record.versions.rate_card, &trip, quoted.as_ref())?;
        let (trip, quoted) = (without(&trip), quoted.as_ref().map(without));
        let earned = Bill { discounts: Vec::new(), payable: record.driver.total, ..record.driver.clone() };
        self.is_priced(&earned, &record.versions.driver_rate_card, &trip, quoted.as_ref())?;
        // Drivers pay half of the one coupon that there may be, as far as the ride earns it.
        let of_driver = ((record.passenger.total - record.passenger.payable) / 2).min(record.driver.total);
        if record.driver.total - record.driver.payable != of_driver {
            let paid = record.driver.total - record.driver.payable;
            return Err(format!("the driver pays {paid} of a coupon, not {of_driver}"));
        }

        // The least top-up: with it the take is within the cap, and with one minor unit less it is not.
        let Some(settlement) = &record.settlement else { return Ok(()) };
        let take = i128::from(record.passenger.total) - i128::from(record.driver.total);
        let (cap, scale) = (settlement.cap.mantissa(), 10_i128.pow(settlement.cap.scale()));
        // What the driver pays was never charged: it is off both sides of the take.
        let base = i128::from(record.passenger.total - of_driver);
        let within = |top_up: i128| (take - top_up) * scale <= base * cap;
        let top_up = i128::from(settlement.top_up);
        if !within(top_up) || (top_up > 0 && within(top_up - 1)) {
            return Err(format!("a top-up of {top_up} is not the least that is enough for a take of {take}"));
        }
        Ok(())
    }

    fn is_priced(&self, bill: &Bill, version: &str, trip: &Trip, quoted: Option<&Trip>) -> Result<(), String> {
        let sum = bill.lines.iter().map(|line| i128::from(line.amount)).sum::<i128>();
        if sum != i128::from(bill.total) {
            return Err(format!("lines add up to {sum}, the total is {}", bill.total));
        }
        let card = self.cards.get(version).ok_or_else(|| format!("rate card {version} is in no configuration"))?;
        let expected = card.0.price(trip, quoted).map_err(|error| format!("{error:?}"))?;
        if &expected == bill {
            return Ok(());
        }
        Err(format!("priced again it comes to {}, not {}", expected.payable, bill.payable))
    }
}
