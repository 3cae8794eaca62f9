//! What the document of keys is sealed under.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fmt;

/// How many bytes a master key has.
pub const MASTER_KEY_BYTES: usize = 32;

/// How many bytes the nonce of a seal has: so many that it can be taken by chance (XChaCha20).
pub const SEAL_NONCE_BYTES: usize = 24;

/// A master key of the deployment.
#[derive(Clone)]
pub struct MasterKey(XChaCha20Poly1305);

impl MasterKey {
    /// A master key of these bytes.
    pub fn new(bytes: &[u8; MASTER_KEY_BYTES]) -> Self {
        Self(XChaCha20Poly1305::new(bytes.into()))
    }

    /// Reads a master key from the text of a variable: 32 bytes in base64, of either alphabet.
    ///
    /// # Errors
    ///
    /// What would be right, and nothing of the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')));
        let bytes = bytes.map_err(|_| "is not base64; a master key is 32 bytes in base64: openssl rand -base64 32")?;
        let bytes: &[u8; MASTER_KEY_BYTES] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| "does not have 32 bytes; a master key is 32 bytes in base64: openssl rand -base64 32")?;
        Ok(Self::new(bytes))
    }

    /// Seals `secret`, and binds it to `clear`, which stays readable. Under one key no nonce may be used twice.
    pub(crate) fn seal(&self, nonce: [u8; SEAL_NONCE_BYTES], secret: &[u8], clear: &[u8]) -> String {
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: clear });
        let sealed = sealed.expect("what is sealed is far from the 256 GiB that the cipher can take");
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// Opens what was sealed with this key and the same `clear`.
    fn open(&self, sealed: &[u8], clear: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<SEAL_NONCE_BYTES>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: clear }).ok()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// The master key that is sealed under, and those that were before it.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    /// The one of today.
    pub current: MasterKey,
    /// What was sealed under these is still opened.
    pub previous: Vec<MasterKey>,
}

/// What was sealed, opened.
pub(crate) struct Unsealed {
    pub secret: Vec<u8>,
    /// Whether a previous master key opened it.
    pub by_previous: bool,
}

impl MasterKeys {
    /// One master key, and none before it.
    pub fn of(current: MasterKey) -> Self {
        Self { current, previous: Vec::new() }
    }

    /// Reads two texts, each with what it is called: the current one, and those before it with white space between.
    ///
    /// # Errors
    ///
    /// Which is wrong and what would be right, and nothing of what they say.
    pub fn parse(current: (&str, &str), previous: (&str, &str)) -> Result<Self, String> {
        let parse = |name: &str, text: &str| MasterKey::parse(text).map_err(|why| format!("{name} {why}"));
        let (name, text) = previous;
        Ok(Self {
            current: parse(current.0, current.1)?,
            previous: text.split_whitespace().map(|text| parse(name, text)).collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn unseal(&self, sealed: &str, clear: &[u8]) -> Option<Unsealed> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let opened = |by_previous| move |secret| Unsealed { secret, by_previous };
        let by_previous = || self.previous.iter().find_map(|key| key.open(&sealed, clear)).map(opened(true));
        self.current.open(&sealed, clear).map(opened(false)).or_else(by_previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A master key is 32 bytes, however its base64 is written; whoever gives another is told so and is not quoted.
    #[test]
    fn master_keys() {
        let standard = STANDARD.encode([0xfb; 32]);
        for good in [&*standard, &format!(" {standard}\n"), &URL_SAFE_NO_PAD.encode([0xfb; 32])] {
            assert!(MasterKey::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "hunter2", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33]), &format!("{standard}{standard}")]
        {
            let said = MasterKey::parse(bad).map(drop).expect_err(bad);
            assert!(said.contains("openssl rand -base64 32") && !said.contains("hunter2"), "{said}");
        }
        let all = |previous: &str| MasterKeys::parse(("today's", &standard), ("an old one", previous));
        assert!(all(&format!("{standard} {standard}")).is_ok_and(|keys| keys.previous.len() == 2));
        assert!(all("x").is_err_and(|why| why.starts_with("an old one is not base64")));
    }

    /// The cipher is the one that the format names: a vector of draft-irtf-cfrg-xchacha, appendix A.3.1.
    #[test]
    fn the_cipher() {
        let key: Vec<u8> = (0x80..0xa0).collect();
        let nonce: Vec<u8> = (0x40..0x58).collect();
        let clear = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let key = MasterKey::new(key.as_slice().try_into().expect("32 bytes"));
        let sealed = key.seal(nonce.as_slice().try_into().expect("24 bytes"), text, &clear);
        let sealed = STANDARD.decode(sealed).expect("base64");
        let hex: String = sealed.iter().skip(24).map(|byte| format!("{byte:02x}")).collect();
        assert!(
            hex.starts_with("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440"),
            "{hex}"
        );
        assert!(hex.ends_with("c0875924c1c7987947deafd8780acf49"), "{hex}");
        assert_eq!(key.open(&sealed, &clear).as_deref(), Some(&text[..]));
    }
}
