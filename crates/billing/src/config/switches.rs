//! What operators switch while everything runs: `config/switches.json`.
//!
//! Every field may be left out, and the document too: then nothing is switched. It changes as every document does, at one moment on
//! all instances of a node, and no restart is needed.

use farebox_document::{Problem, Problems, read_document, words};
use farebox_resilience::shedding::{Level, Priority};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What `format` in the document has to say.
pub const FORMAT: &str = "farebox-switches/1";

/// For how long details of an estimate may be kept at most, in seconds: what the variable may be.
const MOST_QUOTE_TTL_S: u32 = 86_400;

words! {
    /// What is turned away with 503: a kind of request, and all that are less important. Bills never are.
    #[derive(Default)]
    pub enum Shed {
        /// Nothing.
        #[default]
        None = "none",
        /// Pages that show how an amount came about.
        Details = "details",
        /// Estimates, and what is before.
        Estimates = "estimates",
        /// Segments, and what is before.
        Segments = "segments",
    }
}

impl Shed {
    /// The same, as it is decided by.
    pub const fn level(self) -> Level {
        match self {
            Self::None => None,
            Self::Details => Some(Priority::Detail),
            Self::Estimates => Some(Priority::Estimate),
            Self::Segments => Some(Priority::Segments),
        }
    }
}

/// What operators switch while everything runs.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Farebox switches", rename = "Switches"))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// "farebox-switches/1".
    pub format: String,
    /// For people: why it is as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// For how long details of estimates are kept, in seconds, where that is less than the variable `quote_ttl_s` says: up to a day. Zero:
    /// not at all, which takes load off the store; rides are then billed with the rate cards of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = 86_400)))]
    pub quote_ttl_s: Option<u32>,
    /// Whether pages show totals only: nothing is rendered, and for pages of estimates the store is not asked.
    #[serde(default)]
    pub totals_only: bool,
    /// Whether bills are made from what their requests say, without asking for what was measured. They are marked, and due to be put
    /// right.
    #[serde(default)]
    pub mock_always: bool,
    /// What is turned away.
    #[serde(default)]
    pub shed: Shed,
}

impl Default for Switches {
    fn default() -> Self {
        let format = FORMAT.to_owned();
        Self { format, title: None, quote_ttl_s: None, totals_only: false, mock_always: false, shed: Shed::None }
    }
}

impl Switches {
    /// Reads and checks the document.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(document: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let read = read_document::<Self>(document, FORMAT, &mut problems);
        let Some((_, switches)) = read else { return Err(problems.into_vec()) };
        if let Some(seconds) = switches.quote_ttl_s.filter(|seconds| *seconds > MOST_QUOTE_TTL_S) {
            let message = format!("is {seconds}; 0 to {MOST_QUOTE_TTL_S} is allowed");
            problems.add("/quote_ttl_s", "out-of-range", message);
        }
        problems.into_result(switches)
    }

    /// What is switched, in words; none when nothing is.
    pub fn words(&self) -> Vec<String> {
        let Self { quote_ttl_s, totals_only, mock_always, shed, .. } = self;
        let words = [
            quote_ttl_s.map(|seconds| format!("quote_ttl_s {seconds}")),
            totals_only.then(|| "totals_only".to_owned()),
            mock_always.then(|| "mock_always".to_owned()),
            (*shed != Shed::None).then(|| format!("shed {}", shed.word())),
        ];
        words.into_iter().flatten().collect()
    }

    /// For how long details of an estimate are kept, in seconds.
    pub fn quote_ttl_s(&self, variable_s: u32) -> u32 {
        self.quote_ttl_s.map_or(variable_s, |switched_s| switched_s.min(variable_s))
    }

    /// The JSON Schema (draft 2020-12) of the document. What does not fit it is refused by [`parse`](Self::parse).
    #[cfg(feature = "schema")]
    pub fn schema() -> serde_json::Value {
        farebox_document::document_schema::<Self>("switches-1", FORMAT)
    }
}

/// What is switched, in one line.
impl fmt::Display for Switches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.words()[..] {
            [] => f.write_str("nothing"),
            words => f.write_str(&words.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A document that says nothing switches nothing; and what is shorter than the variable counts, nothing else.
    #[test]
    fn nothing_is_the_default() {
        let switches = Switches::parse(r#"{"format": "farebox-switches/1"}"#).unwrap();
        assert_eq!((&switches, switches.words()), (&Switches::default(), vec![]));
        let text = r#"{"format": "farebox-switches/1", "title": "flood", "quote_ttl_s": 0, "totals_only": true, "mock_always": true, "shed": "estimates"}"#;
        let switches = Switches::parse(text).unwrap();
        assert_eq!(switches.words(), ["quote_ttl_s 0", "totals_only", "mock_always", "shed estimates"]);
        for (switched, variable, expected) in
            [(None, 900, 900), (Some(60), 900, 60), (Some(0), 900, 0), (Some(900), 0, 0)]
        {
            let switches = Switches { quote_ttl_s: switched, ..Switches::default() };
            assert_eq!(switches.quote_ttl_s(variable), expected);
        }
        let levels: Vec<Level> = Shed::ALL.iter().map(|shed| shed.level()).collect();
        assert_eq!(levels, [None, Some(Priority::Detail), Some(Priority::Estimate), Some(Priority::Segments)]);
    }

    /// All that is wrong is told at once, each with its field and what would be right.
    #[test]
    fn problems() {
        for (document, expected) in [
            ("{", "(document): is not JSON"),
            ("{}", "/format: `format` is missing"),
            (r#"{"format": "farebox-switches/2"}"#, "/format: has to be \"farebox-switches/1\""),
            (
                r#"{"format": "farebox-switches/1", "mock": true, "shed": "bills", "totals_only": "yes"}"#,
                "/mock: there is no field\n/totals_only: \n/shed: is \"bills\"; possible are none, details, estimates, segments",
            ),
            (
                r#"{"format": "farebox-switches/1", "quote_ttl_s": 86401}"#,
                "/quote_ttl_s: is 86401; 0 to 86400 is allowed",
            ),
        ] {
            let problems = Switches::parse(document).unwrap_err();
            assert_eq!(problems.len(), expected.lines().count(), "{document}: {problems:?}");
            for expected in expected.lines() {
                let told = problems.iter().any(|problem| problem.to_string().starts_with(expected.trim_end()));
                assert!(told, "{document}: {problems:?} lacks {expected}");
            }
        }
    }
}
