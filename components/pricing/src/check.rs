//! What can be wrong with a card beyond a single field: cycles, overlaps, holes, what is never charged, broken promises.

mod monotone;

use crate::card::{Item, RateCard};
use crate::notes::Notes;
use crate::when::{COMPLETED, Choice, Moment, NAMES, QUANTITIES, Range, When, known_names};
use crate::zones::Zones;

/// Stands for every name that is not on the card. No name on a card is empty.
const ANY_OTHER: &str = "";

/// The most combinations of conditions that are told apart when looking for holes.
const MAX_CELLS: usize = 2000;

/// The items in the order in which they can be priced: each after those it is based on, otherwise as on the card.
pub fn order(items: &[Item], notes: &mut Notes) -> Vec<usize> {
    let edges = |position: usize| -> Vec<usize> {
        let branches = items.get(position).map(|item| item.branches.as_slice()).unwrap_or_default();
        branches.iter().flat_map(|branch| branch.fee.base()).copied().collect()
    };
    sorted(items, edges, "is based on", notes)
}

/// The items that replace others, in the order in which it is known whether they do: each after those that may replace it.
pub fn replacement_order(items: &[Item], notes: &mut Notes) -> Vec<usize> {
    let edges = |position: usize| -> Vec<usize> {
        (0..items.len())
            .filter(|other| items.get(*other).is_some_and(|item| item.replaces.contains(&position)))
            .collect()
    };
    let mut order = sorted(items, edges, "is replaced by", notes);
    order.retain(|position| items.get(*position).is_some_and(|item| !item.replaces.is_empty()));
    order
}

/// Depth first: what an item needs, then the item. A cycle is noted, and broken.
fn sorted(items: &[Item], needs: impl Fn(usize) -> Vec<usize>, verb: &str, notes: &mut Notes) -> Vec<usize> {
    let mut order = Vec::with_capacity(items.len());
    for start in 0..items.len() {
        // The path from `start`, each item with what it still has to wait for.
        let mut path: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut next = (!order.contains(&start)).then_some(start);
        loop {
            if let Some(position) = next.take() {
                let mut waits = needs(position);
                waits.reverse();
                path.push((position, waits));
            }
            let Some((position, waits)) = path.last_mut() else { break };
            match waits.pop() {
                None => {
                    order.push(*position);
                    path.pop();
                }
                Some(needed) if order.contains(&needed) => {}
                Some(needed) => match path.iter().position(|(on_path, _)| *on_path == needed) {
                    Some(start_of_cycle) => {
                        let cycle = path.iter().skip(start_of_cycle).map(|(position, _)| *position).chain([needed]);
                        let codes: Vec<_> =
                            cycle.filter_map(|position| items.get(position)).map(|item| item.code.as_str()).collect();
                        let message =
                            format!("{}: a circle; take one of the references out", codes.join(&format!(" {verb} ")));
                        notes.problems.add(format!("/items/{needed}"), "cycle", message);
                    }
                    None => next = Some(needed),
                },
            }
        }
    }
    order
}

/// Checks a card as a whole.
pub fn card(card: &RateCard, is_monotone: bool, notes: &mut Notes) {
    for (position, item) in card.items.iter().enumerate() {
        let pointer = format!("/items/{position}");
        // A condition that could not be read would seem to hold always.
        let unread = format!("{pointer}/branches/");
        let is_unread = |pointer: &str| pointer.strip_prefix(&unread).is_some_and(|rest| rest.contains("/when"));
        if !notes.problems.iter().any(|problem| is_unread(&problem.pointer)) {
            refuse_overlaps(item, card, &pointer, notes);
            find_holes(item, card, &pointer, notes);
        }
        for (index, branch) in item.branches.iter().enumerate() {
            if branch.when.calendar.holidays() == Some(true) && card.terms.holidays.is_empty() {
                let place = format!("{pointer}/branches/{index}/when/holidays");
                notes.problems.add(
                    place,
                    "unreachable",
                    "the card has no holidays, so this never applies; list them in `holidays`",
                );
            }
        }
        let is_limited = item.floor.is_some() || item.cap.is_some() || item.growth.is_some();
        if is_limited && item.branches.iter().any(|branch| branch.fee.is_included()) {
            let message = "a tax that is contained in the prices is not part of the sum, so there is nothing that a floor, a \
                           cap or a limit on growth could change; take it out";
            notes.problems.add(&pointer, "included-limit", message);
        }
    }
    refuse_growth_of_corrections(card, notes);
    if is_monotone {
        monotone::check(card, notes);
    } else {
        warn_of_rivals(card, notes);
    }
    warn_of_taxes_before_limit(card, notes);
    warn_of_replaced(card, notes);
    warn_of_unused_zones(card, notes);
    warn_of_undone_rounding(card, notes);
}

