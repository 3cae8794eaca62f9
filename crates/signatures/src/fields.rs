//! Headers that are structured fields (RFC 9651), as one text.

use crate::{Refusal, Request};
use std::borrow::Cow;

/// The longest that is read of a header, in bytes. A signature takes some 300.
const MOST_BYTES: usize = 8_192;

/// The header `name`, whose lines are one field. `title` is what it is called when it is told of.
///
/// # Errors
///
/// It is too long.
pub(crate) fn field<'r>(
    request: &Request<'r>,
    name: &'static str,
    title: &'static str,
) -> Result<Option<Cow<'r, [u8]>>, Refusal> {
    let mut lines = request.lines(name);
    let Some(first) = lines.next() else { return Ok(None) };
    let mut field = Cow::Borrowed(first);
    for line in lines {
        let whole = field.to_mut();
        whole.extend_from_slice(b", ");
        whole.extend_from_slice(line);
    }
    if field.len() > MOST_BYTES {
        let why = format!("has {} bytes; at most {MOST_BYTES} are read", field.len());
        return Err(Refusal::Malformed { header: title, why });
    }
    Ok(Some(field))
}
