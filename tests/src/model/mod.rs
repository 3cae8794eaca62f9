//! A second reading of `docs/rate-cards.md`: slow, obvious, and written without a look at the engine's ways.
//!
//! The card is plain JSON, numbers are fractions, and a ride is a list of its seconds, each of which knows its local time
//! and its metres. Items ask for each other's amounts when they need them. Nothing is checked: cards have to be good.
//!
//! - `ride`: the seconds of a ride
//! - `when`, `zones`: the conditions of a branch
//! - `kinds`: what a branch charges
//! - `coupons`: what comes off
//! - `number`: fractions, and how they become amounts

mod coupons;
mod kinds;
mod number;
mod ride;
mod when;
mod zones;

use farebox_fare::{Basis, Bill, MockCharges, Trip};
use farebox_money::Currency;
use kinds::Charge;
use num::BigRational;
use number::{Rounding, decimal, minor_units};
use ride::Ride;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use when::Calendar;

/// What the model says of a line: the fee code, the quantity, the amount in minor units.
pub type ModelLine = (String, String, i128);

/// What the model says of a ride.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelBill {
    /// In the card's order.
    pub lines: Vec<ModelLine>,
    /// In the order of their application.
    pub discounts: Vec<ModelLine>,
    /// Taxes that prices contain.
    pub included: Vec<ModelLine>,
    /// Before discounts.
    pub total: i128,
    /// After discounts.
    pub payable: i128,
}

/// Prices a trip on a card, as agreed when it was `quoted`. `None` when the fare would be negative.
pub fn price(card: &Value, trip: &Trip, quoted: Option<&Trip>) -> Option<ModelBill> {
    // A ride that was called off did not grow out of the one that was quoted.
    let quoted = match quoted.filter(|quoted| quoted.order.outcome == trip.order.outcome) {
        Some(trip) => Some(Model::new(card, trip, None).fare()?),
        None => None,
    };
    let model = Model::new(card, trip, quoted);
    let fare = model.fare()?;
    let (discounts, payable) = coupons::apply(card, trip, &fare);
    let included = model.each_item(|code, item| {
        item.included.iter().map(|(charge, amount)| (code.to_owned(), charge.quantity.to_string(), *amount)).collect()
    });
    Some(ModelBill { lines: fare.lines, discounts, included, total: fare.total, payable })
}

/// An engine's bill in the model's words.
pub fn in_words(bill: &Bill) -> ModelBill {
    let lines = |lines: &[farebox_fare::Line]| {
        let line = |line: &farebox_fare::Line| {
            (line.code.clone(), decimal(&line.quantity.to_string()).to_string(), line.amount.into())
        };
        lines.iter().map(line).collect()
    };
    ModelBill {
        lines: lines(&bill.lines),
        discounts: lines(&bill.discounts),
        included: lines(&bill.included),
        total: bill.total.into(),
        payable: bill.payable.into(),
    }
}

/// A ride before coupons.
struct Fare {
    lines: Vec<ModelLine>,
    /// Of the items that are charged, by code.
    amounts: BTreeMap<String, i128>,
    total: i128,
}

/// What one item comes to.
#[derive(Default)]
struct ItemFare {
    lines: Vec<(Charge, i128)>,
    included: Vec<(Charge, i128)>,
    amount: i128,
}

struct Model<'a> {
    card: &'a Value,
    items: &'a [Value],
    currency: Currency,
    ride: Ride<'a>,
    quoted: Option<Fare>,
    /// What was asked for before.
    known: RefCell<BTreeMap<usize, Rc<ItemFare>>>,
}

impl<'a> Model<'a> {
    fn new(card: &'a Value, trip: &'a Trip, quoted: Option<Fare>) -> Self {
        let currency = card["currency"].as_str().and_then(Currency::from_code).expect("a currency");
        let items = card["items"].as_array().expect("items");
        Self { card, items, currency, ride: Ride::new(card, trip), quoted, known: RefCell::default() }
    }

    fn fare(&self) -> Option<Fare> {
        let mut lines = self.each_item(|code, item| {
            item.lines.iter().map(|(charge, amount)| (code.to_owned(), charge.quantity.to_string(), *amount)).collect()
        });
        let amount = |position: usize| (code(&self.items[position]).to_owned(), self.item(position).amount);
        let charged = (0..self.items.len()).filter(|position| self.is_charged(*position));
        let amounts: BTreeMap<_, _> = charged.map(amount).collect();
        let grown: i128 = amounts.values().sum();
        let mut total = grown;
        if let Some(quoted) = &self.quoted {
            total = self.limit_growth(&self.card["growth"], grown, quoted.total);
        }
        if total != grown {
            lines.push(("growth_limit".to_owned(), "1".to_owned(), total - grown));
        }
        (total >= 0).then_some(Fare { lines, amounts, total })
    }

    fn each_item(&self, lines: impl Fn(&str, &ItemFare) -> Vec<ModelLine>) -> Vec<ModelLine> {
        (0..self.items.len()).flat_map(|position| lines(code(&self.items[position]), &self.item(position))).collect()
    }

    /// What an item comes to, with its floor, cap and limit on growth.
    fn item(&self, position: usize) -> Rc<ItemFare> {
        if let Some(fare) = self.known.borrow().get(&position) {
            return fare.clone();
        }
        let fare = Rc::new(if self.is_charged(position) { self.charge(position) } else { ItemFare::default() });
        self.known.borrow_mut().insert(position, fare.clone());
        fare
    }

