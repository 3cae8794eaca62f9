//! What is wrong with a document, all of it at once.

use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

/// Something wrong with a document, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: a JSON Pointer (RFC 6901). Empty means the document as a whole.
    pub pointer: String,
    /// A stable kebab-case word for programs.
    pub code: Cow<'static, str>,
    /// One sentence for people: what is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "(document)" } else { &self.pointer };
        write!(f, "{place}: {} [{}]", self.message, self.code)
    }
}

/// Collects problems, so that a check can go on after the first.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(Problem { pointer: pointer.into(), code: code.into(), message: message.into() });
    }

    /// Notes what somebody else found.
    pub fn extend(&mut self, problems: Vec<Problem>) {
        self.0.extend(problems);
    }

    /// `value` if nothing was noted, all that was otherwise.
    ///
    /// # Errors
    ///
    /// The problems, in the order they were noted.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }

    /// Puts the problems in another order; those with equal keys stay as they are.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl FnMut(&Problem) -> K) {
        self.0.sort_by_key(key);
    }

    /// How many problems were noted so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was noted so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems, in the order they were noted.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// What was noted so far.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}
