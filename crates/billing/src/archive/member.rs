//! A member of a file of gzip, by itself.

use flate2::bufread::GzDecoder;
use std::io::{ErrorKind, Read as _};

/// How large the lines of a member may be. What writes archives makes them of a few trips each.
const MOST: u64 = 16 << 20;

/// A member: some lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The lines.
    pub(crate) text: String,
    /// How many bytes of the file it is.
    pub(crate) bytes: usize,
}

impl Member {
    /// The member that these bytes begin with. `None` when they end before it does.
    ///
    /// # Errors
    ///
    /// They are no such member; or it is too large.
    pub(crate) fn first(bytes: &[u8]) -> Result<Option<Self>, String> {
        let mut decoder = GzDecoder::new(bytes).take(MOST + 1);
        let mut text = String::new();
        match decoder.read_to_string(&mut text) {
            Ok(_) if decoder.limit() == 0 => Err(format!("a part of it is more than {MOST} bytes")),
            Ok(_) => {
                let left = decoder.into_inner().into_inner().len();
                Ok(Some(Self { text, bytes: bytes.len().saturating_sub(left) }))
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn member(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// A member is read by itself, whatever follows it; one that is not all there is not taken for the whole; and what was changed is
    /// found out.
    #[test]
    fn a_member_is_read_by_itself() {
        let (first, second) = (member("a\nb\n"), member("c\n"));
        let file = [first.clone(), second].concat();
        assert_eq!(Member::first(&file), Ok(Some(Member { text: "a\nb\n".into(), bytes: first.len() })));
        assert_eq!(Member::first(&file[first.len()..]).unwrap().unwrap().text, "c\n");
        for cut in 0..first.len() {
            assert_eq!(Member::first(&first[..cut]), Ok(None), "{cut}");
        }
        for at in 0..first.len() {
            let mut changed = first.clone();
            changed[at] ^= 1;
            let read = Member::first(&changed);
            // A name or a date of the file may be another: the lines may not.
            assert!(!matches!(&read, Ok(Some(member)) if member.text != "a\nb\n"), "{at}: {read:?}");
            let is_checksum = (first.len() - 8..first.len() - 4).contains(&at);
            assert!(read.is_err() || !is_checksum, "{at}: {read:?}");
        }
        assert!(Member::first(b"no gzip at all").is_err());
        assert!(Member::first(&member(&"a".repeat(usize::try_from(MOST).unwrap() + 1))).is_err());
    }
}
