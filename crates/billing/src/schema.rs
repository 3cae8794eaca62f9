//! What requests and answers look like, as JSON Schema: limits come from where reading takes them.

use crate::limits;
use crate::requests::{BatchRequest, BillRequest, CommissionRequest, EstimateRequest, SegmentsRequest};
pub use farebox_fare::schema::{Name, Token};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// RFC 3339, and between which moments.
pub(crate) fn moment() -> Schema {
    let (first, last) = limits::MOMENT_YEARS.into_inner();
    json_schema!({
        "type": "string",
        "format": "date-time",
        "pattern": limits::MOMENT_PATTERN,
        "description": format!("RFC 3339 with an offset; the years {first} to {last}. Fractions of a second are dropped."),
    })
}

/// A request is described by its body.
macro_rules! described_by_body {
    ($($request:ident)*) => {$(
        impl JsonSchema for $request {
            fn schema_name() -> Cow<'static, str> {
                stringify!($request).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                $request::schema(generator)
            }
        }
    )*};
}

described_by_body! { EstimateRequest BillRequest SegmentsRequest BatchRequest CommissionRequest }
