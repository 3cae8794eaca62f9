//! Reads a JSON document field by field, and notes everything that is wrong with it, each with its JSON Pointer.
//!
//! Readers answer `None` when they noted something, so that a request type reads all its fields first and only then
//! asks for their values:
//!
//! ```
//! use farebox_gateway::decode::Notes;
//!
//! let document = serde_json::json!({"distance_m": 4.1, "colour": "red"});
//! let notes = Notes::default();
//! let body = notes.body(&document, &["distance_m", "duration_s"]).expect("it is an object");
//! let distance = body.required("distance_m").and_then(|field| field.integer(&(0..=5_000_000)));
//! let duration = body.required("duration_s").and_then(|field| field.integer(&(0..=604_800)));
//! let problem = notes.finish(distance.zip(duration)).unwrap_err();
//! assert_eq!(problem.errors.len(), 3); // an unknown field, a fraction of a metre, and a missing field
//! ```

use crate::geodesy;
use crate::problem::{FieldError, Problem};
use crate::{limits, names};
use farebox_document::pointer_segment;
use farebox_fare::time;
use farebox_fare::{Point, Timestamp};
use farebox_money::{AmountError, Currency, MinorUnits};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

/// What is wrong with a document, so far.
#[derive(Debug, Default)]
pub struct Notes(RefCell<Vec<FieldError>>);

impl Notes {
    /// Begins to read: the document has to be an object with no fields but `known`.
    pub fn body<'a>(&'a self, document: &'a Value, known: &[&'static str]) -> Option<Object<'a>> {
        Field { value: document, at: Pointer::Document, notes: self }.object(known)
    }

    /// The value that was read, if nothing was noted.
    ///
    /// # Errors
    ///
    /// A problem that lists everything noted.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        let errors = self.0.into_inner();
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        value.ok_or_else(|| Problem::internal("a value was neither read nor refused"))
    }

    fn add(&self, at: Pointer<'_>, code: &'static str, message: String) {
        let mut errors = self.0.borrow_mut();
        if errors.len() < limits::ERRORS_LISTED {
            errors.push(FieldError::at(at.to_string(), code, message));
        }
    }
}

/// A place in a document. Becomes text only when something is wrong there.
#[derive(Clone, Copy, Debug)]
enum Pointer<'a> {
    Document,
    Key(&'a Pointer<'a>, &'a str),
    Index(&'a Pointer<'a>, usize),
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => Ok(()),
            Self::Key(parent, key) => write!(f, "{parent}/{}", pointer_segment(key)),
            Self::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// A JSON object whose fields are all known.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    fields: &'a Map<String, Value>,
    at: Pointer<'a>,
    notes: &'a Notes,
}

impl<'a> Object<'a> {
    /// A field that has to be there.
    pub fn required(&'a self, name: &'static str) -> Option<Field<'a>> {
        let field = self.optional(name);
        if field.is_none() {
            let at = Pointer::Key(&self.at, name);
            self.notes.add(at, "missing", format!("`{name}` is missing and has to be given"));
        }
        field
    }

    /// A field that may be absent. `null` is absent.
    pub fn optional(&'a self, name: &'static str) -> Option<Field<'a>> {
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        Some(Field { value, at: Pointer::Key(&self.at, name), notes: self.notes })
    }
}

/// A value, and where it was found.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    value: &'a Value,
    at: Pointer<'a>,
    notes: &'a Notes,
}

