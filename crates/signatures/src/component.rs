//! The parts of a request that a signature covers, and their values.

use crate::{COVERED, Refusal, Request};

/// Writes the value that a component of a request has.
///
/// # Errors
///
/// It is none that can be covered here, it is not there, or its value has characters that no signature can be of.
pub(crate) fn write_value(name: &str, request: &Request<'_>, base: &mut Vec<u8>) -> Result<(), Refusal> {
    match name {
        "@method" => write_visible(name, request.method, base),
        // RFC 9421, section 2.2.6: an empty path is a slash.
        "@path" if request.path.is_empty() => write_visible(name, "/", base),
        "@path" => write_visible(name, request.path, base),
        // Section 2.2.7: without a query, the question mark alone.
        "@query" => {
            base.push(b'?');
            write_visible(name, request.query.unwrap_or_default(), base)
        }
        "@authority" | "@scheme" | "@target-uri" => Err(unreadable(
            name,
            format!("a router changes it, so it is not signed; cover {} only, and headers", COVERED.join(", ")),
        )),
        "signature" | "signature-input" => Err(unreadable(name, "a signature does not cover signatures".to_owned())),
        _ if name.starts_with('@') => {
            Err(unreadable(name, format!("it is none of those known here: {}", COVERED.join(", "))))
        }
        _ => write_header(name, request, base),
    }
}

/// Section 2.1: the lines of a header, without white space around them, joined by commas.
fn write_header(name: &str, request: &Request<'_>, base: &mut Vec<u8>) -> Result<(), Refusal> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(unreadable(name, "names of headers are covered in lower case".to_owned()));
    }
    let mut lines = request.lines(name).map(<[u8]>::trim_ascii).peekable();
    if lines.peek().is_none() {
        return Err(unreadable(name, "the request does not have this header".to_owned()));
    }
    for (number, line) in lines.enumerate() {
        if line.iter().any(|byte| !matches!(byte, b'\t' | b' '..=b'~')) {
            return Err(unreadable(name, "its value has characters that are not visible ASCII".to_owned()));
        }
        if number > 0 {
            base.extend_from_slice(b", ");
        }
        base.extend_from_slice(line);
    }
    Ok(())
}

fn write_visible(name: &str, value: &str, base: &mut Vec<u8>) -> Result<(), Refusal> {
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unreadable(name, "it has characters that are not visible ASCII; percent-encode them".to_owned()));
    }
    base.extend_from_slice(value.as_bytes());
    Ok(())
}

pub(crate) fn unreadable(name: &str, why: String) -> Refusal {
    Refusal::Unreadable { component: name.to_owned(), why }
}