/// Two branches that both apply to some ride at some time would make the price depend on their order.
fn refuse_overlaps(item: &Item, card: &RateCard, pointer: &str, notes: &mut Notes) {
    for (index, branch) in item.branches.iter().enumerate() {
        let mut earlier = item.branches.iter().take(index).enumerate();
        let overlap = earlier.find_map(|(other, earlier)| Some((other, meeting(&branch.when, &earlier.when, card)?)));
        if let Some((other, witness)) = overlap {
            notes.problems.add(
                format!("{pointer}/branches/{index}/when"),
                "overlap",
                format!("branch {other} applies as well, for example {witness}; branches may not overlap"),
            );
        }
    }
}

/// A ride to which both conditions apply, in words. Every condition is on one fact alone, so each can be met by itself.
fn meeting(one: &When, other: &When, card: &RateCard) -> Option<String> {
    // Where two calendars overlap, the overlap begins where one of them does.
    let both =
        |moment: &Moment| one.calendar.holds(*moment) && other.calendar.holds(*moment) && card.terms.has(*moment);
    let mut words = vec![one.calendar.beginnings().chain(other.calendar.beginnings()).find(both)?.describe()];
    for (position, (a, b)) in one.names.iter().zip(&other.names).enumerate() {
        let has = |name: &&str| {
            a.as_ref().is_none_or(|choice| choice.has(name)) && b.as_ref().is_none_or(|choice| choice.has(name))
        };
        let name = names(position, [a, b].into_iter().flatten(), &card.terms.zones).into_iter().find(has)?;
        if a.is_some() && b.is_some() && name != ANY_OTHER && NAMES.get(position) != Some(&"outcome") {
            words.push(format!("{} {name}", NAMES.get(position).copied().unwrap_or_default()));
        }
    }
    for ((a, b), name) in one.quantities.iter().zip(&other.quantities).zip(QUANTITIES) {
        let all = Range { from: 0, to: u64::MAX };
        let (a, b) = (a.unwrap_or(all), b.unwrap_or(all));
        let least = a.from.max(b.from);
        if least >= a.to.min(b.to) {
            return None;
        }
        if a != all || b != all {
            words.push(format!("{name} {least}"));
        }
    }
    Some(words.join(", "))
}

/// Every name of a fact that conditions can tell apart.
fn names<'a>(position: usize, choices: impl Iterator<Item = &'a Choice>, zones: &'a Zones) -> Vec<&'a str> {
    known_names(position, zones).unwrap_or_else(|| choices.flat_map(Choice::names).chain([ANY_OTHER]).collect())
}

/// Looks for a completed ride, at some time of the week, to which no branch applies.
fn find_holes(item: &Item, card: &RateCard, pointer: &str, notes: &mut Notes) {
    if item.required == Some(true) && item.kind == "one_price" {
        let message = "a ride without an agreed price is not charged this, so it cannot be required; leave this out";
        notes.problems.add(format!("{pointer}/required"), "hole", message);
    }
    let whens: Vec<&When> = item.branches.iter().map(|branch| &branch.when).collect();
    let completed = whens.iter().any(|when| {
        when.names.last().is_none_or(|outcome| outcome.as_ref().is_none_or(|outcome| outcome.has(COMPLETED)))
    });
    let expected = item.required.unwrap_or(whens.len() > 1 && completed);
    if !expected {
        return;
    }
    let place = format!("{pointer}/branches");
    let witness = match hole(&whens, card) {
        Ok(None) => return,
        Ok(Some(witness)) => witness,
        Err(TooComplex) => {
            let message =
                "the conditions are too many to find out whether one always applies; use fewer facts in one item";
            let list = if item.required == Some(true) { &mut notes.problems } else { &mut notes.warnings };
            list.add(place, "too-complex", message);
            return;
        }
    };
    if item.required == Some(true) {
        let message = format!("no branch applies {witness}, but the item is required; add a branch for it");
        notes.problems.add(place, "hole", message);
    } else {
        let message = format!(
            "no branch applies {witness}, and nothing is charged then; if that is meant, say \"required\": false"
        );
        notes.warnings.add(place, "hole", message);
    }
}

