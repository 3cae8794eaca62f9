//! Reads a JSON document field by field, and notes everything that is wrong with it, each with its JSON Pointer.
//!
//! Readers answer `None` when they noted something, so that a request type reads all its fields first and only then
//! asks for their values:
//!
//! ```
//! use farebox_document::Notes;
//!
//! let document = serde_json::json!({"distance_m": 4.1, "colour": "red"});
//! let notes = Notes::default();
//! let body = notes.body(&document, &["distance_m", "duration_s"]).expect("it is an object");
//! let distance = body.required("distance_m").and_then(|field| field.integer(&(0..=5_000_000)));
//! let duration = body.required("duration_s").and_then(|field| field.integer(&(0..=604_800)));
//! let problems = notes.finish(distance.zip(duration)).unwrap_err();
//! assert_eq!(problems.len(), 3); // an unknown field, a fraction of a metre, and a missing field
//! ```

use crate::{Notes, Place, say};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

impl Notes {
    /// Begins to read: the document has to be an object with no fields but `known`.
    pub fn body<'a>(&'a self, document: &'a Value, known: &[&'static str]) -> Option<Object<'a>> {
        Field { value: document, at: Place::DOCUMENT, notes: self }.object(known)
    }
}

/// A JSON object whose fields are all known.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    fields: &'a Map<String, Value>,
    at: Place<'a>,
    notes: &'a Notes,
}

impl<'a> Object<'a> {
    /// A field that has to be there.
    pub fn required(&'a self, name: &'static str) -> Option<Field<'a>> {
        let field = self.optional(name);
        if field.is_none() {
            self.notes.add(&self.at.key(name), "missing", say::missing(name));
        }
        field
    }

    /// A field that may be absent. `null` is absent.
    pub fn optional(&'a self, name: &'static str) -> Option<Field<'a>> {
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        Some(Field { value, at: Place::Key(&self.at, name), notes: self.notes })
    }
}

/// A value, and where it was found.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    value: &'a Value,
    at: Place<'a>,
    notes: &'a Notes,
}

