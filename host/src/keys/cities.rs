//! The cities that a key may be for.

use anyhow::bail;
use farebox_access::ALL_CITIES;
use farebox_billing::config::Place;
use std::collections::BTreeSet;
use std::path::Path;

/// Refuses cities that a configuration has no rate cards of: a key for a city that is misspelt is good for nothing, and looks as if it were.
/// Where there are no rate cards at all, nothing is known of cities.
///
/// # Errors
///
/// Which there are, and what to do.
pub fn check(config: &Path, cities: &[String]) -> anyhow::Result<()> {
    let known = served(config);
    let unknown: Vec<&str> =
        cities.iter().map(String::as_str).filter(|city| *city != ALL_CITIES && !known.contains(*city)).collect();
    if unknown.is_empty() || known.is_empty() {
        return Ok(());
    }
    bail!(
        "{} has no rate cards of {}; there are some of {}. Correct it, or add --without-cards for a city that is to come, or whose \
         commissions alone are asked for",
        config.display(),
        unknown.join(", "),
        known.into_iter().collect::<Vec<_>>().join(", ")
    )
}

/// The cities whose rate cards are in a configuration.
fn served(config: &Path) -> BTreeSet<String> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>()
    };
    let cards = config.join("cards");
    let has_cards = |city: &String| {
        let is_card = |name: String| matches!(Place::of(&format!("cards/{city}/{name}")), Some(Place::Card { .. }));
        names(&cards.join(city)).into_iter().any(is_card)
    };
    names(&cards).into_iter().filter(has_cards).collect()
}
