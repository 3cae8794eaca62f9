//! How requests that are carried out once look to scripts and statements.

use farebox_records::stored::Once;

/// What `once.lua` is told: for how long, and which attempt. Nothing when a request may be carried out any number of times.
pub fn once_argument(once: Option<&Once>) -> String {
    once.map(|once| format!("{}:{}", once.ttl_s, once.attempt)).unwrap_or_default()
}

/// What `once.sql` is told: a JSON array of the key, the nonce, the attempt and the time to live in seconds. A number of SQLite's
/// has a sign, so the attempt is the one that has the same bits.
pub fn once_json(once: &Once) -> String {
    // Neither a key nor a nonce has anything in it that JSON would have to escape; what does would be JSON all the same.
    serde_json::json!([once.key, once.nonce, once.attempt.cast_signed(), once.ttl_s]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every attempt is told as what it is, to the last one; and none as nothing.
    #[test]
    fn attempts_are_told_apart() {
        let once = |attempt| Once { key: "dispatch".into(), nonce: "6f1d0c2a9b7e4f53".into(), attempt, ttl_s: 3_900 };
        assert_eq!(once_argument(None), "");
        assert_eq!(once_argument(Some(&once(7))), "3900:7");
        assert_eq!(once_argument(Some(&once(u64::MAX))), "3900:18446744073709551615");
        assert_eq!(once_json(&once(7)), r#"["dispatch","6f1d0c2a9b7e4f53",7,3900]"#);
        assert_eq!(once_json(&once(u64::MAX)), r#"["dispatch","6f1d0c2a9b7e4f53",-1,3900]"#);
    }
}
