//! How much is paid of what brings the rate to the cap: rounded up, and at most so much for a ride.

use crate::document::AmountsDocument;
use farebox_document::{Problems, Table, excerpt};
use farebox_money::{Currency, Decimal, MinorUnits, unsigned_decimal};

/// How a scenario pays. By default it pays exactly what is owed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paying {
    /// The rate below which rounding does not bring the take: 0.2 is 20%.
    floor: Option<Decimal>,
    /// Top-ups are whole multiples of these.
    steps: Amounts,
    /// The most that is paid for a ride.
    most: Amounts,
}

/// Amounts by currency, in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts(Vec<(Currency, MinorUnits)>);

impl Amounts {
    /// The one in a currency.
    pub fn of(&self, currency: Currency) -> Option<MinorUnits> {
        self.0.iter().find(|(known, _)| *known == currency).map(|(_, amount)| *amount)
    }

    /// All of them, in words: "0.10 CNY, 0.05 CHF". Empty when there is none.
    pub fn words(&self) -> String {
        let words = self.0.iter().map(|(currency, amount)| format!("{} {currency}", currency.format(*amount)));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// What is paid, and what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Zero or more.
    pub top_up: MinorUnits,
    /// What is missing to bring the rate to the cap; zero or more.
    pub held_back: MinorUnits,
}

/// How a scenario pays, as it is written.
pub struct PayingDocument {
    pub floor_percent: Option<String>,
    pub round_up_to: Option<AmountsDocument>,
    pub at_most: Option<AmountsDocument>,
}

impl Paying {
    /// Reads how a scenario pays whose cap is this; what is wrong is noted under `pointer`.
    pub fn read(document: PayingDocument, cap: Decimal, pointer: &str, problems: &mut Problems) -> Self {
        let rounds = document.round_up_to.is_some();
        let steps = amounts(document.round_up_to, &format!("{pointer}/round_up_to"), problems);
        let most = amounts(document.at_most, &format!("{pointer}/at_most"), problems);
        for (currency, most) in &most.0 {
            let step = steps.of(*currency).unwrap_or(1);
            // The most would be paid, and would be no multiple.
            if most.checked_rem(step) != Some(0) {
                let message = format!(
                    "has to be a multiple of what top-ups in {currency} are rounded up to, {}",
                    currency.format(step)
                );
                problems.add(format!("{pointer}/at_most/{currency}"), "not-a-multiple", message);
            }
        }
        let floor = document.floor_percent.map(|text| {
            let place = format!("{pointer}/floor_percent");
            let floor = rate(&text).unwrap_or_else(|| {
                problems.add(place.clone(), "invalid-percentage", not_a_percentage(&text));
                Decimal::ZERO
            });
            if floor > cap {
                let message = "is more than the cap; rounding only ever brings the take below the cap";
                problems.add(place.clone(), "above-cap", message);
            }
            if !rounds {
                let message = "is of no use where nothing is rounded up; give `round_up_to`, or take it out";
                problems.add(place, "no-effect", message);
            }
            floor
        });
        Self { floor, steps, most }
    }

    /// What is paid where this much brings the rate of a take of a base to the cap. `None` when it does not fit.
    pub fn pay(&self, currency: Currency, base: MinorUnits, take: MinorUnits, owed: MinorUnits) -> Option<Paid> {
        let step = self.steps.of(currency).unwrap_or(1);
        let rounded = owed.checked_add(step.checked_sub(1)?)?.checked_div(step)?.checked_mul(step)?;
        let is_above_floor = self.floor.is_none_or(|floor| is_at_least(take.saturating_sub(rounded), base, floor));
        let wanted = if is_above_floor { rounded } else { owed };
        let top_up = self.most.of(currency).map_or(wanted, |most| wanted.min(most));
        Some(Paid { top_up, held_back: owed.checked_sub(top_up)?.max(0) })
    }

    /// Its floor: 0.2 is 20%.
    pub fn floor(&self) -> Option<Decimal> {
        self.floor
    }

    /// What top-ups are rounded up to.
    pub fn steps(&self) -> &Amounts {
        &self.steps
    }

    /// The most that is paid for a ride.
    pub fn most(&self) -> &Amounts {
        &self.most
    }
}

/// Whether a take is at least this part of a base, in whole numbers.
fn is_at_least(take: MinorUnits, base: MinorUnits, rate: Decimal) -> bool {
    let rate = rate.normalize();
    let scale = 10_i128.checked_pow(rate.scale());
    let take = scale.and_then(|scale| i128::from(take).checked_mul(scale));
    let least = i128::from(base).checked_mul(rate.mantissa());
    take.zip(least).is_some_and(|(take, least)| take >= least)
}

/// Reads "27" as 0.27.
pub fn rate(percent: &str) -> Option<Decimal> {
    let percent = unsigned_decimal(percent).filter(|percent| percent.scale() <= 4)?;
    let in_range = percent <= Decimal::ONE_HUNDRED;
    in_range.then(|| Decimal::new(1, 2) * percent).map(|rate| rate.normalize())
}

/// What is said of a text that [`rate`] does not read.
pub fn not_a_percentage(text: &str) -> String {
    format!(
        "{} is not a percentage; give a number from 0 to 100 with at most 4 decimals, for example \"27\"",
        excerpt(text)
    )
}

fn amounts(document: Option<AmountsDocument>, pointer: &str, problems: &mut Problems) -> Amounts {
    let mut amounts = Vec::new();
    let entries = document.into_iter().flat_map(|Table(entries)| entries);
    for (code, text) in entries.filter_map(|(code, text)| Some((code, text.read()?))) {
        let Some(currency) = Currency::from_code(&code) else {
            let message = format!("{} is not a currency; give its ISO 4217 code, for example \"CNY\"", excerpt(&code));
            problems.add(pointer.to_owned(), "unknown-currency", message);
            continue;
        };
        match currency.parse(&text).ok().filter(|amount| *amount > 0) {
            Some(amount) => amounts.push((currency, amount)),
            None => {
                let message = format!(
                    "{} is not an amount above zero in {currency}, for example {:?}",
                    excerpt(&text),
                    currency.format(10)
                );
                problems.add(format!("{pointer}/{code}"), "invalid-amount", message);
            }
        }
    }
    Amounts(amounts)
}
