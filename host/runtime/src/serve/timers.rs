//! What the application is asked for by this host, now and then: its jobs.

use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use serde_json::Value;

/// The header in which a component is told that it is the host that asks.
pub(super) const KEY: HeaderName = HeaderName::from_static("farebox-timers-key");

/// What is asked for on timers.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    /// A path each, and how often.
    pub timers: Vec<(String, Duration)>,
    /// What tells a component that it is the host that asks.
    pub key: Option<HeaderValue>,
}

/// What is to be asked after an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, until it is time again.
    Nothing,
    /// The same at once: there is more.
    Again,
    /// The same from here.
    From(String),
}

impl Next {
    /// A job is asked for in slices: `next` of an answer says where the next one begins, and `more` that there is one.
    pub(super) fn after(answer: &Value) -> Self {
        match (&answer["next"], &answer["more"]) {
            (Value::String(cursor), _) => Self::From(cursor.clone()),
            (_, Value::Bool(true)) => Self::Again,
            _ => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Slices are asked for until an answer says that there is no more.
    #[test]
    fn slices() {
        for (answer, expected) in [
            (json!({"looked_at": 200, "next": "110000/a"}), Next::From("110000/a".to_owned())),
            (json!({"looked_at": 7}), Next::Nothing),
            (json!({"driven_in": 200, "more": true}), Next::Again),
            (json!({"driven_in": 3, "more": false}), Next::Nothing),
            (json!(null), Next::Nothing),
        ] {
            assert_eq!(Next::after(&answer), expected, "{answer}");
        }
    }
}
