//! What a request gives, field by field.

use crate::{Notes, Place, ProblemCode, say};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A field of a request. Reading a request never stops at a field: one that is wrong is noted, and reading goes on, so that
/// everything that is wrong is told at once, whatever else has to be known to check it.
///
/// Types within have to find what is wrong with them while they are visited, as those do that [`text`](crate::text) reads;
/// the reader notes nothing after that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It is not there, or `null`.
    #[default]
    Absent,
    /// It is there and wrong; that is noted.
    Wrong,
    /// It is there.
    Read(T),
}

impl<T> Given<T> {
    /// What was read, if anything.
    pub fn read(self) -> Option<T> {
        match self {
            Self::Read(value) => Some(value),
            Self::Absent | Self::Wrong => None,
        }
    }

    /// What was read of a field that has to be there. That it is not is noted at `at`, the place of the field.
    pub fn required(self, notes: &Notes, at: &Place<'_>) -> Option<T> {
        if let (Self::Absent, Place::Key(_, name)) = (&self, at) {
            notes.add(at, ProblemCode::Missing.word(), say::missing(name));
        }
        self.read()
    }

    /// A view of it.
    pub fn as_ref(&self) -> Given<&T> {
        match self {
            Self::Absent => Given::Absent,
            Self::Wrong => Given::Wrong,
            Self::Read(value) => Given::Read(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    // Else it is compiled into every field of every body.
    #[inline(never)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Anything<T> {
            type Value = Given<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_none<E: Error>(self) -> Result<Given<T>, E> {
                Ok(Given::Absent)
            }

            fn visit_unit<E: Error>(self) -> Result<Given<T>, E> {
                Ok(Given::Absent)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Given<T>, D::Error> {
                Ok(T::deserialize(deserializer).map_or(Given::Wrong, Given::Read))
            }
        }

        deserializer.deserialize_option(Anything(PhantomData))
    }
}
