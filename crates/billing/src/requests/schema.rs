//! What bodies of requests look like, as JSON Schema.

use super::body::{BatchBody, BillBody, CommissionBody, EstimateBody, SegmentsBody};
use super::leaf::{
    AmountText, CouponToken, CurrencyCode, DecimalText, Degrees, Document, Encoded, EstimateId, Factor, Moment, Name,
    Percentage, PlainText, Token,
};
use super::{BatchRequest, BillRequest, CommissionRequest, EstimateRequest, SegmentsRequest};
use crate::{limits, schema};
use farebox_money::{Decimal, UNSIGNED_DECIMAL_PATTERN};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::ops::RangeInclusive;

macro_rules! body {
    ($($request:ident: $body:ident;)*) => {$(
        impl $request {
            /// What its body looks like.
            pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
                $body::json_schema(generator)
            }
        }
    )*};
}

body! {
    EstimateRequest: EstimateBody;
    BillRequest: BillBody;
    SegmentsRequest: SegmentsBody;
    BatchRequest: BatchBody;
    CommissionRequest: CommissionBody;
}

/// Describes what a leaf may be. One that answers have as well is described as it is there.
macro_rules! leaf {
    ($($name:ident: $inline:literal $schema:expr;)*) => {$(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                $inline
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).trim_end_matches("Text").into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let schema: fn(&mut SchemaGenerator) -> Schema = $schema;
                schema(generator)
            }
        }
    )*};
}

leaf! {
    Token: false schema::Token::json_schema;
    Name: false schema::Name::json_schema;
    CurrencyCode: false farebox_fare::schema::CurrencyCode::json_schema;
    EstimateId: true |_| json_schema!({ "type": "string", "maxLength": limits::ESTIMATE_ID_CHARS });
    CouponToken: true |_| json_schema!({
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$",
        "maxLength": farebox_coupons::MOST_TOKEN_CHARS,
    });
    Encoded: true |_| json_schema!({
        "type": "string",
        "minLength": limits::POLYLINE_CHARS.start(),
        "maxLength": limits::POLYLINE_CHARS.end(),
        "pattern": "^[?-~]*[?-^]$",
    });
    Moment: false |_| schema::moment();
    AmountText: false |_| json_schema!({
        "type": "string",
        "pattern": UNSIGNED_DECIMAL_PATTERN,
        "maxLength": limits::DECIMAL_CHARS,
        "description": format!(
            "Decimal text in the currency's exponent, such as \"12.50\"; without a minus, and at most {} minor units. JSON \
             numbers are refused.",
            limits::AMOUNT_MINOR.end()
        ),
    });
    DecimalText: false |_| json_schema!({
        "type": "string",
        "pattern": UNSIGNED_DECIMAL_PATTERN,
        "maxLength": limits::DECIMAL_CHARS,
        "description": format!("An amount; or a percentage, {}", range(&limits::PERCENT)),
    });
    Factor: false |_| json_schema!({
        "type": "string",
        "pattern": limits::DYNAMIC_PATTERN,
        "maxLength": limits::DECIMAL_CHARS,
        "description": format!("A factor as text: {}", range(&limits::DYNAMIC)),
    });
    Percentage: false |_| json_schema!({
        "type": "string",
        "pattern": limits::PERCENT_PATTERN,
        "maxLength": limits::DECIMAL_CHARS,
        "description": format!("A percentage as text: {}", range(&limits::PERCENT)),
    });
    Document: true |_| json_schema!({ "type": "object" });
}

impl<const MOST: usize> JsonSchema for PlainText<MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("PlainText_{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": MOST,
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
        })
    }
}

impl<const LIMIT: u8> JsonSchema for Degrees<LIMIT> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Degrees_{LIMIT}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": -i16::from(LIMIT), "maximum": LIMIT })
    }
}

fn range(range: &RangeInclusive<Decimal>) -> String {
    format!("{} to {}, at most {} decimals.", range.start(), range.end(), limits::FACTOR_DECIMALS)
}
