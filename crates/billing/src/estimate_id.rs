//! Estimate identifiers: opaque to callers, signed, and complete enough to show a total when everything else is gone.
//!
//! An identifier is `<city>.<product>. ... .<numbers>.<tag>`, as short as it can be made: names stand as they are,
//! because all their characters are safe in a URL; numbers are in base64url; the tag signs all that stands before it.

use crate::limits;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use farebox_fare::Timestamp;
use farebox_money::{Currency, MinorUnits};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What an estimate identifier says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Where it was made for.
    pub city: String,
    /// Where the store keeps the facts it was priced from.
    pub quote: QuoteKey,
    /// The currency of all prices.
    pub currency: Currency,
    /// When the store forgets the facts. The prices do not expire.
    pub expires_at: Timestamp,
    /// What each product costs.
    pub prices: Vec<ProductPrice>,
}

impl Estimate {
    /// The price of a product, if it was estimated.
    pub fn price(&self, product: &str) -> Option<&ProductPrice> {
        self.prices.iter().find(|price| price.product == product)
    }
}

/// What one product costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductPrice {
    /// The product.
    pub product: String,
    /// In minor units, before discounts.
    pub total: MinorUnits,
    /// In minor units, after discounts.
    pub payable: MinorUnits,
}

/// A name for a quote that no other has. It need not be a secret: identifiers are signed, so nobody can ask for a quote
/// whose identifier they do not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteKey(pub [u8; 8]);

impl QuoteKey {
    /// The name that the store knows the quote by.
    pub fn name(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// The numbers of an identifier, in postcard's format: most take two or three bytes.
#[derive(Serialize, Deserialize)]
struct Numbers {
    /// Another layout gets another number.
    version: u8,
    quote: [u8; 8],
    /// The ISO 4217 code.
    currency: [u8; 3],
    expires_at: u64,
    /// Total, and total minus payable, which is zero more often than not: one pair for each product.
    prices: Vec<(i64, i64)>,
}

const VERSION: u8 = 2;

/// 96 bits of the HMAC: short identifiers, and still out of reach. A forger has no other way than to ask the service.
const TAG_BYTES: usize = 12;

/// Makes and checks estimate identifiers.
#[derive(Clone)]
pub struct Signer {
    current: Hmac<Sha256>,
    /// Estimates that were made with these are still known.
    previous: Vec<Hmac<Sha256>>,
}

impl Signer {
    /// A signer with a secret key. `None` for an empty key.
    pub fn new(key: &[u8]) -> Option<Self> {
        if key.is_empty() {
            return None;
        }
        Some(Self { current: Hmac::new_from_slice(key).ok()?, previous: Vec::new() })
    }

    /// The same, which knows what was made with another key before.
    pub fn after(mut self, previous: &Self) -> Self {
        self.previous.push(previous.current.clone());
        self
    }

    /// Writes an identifier.
    pub fn seal(&self, estimate: &Estimate) -> String {
        let numbers = Numbers {
            version: VERSION,
            quote: estimate.quote.0,
            currency: estimate.currency.code().as_bytes().try_into().unwrap_or_default(),
            // Negative is before 1970, which no clock says.
            expires_at: u64::try_from(estimate.expires_at).unwrap_or_default(),
            // Amounts are far below the range of their type, and so are their differences.
            prices: estimate.prices.iter().map(|p| (p.total, p.total.wrapping_sub(p.payable))).collect(),
        };
        let mut text = estimate.city.clone();
        for price in &estimate.prices {
            text.push('.');
            text.push_str(&price.product);
        }
        text.push('.');
        // Serialising into a growing vector cannot fail.
        URL_SAFE_NO_PAD.encode_string(postcard::to_allocvec(&numbers).unwrap_or_default(), &mut text);
        let tag = self.current.clone().chain_update(&text).finalize().into_bytes();
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(tag.get(..TAG_BYTES).unwrap_or_default(), &mut text);
        text
    }

    /// Reads an identifier. `None` unless this key, or a previous one, made it, unchanged.
    pub fn open(&self, identifier: &str) -> Option<Estimate> {
        if identifier.len() > limits::ESTIMATE_ID_CHARS {
            return None;
        }
        let (signed, tag) = identifier.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok().filter(|tag| tag.len() == TAG_BYTES)?;
        // Compares in constant time.
        let made_it = |key: &Hmac<Sha256>| key.clone().chain_update(signed).verify_truncated_left(&tag).is_ok();
        if !made_it(&self.current) && !self.previous.iter().any(made_it) {
            return None;
        }
        let (named, numbers) = signed.rsplit_once('.')?;
        let mut named = named.split('.').map(str::to_owned);
        let city = named.next()?;
        let numbers: Numbers = postcard::from_bytes(&URL_SAFE_NO_PAD.decode(numbers).ok()?).ok()?;
        if numbers.version != VERSION {
            return None;
        }
        let products: Vec<String> = named.collect();
        if products.len() != numbers.prices.len() {
            return None;
        }
        let price = |(product, (total, off)): (String, (i64, i64))| ProductPrice {
            product,
            total,
            payable: total.wrapping_sub(off),
        };
        Some(Estimate {
            city,
            quote: QuoteKey(numbers.quote),
            currency: Currency::from_code(str::from_utf8(&numbers.currency).ok()?)?,
            expires_at: numbers.expires_at.try_into().ok()?,
            prices: products.into_iter().zip(numbers.prices).map(price).collect(),
        })
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
            quote: QuoteKey([7; 8]),
            currency: Currency::from_code("CNY").unwrap(),
            expires_at: 1_562_807_700,
            prices: (0..products)
                .map(|i| ProductPrice { product: format!("p{i}"), total: 3148, payable: -i64::try_from(i).unwrap() })
                .collect(),
        }
    }

    /// An identifier says what was put into it, in few characters.
    #[test]
    fn round_trips() {
        let one = signer().seal(&estimate(1));
        assert!(one.len() < 60, "{one}");
        assert_eq!(signer().open(&one), Some(estimate(1)));
        let longest =
            ProductPrice { product: "x".repeat(farebox_fare::names::TOKEN_CHARS), total: i64::MAX, payable: i64::MIN };
        // Decoding refuses twenty times the same name; here it does not matter.
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

    /// When the key is changed, what the one before signed is still known, and nothing is signed with it any more.
    #[test]
    fn keys_can_be_changed() {
        let (old, new) = (signer(), Signer::new(b"another key").unwrap());
        let both = new.clone().after(&old);
        assert_eq!(both.open(&old.seal(&estimate(2))), Some(estimate(2)));
        let sealed = both.seal(&estimate(1));
        assert_eq!((new.open(&sealed), old.open(&sealed)), (Some(estimate(1)), None));
        assert_eq!(new.open(&old.seal(&estimate(1))), None);
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
