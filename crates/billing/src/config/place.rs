//! Which file is which document.

use crate::engines::Side;
use crate::names;

/// The folders that documents are in.
pub(super) const FOLDERS: [&str; 3] = ["cards", "policies", "copy"];

/// The folder in which each city has one of its own.
pub(super) const OF_CITIES: &str = "cards";

/// Where the layout of all copy is.
pub(super) const LAYOUT: &str = "copy/layout.json";

/// Where the policy is.
pub(super) const POLICY: &str = "policies/default.json";

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
    },
    /// The commission policy.
    Policy,
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
            _ => {}
        }
        match path.split('/').collect::<Vec<_>>()[..] {
            ["cards", city, file] => {
                let (product, side) = file.strip_suffix(".json")?.split_once('.')?;
                let side = Side::BOTH.into_iter().find(|known| known.word() == side)?;
                let is_named = names::is_token(city) && names::is_token(product);
                is_named.then(|| Self::Card { city: city.to_owned(), product: product.to_owned(), side })
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
            Self::Policy | Self::Layout => 256 << 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What operators and their editors leave beside documents is taken for none of them.
    #[test]
    fn places() {
        let card =
            |product: &str, side| Some(Place::Card { city: "110000".to_owned(), product: product.to_owned(), side });
        for (path, expected) in [
            ("cards/110000/express.passenger.json", card("express", Side::Passenger)),
            ("cards/110000/taxi-2012.driver.json", card("taxi-2012", Side::Driver)),
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
            ("policies/other.json", None),
            ("copy/.#zh-CN.ftl", None),
            ("copy/zh-CN.ftl.bak", None),
            ("README.md", None),
            ("", None),
        ] {
            assert_eq!(Place::of(path), expected, "{path}");
        }
    }
}
