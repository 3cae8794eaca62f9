//! Which file is which document.

use crate::engines::Side;
use farebox_fare::names;
use farebox_fare::{Timestamp, time};

/// The folders that documents are in.
pub(super) const FOLDERS: [&str; 4] = ["cards", "cities", "copy", "policies"];

/// The folder in which each city has one of its own.
pub(super) const OF_CITIES: &str = "cards";

/// Where the layout of all copy is.
pub(super) const LAYOUT: &str = "copy/layout.json";

/// Where the policy is.
pub(super) const POLICY: &str = "policies/default.json";

/// Where the keys are that requests are signed with.
pub(super) const KEYS: &str = "keys.json";

/// Where the limits are.
pub(super) const LIMITS: &str = "limits.json";

/// Where the switches are.
pub(super) const SWITCHES: &str = "switches.json";

/// What a file of the configuration is, by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A rate card.
    Card {
        /// Where it applies.
        city: String,
        /// To what.
        product: String,
        /// To whose bill.
        side: Side,
        /// From which local day on; from the beginning without.
        from: Option<String>,
    },
    /// The commission policy.
    Policy,
    /// The keys that requests are signed with.
    Keys,
    /// How much whom is let.
    Limits,
    /// What operators switch.
    Switches,
    /// What a city decides for itself.
    City {
        /// Which.
        city: String,
    },
    /// The layout of all copy.
    Layout,
    /// The copy of a locale.
    Messages {
        /// A BCP 47 tag, as far as this knows.
        locale: String,
    },
}

impl Place {
    /// `None` for a file that is no document: a backup, a note, half a name.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            POLICY => return Some(Self::Policy),
            LAYOUT => return Some(Self::Layout),
            KEYS => return Some(Self::Keys),
            LIMITS => return Some(Self::Limits),
            SWITCHES => return Some(Self::Switches),
            _ => {}
        }
        match path.split('/').collect::<Vec<_>>()[..] {
            ["cards", city, file] => {
                let (product, side) = file.strip_suffix(".json")?.split_once('.')?;
                let (side, from) = side.split_once('.').map_or((side, None), |(side, from)| (side, Some(from)));
                let side = Side::BOTH.into_iter().find(|known| known.word() == side)?;
                let is_named = names::is_token(city) && names::is_token(product) && from.is_none_or(is_day);
                let (city, product, from) = (city.to_owned(), product.to_owned(), from.map(str::to_owned));
                is_named.then_some(Self::Card { city, product, side, from })
            }
            ["cities", file] => {
                let city = file.strip_suffix(".json").filter(|city| names::is_token(city))?;
                Some(Self::City { city: city.to_owned() })
            }
            ["copy", file] => {
                let locale = file.strip_suffix(".ftl").filter(|locale| names::is_token(locale))?;
                Some(Self::Messages { locale: locale.to_owned() })
            }
            _ => None,
        }
    }

    /// How large the document may be. Far more than anybody writes, and so little that all of them fit into an instance.
    pub const fn most_bytes(&self) -> u64 {
        match self {
            Self::Card { .. } | Self::Messages { .. } => 512 << 10,
            Self::Policy | Self::Layout | Self::Limits => 256 << 10,
            Self::City { .. } | Self::Switches => 64 << 10,
            // A thousand keys with a few cities each.
            Self::Keys => 1 << 20,
        }
    }
}

/// Whether this is a day such as "2026-10-01", which the calendar has.
fn is_day(text: &str) -> bool {
    beginning_of(text).is_some()
}

/// When a day begins in Greenwich.
pub(super) fn beginning_of(day: &str) -> Option<Timestamp> {
    (day.len() == 10).then(|| time::parse(&format!("{day}T00:00:00Z"))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What operators and their editors leave beside documents is taken for none of them.
    #[test]
    fn places() {
        let card = |product: &str, side| {
            let (city, product) = ("110000".to_owned(), product.to_owned());
            Some(Place::Card { city, product, side, from: None })
        };
        let dated = |from: &str| {
            let (city, product, side) = ("110000".to_owned(), "express".to_owned(), Side::Driver);
            Some(Place::Card { city, product, side, from: Some(from.to_owned()) })
        };
        for (path, expected) in [
            ("cards/110000/express.passenger.json", card("express", Side::Passenger)),
            ("cards/110000/taxi-2012.driver.json", card("taxi-2012", Side::Driver)),
            ("cards/110000/express.driver.2026-10-01.json", dated("2026-10-01")),
            ("cards/110000/express.driver.2026-02-29.json", None),
            ("cards/110000/express.driver.2026-10-1.json", None),
            ("cards/110000/express.driver.2026-10-01.old.json", None),
            ("policies/default.json", Some(Place::Policy)),
            ("copy/layout.json", Some(Place::Layout)),
            ("copy/zh-CN.ftl", Some(Place::Messages { locale: "zh-CN".to_owned() })),
            ("cards/110000/express.passenger.json~", None),
            ("cards/110000/.express.passenger.json.swp", None),
            ("cards/110000/express.json", None),
            ("cards/110000/express.rider.json", None),
            ("cards/110000/.passenger.json", None),
            ("cards/110000/express.passenger.json.orig", None),
            ("cards/110000/README", None),
            ("cards/../express.passenger.json", None),
            ("cards/express.passenger.json", None),
            ("cards/110000/old/express.passenger.json", None),
            ("cities/110000.json", Some(Place::City { city: "110000".to_owned() })),
            ("cities/110000.json~", None),
            ("policies/other.json", None),
            ("copy/.#zh-CN.ftl", None),
            ("copy/zh-CN.ftl.bak", None),
            ("keys.json", Some(Place::Keys)),
            ("keys.json~", None),
            ("keys/keys.json", None),
            ("limits.json", Some(Place::Limits)),
            ("limits.json.orig", None),
            ("switches.json", Some(Place::Switches)),
            ("switches.json~", None),
            ("README.md", None),
            ("", None),
        ] {
            assert_eq!(Place::of(path), expected, "{path}");
        }
    }
}