impl<'a> Field<'a> {
    /// The value as it is.
    pub fn value(self) -> &'a Value {
        self.value
    }

    /// Notes that something is wrong here: a code for programs, and a sentence that says what would be right.
    pub fn note<T>(self, code: &'static str, message: impl Into<String>) -> Option<T> {
        self.notes.add(self.at, code, message.into());
        None
    }

    /// An object with no fields but `known`; every other one is noted by name.
    pub fn object(self, known: &[&'static str]) -> Option<Object<'a>> {
        let Value::Object(fields) = self.value else {
            return self.wrong_type("an object");
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let message = format!("there is no field {}; known are {}", excerpt(name), known.join(", "));
            // A name as long as a body would make an answer as long as a body.
            let at = Pointer::Key(&self.at, name);
            self.notes.add(if name.len() <= limits::NAME_CHARS { at } else { self.at }, "unknown-field", message);
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
            return self.note("wrong-length", format!("has {} items; {least} to {most} are allowed", items.len()));
        }
        let field = |(index, value)| Field { value, at: Pointer::Index(&self.at, index), notes: self.notes };
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
        self.note("unknown-choice", format!("is {}; possible are {}", excerpt(text), choices.join(", ")))
    }

    /// The name of a city or a product.
    pub fn city(self) -> Option<&'a str> {
        let text = self.text()?;
        if names::is_city(text) {
            return Some(text);
        }
        let right = "1 to 32 letters, digits, `_` and `-`, starting with a letter or digit";
        self.note("malformed", format!("is {}; a name has {right}", excerpt(text)))
    }

    /// An identifier of the caller's.
    pub fn name(self) -> Option<&'a str> {
        let text = self.text()?;
        if names::is_name(text) {
            return Some(text);
        }
        let right = "1 to 128 letters, digits and any of `._:~-`";
        self.note("malformed", format!("is {}; an identifier has {right}", excerpt(text)))
    }

    /// A whole number in a range.
    pub fn integer(self, range: &RangeInclusive<u64>) -> Option<u64> {
        let Value::Number(number) = self.value else {
            return self.wrong_type("a whole number");
        };
        let (least, most) = range.clone().into_inner();
        match number.as_u64() {
            Some(value) if range.contains(&value) => Some(value),
            None if number.is_f64() => self.note("not-whole", format!("is {number}; it has to be a whole number")),
            _ => self.note("out-of-range", format!("is {number}; {least} to {most} is allowed")),
        }
    }

    /// A decimal number in a range, as text, with at most [`limits::FACTOR_DECIMALS`] decimals.
    pub fn decimal(self, range: &RangeInclusive<Decimal>) -> Option<Decimal> {
        let text = self.decimal_text("1.20")?;
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        let Some(value) = Decimal::from_str_exact(text).ok().filter(|_| plain) else {
            return self.note("malformed", format!("is {}; write a decimal number such as \"1.20\"", excerpt(text)));
        };
        let value = value.normalize();
        let decimals = limits::FACTOR_DECIMALS;
        if value.scale() > decimals {
            return self.note("too-precise", format!("is {text}; at most {decimals} decimals are allowed"));
        }
        if !range.contains(&value) {
            return self.note("out-of-range", format!("is {text}; {} to {} is allowed", range.start(), range.end()));
        }
        Some(value)
    }

    /// An amount of money as text, within [`limits::AMOUNT_MINOR`]. While the currency is unknown only the syntax can
    /// be checked, and nothing is answered.
    pub fn amount(self, currency: Option<Currency>) -> Option<MinorUnits> {
        let text = self.decimal_text("12.50")?;
        let known = currency.is_some();
        // Any currency knows the syntax.
        let currency = currency.or_else(|| Currency::from_code("CNY"))?;
        let (least, most) = limits::AMOUNT_MINOR.into_inner();
        match currency.parse(text) {
            Err(AmountError::NotANumber) => {
                self.note("malformed", format!("is {}; write an amount such as \"12.50\"", excerpt(text)))
            }
            _ if !known => None,
            Ok(amount) if limits::AMOUNT_MINOR.contains(&amount) => Some(amount),
            Err(AmountError::TooPrecise) => {
                let decimals = currency.exponent();
                self.note("too-precise", format!("is {text}; {currency} has {decimals} decimals"))
            }
            Ok(_) | Err(AmountError::OutOfRange) => {
                let (least, most) = (currency.format(least), currency.format(most));
                self.note("out-of-range", format!("is {text}; {least} to {most} is allowed"))
            }
        }
    }

    /// A currency that people pay with.
    pub fn currency(self) -> Option<Currency> {
        let text = self.text()?;
        let right = "an ISO 4217 code such as \"CNY\"";
        Currency::from_code(text).or_else(|| self.note("malformed", format!("is {}; write {right}", excerpt(text))))
    }

    /// A time within [`limits::MOMENT`].
    pub fn time(self) -> Option<Timestamp> {
        let text = self.text()?;
        match time::parse(text) {
            Some(moment) if limits::MOMENT.contains(&moment) => Some(moment),
            Some(_) => {
                let (first, last) = limits::MOMENT.into_inner();
                let (first, last) = (time::format(first), time::format(last));
                self.note("out-of-range", format!("is {text}; {first} to {last} is allowed"))
            }
            None => {
                let right = "RFC 3339 with an offset, for example \"2019-07-11T09:00:00+08:00\"";
                self.note("malformed", format!("is {}; write {right}", excerpt(text)))
            }
        }
    }

    /// A place: `{"lat": 39.9, "lng": 116.4}`, in degrees of WGS 84.
    pub fn place(self) -> Option<Point> {
        let place = self.object(&["lat", "lng"])?;
        let latitude = place.required("lat").and_then(|field| field.degrees(limits::LATITUDE_DEG));
        let longitude = place.required("lng").and_then(|field| field.degrees(limits::LONGITUDE_DEG));
        Some(Point { latitude: latitude?, longitude: longitude? })
    }

    fn degrees(self, limit: u8) -> Option<i32> {
        let Some(degrees) = self.value.as_f64() else {
            return self.wrong_type("a number of degrees");
        };
        geodesy::micro_degrees(degrees, limit)
            .or_else(|| self.note("out-of-range", format!("is {}; -{limit} to {limit} degrees is allowed", self.value)))
    }

    /// Text that may hold a decimal number. JSON numbers are refused: many programs read them as doubles.
    fn decimal_text(self, example: &str) -> Option<&'a str> {
        match self.value {
            Value::String(text) if text.len() <= limits::DECIMAL_CHARS => Some(text),
            Value::String(text) => {
                let most = limits::DECIMAL_CHARS;
                self.note("malformed", format!("is {}; at most {most} characters are allowed", excerpt(text)))
            }
            Value::Number(number) => self.note(
                "wrong-type",
                format!("is the number {number}; write it as text, \"{number}\", to keep it exact"),
            ),
            _ => self.wrong_type(&format!("a decimal number as text, such as \"{example}\"")),
        }
    }

    fn wrong_type<T>(self, right: &str) -> Option<T> {
        let wrong = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.note("wrong-type", format!("is {wrong}; it has to be {right}"))
    }
}

