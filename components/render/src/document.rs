//! How a layout is written down.

use crate::limits;
use farebox_document::{BadValue, ProblemCode, refuse, wrong_length};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// What `format` in a layout has to say.
pub(crate) const FORMAT: &str = "farebox-copy-layout/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayoutDocument {
    #[serde(rename = "format")]
    _format: String,
    /// The message for fee codes that have none of their own.
    pub fallback: Option<Text>,
    /// The message that wraps the first title of a page whose quantities were reconstructed.
    pub mocked: Text,
    pub scenes: Many<SceneDocument, { limits::SCENES }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SceneDocument {
    pub name: Text,
    pub sections: Many<SectionDocument, { limits::SECTIONS }>,
}

#[derive(Deserialize)]
#[serde(try_from = "SectionFields")]
pub(crate) struct SectionDocument(pub SectionFields);

/// A title, and codes out of each of the bill's lists.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SectionFields {
    pub title: Text,
    pub fees: Option<Codes>,
    pub discounts: Option<Codes>,
    pub included: Option<Codes>,
}

impl TryFrom<SectionFields> for SectionDocument {
    type Error = BadValue;

    fn try_from(fields: SectionFields) -> Result<Self, BadValue> {
        if fields.fees.is_none() && fields.discounts.is_none() && fields.included.is_none() {
            let message = "needs \"fees\", \"discounts\" or \"included\", or it never shows a line";
            return Err(BadValue { code: ProblemCode::Missing, message: message.into() });
        }
        Ok(Self(fields))
    }
}

/// Text that says something.
pub(crate) struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(refuse(ProblemCode::WrongLength, "is empty; it has to have at least one character"));
        }
        Ok(Self(text))
    }
}

/// Codes out of one of the bill's lists.
pub(crate) type Codes = Many<Text, { limits::CODES }>;

/// A list of at least one item, and at most `MOST`.
pub(crate) struct Many<T, const MOST: usize>(pub Vec<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Many<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const MOST: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Items<T, MOST> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                // Asked before they are read: items that are wrong are passed over, and are items all the same.
                let length = items.size_hint().unwrap_or_default();
                if !(1..=MOST).contains(&length) {
                    return Err(refuse(ProblemCode::WrongLength, wrong_length(length, 1, MOST)));
                }
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(Items::<T, MOST>(PhantomData)).map(Self)
    }
}
