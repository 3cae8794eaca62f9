//! The words of bills and facts, as JSON Schema. Nothing is ever made of these types; they stand for text in answers.

use crate::names;
use farebox_money::Rounding;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// Describes text.
#[macro_export]
macro_rules! text_schema {
    ($($(#[$doc:meta])* $name:ident = $schema:tt;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!($schema)
            }
        }
    )*};
}

text_schema! {
    /// Money in an answer.
    Money = {
        "type": "string",
        "pattern": (farebox_money::DECIMAL_PATTERN),
        "description": "Decimal text with the decimals of the currency; may be negative.",
    };
    /// A number in an answer.
    Number = {
        "type": "string",
        "pattern": (farebox_money::DECIMAL_PATTERN),
        "description": "Decimal text.",
    };
    /// A moment in an answer.
    Time = {
        "type": "string",
        "format": "date-time",
        "description": "RFC 3339, in UTC.",
    };
    /// A currency.
    CurrencyCode = {
        "type": "string",
        "pattern": "^[A-Z]{3}$",
        "description": "ISO 4217.",
    };
    /// The version of a document.
    Version = {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "SHA-256 of a document.",
    };
}

/// How an amount was rounded.
#[derive(Debug)]
pub struct RoundingMode;

impl JsonSchema for RoundingMode {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RoundingMode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up] })
    }
}

/// A city, a product, a tier, a scene or a fee code in an answer.
#[derive(Debug)]
pub struct Token;

/// An identifier of the caller's in an answer.
#[derive(Debug)]
pub struct Name;

impl JsonSchema for Token {
    fn schema_name() -> Cow<'static, str> {
        "Token".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": names::token_pattern(),
            "description": "A city, a product, a tier, a scene or a fee code.",
        })
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": names::name_pattern(),
            "description": "An identifier of the caller's.",
        })
    }
}
