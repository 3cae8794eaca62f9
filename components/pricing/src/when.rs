//! When a branch applies: conditions on the local time and on the facts of the ride. All that are given have to hold.

use crate::zones::{ELSEWHERE, Zones};
use farebox_conditions::{
    Calendar, CalendarDocument, Choice, HolidaysDocument, Name, Range, RangeDocument, Subjects, limits,
};
use farebox_document::{AtMost, Problems};
use farebox_fare::Outcome;
use schemars::JsonSchema;
use serde::Deserialize;

/// How many facts are names.
const NAMES: usize = 6;
/// How many are quantities.
const QUANTITIES: usize = 3;

/// The facts that are names, as written on a card, in the order of [`Facts::names`].
const NAME_WORDS: [&str; NAMES] = ["product", "tier", "scene", "origin", "destination", "outcome"];
/// The facts that are quantities, as written on a card, in the order of [`Facts::quantities`].
const QUANTITY_WORDS: [&str; QUANTITIES] = ["distance_m", "duration_s", "booked_ahead_s"];
/// Positions of the facts whose names are known from the card.
const ORIGIN: usize = 3;
const DESTINATION: usize = 4;
const OUTCOME: usize = 5;

/// The conditions of a branch.
pub type When = farebox_conditions::When<NAMES, QUANTITIES>;

/// What they look at: when the ride, or a part of it, began; and what is so of the ride as a whole.
pub type Facts<'a> = farebox_conditions::Facts<'a, NAMES, QUANTITIES>;

/// What the conditions of a card are about.
pub type SubjectsOf<'a> = Subjects<'a, NAMES, QUANTITIES>;

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
    holidays: Option<HolidaysDocument>,
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

/// Any completed ride.
pub fn completed() -> When {
    let mut when = When::ALWAYS;
    if let Some(outcome) = when.names.get_mut(OUTCOME) {
        *outcome = Some(Choice::In(vec![Outcome::Completed.word().to_owned()]));
    }
    when
}

/// Whether a branch can apply to a ride that ends like this.
pub fn is_for(when: &When, outcome: Outcome) -> bool {
    when.has_name(OUTCOME, outcome.word())
}

/// The zones that are named.
pub fn zones_of(when: &When) -> impl Iterator<Item = &str> {
    [ORIGIN, DESTINATION].into_iter().filter_map(|position| when.names.get(position)?.as_ref()).flat_map(Choice::names)
}

/// Reads conditions; what is wrong is noted under `pointer`.
pub fn read(document: WhenDocument, zones: &Zones, pointer: &str, problems: &mut Problems) -> When {
    let calendar = CalendarDocument {
        local_time: document.local_time.0,
        weekdays: document.weekdays.0,
        holidays: document.holidays,
    };
    let mut when = When { calendar: Calendar::read(calendar, pointer, problems), ..completed() };
    let names =
        [document.product, document.tier, document.scene, document.origin, document.destination, document.outcome];
    when.read_names(names, &names_of(zones), pointer, problems);
    let quantities = [document.distance_m, document.duration_s, document.booked_ahead_s];
    for ((slot, range), word) in when.quantities.iter_mut().zip(quantities).zip(QUANTITY_WORDS) {
        *slot = range.and_then(|range| Range::read(range, &format!("{pointer}/{word}"), problems));
    }
    when
}

/// What the conditions of a card are about; on these days of the week, from Monday on, it has holidays.
pub fn subjects(zones: &Zones, holidays: [bool; 7]) -> SubjectsOf<'_> {
    Subjects { names: names_of(zones), quantities: QUANTITY_WORDS, holidays }
}

fn names_of(zones: &Zones) -> [Name<'_>; NAMES] {
    let mut names = NAME_WORDS.map(Name::any);
    for (position, name) in names.iter_mut().enumerate() {
        name.known = match position {
            ORIGIN | DESTINATION => Some(zones.names().chain([ELSEWHERE]).collect()),
            OUTCOME => Some(Outcome::WORDS.to_vec()),
            _ => None,
        };
        // Nearly every ride is completed.
        name.told = position != OUTCOME;
    }
    names
}
