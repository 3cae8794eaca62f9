//! What a kind of fee is: a name, and how its figures are read and described.

use crate::binding::Binding;
use crate::fee::Fee;
use farebox_document::read_part;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub struct Kind {
    /// As written on a card.
    pub name: &'static str,
    pub splits: Splits,
    /// Reads one branch. `None` when it cannot be read; what is wrong is noted.
    pub parse: fn(Value, &mut Binding) -> Option<Box<dyn Fee>>,
    /// The schema of a branch's figures.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// Whether different parts of a ride can be charged under different branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splits {
    /// The branch is chosen once, by when the ride begins.
    Never,
    /// As the item says.
    Optional,
    /// The branch is chosen for each part of the ride.
    Always,
}

/// The figures of a branch, as written on a card.
pub trait Figures: DeserializeOwned + JsonSchema {
    /// The kind they belong to, as written on a card.
    const KIND: &'static str;
    const SPLITS: Splits = Splits::Never;

    /// Checks the figures and makes a fee of them. `None` when they make none; what is wrong is noted.
    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>>;
}

impl Kind {
    pub const fn of<T: Figures>() -> Self {
        Self {
            name: T::KIND,
            splits: T::SPLITS,
            parse: |value, binding| read_part::<T>(&value, binding.pointer, &mut binding.notes.problems)?.bind(binding),
            schema: |generator| T::json_schema(generator),
        }
    }
}
