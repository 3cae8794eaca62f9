//! Prices history on candidates, and sees what would have been different.

use super::distribution::Distribution;
use super::first::First;
use super::prove::read;
use super::record::Record;
use super::stream::{Line, Tally};
use crate::bill_text;
use farebox_fare::Bill;
use farebox_money::{MinorUnits, Rounding, divide};
use farebox_pricing::{CardInfo, RateCard, Side};
use std::cmp::Reverse;
use std::collections::HashSet;

/// History, as it would have been priced.
#[derive(Debug)]
pub struct Shadow<'a> {
    candidates: &'a Candidates,
    /// What became of the bills of each candidate, in their order.
    pub sections: Vec<Section>,
    /// How many records no candidate is for.
    pub others: u64,
    /// Lines that are not the record of a bill, and why.
    pub unreadable: First<String>,
}

/// The rate cards to try.
#[derive(Debug)]
pub struct Candidates(Vec<RateCard>);

impl Candidates {
    /// Takes cards as candidates.
    ///
    /// # Errors
    ///
    /// When two are for the same bills.
    pub fn new(cards: Vec<RateCard>) -> Result<Self, String> {
        let mut seen = HashSet::new();
        for card in &cards {
            let CardInfo { city, product, side, .. } = card.info();
            let side = bill_text::side(*side);
            if !seen.insert((city, product, side)) {
                return Err(format!("two candidates are for the {side}'s bills of {product} in {city}; give one"));
            }
        }
        Ok(Self(cards))
    }

    /// The candidate for a bill, and its place among all. There are few of them.
    fn find(&self, record: &Record, side: Side) -> Option<(usize, &RateCard)> {
        let is_for = |card: &CardInfo| card.side == side && card.city == record.city && card.product == record.product;
        self.0.iter().enumerate().find(|(_, card)| is_for(card.info()))
    }
}

/// What one candidate would have changed. Amounts are minor units of the candidate's currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Bills that were priced on the candidate.
    pub bills: u64,
    /// Bills whose total, or what is payable of it, is another.
    pub changed: u64,
    /// Bills whose total is higher.
    pub raised: u64,
    /// Bills whose total is lower.
    pub lowered: u64,
    /// Trips whose bills the candidate cannot price, and why.
    pub not_priced: First<(String, String)>,
    /// The sum of all totals.
    pub total: Change,
    /// The sum of all that is payable.
    pub payable: Change,
    /// What each fee came to, by code: those of the candidate in its order, then others, then discounts.
    pub items: Vec<ItemChange>,
    /// How many of the items are the candidate's.
    own_items: usize,
    /// Totals as they were.
    pub before: Distribution,
    /// Totals as they would have been.
    pub after: Distribution,
    /// By how much totals change.
    pub deltas: Distribution,
    /// By how much totals change, in hundredths of a percent; without bills that came to nothing.
    pub percents: Distribution,
    /// The changes that are largest, up or down.
    pub largest: Largest,
}

/// A sum before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// As it was.
    pub before: i128,
    /// As it would have been.
    pub after: i128,
}

impl Change {
    /// By how much it changes.
    #[must_use]
    pub fn delta(self) -> i128 {
        self.after - self.before
    }

    fn merge(&mut self, other: Self) {
        self.before += other.before;
        self.after += other.after;
    }
}

/// What a fee came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemChange {
    /// The fee code.
    pub code: String,
    /// On how many bills it was and would have been.
    pub bills: Change,
    /// What it came to on all of them.
    pub amount: Change,
    /// Whether it comes off the total, rather than being part of it.
    pub discount: bool,
}

/// The changes that are largest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Largest {
    most: usize,
    /// The largest first; of equals, the one that comes first.
    trips: Vec<TripChange>,
}

/// How the total of one trip changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TripChange {
    /// Where its record is.
    pub line: u64,
    /// Which trip.
    pub trip_id: String,
    /// As it was.
    pub before: MinorUnits,
    /// As it would have been.
    pub after: MinorUnits,
}

impl TripChange {
    /// By how much it changes.
    #[must_use]
    pub fn delta(&self) -> MinorUnits {
        self.after.saturating_sub(self.before)
    }

    fn rank(&self) -> (Reverse<u64>, u64) {
        (Reverse(self.delta().unsigned_abs()), self.line)
    }
}

impl Largest {
    fn add(&mut self, line: u64, before: MinorUnits, after: MinorUnits, trip_id: &str) {
        let mut change = TripChange { line, trip_id: String::new(), before, after };
        let place = self.trips.partition_point(|other| other.rank() < change.rank());
        if change.delta() != 0 && place < self.most {
            trip_id.clone_into(&mut change.trip_id);
            self.trips.insert(place, change);
            self.trips.truncate(self.most);
        }
    }

    fn merge(&mut self, other: Self) {
        self.trips.extend(other.trips);
        self.trips.sort_by_key(TripChange::rank);
        self.trips.truncate(self.most);
    }

    /// The largest first.
    pub fn iter(&self) -> impl Iterator<Item = &TripChange> {
        self.trips.iter()
    }
}

/// A change in hundredths of a percent. `None` from zero.
#[must_use]
pub fn percent(before: i128, delta: i128) -> Option<i64> {
    divide(delta.checked_mul(10_000)?, before, Rounding::HalfEven)?.try_into().ok()
}

