//! How things look in Redis.
//!
//! A reply is a flat list of texts, `None` where Redis said nil.

use super::Fault;

/// What Redis answered.
pub type Reply = Vec<Option<String>>;

/// Something kept as a hash with the same fields each time.
pub trait Record: Sized {
    /// What it is, for error texts.
    const NAME: &'static str;
    /// The names of its fields.
    const FIELDS: &'static [&'static str];
    /// Its values, in the order of [`FIELDS`](Self::FIELDS).
    fn values(&self) -> Vec<String>;
    /// Makes it of its values. `None` when they make no sense.
    fn from_values(values: Vec<String>) -> Option<Self>;
}

/// Reads the values of a record, asked for in the order of its fields. `None` when it is not there.
///
/// # Errors
///
/// A part of it is missing, or makes no sense.
pub fn record<R: Record>(reply: Reply) -> Result<Option<R>, Fault> {
    if reply.iter().all(Option::is_none) {
        return Ok(None);
    }
    let values: Option<Vec<String>> = reply.into_iter().collect();
    values.and_then(R::from_values).map(Some).ok_or_else(|| corrupt(R::NAME))
}

/// What is in Redis is not as this component writes it.
pub fn corrupt(what: &str) -> Fault {
    Fault::Other(format!("a {what} in Redis is not as this component writes it"))
}
