//! How two bills differ.

use crate::bill_text;
use farebox_fare::Bill;
use serde_json::Value;
use serde_json::value::RawValue;
use similar::{ChangeTag, TextDiff};

/// A bill that was recorded, and the other one that it comes to now.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// As it is in the record.
    pub recorded: Value,
    /// As it is priced now.
    pub replayed: Value,
    /// One line each: "- " recorded, "+ " replayed, "  " both.
    pub lines: Vec<String>,
}

/// How a recorded bill and the one it comes to now compare.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// They are the same to the byte.
    SameBytes,
    /// They differ in white space and the order of keys, and in nothing else: something laid the record out anew.
    SameContent,
    /// They are different bills.
    Different(Difference),
}

impl Comparison {
    /// Compares a recorded bill with what it comes to now.
    #[must_use]
    pub fn of(recorded: &RawValue, replayed: &Bill) -> Self {
        let written = serde_json::to_string(replayed).unwrap_or_default();
        if written == recorded.get() {
            return Self::SameBytes;
        }
        let recorded_value: Value = serde_json::from_str(recorded.get()).unwrap_or_default();
        let replayed_value: Value = serde_json::from_str(&written).unwrap_or_default();
        // Reading it as a bill refuses fields that are there twice.
        let bill = serde_json::from_str::<Bill>(recorded.get());
        if recorded_value == replayed_value && bill.is_ok() {
            return Self::SameContent;
        }
        let mut lines = match bill {
            Ok(bill) => compare(&bill_text::lines(&bill), &bill_text::lines(replayed)),
            Err(error) => vec![format!("- not a bill: {error}")],
        };
        // Texts such as "1.0" and "1.00" read as the same bill, and are not the same record.
        if lines.iter().all(|line| line.starts_with("  ")) {
            lines = compare(&pretty(&recorded_value), &pretty(&replayed_value));
        }
        Self::Different(Difference { recorded: recorded_value, replayed: replayed_value, lines })
    }

    /// The difference, if there is one.
    #[must_use]
    pub fn difference(self) -> Option<Difference> {
        match self {
            Self::SameBytes | Self::SameContent => None,
            Self::Different(difference) => Some(difference),
        }
    }
}

impl Difference {
    /// The lines as text, each behind `indent`, without a line break after the last.
    #[must_use]
    pub fn indented(&self, indent: &str) -> String {
        self.lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
    }
}

fn pretty(value: &Value) -> Vec<String> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn compare(recorded: &[String], replayed: &[String]) -> Vec<String> {
    let recorded: Vec<&str> = recorded.iter().map(String::as_str).collect();
    let replayed: Vec<&str> = replayed.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&recorded, &replayed);
    let line = |change: similar::Change<&str>| {
        let sign = match change.tag() {
            ChangeTag::Delete => "-",
            ChangeTag::Insert => "+",
            ChangeTag::Equal => " ",
        };
        format!("{sign} {}", change.value())
    };
    diff.iter_all_changes().map(line).collect()
}
