//! What tokens, identifiers and versions look like. The store and the file system rely on it.

/// The longest token, in characters: the name of a city or a product, say.
pub const TOKEN_CHARS: usize = 32;

/// The longest identifier, in characters.
pub const NAME_CHARS: usize = 128;

/// What a token has, for people: see [`is_token`].
pub const TOKEN_RULE: &str = "1 to 32 letters, digits, `_` and `-`";

/// What an identifier has, for people: see [`is_name`].
pub const NAME_RULE: &str = "1 to 128 letters, digits and any of `._:~-`";

/// The syntax of tokens, as a regular expression.
#[cfg(feature = "schema")]
pub fn token_pattern() -> String {
    format!("^[A-Za-z0-9][A-Za-z0-9_-]{{0,{}}}$", TOKEN_CHARS - 1)
}

/// The syntax of trips, coupons and passengers, as a regular expression.
#[cfg(feature = "schema")]
pub fn name_pattern() -> String {
    format!("^[A-Za-z0-9._:~-]{{1,{}}}$", NAME_CHARS)
}

/// Whether `text` is a token: the name of a city or a product, say. It is safe as a file name.
pub fn is_token(text: &str) -> bool {
    let alphanumeric_first = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    let all = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    alphanumeric_first && text.len() <= TOKEN_CHARS && text.bytes().all(all)
}

/// Whether `text` can identify a trip, a passenger or a coupon.
pub fn is_name(text: &str) -> bool {
    let all = |b: u8| b.is_ascii_alphanumeric() || b"._:~-".contains(&b);
    (1..=NAME_CHARS).contains(&text.len()) && text.bytes().all(all)
}

/// Whether `text` can be the version of a document.
pub fn is_version(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No name can leave the folder it is looked up in, or the key it becomes a part of.
    #[test]
    fn names_are_safe() {
        for good in ["110000", "a", "new_york-2", &"x".repeat(32)] {
            assert!(is_token(good), "{good}");
        }
        for bad in ["", "-a", "_a", "a.b", "..", "a/b", "a:b", "北京", "a b", &"x".repeat(33)] {
            assert!(!is_token(bad), "{bad}");
        }
        for good in ["t-1", "a.b:c~d_e", "..", &"x".repeat(128)] {
            assert!(is_name(good), "{good}");
        }
        assert!(is_version(&"0a".repeat(32)));
        for bad in [&"0a".repeat(31), &"0A".repeat(32), "..", ""] {
            assert!(!is_version(bad), "{bad}");
        }
        for bad in ["", "a/b", "a{b}", "a b", "é", "a\n", &"x".repeat(129)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