impl Section {
    fn new(card: &RateCard, show: usize) -> Self {
        let item = |code: &str| ItemChange {
            code: code.to_owned(),
            bills: Change::default(),
            amount: Change::default(),
            discount: false,
        };
        let items: Vec<ItemChange> = card.codes().map(item).collect();
        Self {
            bills: 0,
            changed: 0,
            raised: 0,
            lowered: 0,
            not_priced: First::new(show),
            total: Change::default(),
            payable: Change::default(),
            own_items: items.len(),
            items,
            before: Distribution::default(),
            after: Distribution::default(),
            deltas: Distribution::default(),
            percents: Distribution::default(),
            largest: Largest { most: show, trips: Vec::new() },
        }
    }

    fn add(&mut self, line: u64, trip_id: &str, before: &Bill, after: &Bill) {
        self.bills += 1;
        let delta = after.total.saturating_sub(before.total);
        self.changed += u64::from(delta != 0 || before.payable != after.payable);
        self.raised += u64::from(delta > 0);
        self.lowered += u64::from(delta < 0);
        self.total.merge(Change { before: before.total.into(), after: after.total.into() });
        self.payable.merge(Change { before: before.payable.into(), after: after.payable.into() });
        self.add_items(before, |change| &mut change.before);
        self.add_items(after, |change| &mut change.after);
        self.before.add(before.total);
        self.after.add(after.total);
        self.deltas.add(delta);
        if let Some(percent) = percent(before.total.into(), delta.into()) {
            self.percents.add(percent);
        }
        self.largest.add(line, before.total, after.total, trip_id);
    }

    fn add_items(&mut self, bill: &Bill, of: fn(&mut Change) -> &mut i128) {
        for (lines, discount) in [(&bill.lines, false), (&bill.discounts, true)] {
            for (index, line) in lines.iter().enumerate() {
                let item = self.item(&line.code, discount);
                *of(&mut item.amount) += i128::from(line.amount);
                // An item may have several lines.
                if lines.iter().take(index).all(|earlier| earlier.code != line.code) {
                    *of(&mut item.bills) += 1;
                }
            }
        }
    }

    fn item(&mut self, code: &str, discount: bool) -> &mut ItemChange {
        let place = self.items.iter().position(|item| item.code == code && item.discount == discount);
        let place = place.unwrap_or_else(|| {
            let (bills, amount) = (Change::default(), Change::default());
            self.items.push(ItemChange { code: code.to_owned(), bills, amount, discount });
            self.items.len() - 1
        });
        &mut self.items[place]
    }

    fn merge(&mut self, other: Self) {
        self.bills += other.bills;
        self.changed += other.changed;
        self.raised += other.raised;
        self.lowered += other.lowered;
        self.not_priced.merge(other.not_priced);
        self.total.merge(other.total);
        self.payable.merge(other.payable);
        for item in other.items {
            let own = self.item(&item.code, item.discount);
            own.bills.merge(item.bills);
            own.amount.merge(item.amount);
        }
        // The others were met in any order.
        let others = self.items.get_mut(self.own_items..).unwrap_or_default();
        others.sort_by(|a, b| (a.discount, &a.code).cmp(&(b.discount, &b.code)));
        self.before.merge(other.before);
        self.after.merge(other.after);
        self.deltas.merge(other.deltas);
        self.percents.merge(other.percents);
        self.largest.merge(other.largest);
    }
}

impl<'a> Shadow<'a> {
    /// Nothing yet. Keeps the first `show` failures, and as many of the largest changes.
    #[must_use]
    pub fn new(candidates: &'a Candidates, show: usize) -> Self {
        Self {
            candidates,
            sections: candidates.0.iter().map(|card| Section::new(card, show)).collect(),
            others: 0,
            unreadable: First::new(show),
        }
    }

    /// How many bills could not be compared although a candidate is, or may be, for them.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.unreadable.count() + self.sections.iter().map(|section| section.not_priced.count()).sum::<u64>()
    }

    /// The sections with their cards.
    pub fn by_card(&self) -> impl Iterator<Item = (&CardInfo, &Section)> {
        self.candidates.0.iter().map(RateCard::info).zip(&self.sections)
    }

    /// Compares one side of a record, if there is a candidate for it.
    fn compare(&mut self, line: u64, record: &Record, side: Side) -> Result<bool, String> {
        let Some((place, card)) = self.candidates.find(record, side) else { return Ok(false) };
        let Some(section) = self.sections.get_mut(place) else { return Ok(false) };
        let before: Bill = serde_json::from_str(record.bill(side).get())
            .map_err(|error| format!("the {}'s bill is not one: {error}", bill_text::side(side)))?;
        let currency = card.info().currency;
        let after = if before.currency == currency {
            let ride = record.ride(side, currency)?;
            let priced = card.price(&ride.trip, ride.quoted.as_ref()).map_err(|error| bill_text::price_error(&error));
            match side {
                Side::Passenger => priced,
                Side::Driver => priced.and_then(|bill| record.earned_as_recorded(bill)),
            }
        } else {
            Err(format!("the bill is in {}, the candidate in {currency}", before.currency))
        };
        match after {
            Ok(after) => section.add(line, &record.trip_id, &before, &after),
            Err(why) => section.not_priced.add(line, || (record.trip_id.clone().into_owned(), why)),
        }
        Ok(true)
    }
}

impl Tally for Shadow<'_> {
    fn add(&mut self, line: Line) {
        let compared = read(line).and_then(|record| {
            let mut any = false;
            for side in [Side::Passenger, Side::Driver] {
                any |= self.compare(line.number, &record, side)?;
            }
            Ok(any)
        });
        match compared {
            Ok(true) => {}
            Ok(false) => self.others += 1,
            Err(why) => self.unreadable.add(line.number, || why),
        }
    }

    fn merge(&mut self, other: Self) {
        for (own, other) in self.sections.iter_mut().zip(other.sections) {
            own.merge(other);
        }
        self.others += other.others;
        self.unreadable.merge(other.unreadable);
    }
}
