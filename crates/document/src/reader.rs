//! Reads a value as what it is, for any type that serde can make.
//!
//! Left to itself, serde takes a list for an object, field by field, and `{"a": null}` for the word "a"; a document would
//! mean something that its schema refuses. And it speaks of Rust when something is wrong.

use crate::error::{ReadError, expected};
use crate::filler::Filler;
use crate::integer::integer_of;
use crate::notes::Known;
use crate::{Notes, Place, ProblemCode, say};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, map};

/// A value, and where it was found. With notes, everything that is wrong is noted where it is wrong; without, the first
/// error is answered, and no place matters.
///
/// A document is read `AGAIN` and again until everything that is wrong with it is found: what is known to be wrong is passed
/// over, and something stands in for what is missing. A request is read once. Each type of a document or a request is
/// compiled for one of the two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'d, 'p, const AGAIN: bool> {
    pub value: &'d Value,
    pub at: Place<'p>,
    pub notes: Option<&'p Notes>,
}

impl<'d, const AGAIN: bool> Reader<'d, '_, AGAIN> {
    /// A field of the object, whose value this is.
    fn field<'a>(&'a self, name: &'a str, value: &'d Value) -> Reader<'d, 'a, AGAIN> {
        Reader { value, at: self.at.key(name), notes: self.notes }
    }

    /// Whether a part of the value is passed over.
    fn passes_over(&self, part: &Value) -> bool {
        AGAIN && self.notes.is_some_and(|notes| notes.is_wrong(part))
    }

    #[cold]
    #[inline(never)]
    fn refuse<T>(&self, code: ProblemCode, message: String) -> Result<T, ReadError> {
        Err(self.told(ReadError::new(code, message)))
    }

    #[cold]
    #[inline(never)]
    fn wrong_type<T>(&self, right: &str) -> Result<T, ReadError> {
        self.refuse(ProblemCode::WrongType, say::wrong_type(self.value, right))
    }

    /// Notes that nobody knows a field.
    #[cold]
    #[inline(never)]
    fn unknown_field(&self, name: &str, value: &Value, known: &'static [&'static str]) -> Result<(), ReadError> {
        let Some(notes) = self.notes else { return Err(ReadError::unknown_field(name, known)) };
        notes.unknown_field(value, &self.at.key(name), say::unknown_field(name, known));
        Ok(())
    }

    /// Notes nothing, but that the value cannot be read further than it was.
    fn give_up(&self) {
        if let Some(notes) = self.notes {
            notes.give_up(self.value);
        }
    }

    /// Notes an error that was not noted further inside.
    fn tell<T>(&self, result: Result<T, ReadError>) -> Result<T, ReadError> {
        result.map_err(|error| self.told(error))
    }

    #[cold]
    #[inline(never)]
    fn told(&self, error: ReadError) -> ReadError {
        match (self.notes, error) {
            (Some(notes), ReadError(Some(fault))) => {
                notes.fault(self.value, &self.at, *fault);
                ReadError::NOTED
            }
            (_, error) => error,
        }
    }

    fn list<V: Visitor<'d>>(self, visitor: V, items: &'d [Value]) -> Result<V::Value, ReadError> {
        let length = items.len();
        let mut items = Items { list: &self, items: items.iter().enumerate() };
        let value = visitor.visit_seq(&mut items);
        let left = items.items.len();
        match value {
            // A pair, say, of which there are three.
            Ok(_) if left > 0 => {
                self.refuse(ProblemCode::WrongLength, say::wrong_length(length, length - left, length - left))
            }
            value => self.tell(value),
        }
    }

    fn entries<V: Visitor<'d>>(self, visitor: V, fields: &'d Map<String, Value>) -> Result<V::Value, ReadError> {
        let entries = Entries { object: &self, known: None, fields: fields.iter(), next: None };
        self.tell(visitor.visit_map(entries))
    }
}

