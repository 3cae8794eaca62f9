//! What makes a token count, and what does not: one row for each way to go wrong.
#![allow(clippy::unwrap_used)]

use farebox_coupons::{Issuer, Issuers, Refused, Secret, Token, Use, accept};
use farebox_document::Problems;
use proptest::prelude::*;

const HEADER: &str = r#"{"alg":"EdDSA","kid":"marketing"}"#;
const CLAIMS: &str = r#"{"aud":["110000","120000"],"sub":"p-1","nbf":100,"exp":200,"iat":90,"coupon":{"id":"c-1"}}"#;
const USE: Use<'_> = Use { city: "110000", passenger: Some("p-1"), starts_at: 150 };

fn secret() -> Secret {
    Secret::new(&[1; 32])
}

fn issuers() -> Issuers {
    let issuer = |id: &str, secret: &Secret| Issuer { id: id.into(), public_key: secret.public_key().to_string() };
    let list = [issuer("marketing", &secret()), issuer("partner", &Secret::new(&[2; 32]))];
    let mut problems = Problems::default();
    let issuers = Issuers::read(&list, "", &mut problems);
    assert!(problems.is_empty());
    issuers
}

/// The example of RFC 8037, appendix A: the same secret makes the same key and the same token.
#[test]
fn the_example_of_the_standard() {
    let secret = Secret::parse("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    assert_eq!(secret.public_key().to_string(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhij\
                 cNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(secret.sign_parts(r#"{"alg":"EdDSA"}"#, "Example of Ed25519 signing"), token);
}

/// A token counts in its cities, for its passenger, while it is good; and nothing that was not signed like this.
#[test]
fn what_counts() {
    let at = |starts_at| Use { starts_at, ..USE };
    let bearer = CLAIMS.replace(r#""sub":"p-1","#, "");
    let endless = bearer.replace(r#""nbf":100,"exp":200,"#, "");
    let one_city = CLAIMS.replace(r#"["110000","120000"]"#, r#""110000""#);
    for (name, header, claims, used, expected) in [
        ("right", HEADER, CLAIMS, USE, ""),
        ("one city", HEADER, &one_city, USE, ""),
        ("a type", r#"{"alg":"EdDSA","kid":"marketing","typ":"JWT"}"#, CLAIMS, USE, ""),
        ("another city", HEADER, CLAIMS, Use { city: "370100", ..USE }, "other-city"),
        ("a city that begins so", HEADER, &one_city, Use { city: "11", ..USE }, "other-city"),
        ("another passenger", HEADER, CLAIMS, Use { passenger: Some("p-2"), ..USE }, "other-passenger"),
        ("nobody", HEADER, CLAIMS, Use { passenger: None, ..USE }, "other-passenger"),
        ("anybody's", HEADER, &bearer, Use { passenger: Some("p-2"), ..USE }, ""),
        ("just in time", HEADER, CLAIMS, at(100), ""),
        ("too early", HEADER, CLAIMS, at(99), "other-time"),
        ("the last second", HEADER, CLAIMS, at(199), ""),
        ("too late", HEADER, CLAIMS, at(200), "other-time"),
        ("endless", HEADER, &endless, at(i64::MAX), ""),
        ("another issuer", r#"{"alg":"EdDSA","kid":"partner"}"#, CLAIMS, USE, "forged"),
        ("nobody's", r#"{"alg":"EdDSA","kid":"who"}"#, CLAIMS, USE, "unknown-issuer"),
        ("no issuer", r#"{"alg":"EdDSA"}"#, CLAIMS, USE, "malformed"),
        ("no algorithm", r#"{"alg":"none","kid":"marketing"}"#, CLAIMS, USE, "malformed"),
        ("a shared secret", r#"{"alg":"HS256","kid":"marketing"}"#, CLAIMS, USE, "malformed"),
        ("critical", r#"{"alg":"EdDSA","kid":"marketing","crit":["b64"],"b64":false}"#, CLAIMS, USE, "malformed"),
        ("twice", r#"{"alg":"EdDSA","kid":"marketing","kid":"marketing"}"#, CLAIMS, USE, "malformed"),
        ("no city", HEADER, r#"{"coupon":{}}"#, USE, "malformed"),
        ("no coupon", HEADER, r#"{"aud":"110000"}"#, USE, "malformed"),
        ("a time that is none", HEADER, r#"{"aud":"110000","exp":"never","coupon":{}}"#, USE, "malformed"),
        ("no object", HEADER, "[]", USE, "malformed"),
    ] {
        let token = secret().sign_parts(header, claims);
        let told = accept(&token, &issuers(), used);
        assert_eq!(told.as_ref().err().map_or("", Refused::word), expected, "{name}: {told:?}");
    }
}

/// What is refused says what is wrong, and what would be right.
#[test]
fn what_is_said() {
    let said =
        |header: &str, used| accept(&secret().sign_parts(header, CLAIMS), &issuers(), used).unwrap_err().to_string();
    let unknown = r#"{"alg":"EdDSA","kid":"who"}"#;
    assert_eq!(said(unknown, USE), "is signed by \"who\"; the city knows marketing, partner");
    assert_eq!(said(HEADER, Use { city: "1", ..USE }), "is good in \"110000, 120000\"");
    let late = "is not good for rides that begin then; `nbf` is 100, `exp` is 200, in seconds since 1970";
    assert_eq!(said(HEADER, Use { starts_at: 200, ..USE }), late);
}

proptest! {
    /// No character of a token can be changed, left out or added.
    #[test]
    fn every_character_counts(at in 0usize..330, change in 0u8..3, by in 1u8..64) {
        let token = secret().sign_parts(HEADER, CLAIMS);
        let at = at % token.len();
        let mut bytes = token.clone().into_bytes();
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        match change {
            0 => _ = bytes.remove(at),
            1 => bytes.insert(at, letters[usize::from(by)]),
            _ => {
                let is = letters.iter().position(|letter| *letter == bytes[at]).unwrap_or(0);
                bytes[at] = letters[(is + usize::from(by)) % 64];
            }
        }
        let changed = String::from_utf8(bytes).unwrap();
        prop_assume!(changed != token);
        prop_assert!(accept(&changed, &issuers(), USE).is_err(), "{changed}");
    }

    /// Nothing that is no token stops anything.
    #[test]
    fn anything_is_answered(text in "[A-Za-z0-9_.=-]{0,200}") {
        prop_assert!(accept(&text, &issuers(), USE).is_err());
        drop(Token::read(&text));
    }
}
