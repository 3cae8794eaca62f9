//! When a scenario applies: conditions on the local time at which the ride begins, and on its order. All that are given have to
//! hold.

use farebox_conditions::{Calendar, CalendarDocument, Choice, HolidaysDocument, NONE, Name, Subjects, limits};
use farebox_document::{AtMost, Problems};
use farebox_fare::{LocalTime, Outcome};
use farebox_records::OrderRecord;
use schemars::JsonSchema;
use serde::Deserialize;

/// How many facts are names. None is a quantity.
const NAMES: usize = 8;

/// The facts, as written in a policy, in the order of [`Facts::names`].
const WORDS: [&str; NAMES] = ["city", "product", "tier", "driver_tier", "scene", "campaign", "partner", "outcome"];
/// Positions in [`WORDS`].
pub const CITY: usize = 0;
pub const PRODUCT: usize = 1;
/// The position of the one whose names are known.
const OUTCOME: usize = 7;

/// The conditions of a scenario.
pub type When = farebox_conditions::When<NAMES, 0>;

/// What they look at.
pub type Facts<'a> = farebox_conditions::Facts<'a, NAMES, 0>;

/// What they are about.
pub type SubjectsOf<'a> = Subjects<'a, NAMES, 0>;

/// When a scenario applies. All conditions that are given have to hold; without any, it applies to every ride.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "When")]
pub struct WhenDocument {
    /// Windows of local time such as "23:00-05:00" in which the ride begins: from the first minute up to but not including the
    /// last.
    #[serde(default)]
    local_time: AtMost<String, { limits::WINDOWS }>,
    /// Days of the week on which the ride begins, "mon" to "sun".
    #[serde(default)]
    weekdays: AtMost<String, { limits::WEEKDAYS }>,
    /// "only" on the holidays of the passenger's rate card, or on every day "except" those.
    holidays: Option<HolidaysDocument>,
    /// Cities in which the ride begins.
    city: Option<Choice>,
    /// What was ridden.
    product: Option<Choice>,
    /// Tiers of passengers. "none" is a passenger without one.
    tier: Option<Choice>,
    /// Tiers of drivers. "none" is a driver without one.
    driver_tier: Option<Choice>,
    /// How the ride was ordered. "none" is not known.
    scene: Option<Choice>,
    /// Campaigns that brought the order. "none" is an order of no campaign.
    campaign: Option<Choice>,
    /// Partners that brought the order. "none" is an order of no partner.
    partner: Option<Choice>,
    /// "completed" or "cancelled". Left out, it does not matter.
    outcome: Option<Choice>,
}

/// Of what kind a ride is: scenarios are chosen by this, and by nothing else. A name that is not known is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Where it began.
    pub city: String,
    /// What was ridden.
    pub product: String,
    /// The passenger's tier.
    pub tier: Option<String>,
    /// The driver's tier.
    pub driver_tier: Option<String>,
    /// How it was ordered.
    pub scene: Option<String>,
    /// The campaign that brought the order.
    pub campaign: Option<String>,
    /// The partner that brought the order.
    pub partner: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began, on the clocks of its city.
    pub begins: LocalTime,
}

impl Circumstances {
    /// Those of a ride of which the order is known.
    pub fn of(city: &str, product: &str, order: OrderRecord, outcome: Outcome, begins: LocalTime) -> Self {
        let OrderRecord { kind, campaign, partner, passenger_tier, driver_tier, .. } = order;
        let (city, product) = (city.to_owned(), product.to_owned());
        Self { city, product, tier: passenger_tier, driver_tier, scene: kind, campaign, partner, outcome, begins }
    }

    /// What conditions look at.
    pub fn facts(&self) -> Facts<'_> {
        let Self { city, product, tier, driver_tier, scene, campaign, partner, outcome, begins } = self;
        Facts {
            moment: *begins,
            names: [
                city,
                product,
                tier.as_deref().unwrap_or(NONE),
                driver_tier.as_deref().unwrap_or(NONE),
                scene.as_deref().unwrap_or(NONE),
                campaign.as_deref().unwrap_or(NONE),
                partner.as_deref().unwrap_or(NONE),
                outcome.word(),
            ],
            quantities: [],
        }
    }
}

/// Reads conditions; what is wrong is noted under `pointer`.
pub fn read(document: WhenDocument, pointer: &str, problems: &mut Problems) -> When {
    let WhenDocument { city, product, tier, driver_tier, scene, campaign, partner, outcome, .. } = document;
    let calendar = CalendarDocument {
        local_time: document.local_time.0,
        weekdays: document.weekdays.0,
        holidays: document.holidays,
    };
    let mut when = When { calendar: Calendar::read(calendar, pointer, problems), ..When::ALWAYS };
    let names = [city, product, tier, driver_tier, scene, campaign, partner, outcome];
    when.read_names(names, &subjects().names, pointer, problems);
    when
}

/// What the conditions of a policy are about. Cities have holidays on any day of the week.
pub fn subjects() -> SubjectsOf<'static> {
    let mut names = WORDS.map(Name::any);
    names.iter_mut().skip(OUTCOME).for_each(|name| name.known = Some(Outcome::WORDS.to_vec()));
    Subjects { names, quantities: [], holidays: [true; 7] }
}
