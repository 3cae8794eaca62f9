//! What a nonce looks like.

use std::ops::RangeInclusive;

/// How long a nonce is. 16 characters of base64 are 96 bits: no two of a key's are ever the same by chance.
pub const NONCE_CHARS: RangeInclusive<usize> = 16..=64;

/// What a nonce has, for people.
pub const NONCE_RULE: &str = "16 to 64 letters, digits and any of -_.~+/=";

/// Whether all characters are those of a nonce: of base64, hexadecimal digits or a UUID, and nothing that means something in a key
/// of a store.
pub(crate) fn is_written_well(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte))
}