/// A ride to which none of the conditions applies, in words. Facts are looked at one after the other; rides that leave
/// the same conditions standing are looked at once.
fn hole(whens: &[&When], card: &RateCard) -> Result<Option<String>, TooComplex> {
    let mut cells: Vec<(Vec<&When>, Vec<String>)> = vec![(whens.to_vec(), Vec::new())];
    let mut too_complex = false;
    let mut split = |values: &dyn Fn(&[&When]) -> Vec<Value>| {
        let mut next: Vec<(Vec<&When>, Vec<String>)> = Vec::new();
        for (standing, words) in &cells {
            for value in values(standing) {
                let left: Vec<&When> = standing.iter().copied().filter(|when| value.meets(when)).collect();
                let same = |other: &[&When]| {
                    other.len() == left.len() && other.iter().zip(&left).all(|(a, b)| std::ptr::eq(*a, *b))
                };
                too_complex |= next.len() >= MAX_CELLS;
                if !too_complex && !next.iter().any(|(other, _)| same(other)) {
                    next.push((left, words.iter().cloned().chain(value.describe()).collect()));
                }
            }
        }
        cells = next;
    };
    split(&|whens| {
        // Where a window ends, a hole may begin.
        let mut moments: Vec<Moment> = whens.iter().flat_map(|when| when.calendar.turns()).collect();
        moments.sort_unstable_by_key(|moment| (moment.holiday, moment.minute));
        moments.dedup();
        moments.retain(|moment| card.terms.has(*moment));
        let timed = whens.iter().any(|when| !when.calendar.is_always());
        moments.into_iter().map(|moment| Value::Moment(moment, timed)).collect()
    });
    for position in 0..NAMES.len() {
        split(&|whens| {
            if NAMES.get(position) == Some(&"outcome") {
                return vec![Value::Name(position, COMPLETED.to_owned(), false)];
            }
            let choices = whens.iter().filter_map(|when| when.names.get(position)?.as_ref());
            let told = choices.clone().next().is_some();
            names(position, choices, &card.terms.zones)
                .into_iter()
                .map(|name| Value::Name(position, name.to_owned(), told))
                .collect()
        });
    }
    for position in 0..QUANTITIES.len() {
        split(&|whens| {
            let ranges = whens.iter().filter_map(|when| *when.quantities.get(position)?);
            let told = ranges.clone().next().is_some();
            let starts = ranges.flat_map(|range| [range.from, range.to]).filter(|start| *start != u64::MAX).chain([0]);
            let mut starts: Vec<u64> = starts.collect();
            starts.sort_unstable();
            starts.dedup();
            starts.into_iter().map(|start| Value::Quantity(position, start, told)).collect()
        });
    }
    if too_complex {
        return Err(TooComplex);
    }
    let hole = cells.into_iter().find(|(standing, _)| standing.is_empty());
    Ok(hole.map(|(_, words)| if words.is_empty() { "to any completed ride".to_owned() } else { words.join(", ") }))
}

/// There are more ways in which conditions can meet than can be looked at in reasonable time.
struct TooComplex;

/// A value of one fact; and whether it is worth telling, because a condition is about that fact.
enum Value {
    Moment(Moment, bool),
    Name(usize, String, bool),
    Quantity(usize, u64, bool),
}

impl Value {
    fn meets(&self, when: &When) -> bool {
        match self {
            Self::Moment(moment, _) => when.calendar.holds(*moment),
            Self::Name(position, name, _) => {
                when.names.get(*position).is_none_or(|choice| choice.as_ref().is_none_or(|choice| choice.has(name)))
            }
            Self::Quantity(position, quantity, _) => {
                when.quantities.get(*position).is_none_or(|range| range.is_none_or(|range| range.has(*quantity)))
            }
        }
    }

