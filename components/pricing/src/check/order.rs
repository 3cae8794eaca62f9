//! In which order items can be priced, and that there is one.

use crate::item::Item;
use crate::notes::Notes;

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
