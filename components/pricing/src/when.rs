//! When a branch applies: conditions on the local time and on the facts of the ride. All that are given have to hold.

pub mod calendar;
mod choice;
mod facts;
mod range;

pub use calendar::{Calendar, Moment};
pub use choice::Choice;
pub use facts::{Facts, NAMES, NONE, OUTCOME, QUANTITIES, known_names};
pub use range::Range;

use crate::limits;
use crate::zones::Zones;
use calendar::CalendarDocument;
use facts::{DESTINATION, ORIGIN};
use farebox_document::{AtMost, Problems};
use farebox_fare::Outcome;
use range::RangeDocument;
use schemars::JsonSchema;
use serde::Deserialize;

/// The conditions of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// On the local time.
    pub calendar: Calendar,
    /// On facts that are names, by position in [`NAMES`].
    pub names: [Option<Choice>; 6],
    /// On facts that are quantities, by position in [`QUANTITIES`].
    pub quantities: [Option<Range>; 3],
}

/// When a branch applies. All conditions that are given have to hold when the ride begins.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "When")]
pub struct WhenDocument {
    /// Windows of local time such as "23:00-05:00": from the first minute up to but not including the last.
    #[serde(default)]
    local_time: AtMost<String, { limits::WINDOWS }>,
    /// Days of the week, "mon" to "sun".
    #[serde(default)]
    weekdays: AtMost<String, { limits::WEEKDAYS }>,
    /// "only" on the card's holidays, or on every day "except" those.
    holidays: Option<calendar::HolidaysDocument>,
    /// Products as they are ordered.
    product: Option<Choice>,
    /// Tiers of passengers. "none" is a passenger without one.
    tier: Option<Choice>,
    /// How the ride was ordered. "none" is not known.
    scene: Option<Choice>,
    /// Zones of the card in which the ride begins. "elsewhere" is outside all of them, or not known.
    origin: Option<Choice>,
    /// Zones of the card in which the ride ends. "elsewhere" is outside all of them, or not known.
    destination: Option<Choice>,
    /// "completed" or "cancelled". Left out, the ride has to be completed.
    outcome: Option<Choice>,
    /// Metres of the ride as a whole.
    distance_m: Option<RangeDocument>,
    /// Seconds of the ride as a whole.
    duration_s: Option<RangeDocument>,
    /// Seconds between the order and the start.
    booked_ahead_s: Option<RangeDocument>,
}

impl Default for When {
    fn default() -> Self {
        let mut names = [const { None }; 6];
        names[OUTCOME] = Some(Choice::In(vec![Outcome::Completed.word().to_owned()]));
        Self { calendar: Calendar::default(), names, quantities: [None; 3] }
    }
}

impl When {
    /// Reads conditions; what is wrong is noted under `pointer`.
    pub fn read(document: WhenDocument, zones: &Zones, pointer: &str, problems: &mut Problems) -> Self {
        let calendar = CalendarDocument {
            local_time: document.local_time.0,
            weekdays: document.weekdays.0,
            holidays: document.holidays,
        };
        let mut when = Self { calendar: Calendar::read(calendar, pointer, problems), ..Self::default() };
        let names =
            [document.product, document.tier, document.scene, document.origin, document.destination, document.outcome];
        for (position, (choice, name)) in names.into_iter().zip(NAMES).enumerate() {
            let Some(choice) = choice else { continue };
            let pointer = format!("{pointer}/{name}");
            let known = known_names(position, zones);
            choice.check(known.as_deref(), &pointer, problems);
            if let Some(slot) = when.names.get_mut(position) {
                *slot = Some(choice);
            }
        }
        let quantities = [document.distance_m, document.duration_s, document.booked_ahead_s];
        for ((slot, range), name) in when.quantities.iter_mut().zip(quantities).zip(QUANTITIES) {
            *slot = range.and_then(|range| Range::read(range, &format!("{pointer}/{name}"), problems));
        }
        when
    }

    /// Whether a fact may have this name, by its position in [`NAMES`].
    pub fn has_name(&self, position: usize, name: &str) -> bool {
        self.names.get(position).is_none_or(|choice| choice.as_ref().is_none_or(|choice| choice.has(name)))
    }

    /// Whether a fact may be this quantity, by its position in [`QUANTITIES`].
    pub fn has_quantity(&self, position: usize, quantity: u64) -> bool {
        self.quantities.get(position).is_none_or(|range| range.is_none_or(|range| range.has(quantity)))
    }

    /// Whether all conditions hold.
    pub fn holds(&self, facts: &Facts) -> bool {
        self.calendar.holds(facts.moment) && self.holds_for_ride(facts)
    }

    /// Whether all conditions but those on the local time hold.
    pub fn holds_for_ride(&self, facts: &Facts) -> bool {
        self.names.iter().zip(facts.names).all(|(choice, name)| choice.as_ref().is_none_or(|choice| choice.has(name)))
            && self
                .quantities
                .iter()
                .zip(facts.quantities)
                .all(|(range, quantity)| range.is_none_or(|range| range.has(quantity)))
    }

    /// Whether there is no condition but that the ride is completed.
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// The zones that are named.
    pub fn zones(&self) -> impl Iterator<Item = &str> {
        [ORIGIN, DESTINATION]
            .into_iter()
            .filter_map(|position| self.names.get(position)?.as_ref())
            .flat_map(Choice::names)
    }
}
