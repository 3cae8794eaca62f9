//! Whole numbers, lists and tables that have limits, which reading enforces and the schema states.

use crate::{Given, ProblemCode, integer, refuse, say};
use serde::Serialize;
use serde::de::value::StringDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A whole number from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const LEAST: u64, const MOST: u64>(pub u64);

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole_number(deserializer, LEAST, MOST).map(Self)
    }
}

/// One function for all limits, so that it is compiled once and not for each of them.
#[inline(never)]
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D, least: u64, most: u64) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Number { least, most })
}

struct Number {
    least: u64,
    most: u64,
}

impl Number {
    fn out_of_range<T, E: Error>(&self, number: impl fmt::Display) -> Result<T, E> {
        Err(refuse(ProblemCode::OutOfRange, say::out_of_range(number, self.least, self.most)))
    }
}

impl Visitor<'_> for Number {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        if (self.least..=self.most).contains(&number) { Ok(number) } else { self.out_of_range(number) }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number).or_else(|_| self.out_of_range(number)).and_then(|number| self.visit_u64(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<u64, E> {
        match integer(number) {
            Some(number) => self.visit_i64(number),
            None => Err(refuse(ProblemCode::NotWhole, say::not_whole(number))),
        }
    }
}

/// A list of `LEAST` to `MOST` items. An item that is wrong is noted, and reading goes on with the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const LEAST: usize, const MOST: usize>(pub Vec<Given<T>>);

impl<'de, T: Deserialize<'de>, const LEAST: usize, const MOST: usize> Deserialize<'de> for List<T, LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items(PhantomData))
    }
}

struct Items<T, const LEAST: usize, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const LEAST: usize, const MOST: usize> Visitor<'de> for Items<T, LEAST, MOST> {
    type Value = List<T, LEAST, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let length = items.size_hint().unwrap_or_default();
        if !(LEAST..=MOST).contains(&length) {
            return Err(refuse(ProblemCode::WrongLength, say::wrong_length(length, LEAST, MOST)));
        }
        let mut list = Vec::with_capacity(length);
        while let Some(Item(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(List(list))
    }
}

/// An item of a list. Unlike a field, it is not absent when it is `null`.
struct Item<T>(Given<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(deserializer).map_or(Given::Wrong, Given::Read)))
    }
}

/// A list of at most `MOST` items in a document. Of a longer one, no item is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AtMost<T, const MOST: usize>(pub Vec<T>);

impl<T, const MOST: usize> Default for AtMost<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for AtMost<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Few::<T, MOST>(PhantomData)).map(Self)
    }
}

struct Few<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Few<T, MOST> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let length = items.size_hint().unwrap_or_default();
        let mut list = Vec::with_capacity(length.min(MOST));
        let too_long = |length| Err(refuse(ProblemCode::WrongLength, say::wrong_length(length, 0, MOST)));
        if length > MOST {
            return too_long(length);
        }
        while let Some(item) = items.next_element()? {
            list.push(item);
            // Whoever does not say beforehand how many there are.
            if list.len() > MOST {
                return too_long(list.len());
            }
        }
        Ok(list)
    }
}

/// An object of at most `MOST` entries whose names, read as `K`, are the caller's. An entry that is wrong is noted where it
/// stands, its name too, and reading goes on with the next. One that is `null` is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<K, V, const MOST: usize>(pub Vec<(K, Given<V>)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Table<K, V, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<K, V, const MOST: usize>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>, const MOST: usize> Visitor<'de> for Entries<K, V, MOST> {
    type Value = Table<K, V, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let count = entries.size_hint().unwrap_or_default();
        if count > MOST {
            return Err(refuse(ProblemCode::WrongLength, say::wrong_length(count, 0, MOST)));
        }
        let mut table = Vec::with_capacity(count);
        while let Some(name) = entries.next_key()? {
            // What is wrong was noted.
            if let Ok(entry) = entries.next_value_seed(Entry(name, PhantomData)) {
                table.push(entry);
            }
        }
        Ok(Table(table))
    }
}

