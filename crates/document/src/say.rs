//! The sentences in which a reader says what is wrong and what would be right. Each stands here once, so that a request
//! and a rate card are refused in the same words.

use serde_json::Value;
use std::fmt;

/// "is text; it has to be a whole number".
pub(crate) fn wrong_type(value: &Value, right: impl fmt::Display) -> String {
    let wrong = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    is_not(wrong, right)
}

/// "is text; it has to be a whole number".
pub(crate) fn is_not(wrong: impl fmt::Display, right: impl fmt::Display) -> String {
    format!("is {wrong}; it has to be {right}")
}

/// A number as JSON writes it.
pub fn number(number: f64) -> String {
    Value::from(number).to_string()
}

/// "is 4.1; it has to be a whole number".
pub fn not_whole(wrong: f64) -> String {
    // One that is too large to be told from others has no fraction.
    let right = if wrong.fract() == 0.0 { "a whole number, written out in digits" } else { "a whole number" };
    is_not(number(wrong), right)
}

/// "`city` is missing and has to be given".
pub(crate) fn missing(name: &str) -> String {
    format!("`{name}` is missing and has to be given")
}

/// "there is no field "colour"; known are ...".
pub(crate) fn unknown_field(name: &str, known: &[&str]) -> String {
    format!("there is no field {}; known are {}", excerpt(name), known.join(", "))
}

/// "is "x"; possible are a, b".
pub(crate) fn unknown_choice(word: &str, choices: &[&str]) -> String {
    format!("is {}; possible are {}", excerpt(word), choices.join(", "))
}

/// "is 11; 1 to 10 is allowed".
pub(crate) fn out_of_range(number: impl fmt::Display, least: impl fmt::Display, most: impl fmt::Display) -> String {
    format!("is {number}; {least} to {most} is allowed")
}

/// "has 21 items; 1 to 20 are allowed".
pub fn wrong_length(length: usize, least: impl fmt::Display, most: impl fmt::Display) -> String {
    format!("has {length} items; {least} to {most} are allowed")
}

/// The text, quoted, or its beginning if it is long.
pub fn excerpt(text: &str) -> String {
    const MOST: usize = 64;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
