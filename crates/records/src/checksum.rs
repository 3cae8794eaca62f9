//! Checksums of the entries of a journal, and the chain that is made of them.

use sha1::{Digest as _, Sha1};

/// The modulus of checksums and chains: a prime below 2^31, so that SQLite's integers hold 31 times as much.
const MODULUS: u32 = 2_147_483_647;

/// The checksum of an entry, of all texts that it consists of. It finds what a disk has done, and nobody who means harm.
pub fn checksum(parts: &[&str]) -> u32 {
    let mut digest = Sha1::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let [a, b, c, d, ..] = <[u8; 20]>::from(digest.finalize());
    u32::from_le_bytes([a, b, c, d]) % MODULUS
}

/// The link of an entry of this checksum, after the link of the entry before.
pub fn link(before: u32, checksum: u32) -> u32 {
    let link = (u64::from(before) * 31 + u64::from(checksum)) % u64::from(MODULUS);
    u32::try_from(link).unwrap_or(MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte counts, and so does where one part ends.
    #[test]
    fn checksums() {
        assert_eq!(checksum(&["a", "b"]), checksum(&["a", "b"]));
        for other in [&["a"][..], &["a", "c"], &["ab", ""], &["", "ab"], &["a", "b", ""]] {
            assert_ne!(checksum(&["a", "b"]), checksum(other), "{other:?}");
        }
    }

    /// The largest of both is still one.
    #[test]
    fn links() {
        assert_eq!((link(0, 7), link(7, 2)), (7, 219));
        assert_eq!(link(MODULUS - 1, MODULUS - 1), MODULUS - 32);
    }
}
