//! Branches of an item that apply to the same ride.

use crate::item::Item;
use crate::notes::Notes;
use crate::when::SubjectsOf;
use farebox_conditions::meeting;

/// Two branches that both apply to some ride at some time would make the price depend on their order.
pub fn refuse(item: &Item, subjects: &SubjectsOf<'_>, pointer: &str, notes: &mut Notes) {
    for (index, branch) in item.branches.iter().enumerate() {
        let mut earlier = item.branches.iter().take(index).enumerate();
        let overlap =
            earlier.find_map(|(other, earlier)| Some((other, meeting(&branch.when, &earlier.when, subjects)?)));
        if let Some((other, witness)) = overlap {
            notes.problems.add(
                format!("{pointer}/branches/{index}/when"),
                "overlap",
                format!("branch {other} applies as well, for example {witness}; branches may not overlap"),
            );
        }
    }
}