/// An entry by its name, which is checked where the value stands.
struct Entry<K, V>(String, PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> DeserializeSeed<'de> for Entry<K, V> {
    type Value = (K, Given<V>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let value = Given::deserialize(deserializer)?;
        Ok((K::deserialize(StringDeserializer::<D::Error>::new(self.0))?, value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{MOST_PROBLEMS, read_body};
    use serde_json::{Map, Value, json};

    #[derive(serde::Deserialize)]
    struct Body<T> {
        #[serde(default = "absent")]
        x: Given<T>,
    }

    fn absent<T>() -> Given<T> {
        Given::Absent
    }

    /// Reads `{"x": value}`, and compares what is noted: `pointer code`, joined by commas.
    fn check<T: for<'d> Deserialize<'d>>(value: Value, expected: &str) {
        let document = json!({ "x": value });
        let problems = read_body(&document, |body: Body<T>, _| body.x.read().map(drop)).err().unwrap_or_default();
        let actual: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
        assert_eq!(actual.join(", "), expected, "{document}");
    }

    /// Quantities are whole and in range; nothing is truncated.
    #[test]
    fn whole_numbers() {
        let check = |value, expected| check::<Whole<1, 10>>(value, expected);
        check(json!(1), "");
        check(json!(10), "");
        check(json!(0), "/x out-of-range");
        check(json!(11), "/x out-of-range");
        check(json!(-1), "/x out-of-range");
        check(json!(3.7), "/x not-whole");
        check(json!(3.0), "");
        check(json!(1e1), "");
        check(json!(1.1e1), "/x out-of-range");
        check(json!(-0.0), "/x out-of-range");
        check(json!(1e300), "/x not-whole");
        check(json!("3"), "/x wrong-type");
    }

    /// Every item of a list is looked at, and lists have limits.
    #[test]
    fn lists() {
        let check = |value, expected| check::<List<String, 1, 3>>(value, expected);
        check(json!(["a", "b"]), "");
        check(json!([]), "/x wrong-length");
        check(json!(["a", "b", "c", "d"]), "/x wrong-length");
        check(json!({}), "/x wrong-type");
        check(json!(["a", 2, null]), "/x/1 wrong-type, /x/2 wrong-type");
    }

    /// Nothing of a list in a document is read that has more items than it may have, and the others are read as they are.
    #[test]
    fn lists_of_documents() {
        #[derive(Debug, serde::Deserialize)]
        struct Part {
            few: AtMost<u8, 3>,
        }
        let read = |value: Value| {
            let mut problems = crate::Problems::default();
            let part = crate::read_part::<Part>(&json!({ "few": value }), "/at", &mut problems);
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            (part.map(|part| part.few.0), told.join(", "))
        };
        assert_eq!(read(json!([])), (Some(vec![]), String::new()));
        assert_eq!(read(json!([1, 2, 3])), (Some(vec![1, 2, 3]), String::new()));
        let too_long = "/at/few: has 5 items; 0 to 3 are allowed [wrong-length]";
        assert_eq!(read(json!([1, "x", {}, [], 5])), (None, too_long.to_owned()));
        assert_eq!(read(json!({})).1, "/at/few: is an object; it has to be a list [wrong-type]");
        assert_eq!(read(json!([1, "x", 3])).1, "/at/few/1: is text; it has to be a whole number [wrong-type]");
        // Text does not say how long its lists are.
        assert!(serde_json::from_str::<AtMost<u8, 3>>("[1, 2, 3]").is_ok());
        assert!(serde_json::from_str::<AtMost<u8, 3>>("[1, 2, 3, 4]").is_err());
    }

    /// Every entry of a table is looked at, its name as well, and tables have limits.
    #[test]
    fn tables() {
        /// A name of one character.
        #[derive(Debug)]
        struct Short;

        impl<'de> Deserialize<'de> for Short {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let short = |text: &str| (text.len() == 1).then_some(Self);
                crate::text(deserializer, |text| {
                    short(text).ok_or_else(|| crate::BadValue::new(ProblemCode::Malformed, "is not short"))
                })
            }
        }

        let check = |value, expected| check::<Table<Short, String, 2>>(value, expected);
        check(json!({}), "");
        check(json!({"a": "1", "b": null}), "");
        check(json!({"a": "1", "bb": "2"}), "/x/bb malformed");
        check(json!({"a": 1, "bb": 2}), "/x/a wrong-type, /x/bb wrong-type, /x/bb malformed");
        check(json!({"a": "1", "b": "2", "c": "3"}), "/x wrong-length");
        check(json!([]), "/x wrong-type");
        check(json!({"y".repeat(1000): "1"}), "/x malformed");
    }

    /// Unknown fields are refused by name, with a pointer that can be followed; and no hostile document makes an answer
    /// larger than a limit.
    #[test]
    fn unknown_fields() {
        #[derive(serde::Deserialize)]
        struct Nothing {}
        check::<Nothing>(json!({"b": 1, "c/d~e": 2}), "/x/b unknown-field, /x/c~1d~0e unknown-field");
        check::<Nothing>(json!({"y".repeat(1000): 1}), "/x unknown-field");
        let hostile: Map<_, _> = (0..10_000).map(|i| (format!("{i}{}", "z".repeat(200)), json!(1))).collect();
        let problems = read_body(&hostile.into(), |_: Nothing, _| Some(())).unwrap_err();
        assert_eq!(problems.len(), MOST_PROBLEMS);
        assert!(problems.iter().all(|problem| problem.message.len() < 200));
    }
}
