//! What of a card a ride is looked at under: its currency, its product, its clocks, its holidays, its zones.

use crate::when::Moment;
use crate::zones::Zones;
use farebox_money::Currency;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// All that a ride has to know of a card.
#[derive(Debug)]
pub struct Terms {
    pub currency: Currency,
    /// What a ride counts as that was ordered without one.
    pub product: String,
    pub time_zone: TimeZone,
    /// Ascending.
    pub holidays: Vec<Date>,
    pub zones: Zones,
}

impl Terms {
    pub fn is_holiday(&self, date: Date) -> bool {
        self.holidays.binary_search(&date).is_ok()
    }

    /// Whether a moment can be: a holiday falls on that day of the week, or none is meant.
    pub fn has(&self, moment: Moment) -> bool {
        !moment.holiday || self.holidays.iter().any(|date| Moment::new(date.weekday(), 0, true).is_same_day(moment))
    }
}
