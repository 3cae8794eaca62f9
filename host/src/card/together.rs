//! What can be wrong with rate cards taken together: two for one day, a day without one for the driver, a name that says
//! another day than the card.

use farebox_document::Problem;
use farebox_pricing::{CardInfo, Side};
use std::path::Path;

/// What is wrong with each of some good cards, in view of the others. Of those that are not good, `None` is known.
#[must_use]
pub fn problems(cards: &[(&Path, Option<&CardInfo>)]) -> Vec<Vec<Problem>> {
    let of_card = |(index, (path, info)): (usize, &(&Path, Option<&CardInfo>))| {
        let Some(info) = info else { return Vec::new() };
        let others = || cards.iter().enumerate().filter_map(|(other, (path, info))| Some((other, *path, (*info)?)));
        let mut problems: Vec<Problem> = name(path, info).into_iter().collect();
        let twin = others().find(|(other, _, card)| *other < index && slot(card) == slot(info) && same_day(card, info));
        if let Some((_, twin, _)) = twin {
            let since = info.effective_from.as_deref().unwrap_or("the beginning");
            let message = format!("{} is in force since {since} as well; give one of them a later day", twin.display());
            problems.push(problem("overlap", message));
        }
        let sides = |side| {
            others().map(|(_, _, card)| card).filter(move |card| card.side == side && product(card) == product(info))
        };
        let is_first = |card: &CardInfo| sides(card.side).all(|other| other.effective_at >= card.effective_at);
        // Only where the driver's cards were given too: one file is checked by itself.
        let driver = sides(Side::Driver).min_by_key(|card| card.effective_at);
        if let Some(driver) =
            driver.filter(|driver| info.side == Side::Passenger && driver.effective_at > info.effective_at)
            && is_first(info)
        {
            let begins = driver.effective_from.as_deref().unwrap_or_default();
            let message = format!("the driver has no card before {begins}; rides before cannot be billed. Add one");
            problems.push(problem("no-driver-card", message));
        }
        problems
    };
    cards.iter().enumerate().map(of_card).collect()
}

/// A file that is named as those of the configuration are has to be named after the day of its card.
fn name(path: &Path, info: &CardInfo) -> Option<Problem> {
    let file = path.file_name()?.to_str()?;
    let side = match info.side {
        Side::Passenger => "passenger",
        Side::Driver => "driver",
    };
    let begins = format!("{}.{side}", info.product);
    let rest = file.strip_suffix(".json")?.strip_prefix(&begins)?;
    let day = rest.strip_prefix('.');
    if !(rest.is_empty() || day.is_some()) || day == info.effective_from.as_deref() {
        return None;
    }
    let right = info.effective_from.as_ref().map_or_else(String::new, |from| format!(".{from}"));
    let message = format!("the name of the file says another day than the card; name it {begins}{right}.json");
    Some(problem("file-name", message))
}

fn problem(code: &'static str, message: String) -> Problem {
    Problem { pointer: "/effective_from".to_owned(), code: code.into(), message }
}

fn product(card: &CardInfo) -> (&str, &str) {
    (&card.city, &card.product)
}

fn slot(card: &CardInfo) -> (&str, &str, Side) {
    (&card.city, &card.product, card.side)
}

fn same_day(one: &CardInfo, other: &CardInfo) -> bool {
    one.effective_from == other.effective_from
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_pricing::RateCard;

    fn info(side: &str, from: Option<&str>) -> CardInfo {
        let from = from.map_or_else(String::new, |from| format!(r#""effective_from": "{from}","#));
        let card = format!(
            r#"{{"format": "farebox-rate-card/1", "title": "T", "city": "a", "product": "b", "side": "{side}", {from}
                "currency": "JPY", "time_zone": "Asia/Tokyo",
                "items": [{{"code": "start_price", "kind": "flat", "branches": [{{"amount": "500"}}]}}]}}"#
        );
        RateCard::parse(&card).unwrap().info().clone()
    }

    /// Two cards for one day, a day without a driver's card, and a name that says another day: each is told at the card that
    /// can put it right, and nothing else is.
    #[test]
    fn problems_of_several_cards() {
        /// File, side and day of each card; what is wrong with each.
        type Row<'a> = (&'a [(&'a str, &'a str, Option<&'a str>)], &'a [&'a str]);
        let rows: &[Row] = &[
            (&[("b.passenger.json", "passenger", None), ("b.driver.json", "driver", None)], &["", ""]),
            (&[("b.passenger.2026-10-01.json", "passenger", Some("2026-10-01"))], &[""]),
            (&[("b.passenger.json", "passenger", None), ("x.json", "passenger", None)], &["", "overlap"]),
            (
                &[("x.json", "passenger", Some("2026-10-01")), ("y.json", "passenger", Some("2026-10-01"))],
                &["", "overlap"],
            ),
            (&[("x.json", "passenger", None), ("y.json", "driver", Some("2026-10-01"))], &["no-driver-card", ""]),
            (&[("x.json", "passenger", Some("2026-10-01")), ("y.json", "driver", None)], &["", ""]),
            (
                &[
                    ("x.json", "passenger", None),
                    ("y.json", "passenger", Some("2026-09-01")),
                    ("z.json", "driver", Some("2026-10-01")),
                ],
                &["no-driver-card", "", ""],
            ),
            (&[("b.passenger.json", "passenger", Some("2026-10-01"))], &["file-name"]),
            (&[("b.passenger.2026-10-02.json", "passenger", Some("2026-10-01"))], &["file-name"]),
            (&[("b.passenger.2026-10-01.json", "passenger", None)], &["file-name"]),
        ];
        for (cards, expected) in rows {
            let infos: Vec<CardInfo> = cards.iter().map(|(_, side, from)| info(side, *from)).collect();
            let given: Vec<_> =
                cards.iter().zip(&infos).map(|((name, ..), info)| (Path::new(*name), Some(info))).collect();
            let codes =
                |problems: &Vec<Problem>| problems.iter().map(|p| p.code.to_string()).collect::<Vec<_>>().join(" ");
            assert_eq!(problems(&given).iter().map(codes).collect::<Vec<_>>(), *expected, "{cards:?}");
        }
    }
}
