//! What serde is told when a value cannot be read, in the words of [`say`](crate::say) instead of serde's own, which are
//! about Rust.

use crate::{ProblemCode, say};
use serde::de::{Error, Expected, Unexpected};
use std::borrow::Cow;
use std::fmt;

/// Separates a code from its message where both have to pass through `Error::custom`. No message has it: they quote what
/// they repeat of a document.
const SEPARATOR: char = '\0';

/// An error with a code of its own, for types that check what they read.
///
/// Any deserializer shows the message; the reader of this crate takes the code as well.
pub fn refuse<E: Error>(code: ProblemCode, message: impl Into<String>) -> E {
    E::custom(BadValue::new(code, message))
}

/// Refuses a JSON number where a decimal number is wanted as text.
pub fn number_as_text<E: Error>(number: impl fmt::Display) -> E {
    refuse(ProblemCode::WrongType, format!("is the number {number}; write it as text, \"{number}\", to keep it exact"))
}

/// Why a value is refused: what [`refuse`] says, as the error of a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// What is wrong.
    pub code: ProblemCode,
    /// One sentence: what is wrong and what would be right.
    pub message: String,
}

impl BadValue {
    /// A code, and a sentence.
    pub fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// That a word is not one of those that are possible.
    pub fn unknown_choice(word: &str, choices: &[&str]) -> Self {
        Self::new(ProblemCode::UnknownChoice, say::unknown_choice(word, choices))
    }
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message } = self;
        // Only the reader asks for the alternate form.
        if f.alternate() { write!(f, "{}{SEPARATOR}{message}", code.word()) } else { f.write_str(message) }
    }
}

/// What is wrong with a value, or with a field that it has or has not.
#[derive(Debug)]
pub(crate) struct Fault {
    pub code: &'static str,
    pub message: String,
    /// The field of the value that is unknown or missing.
    pub field: Option<Cow<'static, str>>,
}

/// Why a value cannot be read. Nothing when it was noted already.
#[derive(Debug)]
pub(crate) struct ReadError(pub Option<Box<Fault>>);

impl ReadError {
    /// It was noted already.
    pub const NOTED: Self = Self(None);

    pub fn new(code: ProblemCode, message: String) -> Self {
        Self(Some(Box::new(Fault { code: code.word(), message, field: None })))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("cannot be read", |fault| &fault.message))
    }
}

impl std::error::Error for ReadError {}

impl Error for ReadError {
    #[cold]
    #[inline(never)]
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = format!("{message:#}");
        let coded =
            text.split_once(SEPARATOR).and_then(|(code, message)| Some((ProblemCode::from_word(code)?, message)));
        match coded {
            Some((code, message)) => Self::new(code, message.to_owned()),
            None => Self::new(ProblemCode::Malformed, text),
        }
    }

    #[cold]
    #[inline(never)]
    fn invalid_type(wrong: Unexpected, right: &dyn Expected) -> Self {
        Self::new(ProblemCode::WrongType, say::is_not(kind(wrong), expected(right)))
    }

    #[cold]
    #[inline(never)]
    fn invalid_value(wrong: Unexpected, right: &dyn Expected) -> Self {
        Self::new(ProblemCode::OutOfRange, say::is_not(found(wrong), expected(right)))
    }

    #[cold]
    #[inline(never)]
    fn invalid_length(length: usize, right: &dyn Expected) -> Self {
        Self::new(ProblemCode::WrongLength, format!("has {length} items; it has to be {}", expected(right)))
    }

    #[cold]
    #[inline(never)]
    fn unknown_variant(word: &str, choices: &'static [&'static str]) -> Self {
        Self::new(ProblemCode::UnknownChoice, say::unknown_choice(word, choices))
    }

    #[cold]
    #[inline(never)]
    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        let message = say::unknown_field(name, known);
        Self(Some(Box::new(Fault {
            code: ProblemCode::UnknownField.word(),
            message,
            field: Some(name.to_owned().into()),
        })))
    }

    #[cold]
    #[inline(never)]
    fn missing_field(name: &'static str) -> Self {
        let message = say::missing(name);
        Self(Some(Box::new(Fault { code: ProblemCode::Missing.word(), message, field: Some(name.into()) })))
    }

    #[cold]
    #[inline(never)]
    fn duplicate_field(name: &'static str) -> Self {
        // No object that was parsed has one.
        Self::new(ProblemCode::Duplicate, format!("`{name}` occurs more than once"))
    }
}

/// What was found.
fn found(wrong: Unexpected) -> String {
    match wrong {
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => say::number(number),
        Unexpected::Str(text) => say::excerpt(text),
        other => kind(other).to_owned(),
    }
}

/// What kind of value was found, without Rust's words for it.
fn kind(wrong: Unexpected) -> &'static str {
    match wrong {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) => "text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        Unexpected::Unit | Unexpected::Option => "null",
        _ => "something else",
    }
}

/// What belongs there. What serde and its derived code say is about Rust, and so is put into other words; a type that was
/// written for people says it well itself.
pub(crate) fn expected(right: &dyn Expected) -> String {
    let text = right.to_string();
    match text.as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "i128" | "u128" | "usize" | "isize" => {
            "a whole number"
        }
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "string" | "a borrowed string" | "a character" => "text",
        "a sequence" => "a list",
        "a map" => "an object",
        "unit" => "null",
        _ if text.starts_with("struct ") => "an object",
        _ if text.starts_with("enum ") || text.starts_with("variant ") => "one of the words that are possible here",
        _ if text.starts_with("tuple ") || text.starts_with("a tuple ") || text.starts_with("an array ") => {
            "a list of the right length"
        }
        _ => return text,
    }
    .to_owned()
}
