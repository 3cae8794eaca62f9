//! What the conditions of a document are about.

use crate::choice::Choice;
use farebox_fare::LocalTime;

/// Stands for every name that no condition has. No condition has an empty one.
const ANY_OTHER: &str = "";

/// The facts that a document has conditions on.
#[derive(Clone, Debug)]
pub struct Subjects<'a, const N: usize, const Q: usize> {
    /// Those that are names.
    pub names: [Name<'a>; N],
    /// Those that are quantities, as they are written.
    pub quantities: [&'static str; Q],
    /// On which days of the week there can be a holiday, from Monday on.
    pub holidays: [bool; 7],
}

/// A fact that is a name.
#[derive(Clone, Debug)]
pub struct Name<'a> {
    /// The fact, as it is written.
    pub word: &'static str,
    /// Every name that it can have, where all of them are known.
    pub known: Option<Vec<&'a str>>,
    /// Whether an example says which name it has.
    pub told: bool,
}

impl Name<'_> {
    /// A fact that can have any name.
    pub const fn any(word: &'static str) -> Self {
        Self { word, known: None, told: true }
    }
}

impl<const N: usize, const Q: usize> Subjects<'_, N, Q> {
    /// Whether a moment can be: a holiday can fall on that day of the week, or none is meant.
    pub(crate) fn has(&self, moment: LocalTime) -> bool {
        !moment.holiday || self.holidays.get(moment.weekday()).copied().unwrap_or_default()
    }

    /// Every name of a fact that conditions can tell apart, in the order in which they are given.
    pub(crate) fn names<'b>(&'b self, position: usize, choices: impl Iterator<Item = &'b Choice>) -> Vec<&'b str> {
        let known = self.names.get(position).and_then(|name| name.known.clone());
        known.unwrap_or_else(|| choices.flat_map(Choice::names).chain([ANY_OTHER]).collect())
    }

    /// A name of a fact in words, for examples.
    pub(crate) fn describe_name(&self, position: usize, name: &str) -> Option<String> {
        let subject = self.names.get(position).filter(|subject| subject.told)?;
        let name = if name == ANY_OTHER { "any other" } else { name };
        Some(format!("{} {name}", subject.word))
    }

    /// A quantity in words, for examples.
    pub(crate) fn describe_quantity(&self, position: usize, quantity: u64) -> Option<String> {
        Some(format!("{} {quantity}", self.quantities.get(position)?))
    }
}

/// Whether it stands for every name that no condition has.
pub(crate) fn is_any_other(name: &str) -> bool {
    name == ANY_OTHER
}
