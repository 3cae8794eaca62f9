//! Request identifiers: W3C Trace Context.

use crate::response::Response;
use farebox_document::hex;
use std::ops::Range;

/// The trace that a request belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The `traceparent` to answer with: the trace is the caller's, or began here; the span is ours.
    header: String,
}

/// Where the trace's identifier stands in a `traceparent`.
const ID: Range<usize> = 3..35;

impl Trace {
    /// A trace that begins here: 16 random bytes for the trace, 8 for this span.
    pub fn new(random: [u8; 24]) -> Self {
        let (id, span) = random.split_at(16);
        Self { header: format!("00-{}-{}-00", hex(id), hex(span)) }
    }

    /// The caller's trace if its `traceparent` is valid, otherwise a new one.
    pub fn continue_or_new(traceparent: Option<&str>, random: [u8; 24]) -> Self {
        match traceparent.and_then(parse) {
            Some((id, sampled)) => Self { header: format!("00-{id}-{}-0{}", hex(&random[16..]), u8::from(sampled)) },
            None => Self::new(random),
        }
    }

    /// The trace's identifier: 32 hexadecimal digits.
    pub fn id(&self) -> &str {
        self.header.get(ID).unwrap_or_default()
    }

    /// Tells the receiver of an answer which trace it belongs to.
    pub fn mark(&self, response: &mut Response) {
        response.add("traceparent", self.header.clone());
    }
}

/// Trace identifier and sampled flag of a valid `traceparent`. A version later than 00 may carry more at its end.
fn parse(traceparent: &str) -> Option<(&str, bool)> {
    let mut parts = traceparent.splitn(4, '-');
    let (version, id, parent, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (flags, more) = rest.split_at_checked(2)?;
    let is_hexadecimal = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let is_zero = |text: &str| text.bytes().all(|b| b == b'0');
    let valid = is_hexadecimal(version, 2)
        && version != "ff"
        && is_hexadecimal(id, 32)
        && !is_zero(id)
        && is_hexadecimal(parent, 16)
        && !is_zero(parent)
        && is_hexadecimal(flags, 2)
        && (more.is_empty() || (version != "00" && more.starts_with('-')));
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    valid.then_some((id, sampled))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn check(traceparent: &str, expected: Option<&str>) {
        let trace = Trace::continue_or_new(Some(traceparent), [7; 24]);
        let new = "00-07070707070707070707070707070707-0707070707070707-00";
        assert_eq!(trace.header, expected.unwrap_or(new), "{traceparent}");
    }

    /// A caller finds its own trace in the answer; a broken header starts a new trace and never fails a request.
    #[test]
    fn accepts_and_creates() {
        let sampled = format!("00-{ID}-0707070707070707-01");
        check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Some(&sampled));
        check("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-next", Some(&sampled));
        check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", Some(&format!("00-{ID}-0707070707070707-00")));
        for bad in [
            "",
            "00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-é",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        ] {
            check(bad, None);
        }
    }
}