/// Whole numbers, within what the type can hold.
macro_rules! whole {
    ($($deserialize:ident $visit:ident $number:ty;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let Value::Number(number) = self.value else {
                return self.wrong_type("a whole number");
            };
            let Some(whole) = integer_of(number) else {
                return self.refuse(ProblemCode::NotWhole, say::not_whole(number.as_f64().unwrap_or_default()));
            };
            match <$number>::try_from(whole) {
                Ok(number) => self.tell(visitor.$visit(number)),
                Err(_) => self.refuse(ProblemCode::OutOfRange, say::out_of_range(number, <$number>::MIN, <$number>::MAX)),
            }
        }
    )*};
}

/// Numbers that may have a fraction.
macro_rules! number {
    ($($deserialize:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match self.value.as_f64() {
                Some(number) => self.tell(visitor.visit_f64(number)),
                None => self.wrong_type(&expected(&visitor)),
            }
        }
    )*};
}

/// Text.
macro_rules! text {
    ($($deserialize:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match self.value {
                Value::String(text) => self.tell(visitor.visit_borrowed_str(text)),
                _ => self.wrong_type("text"),
            }
        }
    )*};
}

impl<'de, const AGAIN: bool> Deserializer<'de> for Reader<'de, '_, AGAIN> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.value {
            Value::Null => self.tell(visitor.visit_unit()),
            Value::Bool(value) => self.tell(visitor.visit_bool(*value)),
            Value::Number(number) => self.tell(match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, number) => visitor.visit_f64(number.unwrap_or_default()),
            }),
            Value::String(text) => self.tell(visitor.visit_borrowed_str(text)),
            Value::Array(items) => self.list(visitor, items),
            Value::Object(fields) => self.entries(visitor, fields),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.value {
            Value::Bool(value) => self.tell(visitor.visit_bool(*value)),
            _ => self.wrong_type("true or false"),
        }
    }

    whole! {
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
    }
    number! { deserialize_f32 deserialize_f64 }
    text! { deserialize_str deserialize_string deserialize_char }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        self.tell(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.value {
            Value::Array(items) => self.list(visitor, items),
            _ => self.wrong_type("a list"),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.value {
            Value::Object(fields) => self.entries(visitor, fields),
            _ => self.wrong_type("an object"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let Value::Object(fields) = self.value else {
            return self.wrong_type("an object");
        };
        if let (Place::Root(_), Some(notes)) = (self.at, self.notes) {
            notes.order(known);
        }
        if !AGAIN {
            let entries = Entries { object: &self, known: Some(known), fields: fields.iter(), next: None };
            return self.tell(visitor.visit_map(entries));
        }
        for (name, value) in fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            self.unknown_field(name, value, known)?;
        }
        let fields = Fields { object: &self, fields, known: known.iter(), next: Next::Nothing };
        self.tell(visitor.visit_map(fields))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let (word, content) = match self.value {
            Value::String(word) => (word, None),
            Value::Object(fields) => match fields.iter().next() {
                Some((word, content)) if fields.len() == 1 && !content.is_null() => (word, Some(content)),
                _ => return self.wrong_type(&format!("one of {}", words.join(", "))),
            },
            _ => return self.wrong_type(&format!("one of {}", words.join(", "))),
        };
        if !words.contains(&word.as_str()) {
            return self.refuse(ProblemCode::UnknownChoice, say::unknown_choice(word, words));
        }
        self.tell(visitor.visit_enum(Case { value: &self, word, content }))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf unit unit_struct }
}

/// The items of a list, but those that are passed over.
struct Items<'d, 'p, const AGAIN: bool> {
    list: &'p Reader<'d, 'p, AGAIN>,
    items: std::iter::Enumerate<std::slice::Iter<'d, Value>>,
}

impl<'de, const AGAIN: bool> SeqAccess<'de> for &mut Items<'de, '_, AGAIN> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let list = self.list;
        let Some((index, value)) = self.items.find(|(_, value)| !list.passes_over(value)) else { return Ok(None) };
        let item = Reader { value, at: list.at.index(index), ..*list };
        item.tell(seed.deserialize(item)).map(Some)
    }

    /// How many items there are altogether: a list may have limits.
    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The fields of an object as they come. Either their names may be anything, or others than the known ones are refused.
