//! How nonces look in Redis.

use crate::Fault;
use crate::backend::{Reply, corrupt};
use farebox_records::stored::Entered;

/// Reads the answer of `enter.lua`.
///
/// # Errors
///
/// It makes no sense.
pub fn entered(reply: &Reply) -> Result<Entered, Fault> {
    match reply.first().and_then(Option::as_deref) {
        Some("ok") => Ok(Entered::Fresh),
        Some("replayed") => Ok(Entered::Replayed),
        _ => Err(corrupt("nonce")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_says_what_happened() {
        let reply = |words: &[&str]| -> Reply { words.iter().map(|word| Some((*word).to_owned())).collect() };
        assert_eq!(entered(&reply(&["ok"])), Ok(Entered::Fresh));
        assert_eq!(entered(&reply(&["replayed"])), Ok(Entered::Replayed));
        for nonsense in [&["OK"][..], &[]] {
            assert!(matches!(entered(&reply(nonsense)), Err(Fault::Other(_))), "{nonsense:?}");
        }
    }
}
