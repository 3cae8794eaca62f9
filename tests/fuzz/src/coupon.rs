//! Whatever a coupon's token says, it is read or refused; it counts when its issuer signed it, and for what it says.
//!
//! An input is a header and, after the first line feed, claims. No input can have a signature that is right, so it is made here.

use farebox_coupons::{Issuer, Issuers, Refused, Secret, Use, accept};
use farebox_document::Problems;
use std::sync::LazyLock;

static SECRET: LazyLock<Secret> = LazyLock::new(|| Secret::new(&[1; 32]));

static ISSUERS: LazyLock<Issuers> = LazyLock::new(|| {
    let issuer = Issuer { id: "i".to_owned(), public_key: SECRET.public_key().to_string() };
    Issuers::read(&[issuer], "", &mut Problems::default())
});

const USE: Use<'static> = Use { city: "110000", passenger: Some("p-1"), starts_at: 1_000 };

/// Reads what the bytes say, signs it, and alters it.
pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    // As it stands nobody has signed it.
    check_sentence(&accept(text, &ISSUERS, USE).expect_err("a token that nobody has signed"));
    let (header, claims) = text.split_once('\n').unwrap_or((r#"{"alg":"EdDSA","kid":"i"}"#, text));
    let token = SECRET.sign_parts(header, claims);
    match accept(&token, &ISSUERS, USE) {
        Ok(claims) => {
            assert!(claims.aud.cities().iter().any(|city| city == USE.city));
            assert!(claims.sub.as_deref().is_none_or(|sub| Some(sub) == USE.passenger));
            assert!(claims.nbf.is_none_or(|from| from <= USE.starts_at));
            assert!(claims.exp.is_none_or(|until| until > USE.starts_at));
        }
        Err(refused) => {
            assert_ne!(refused, Refused::Forged, "it is signed");
            check_sentence(&refused);
        }
    }
    let middle = token.len() / 2;
    let other = if token.as_bytes().get(middle) == Some(&b'A') { "B" } else { "A" };
    let altered = format!("{}{other}{}", token.get(..middle).unwrap_or(""), token.get(middle + 1..).unwrap_or(""));
    assert!(accept(&altered, &ISSUERS, USE).is_err(), "{altered}");
}

/// Whoever reads a refusal has something to go by, and no more than a few lines.
fn check_sentence(refused: &Refused) {
    let text = refused.to_string();
    assert!((10..=8_000).contains(&text.len()), "{text}");
}
