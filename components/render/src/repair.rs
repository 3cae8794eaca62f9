//! What a bill that was made again says of the one before it, in words.

use crate::Catalogue;
use crate::messages::{REPAIRED, REPAIRED_BORNE, REPAIRED_OUTCOME, TEXT};
use crate::page::{UnknownScene, Writer};
use farebox_fare::{Bill, Degradation, Line};
use farebox_money::{Decimal, MinorUnits};
use fluent_bundle::FluentArgs;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What one side of a bill came to before it was made again, and comes to now: amounts in minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Why it was made again; of what is not known, nothing.
    pub because: Vec<Degradation>,
    /// Whether it counts as it is, though something was not to be had.
    pub closed: bool,
    /// What was charged, or paid.
    pub before: MinorUnits,
    /// What is charged, or paid.
    pub after: MinorUnits,
    /// What the bill comes to beyond `after`.
    pub borne: MinorUnits,
    /// The fees that come to something else.
    pub lines: Vec<FeeDifference>,
}

/// What the lines of a fee code came to, and come to now: zero where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeDifference {
    /// The fee code.
    pub code: String,
    /// In minor units.
    pub before: MinorUnits,
    /// In minor units.
    pub after: MinorUnits,
}

/// A repair as people of a locale read it. Words that the copy does not have are empty; amounts are there in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairPage {
    /// A heading.
    pub title: String,
    /// Why the bill was made again, or that it counts as it is.
    pub text: String,
    /// What it comes to for who reads it.
    pub outcome: String,
    /// What was charged, or paid.
    pub before: String,
    /// What is charged, or paid.
    pub after: String,
    /// `after` less `before`, with its sign.
    pub difference: String,
    /// What the platform bears, unless that is nothing.
    pub borne: Option<Borne>,
    /// The fees that come to something else, in the order of the page.
    pub lines: Vec<RepairLine>,
}

/// What a bill comes to beyond what is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Borne {
    /// How much, with its currency.
    pub amount: String,
    /// Who bears it.
    pub text: String,
}

/// A fee that comes to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairLine {
    /// The fee code.
    pub code: String,
    /// What the page calls it.
    pub label: String,
    /// With its currency.
    pub before: String,
    /// With its currency.
    pub after: String,
}

impl Catalogue {
    /// Renders what `bill`, which was made again, says of the one before it. Every fee that differs is in the result exactly once.
    ///
    /// # Errors
    ///
    /// Only that there is no such scene.
    pub fn repair(&self, bill: &Bill, repair: &Repair, scene: &str) -> Result<RepairPage, UnknownScene> {
        let layout = self.scene(scene)?;
        let writer = Writer { catalogue: self, scene, bill };
        let args = args(&writer, repair);
        let say = |id: &str, attribute| writer.text(id, attribute, &args).unwrap_or_default();
        let differ = differing(bill, &repair.lines);
        let amounts: BTreeMap<&str, &FeeDifference> =
            repair.lines.iter().map(|line| (line.code.as_str(), line)).collect();
        let lines = layout.arrange(&differ).flat_map(|(_, lines)| lines).filter_map(|(list, line)| {
            let FeeDifference { before, after, .. } = amounts.get(line.code.as_str())?;
            Some(RepairLine {
                code: line.code.clone(),
                label: writer.line(list, line).label,
                before: writer.amount(*before),
                after: writer.amount(*after),
            })
        });
        let borne =
            (repair.borne != 0).then(|| Borne { amount: writer.amount(repair.borne), text: say(REPAIRED_BORNE, None) });
        Ok(RepairPage {
            title: say(REPAIRED, None),
            text: say(REPAIRED, Some(TEXT)),
            outcome: say(REPAIRED_OUTCOME, None),
            before: writer.amount(repair.before),
            after: writer.amount(repair.after),
            difference: signed(&writer, repair),
            borne,
            lines: lines.collect(),
        })
    }
}

/// What the messages are told: everything that `variables` promises them.
fn args<'a>(writer: &Writer<'_>, repair: &Repair) -> FluentArgs<'a> {
    let major = |minor| writer.currency().to_major(minor);
    // Two amounts fit a decimal together.
    let payable = major(repair.after).checked_add(major(repair.borne)).unwrap_or_default();
    let change = match repair.after.cmp(&repair.before) {
        Ordering::Greater => "more",
        Ordering::Less => "less",
        Ordering::Equal => "same",
    };
    let mut args = FluentArgs::new();
    args.set("after", writer.amount(repair.after));
    args.set("because", foremost(&repair.because).map_or("", Degradation::word));
    args.set("before", writer.amount(repair.before));
    args.set("borne", writer.amount(repair.borne));
    args.set("change", change);
    args.set("closed", if repair.closed { "yes" } else { "no" });
    args.set("currency", writer.currency().code());
    args.set("difference", writer.price(difference(writer, repair).abs()));
    args.set("payable", writer.price(payable));
    args
}

/// The reason that people are told: one sentence is read, three are not. A policy that was lacking changes no fee, so anything else comes first.
fn foremost(because: &[Degradation]) -> Option<Degradation> {
    let other = because.iter().find(|reason| **reason != Degradation::PolicyUnavailable);
    other.or(because.first()).copied()
}

fn difference(writer: &Writer<'_>, repair: &Repair) -> Decimal {
    let major = |minor| writer.currency().to_major(minor);
    // Two amounts fit a decimal together.
    major(repair.after).checked_sub(major(repair.before)).unwrap_or_default()
}

fn signed(writer: &Writer<'_>, repair: &Repair) -> String {
    let difference = difference(writer, repair);
    let text = writer.price(difference);
    if difference > Decimal::ZERO { writer.catalogue.numbers.positive(&text) } else { text }
}

/// A bill of one line for each fee that differs: the first one that `bill` has, which knows what its label may ask for. What it does not
/// have any more is there as an amount.
fn differing(bill: &Bill, differences: &[FeeDifference]) -> Bill {
    let mut only = Bill {
        currency: bill.currency,
        basis: bill.basis,
        lines: Vec::new(),
        total: 0,
        discounts: Vec::new(),
        payable: 0,
        included: Vec::new(),
        rate_card: String::new(),
    };
    for FeeDifference { code, .. } in differences {
        let find = |lines: &[Line]| lines.iter().find(|line| line.code == *code).cloned();
        if let Some(line) = find(&bill.lines) {
            only.lines.push(line);
        } else if let Some(line) = find(&bill.discounts) {
            only.discounts.push(line);
        } else {
            only.lines.push(Line::of(code, bill.currency, 0));
        }
    }
    only
}
