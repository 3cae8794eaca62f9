//! Whatever is signed is verified, and nothing that was altered is.
#![allow(clippy::unwrap_used)]

use farebox_signatures::{Key, Keys, Request, Secret, Signature, content_digest, sign, verify};
use proptest::prelude::*;
use std::time::Instant;

struct One(Secret);

impl Key for One {
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.0)
    }
}

/// A service that has the same secret under every identifier: an altered one is noticed all the same.
impl Keys for One {
    type Key = Self;

    fn key(&self, _: &str) -> Option<&Self> {
        Some(self)
    }
}

fn keys() -> One {
    One(Secret::new(&[7; 32]).unwrap())
}

fn sent(signature: &Signature) -> Vec<(String, Vec<u8>)> {
    signature.headers().map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect()
}

/// Replaces the byte at `at`, wrapped around, by another that may stand there.
fn altered(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let length = bytes.len();
    let byte = &mut bytes[at % length];
    *byte = if *byte == b'1' { b'2' } else { b'1' };
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What is signed is verified as it was signed; and when one byte of the method, the path, the query, the body, or of what the
    /// signature says, is another, it is not.
    #[test]
    fn one_byte(
        method in "[A-Z]{1,7}",
        path in "/[!-<>@-~]{0,40}",
        query in proptest::option::of("[!-~]{0,40}"),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        created in 0_i64..4_000_000_000,
        nonce in "[a-zA-Z0-9_.~+/=-]{16,64}",
        key in "[ -~]{0,40}",
        at in any::<usize>(),
    ) {
        let keys = keys();
        let request = Request { method: &method, path: &path, query: query.as_deref(), headers: &[], body: &body };
        let signature = sign(&key, &keys.0, &request, created, &nonce).unwrap();
        let headers = sent(&signature);
        let request = Request { headers: &headers, ..request };
        let signed = verify(&keys, &request, created, 0).unwrap();
        prop_assert_eq!((&*signed.nonce, signed.created), (&*nonce, created));

        let refused = |request: Request<'_>| verify(&keys, &request, created, u32::MAX).is_err();
        assert!(refused(Request { method: &altered(&method, at), ..request }));
        assert!(refused(Request { path: &altered(&path, at), ..request }));
        if let Some(query) = query.as_deref().filter(|query| !query.is_empty()) {
            assert!(refused(Request { query: Some(&altered(query, at)), ..request }));
            assert!(refused(Request { query: None, ..request }));
            assert!(refused(Request { query: Some(&format!("{query}&a=1")), ..request }));
        }
        let mut other = body.clone();
        match at.checked_rem(body.len()) {
            Some(at) => other[at] ^= 1,
            None => other.push(0),
        }
        assert!(refused(Request { body: &other, ..request }));
        // The same with a digest that fits: a signature is of the digest.
        let mut fitting = headers.clone();
        fitting.retain(|(name, _)| name != "content-digest");
        fitting.push(("content-digest".to_owned(), content_digest(&other).into_bytes()));
        assert!(refused(Request { body: &other, headers: &fitting, ..request }));
        for (name, value) in &headers {
            let text = str::from_utf8(value).unwrap();
            // The last character of base64 has bits that mean nothing, and that structured fields pass over.
            let meaningless = text.rfind("=:").map(|end| end - 1);
            if meaningless == Some(at % text.len()) {
                continue;
            }
            let mut headers = headers.clone();
            headers.iter_mut().find(|(other, _)| other == name).unwrap().1 = altered(text, at).into_bytes();
            // The name of a signature means nothing, and is in both headers.
            assert!(refused(Request { headers: &headers, ..request }), "{name}: {text}");
        }
    }

    /// No header makes the reader fail in any other way than saying no.
    #[test]
    fn any_header_is_survived(
        input in "[ -~]{0,100}|sig=\\([\"@a-z ]{0,30}\\)[;=\"a-z0-9:@%. ]{0,60}",
        signature in "[ -~]{0,60}|sig=:[a-zA-Z0-9+/=]{0,60}:",
        digest in "[ -~]{0,60}|sha-256=:[a-zA-Z0-9+/=]{0,60}:",
    ) {
        let headers = [("signature-input", input), ("signature", signature), ("content-digest", digest)]
            .map(|(name, value)| (name.to_owned(), value.into_bytes()));
        let request = Request::new("POST", "/v1/estimates", &headers, b"{}");
        prop_assert!(verify(&keys(), &request, 0, 300).is_err());
    }
}

/// Nothing is signed that could not be verified.
#[test]
fn what_cannot_be_verified_is_not_signed() {
    let secret = keys().0;
    let request = |path| Request::new("GET", path, &[], &[]);
    let code = |signed: Result<Signature, farebox_signatures::Refusal>| signed.map_err(|refusal| refusal.code().word());
    assert_eq!(code(sign("a", &secret, &request("/"), 1, "short")), Err("nonce-invalid"));
    assert_eq!(code(sign("a", &secret, &request("/caf\u{e9}"), 1, "0123456789abcdef")), Err("component-unreadable"));
    assert_eq!(code(sign("caf\u{e9}", &secret, &request("/"), 1, "0123456789abcdef")), Err("signature-malformed"));
    assert_eq!(code(sign("a", &secret, &request("/"), -1, "0123456789abcdef")), Err("signature-malformed"));
    assert!(Secret::new(&[0; 31]).is_none());
}

/// What a verification costs here: `cargo test --release -p farebox-signatures -- --ignored --nocapture`.
#[test]
#[ignore = "it measures, and holds nothing"]
fn what_it_costs() {
    let keys = keys();
    for bytes in [0, 500, 4_000] {
        let body = vec![b'x'; bytes];
        let method = if bytes == 0 { "GET" } else { "POST" };
        let request = Request::new(method, "/v1/trips/ride-1/bill?city=110000", &[], &body);
        let signature = sign("dispatch", &keys.0, &request, 1_800_000_000, "0123456789abcdef").unwrap();
        let mut headers: Vec<(String, Vec<u8>)> =
            (0..10).map(|number| (format!("header-{number}"), b"a value".to_vec())).collect();
        headers.extend(sent(&signature));
        let request = Request { headers: &headers, ..request };
        let began = Instant::now();
        for _ in 0..100_000 {
            verify(&keys, std::hint::black_box(&request), 1_800_000_000, 300).unwrap();
        }
        let took = began.elapsed().as_nanos() / 100_000;
        println!("a body of {bytes} bytes: {took} ns a verification");
    }
}
