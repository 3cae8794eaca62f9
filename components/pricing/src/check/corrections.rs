//! Which items correct others, and whether that adds up.

use crate::card::RateCard;
use crate::item::Item;
use std::collections::BTreeSet;

/// Pairs of items that correct some of the same items though neither is based on the other; the later one first.
pub fn rivals(card: &RateCard) -> Vec<(usize, usize)> {
    let all: Vec<usize> = (0..card.items.len()).collect();
    let all: Vec<(usize, BTreeSet<usize>)> = corrections(card, &all).collect();
    let mut rivals = Vec::new();
    for (index, (later, needed)) in all.iter().enumerate() {
        for (earlier, other) in all.iter().take(index) {
            let around = |outer: &BTreeSet<usize>, inner: &BTreeSet<usize>, position| {
                outer.contains(position) && inner.is_subset(outer)
            };
            if !needed.is_disjoint(other) && !around(needed, other, earlier) && !around(other, needed, later) {
                rivals.push((*later, *earlier));
            }
        }
    }
    rivals
}

/// Whether an item may go down when what it is based on goes up.
pub fn corrects(item: &Item) -> bool {
    item.branches.iter().any(|branch| branch.fee.corrects())
}

/// Of these items those that correct others, and which.
pub fn corrections<'a>(card: &'a RateCard, of: &'a [usize]) -> impl Iterator<Item = (usize, BTreeSet<usize>)> + 'a {
    of.iter().filter_map(|position| {
        let item = card.items.get(*position).filter(|item| corrects(item))?;
        Some((*position, item.branches.iter().flat_map(|branch| branch.fee.base()).copied().collect()))
    })
}

pub fn first_outside(needed: &BTreeSet<usize>, base: &[usize]) -> Option<usize> {
    needed.iter().find(|position| !base.contains(position)).copied()
}
