//! Where the next part of a list begins.

use crate::Fault;

/// A place in a list that is spread over buckets: after `member` in this bucket, at its beginning when that is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBuckets<'a> {
    /// The bucket.
    pub bucket: u32,
    /// What was the last that was told.
    pub member: &'a str,
}

impl<'a> InBuckets<'a> {
    /// Reads a cursor; the beginning when there is none.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn parse(cursor: Option<&'a str>) -> Result<Self, Fault> {
        let Some(text) = cursor else { return Ok(Self { bucket: 0, member: "" }) };
        let parsed = text.split_once(':').and_then(|(bucket, member)| Some((bucket.parse().ok()?, member)));
        let (bucket, member) = parsed.ok_or_else(|| not_a_cursor(text))?;
        Ok(Self { bucket, member })
    }

    /// Writes it down.
    pub fn text(&self) -> String {
        format!("{}:{}", self.bucket, self.member)
    }
}

/// Reads a cursor of a moment and a trip; before all of them when there is none.
///
/// # Errors
///
/// It is none.
pub fn moment_and_trip(cursor: Option<&str>) -> Result<(i64, &str), Fault> {
    let Some(text) = cursor else { return Ok((i64::MIN, "")) };
    let parsed = text.split_once(':').and_then(|(moment, trip)| Some((moment.parse().ok()?, trip)));
    parsed.ok_or_else(|| not_a_cursor(text))
}

fn not_a_cursor(text: &str) -> Fault {
    Fault::Other(format!("{text:?} is not a cursor; it must be what the page before gave as its next, or nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_round_trip_or_are_refused() {
        for (bucket, member) in [(0, ""), (15, "a:b:1"), (u32::MAX, "~")] {
            let cursor = InBuckets { bucket, member };
            assert_eq!(InBuckets::parse(Some(&cursor.text())), Ok(cursor));
        }
        assert_eq!(InBuckets::parse(None), Ok(InBuckets { bucket: 0, member: "" }));
        assert_eq!(moment_and_trip(None), Ok((i64::MIN, "")));
        assert_eq!(moment_and_trip(Some("-7:a:b")), Ok((-7, "a:b")));
        for nonsense in ["", "x", "x:y", "1"] {
            assert!(matches!(InBuckets::parse(Some(nonsense)), Err(Fault::Other(_))), "{nonsense}");
            assert!(matches!(moment_and_trip(Some(nonsense)), Err(Fault::Other(_))), "{nonsense}");
        }
    }
}
