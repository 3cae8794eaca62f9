//! All conditions of a part of a document.

use crate::calendar::Calendar;
use crate::choice::Choice;
use crate::range::Range;
use crate::subjects::Name;
use farebox_document::Problems;
use farebox_fare::LocalTime;

/// The name of a fact that is not known.
pub const NONE: &str = "none";

/// When a part of a document applies: whenever all of these hold. `N` facts are names, and `Q` are quantities; which, the document
/// says, and they stand in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When<const N: usize, const Q: usize> {
    /// On the local time.
    pub calendar: Calendar,
    /// On facts that are names.
    pub names: [Option<Choice>; N],
    /// On facts that are quantities.
    pub quantities: [Option<Range>; Q],
}

/// What conditions look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts<'a, const N: usize, const Q: usize> {
    /// The local time.
    pub moment: LocalTime,
    /// Those that are names; [`NONE`] is one that is not known.
    pub names: [&'a str; N],
    /// Those that are quantities.
    pub quantities: [u64; Q],
}

impl<const N: usize, const Q: usize> When<N, Q> {
    /// Always.
    pub const ALWAYS: Self =
        Self { calendar: Calendar::ALWAYS, names: [const { None }; N], quantities: [const { None }; Q] };

    /// Reads the conditions on names that are given, in the order of the facts; what is wrong is noted under `pointer`.
    pub fn read_names(
        &mut self,
        choices: [Option<Choice>; N],
        names: &[Name<'_>; N],
        pointer: &str,
        problems: &mut Problems,
    ) {
        for ((slot, choice), Name { word, known, .. }) in self.names.iter_mut().zip(choices).zip(names) {
            let Some(choice) = choice else { continue };
            choice.check(known.as_deref(), &format!("{pointer}/{word}"), problems);
            *slot = Some(choice);
        }
    }

    /// Whether all conditions hold.
    pub fn holds(&self, facts: &Facts<'_, N, Q>) -> bool {
        self.calendar.holds(facts.moment) && self.holds_at_any_time(facts)
    }

    /// Whether all conditions but those on the local time hold.
    pub fn holds_at_any_time(&self, facts: &Facts<'_, N, Q>) -> bool {
        self.names.iter().zip(facts.names).all(|(choice, name)| choice.as_ref().is_none_or(|choice| choice.has(name)))
            && self
                .quantities
                .iter()
                .zip(facts.quantities)
                .all(|(range, quantity)| range.is_none_or(|range| range.has(quantity)))
    }

    /// Whether the fact at a position may have this name.
    pub fn has_name(&self, position: usize, name: &str) -> bool {
        self.names.get(position).is_none_or(|choice| choice.as_ref().is_none_or(|choice| choice.has(name)))
    }

    /// Whether the fact at a position may be this quantity.
    pub fn has_quantity(&self, position: usize, quantity: u64) -> bool {
        self.quantities.get(position).is_none_or(|range| range.is_none_or(|range| range.has(quantity)))
    }
}