struct Entries<'d, 'p, const AGAIN: bool> {
    object: &'p Reader<'d, 'p, AGAIN>,
    known: Option<&'static [&'static str]>,
    fields: map::Iter<'d>,
    next: Option<(&'d str, &'d Value)>,
}

impl<'de, const AGAIN: bool> MapAccess<'de> for Entries<'de, '_, AGAIN> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        for (name, value) in self.fields.by_ref() {
            match self.known {
                Some(known) if !known.contains(&name.as_str()) => self.object.unknown_field(name, value, known)?,
                None if self.object.passes_over(value) => {}
                _ => {
                    self.next = Some((name, value));
                    return seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let (name, value) = self.next.take().ok_or_else(|| ReadError::custom("a value was read twice"))?;
        let field = self.object.field(name, value);
        field.tell(seed.deserialize(field))
    }

    /// How many entries there are altogether: an object may have limits.
    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// The fields of an object whose names are known, in the order in which they are described, so that this is the order of
/// what is noted.
struct Fields<'d, 'p, const AGAIN: bool> {
    object: &'p Reader<'d, 'p, AGAIN>,
    fields: &'d Map<String, Value>,
    known: std::slice::Iter<'static, &'static str>,
    next: Next<'d>,
}

enum Next<'d> {
    Nothing,
    Value(&'static str, &'d Value),
    Filler,
}

impl<'de, const AGAIN: bool> MapAccess<'de> for Fields<'de, '_, AGAIN> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        for name in self.known.by_ref() {
            let value = self.fields.get(*name);
            let known = self.object.notes.map_or(Known::Nothing, |notes| notes.known(self.object.value, name, value));
            self.next = match (known, value) {
                (Known::Nothing, Some(value)) => Next::Value(name, value),
                (Known::Filled, _) => Next::Filler,
                _ => continue,
            };
            return seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Value(name, value) => {
                let field = self.object.field(name, value);
                field.tell(seed.deserialize(field))
            }
            Next::Filler => seed.deserialize(Filler).map_err(|_| {
                // Nothing could stand in for it, so the rest of the object stays unread.
                self.object.give_up();
                ReadError::NOTED
            }),
            Next::Nothing => Err(ReadError::custom("a value was read twice")),
        }
    }
}

/// A word; or an object with one field, whose name is the word.
struct Case<'d, 'p, const AGAIN: bool> {
    value: &'p Reader<'d, 'p, AGAIN>,
    word: &'d str,
    content: Option<&'d Value>,
}

impl<'d, 'p, const AGAIN: bool> Case<'d, 'p, AGAIN> {
    fn content(&'p self) -> Result<Reader<'d, 'p, AGAIN>, ReadError> {
        match self.content {
            Some(value) if self.value.passes_over(value) => {
                // Without its content it says nothing.
                self.value.give_up();
                Err(ReadError::NOTED)
            }
            Some(value) => Ok(self.value.field(self.word, value)),
            None => {
                let right = format!("an object such as {{\"{}\": ...}}", self.word);
                Err(ReadError::new(ProblemCode::WrongType, say::is_not(format_args!("{:?}", self.word), right)))
            }
        }
    }
}

impl<'de, const AGAIN: bool> EnumAccess<'de> for Case<'de, '_, AGAIN> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        Ok((seed.deserialize(BorrowedStrDeserializer::new(self.word))?, self))
    }
}

impl<'de, const AGAIN: bool> VariantAccess<'de> for Case<'de, '_, AGAIN> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.content {
            None => Ok(()),
            Some(_) => self.value.wrong_type(&format!("the word \"{}\" alone", self.word)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        let content = self.content()?;
        content.tell(seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.content()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.content()?.deserialize_struct("", known, visitor)
    }
}