    /// Whether an item applies, and nothing that applies replaces it.
    fn is_charged(&self, position: usize) -> bool {
        let replaced = |other: &usize| {
            let replaces = self.items[*other]["replaces"].as_array();
            let names_this = |codes: &Vec<Value>| codes.iter().any(|one| one == code(&self.items[position]));
            replaces.is_some_and(names_this) && self.is_charged(*other)
        };
        self.applies(&self.items[position]) && !(0..self.items.len()).any(|other| replaced(&other))
    }

    fn applies(&self, item: &Value) -> bool {
        if self.ride.trip.basis == Basis::Mocked {
            let kind = item["kind"].as_str().expect("a kind");
            let usual = match self.ride.trip.mock_charges {
                MockCharges::All => true,
                MockCharges::MeasuredOnly => ["distance", "time", "taximeter"].contains(&kind),
            };
            if !item["when_mocked"].as_bool().unwrap_or(usual) {
                return false;
            }
        }
        branches(item).iter().any(|branch| !self.seconds(item, branch).is_empty())
    }

    /// The seconds of the ride to which a branch applies: some, or for an item that does not split, all or none. A ride
    /// without duration has a moment in the place of seconds.
    fn seconds(&self, item: &Value, branch: &Value) -> Vec<&ride::Second> {
        let when = &branch["when"];
        let has_fact = item["kind"] != "one_price" || self.ride.trip.order.one_price.is_some();
        if !has_fact || !when::holds_for_ride(when, &self.ride) {
            return Vec::new();
        }
        let calendar = Calendar::read(when, &self.card["holidays"]);
        if splits(item) {
            self.ride.seconds.iter().filter(|second| calendar.holds(&second.local)).collect()
        } else if calendar.holds(&self.ride.start) {
            self.ride.seconds.iter().collect()
        } else {
            Vec::new()
        }
    }

    fn charge(&self, position: usize) -> ItemFare {
        let item = &self.items[position];
        let rounding = Rounding::read(item.get("rounding").unwrap_or(&self.card["rounding"]), self.currency);
        // A cost that is passed on, or what brings a sum to an amount, is not rounded in steps.
        let exact =
            ["minimum", "maximum", "round", "one_price", "pass_through"].iter().any(|kind| item["kind"] == *kind);
        let rounding = if exact { rounding.in_minor_units() } else { rounding };
        let mut fare = ItemFare::default();
        for branch in branches(item) {
            let seconds = self.seconds(item, branch);
            if seconds.is_empty() {
                continue;
            }
            for charge in self.charges(position, branch, &seconds) {
                let amount = rounding.apply(&minor_units(&charge.price(), self.currency));
                let lines = if branch["mode"] == "inclusive" { &mut fare.included } else { &mut fare.lines };
                if amount != 0 {
                    lines.push((charge, amount));
                }
            }
        }
        fare.amount = fare.lines.iter().map(|(_, amount)| amount).sum();
        if let Some(floor) = item.get("floor") {
            fare.adjust(fare.amount.max(self.amount(floor)));
        }
        if let Some(cap) = item.get("cap") {
            fare.adjust(fare.amount.min(self.amount(cap)));
        }
        if let Some(quoted) = self.quoted.as_ref().and_then(|quoted| quoted.amounts.get(code(item))) {
            fare.adjust(self.limit_growth(&item["growth"], fare.amount, *quoted));
        }
        fare
    }

    fn limit_growth(&self, rule: &Value, amount: i128, quoted: i128) -> i128 {
        if rule == "frozen" {
            quoted
        } else if let Some(fixed) = rule.get("fixed") {
            amount.min(quoted + self.amount(fixed))
        } else if let Some(percent) = rule.get("percent") {
            let growth = BigRational::from_integer(quoted.max(0).into()) * number::figure(percent) / number::whole(100);
            amount.min(quoted + number::to_i128(&growth.floor()))
        } else {
            amount
        }
    }

    /// A figure that is payable, in minor units.
    fn amount(&self, figure: &Value) -> i128 {
        number::to_i128(&minor_units(&number::figure(figure), self.currency))
    }

    /// What the items come to that `of` and `exempt` choose, in the major unit.
    fn base(&self, position: usize, branch: &Value) -> BigRational {
        let named = |list: &Value, item: &Value| list.as_array().is_some_and(|codes| codes.contains(&item["code"]));
        let chosen = |other: &usize| {
            let item = &self.items[*other];
            if branch.get("of").is_some() {
                named(&branch["of"], item)
            } else {
                *other < position && !named(&branch["exempt"], item)
            }
        };
        let minor: i128 = (0..self.items.len()).filter(chosen).map(|other| self.item(other).amount).sum();
        number::major_units(minor, self.currency)
    }
}

impl ItemFare {
    fn adjust(&mut self, amount: i128) {
        if amount != self.amount {
            self.lines.push((Charge::once(number::whole(0)), amount - self.amount));
            self.amount = amount;
        }
    }
}

fn code(item: &Value) -> &str {
    item["code"].as_str().expect("a code")
}

fn branches(item: &Value) -> &[Value] {
    item["branches"].as_array().expect("branches")
}

fn splits(item: &Value) -> bool {
    item["kind"] == "slow" || item["windows"] == "split"
}
