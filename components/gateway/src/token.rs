//! Estimate identifiers: opaque to callers, signed, and complete enough to show a total when everything else is gone.

use crate::limits;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use farebox_types::{Currency, MinorUnits, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What an estimate identifier says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Where it was made for.
    pub city: String,
    /// Where the store keeps the details.
    pub quote: QuoteKey,
    /// The currency of all prices.
    pub currency: Currency,
    /// When the store forgets the details. The prices do not expire.
    pub expires_at: Timestamp,
    /// What each product costs.
    pub prices: Vec<Price>,
}

impl Estimate {
    /// The price of a product, if it was estimated.
    pub fn price(&self, product: &str) -> Option<&Price> {
        self.prices.iter().find(|price| price.product == product)
    }
}

/// What one product costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The product.
    pub product: String,
    /// In minor units, before discounts.
    pub total: MinorUnits,
    /// In minor units, after discounts.
    pub payable: MinorUnits,
}

/// A random name for a quote: nobody can guess another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteKey(pub [u8; 12]);

impl QuoteKey {
    /// The name that the store knows the quote by.
    pub fn name(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// Makes and checks estimate identifiers.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

/// The first byte of every identifier. Another layout gets another number.
const VERSION: u8 = 1;

/// 128 bits of the HMAC: short identifiers, and still out of reach.
const TAG_BYTES: usize = 16;

impl Signer {
    /// A signer with a secret key. `None` for an empty key.
    pub fn new(key: &[u8]) -> Option<Self> {
        if key.is_empty() {
            return None;
        }
        Hmac::new_from_slice(key).ok().map(Self)
    }

    /// Writes an identifier: base64url of version, content and tag.
    pub fn seal(&self, estimate: &Estimate) -> String {
        // Serialising into a growing vector cannot fail.
        let mut bytes = postcard::to_extend(estimate, vec![VERSION]).unwrap_or_default();
        let tag = self.0.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(tag.iter().take(TAG_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads an identifier. `None` unless this key made it, unchanged.
    pub fn open(&self, identifier: &str) -> Option<Estimate> {
        if identifier.len() > limits::ESTIMATE_ID_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(identifier).ok()?;
        let (signed, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        // Compares in constant time.
        self.0.clone().chain_update(signed).verify_truncated_left(tag).ok()?;
        let content = signed.strip_prefix(&[VERSION])?;
        postcard::from_bytes(content).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn signer() -> Signer {
        Signer::new(b"a key for tests").unwrap()
    }

    fn estimate(products: usize) -> Estimate {
        Estimate {
            city: "110000".into(),
            quote: QuoteKey([7; 12]),
            currency: Currency::from_code("CNY").unwrap(),
            expires_at: 1_562_807_700,
            prices: (0..products)
                .map(|i| Price { product: format!("p{i}"), total: 3148, payable: -i64::try_from(i).unwrap() })
                .collect(),
        }
    }

    /// An identifier says what was put into it, in few characters.
    #[test]
    fn round_trips() {
        let one = signer().seal(&estimate(1));
        assert!(one.len() < 80, "{one}");
        assert_eq!(signer().open(&one), Some(estimate(1)));
        let longest = Price { product: "x".repeat(limits::CITY_CHARS), total: i64::MAX, payable: i64::MIN };
        let longest = Estimate { prices: vec![longest; *limits::PRODUCTS.end()], ..estimate(0) };
        let text = signer().seal(&longest);
        assert!(text.len() <= limits::ESTIMATE_ID_CHARS, "{}", text.len());
        assert_eq!(signer().open(&text), Some(longest));
    }

    /// No other text opens: not one changed character, not a part, not one made with another key.
    #[test]
    fn tampering_is_noticed() {
        let good = signer().seal(&estimate(2));
        for (at, original) in good.char_indices() {
            for other in ['A', 'B', '_', '9', '=', 'é'].into_iter().filter(|other| *other != original) {
                let mut bad: String = good.get(..at).unwrap().into();
                bad.push(other);
                bad.push_str(good.get(at + 1..).unwrap());
                assert_eq!(signer().open(&bad), None, "{bad}");
            }
            assert_eq!(signer().open(good.get(..at).unwrap()), None);
        }
        assert_eq!(signer().open(&format!("{good}A")), None);
        assert_eq!(Signer::new(b"another key").unwrap().open(&good), None);
        assert!(Signer::new(b"").is_none());
    }

    proptest! {
        /// No text makes the reader fail in any other way than saying no.
        #[test]
        fn any_text_is_survived(text in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(signer().open(&text), None);
            prop_assert_eq!(signer().open(&URL_SAFE_NO_PAD.encode(bytes)), None);
        }
    }
}
