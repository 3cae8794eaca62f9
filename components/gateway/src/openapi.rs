//! The description of the API: an OpenAPI 3.1 document.
//!
//! It is made from the types that requests are read into and answers are written from, and committed as docs/openapi.json,
//! which is what is served. A test holds the two together; `UPDATE_GOLDEN=1 cargo test -p farebox-gateway` writes the file anew.
//! `./x api` holds it to what a running server does.
//!
//! It is made of `schemas`, the types; `answers`, what comes back; `operations`, how a route is put down; and `document`, all of
//! them. Each imports only those before it.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod document;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod tests;

use crate::keeping::{Document, tag};

/// The document, as it is served.
pub const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The JSON Schema of rate cards, as it is served. The pricing engine makes it, and holds the file to it.
pub const RATE_CARD_SCHEMA: &str = include_str!("../../../docs/rate-card.schema.json");

/// The JSON Schema of the documents of cities.
pub const CITY_SCHEMA: &str = include_str!("../../../docs/city.schema.json");

/// The JSON Schema of the document of limits.
pub const LIMITS_SCHEMA: &str = include_str!("../../../docs/limits.schema.json");

/// The JSON Schema of commission policies. The commission engine makes it.
pub const POLICY_SCHEMA: &str = include_str!("../../../docs/commission-policy.schema.json");

/// The same, to be answered with.
pub static OPEN_API: Document = Document::new(DOCUMENT, || tag(DOCUMENT.as_bytes()));
/// The same, to be answered with.
pub static RATE_CARDS: Document = Document::new(RATE_CARD_SCHEMA, || tag(RATE_CARD_SCHEMA.as_bytes()));
/// The same, to be answered with.
pub static CITIES: Document = Document::new(CITY_SCHEMA, || tag(CITY_SCHEMA.as_bytes()));
/// The same, to be answered with.
pub static LIMITS: Document = Document::new(LIMITS_SCHEMA, || tag(LIMITS_SCHEMA.as_bytes()));
/// The same, to be answered with.
pub static POLICIES: Document = Document::new(POLICY_SCHEMA, || tag(POLICY_SCHEMA.as_bytes()));