/// The text, quoted, or its beginning if it is long.
fn excerpt(text: &str) -> String {
    const MOST: usize = 64;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// Reads `value` from `{"x": value}`, and compares what is noted: `pointer code`, joined by commas.
    fn check<T>(value: Value, read: impl Fn(Field<'_>) -> Option<T>, expected: &str) {
        let document = json!({ "x": value });
        let notes = Notes::default();
        let body = notes.body(&document, &["x"]).unwrap();
        let read = body.required("x").and_then(read).is_some();
        let errors = notes.finish(Some(())).err().map(|problem| problem.errors).unwrap_or_default();
        let actual: Vec<_> = errors.iter().map(|e| format!("{} {}", e.pointer.as_deref().unwrap(), e.code)).collect();
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

    /// Money is text, exact in its currency, and never negative.
    #[test]
    fn amounts() {
        let in_currency = |code| move |field: Field<'_>| field.amount(Currency::from_code(code));
        check(json!("12.50"), in_currency("CNY"), "");
        check(json!("1000000000000"), in_currency("JPY"), "");
        check(json!("1000000000001"), in_currency("JPY"), "/x out-of-range");
        check(json!("12.505"), in_currency("CNY"), "/x too-precise");
        check(json!("12.505"), in_currency("KWD"), "");
        check(json!("-1"), in_currency("CNY"), "/x out-of-range");
        check(json!("99999999999999999999999"), in_currency("CNY"), "/x out-of-range");
        check(json!("1e3"), in_currency("CNY"), "/x malformed");
        check(json!("0".repeat(1000)), in_currency("CNY"), "/x malformed");
        check(json!(12.5), in_currency("CNY"), "/x wrong-type");
        check(json!(12), in_currency("CNY"), "/x wrong-type");
    }

    /// While the currency is unknown, what can be said about an amount is said.
    #[test]
    fn amounts_without_currency() {
        let document = json!({"a": "1.23456", "b": "x"});
        let notes = Notes::default();
        let body = notes.body(&document, &["a", "b"]).unwrap();
        assert_eq!(body.required("a").and_then(|field| field.amount(None)), None);
        assert_eq!(body.required("b").and_then(|field| field.amount(None)), None);
        assert_eq!(notes.finish(Some(())).unwrap_err().errors.len(), 1);
    }

    /// Factors are text with few decimals.
    #[test]
    fn decimals() {
        let read = |field: Field<'_>| field.decimal(&limits::DYNAMIC);
        check(json!("1.20"), read, "");
        check(json!("1.200000000000000"), read, "");
        check(json!("0.1"), read, "");
        check(json!("10"), read, "");
        check(json!("0.09"), read, "/x out-of-range");
        check(json!("10.01"), read, "/x out-of-range");
        check(json!("-1"), read, "/x out-of-range");
        check(json!("1.00001"), read, "/x too-precise");
        for text in ["1e1", "+1", "1_0", "1,5", "", " 1", "1 ", "--1", "1-"] {
            check(json!(text), read, "/x malformed");
        }
        check(json!(1.2), read, "/x wrong-type");
        let percent = |field: Field<'_>| field.decimal(&limits::PERCENT);
        check(json!("100"), percent, "");
        check(json!("0"), percent, "/x out-of-range");
    }

    /// Times have an offset and a sane year.
    #[test]
    fn times() {
        let read = |field: Field<'_>| field.time();
        check(json!("2019-07-11T09:00:00+08:00"), read, "");
        check(json!("2000-01-01T00:00:00Z"), read, "");
        check(json!("1999-12-31T23:59:59Z"), read, "/x out-of-range");
        check(json!("2099-12-31T23:59:59Z"), read, "");
        check(json!("2100-01-01T00:00:00Z"), read, "/x out-of-range");
        check(json!("2019-07-11T09:00:00"), read, "/x malformed");
        check(json!(1562806800), read, "/x wrong-type");
    }

    /// Places are on the map.
    #[test]
    fn places() {
        let read = |field: Field<'_>| field.place();
        check(json!({"lat": 39.9, "lng": 116.4}), read, "");
        check(json!({"lat": -90, "lng": 180}), read, "");
        check(json!({"lat": 116.4, "lng": 39.9}), read, "/x/lat out-of-range");
        check(json!({"lat": "39.9"}), read, "/x/lat wrong-type, /x/lng missing");
        check(json!([39.9, 116.4]), read, "/x wrong-type");
    }

    /// Every item of a list is looked at, and lists have limits.
    #[test]
    fn lists() {
        let read = |field: Field<'_>| field.distinct(&(1..=3), |item| item.city().map(str::to_owned), String::clone);
        check(json!(["a", "b"]), read, "");
        check(json!([]), read, "/x wrong-length");
        check(json!(["a", "b", "c", "d"]), read, "/x wrong-length");
        check(json!(["a", "a", 1]), read, "/x/1 duplicate, /x/2 wrong-type");
        check(json!(["../etc"]), read, "/x/0 malformed");
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
        let problem = notes.finish(Some(())).unwrap_err();
        assert_eq!(problem.errors.len(), limits::ERRORS_LISTED);
        assert!(problem.errors.iter().all(|error| error.message.len() < 200));
    }
}
