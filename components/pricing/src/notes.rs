//! What is found while a card is read.

use farebox_document::Problems;

/// What is wrong with a card, and what is merely odd.
#[derive(Debug, Default)]
pub struct Notes {
    pub problems: Problems,
    pub warnings: Problems,
}

impl Notes {
    /// Puts the notes in the order in which a reader goes down the card: the card itself, then one item after the other.
    pub fn sort(&mut self) {
        self.problems.sort_by_key(|problem| item(&problem.pointer));
        self.warnings.sort_by_key(|problem| item(&problem.pointer));
    }
}

/// The position of the item that a pointer leads into.
fn item(pointer: &str) -> Option<usize> {
    pointer.strip_prefix("/items/")?.split('/').next()?.parse().ok()
}
