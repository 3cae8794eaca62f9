//! Bytes as people and files see them.

/// Two lower-case hexadecimal digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half| char::from_digit(u32::from(half), 16).expect("half a byte is one digit");
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leading zeros stay, and digits are lower case: the text is compared, not only read.
    #[test]
    fn writes_two_lower_case_digits_for_each_byte() {
        assert_eq!(hex(&[0x00, 0x0a, 0xf0, 0xff]), "000af0ff");
        assert_eq!(hex(&[]), "");
    }
}
