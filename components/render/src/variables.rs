//! What a message may refer to. The check and the page both go by this, so they cannot disagree.

use farebox_fare::Degradation;

/// What a variable is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text to print, formatted for the locale already.
    Text,
    /// One of these words, to choose by.
    Word(&'static [&'static str]),
    /// A number, to choose by and never to print: Fluent would write it as a float.
    Number,
}

/// What a message is for, which decides what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The label and the text of a line.
    Line,
    /// The title of a section.
    Title,
    /// Wraps a title when the quantities were reconstructed.
    Mocked,
    /// An amount with its currency.
    Money,
    /// What is said of a bill that was made again.
    Repair,
}

/// The CLDR plural categories: what a [`Kind::Number`] can be matched with by name.
pub(crate) const PLURALS: &[&str] = &["zero", "one", "two", "few", "many", "other"];

use Role::{Line, Mocked, Money, Repair, Title};

/// Every variable, what it is good for, and who is told it.
const VARIABLES: &[(&str, Kind, &[Role])] = &[
    ("after", Kind::Text, &[Repair]),
    ("amount", Kind::Text, &[Line, Money]),
    ("basis", Kind::Word(&["estimated", "metered", "mocked"]), &[Line, Title, Mocked]),
    ("because", Kind::Word(Degradation::WORDS), &[Repair]),
    ("before", Kind::Text, &[Repair]),
    ("borne", Kind::Text, &[Repair]),
    ("change", Kind::Word(&["more", "less", "same"]), &[Repair]),
    ("closed", Kind::Word(&["yes", "no"]), &[Repair]),
    ("code", Kind::Text, &[Line]),
    ("currency", Kind::Text, &[Line, Title, Mocked, Money, Repair]),
    ("difference", Kind::Text, &[Repair]),
    ("factor", Kind::Text, &[Line]),
    ("minutes", Kind::Text, &[Line]),
    ("minutes_number", Kind::Number, &[Line]),
    ("payable", Kind::Text, &[Repair]),
    ("per", Kind::Text, &[Line]),
    ("per_number", Kind::Number, &[Line]),
    ("percent", Kind::Text, &[Line]),
    ("quantity", Kind::Text, &[Line]),
    ("quantity_number", Kind::Number, &[Line]),
    ("rate", Kind::Text, &[Line]),
    ("reference", Kind::Text, &[Line]),
    ("seconds", Kind::Text, &[Line]),
    ("seconds_number", Kind::Number, &[Line]),
    ("title", Kind::Text, &[Mocked]),
    ("unit", Kind::Word(&["trip", "meter", "second", "piece", "money"]), &[Line]),
];

/// What the variable `name` is good for; `None` if nobody is ever told it.
pub(crate) fn kind(name: &str) -> Option<Kind> {
    VARIABLES.iter().find(|(known, ..)| *known == name).map(|(_, kind, _)| *kind)
}

impl Role {
    /// The variables that a message in this role is told.
    pub(crate) fn variables(self) -> impl Iterator<Item = &'static str> {
        VARIABLES.iter().filter(move |(.., roles)| roles.contains(&self)).map(|(name, ..)| *name)
    }

    /// The variable that a message in this role has to show, whichever variant is chosen: leaving it out would hide
    /// what the message is there to say.
    pub(crate) const fn must_show(self) -> Option<&'static str> {
        match self {
            // The amounts of a repair are on the page beside its words.
            Line | Title | Repair => None,
            Mocked => Some("title"),
            Money => Some("amount"),
        }
    }
}

/// "$a, $b, $c", for people.
pub(crate) fn enumerate(names: impl IntoIterator<Item = &'static str>) -> String {
    names.into_iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The operators' manual explains every variable.
    #[test]
    fn every_variable_is_documented() {
        let manual = include_str!("../../../docs/copy.md");
        for (name, ..) in VARIABLES {
            assert!(manual.contains(&format!("`${name}`")), "docs/copy.md does not explain ${name}");
        }
    }
}