impl<'a> Field<'a> {
    /// The value as it is.
    pub fn value(self) -> &'a Value {
        self.value
    }

    /// Notes that something is wrong here: a code for programs, and a sentence that says what would be right.
    pub fn note<T>(self, code: &'static str, message: impl Into<String>) -> Option<T> {
        self.notes.add(&self.at, code, message);
        None
    }

    /// An object with no fields but `known`; every other one is noted by name.
    pub fn object(self, known: &[&'static str]) -> Option<Object<'a>> {
        let Value::Object(fields) = self.value else {
            return self.wrong_type("an object");
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.notes.add(&self.at.key(name), "unknown-field", say::unknown_field(name, known));
        }
        Some(Object { fields, at: self.at, notes: self.notes })
    }

    /// A list of so many items, each read by `read`. Nothing is answered unless all items can be read.
    pub fn list<T>(self, length: &RangeInclusive<usize>, read: impl Fn(Field<'_>) -> Option<T>) -> Option<Vec<T>> {
        let Value::Array(items) = self.value else {
            return self.wrong_type("a list");
        };
        if !length.contains(&items.len()) {
            let (least, most) = length.clone().into_inner();
            return self.note("wrong-length", say::wrong_length(items.len(), least, most));
        }
        let field = |(index, value)| Field { value, at: Place::Index(&self.at, index), notes: self.notes };
        // Reads on after an item that is wrong, to note what is wrong with the others.
        let read: Vec<Option<T>> = items.iter().enumerate().map(field).map(read).collect();
        read.into_iter().collect()
    }

    /// A list in which `key` of every item is different from all before it.
    pub fn distinct<T, K: Eq + std::hash::Hash + fmt::Display>(
        self,
        length: &RangeInclusive<usize>,
        read: impl Fn(Field<'_>) -> Option<T>,
        key: impl Fn(&T) -> K,
    ) -> Option<Vec<T>> {
        let seen = RefCell::new(HashSet::new());
        self.list(length, |field| {
            let item = read(field)?;
            let key = key(&item);
            let message = format!("{key} occurs more than once in this list");
            if seen.borrow_mut().insert(key) { Some(item) } else { field.note("duplicate", message) }
        })
    }

    /// Text of any content.
    pub fn text(self) -> Option<&'a str> {
        self.value.as_str().or_else(|| self.wrong_type("text"))
    }

    /// One of the words in `choices`.
    pub fn choice(self, choices: &[&'static str]) -> Option<&'a str> {
        let text = self.text()?;
        if choices.contains(&text) {
            return Some(text);
        }
        self.note("unknown-choice", say::unknown_choice(text, choices))
    }

    /// A whole number in a range.
    pub fn integer(self, range: &RangeInclusive<u64>) -> Option<u64> {
        let Value::Number(number) = self.value else {
            return self.wrong_type("a whole number");
        };
        let (least, most) = range.clone().into_inner();
        match number.as_u64() {
            Some(value) if range.contains(&value) => Some(value),
            None if number.is_f64() => self.note("not-whole", say::not_whole(number)),
            _ => self.note("out-of-range", say::out_of_range(number, least, most)),
        }
    }

    /// Notes that a value of another type belongs here: "a whole number", say.
    pub fn wrong_type<T>(self, right: &str) -> Option<T> {
        self.note("wrong-type", say::wrong_type(self.value, right))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::MOST_PROBLEMS;
    use serde_json::json;

    /// Reads `value` from `{"x": value}`, and compares what is noted: `pointer code`, joined by commas.
    fn check<T>(value: Value, read: impl Fn(Field<'_>) -> Option<T>, expected: &str) {
        let document = json!({ "x": value });
        let notes = Notes::default();
        let body = notes.body(&document, &["x"]).unwrap();
        let read = body.required("x").and_then(read).is_some();
        let problems = notes.finish(Some(())).err().unwrap_or_default();
        let actual: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
        assert_eq!(actual.join(", "), expected, "{document}");
        assert_eq!(read, expected.is_empty(), "{document}");
    }

    /// Quantities are whole and in range; nothing is truncated.
    #[test]
    fn integers() {
        let read = |field: Field<'_>| field.integer(&(1..=10));
        check(json!(1), read, "");
        check(json!(10), read, "");
        check(json!(0), read, "/x out-of-range");
        check(json!(11), read, "/x out-of-range");
        check(json!(-1), read, "/x out-of-range");
        check(json!(3.7), read, "/x not-whole");
        check(json!(3.0), read, "/x not-whole");
        check(json!("3"), read, "/x wrong-type");
        check(json!(null), read, "/x missing");
    }

    /// Every item of a list is looked at, and lists have limits.
    #[test]
    fn lists() {
        let read = |field: Field<'_>| field.distinct(&(1..=3), |item| item.text().map(str::to_owned), String::clone);
        check(json!(["a", "b"]), read, "");
        check(json!([]), read, "/x wrong-length");
        check(json!(["a", "b", "c", "d"]), read, "/x wrong-length");
        check(json!(["a", "a", 1]), read, "/x/1 duplicate, /x/2 wrong-type");
    }

    /// Unknown fields are refused by name, with a pointer that can be followed.
    #[test]
    fn unknown_fields() {
        let read = |field: Field<'_>| field.object(&["a"]).and(None::<()>);
        check(json!({"b": 1, "c/d~e": 2}), read, "/x/b unknown-field, /x/c~1d~0e unknown-field");
        check(json!({"y".repeat(1000): 1}), read, "/x unknown-field");
    }

    /// A hostile document cannot make an answer larger than a limit.
    #[test]
    fn answers_are_bounded() {
        let document: Value =
            (0..10_000).map(|i| (format!("{i}{}", "z".repeat(200)), json!(1))).collect::<Map<_, _>>().into();
        let notes = Notes::default();
        notes.body(&document, &["x"]);
        let problems = notes.finish(Some(())).unwrap_err();
        assert_eq!(problems.len(), MOST_PROBLEMS);
        assert!(problems.iter().all(|problem| problem.message.len() < 200));
    }
}
