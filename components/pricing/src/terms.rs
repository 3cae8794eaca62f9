//! What of a card a ride is looked at under: its currency, its product, its clocks, its holidays, its zones.

use crate::when::{self, SubjectsOf};
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

    /// What conditions are about.
    pub fn subjects(&self) -> SubjectsOf<'_> {
        let mut holidays = [false; 7];
        for date in &self.holidays {
            let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
            holidays.iter_mut().skip(weekday).take(1).for_each(|has| *has = true);
        }
        when::subjects(&self.zones, holidays)
    }
}