    fn describe(&self) -> Option<String> {
        match self {
            Self::Moment(moment, true) => Some(moment.describe()),
            Self::Name(position, name, true) => {
                let name = if name == ANY_OTHER { "any other" } else { name };
                Some(format!("{} {name}", NAMES.get(*position).copied().unwrap_or_default()))
            }
            Self::Quantity(position, quantity, true) => {
                Some(format!("{} {quantity}", QUANTITIES.get(*position).copied().unwrap_or_default()))
            }
            _ => None,
        }
    }
}

/// What a minimum added to the quoted fare says nothing about what it has to add to this one.
fn refuse_growth_of_corrections(card: &RateCard, notes: &mut Notes) {
    for (position, item) in card.items.iter().enumerate() {
        if item.growth.is_some() && item.branches.iter().any(|branch| branch.fee.corrects() && branch.fee.is_exact()) {
            let message = "this brings other items to an amount, and what that took when the ride was quoted says nothing \
                           about now; limit those items, or the fare";
            notes.problems.add(format!("/items/{position}/growth"), "growth-of-correction", message);
        }
    }
}

/// Two limits that know nothing of each other may together take off more than there is.
fn warn_of_rivals(card: &RateCard, notes: &mut Notes) {
    let maximum = |position: usize| card.items.get(position).filter(|item| item.kind == "maximum");
    for (later, earlier) in monotone::rivals(card) {
        if let (Some(_), Some(earlier)) = (maximum(later), maximum(earlier)) {
            let message = format!(
                "\"{}\" limits some of the same items, so that together they may bring the fare below zero, and it could not be \
                 billed; base one of the two on the other as well",
                earlier.code
            );
            notes.warnings.add(format!("/items/{later}"), "rival-limits", message);
        }
    }
}

/// The limit on the fare as a whole comes last: a tax stays as high as it was.
fn warn_of_taxes_before_limit(card: &RateCard, notes: &mut Notes) {
    let tax = card.items.iter().find(|item| item.kind == "tax");
    if let (Some(_), Some(tax)) = (card.growth, tax) {
        let message = format!(
            "the limit on the fare takes nothing off \"{}\", which is of the items before the limit; limit the items that are \
             taxed instead",
            tax.code
        );
        notes.warnings.add("/growth", "tax-before-limit", message);
    }
}

fn warn_of_replaced(card: &RateCard, notes: &mut Notes) {
    for item in &card.items {
        let always = item.branches.iter().any(|branch| branch.when.is_always()) && item.kind != "one_price";
        for replaced in item.replaces.iter().filter(|_| always) {
            let message = format!("\"{}\" always replaces this, so it is never charged", item.code);
            notes.warnings.add(format!("/items/{replaced}"), "unreachable", message);
        }
    }
}

fn warn_of_unused_zones(card: &RateCard, notes: &mut Notes) {
    let branches = || card.items.iter().flat_map(|item| &item.branches);
    for (index, name) in card.terms.zones.names().enumerate() {
        if !branches().any(|branch| branch.when.zones().any(|zone| zone == name)) {
            notes.warnings.add(format!("/zones/{index}"), "unused-zone", format!("no condition refers to \"{name}\""));
        }
    }
}

/// A sum that is rounded and then added to is not round.
fn warn_of_undone_rounding(card: &RateCard, notes: &mut Notes) {
    for (position, item) in card.items.iter().enumerate().filter(|(_, item)| item.kind == "round") {
        let after = card
            .items
            .iter()
            .skip(position + 1)
            .filter(|after| !after.branches.iter().all(|branch| branch.fee.is_included()))
            .find(|after| after.rounding.step % item.rounding.step.max(1) != 0 || after.rounding.step == 1);
        if let Some(after) = after {
            let message =
                format!("\"{}\" is added after \"{}\" has rounded, so the total is not round", after.code, item.code);
            notes.warnings.add(format!("/items/{position}"), "rounding-undone", message);
        }
    }
}

#[cfg(test)]
mod tests;
