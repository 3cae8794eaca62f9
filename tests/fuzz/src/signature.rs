//! Whatever a request says of its signature, it is read or refused; and what is read is signed as it says, and in no other way.
//!
//! An input is a request in lines, as for `request`. No input can have a signature that is right, so it is made here, of what the input
//! says is signed.

use crate::wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use farebox_signatures::{Claim, Key, Keys, Refusal, Request, Secret, verify};
use std::sync::LazyLock;

/// A service whose every key has the same two secrets.
struct Service([Secret; 2]);

impl Key for Service {
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }
}

impl Keys for Service {
    type Key = Self;

    fn key(&self, _: &str) -> Option<&Self> {
        Some(self)
    }
}

static SERVICES: LazyLock<[Service; 2]> = LazyLock::new(|| {
    let secret = |byte: u8| Secret::new(&[byte; 32]).expect("it is long enough");
    [Service([secret(1), secret(2)]), Service([secret(3), secret(4)])]
});

/// Reads what the bytes say, signs it, and alters it.
pub fn check(bytes: &[u8]) {
    let Some(sent) = wire::read(bytes) else { return };
    let request = Request::new(sent.method.as_str(), &sent.path_and_query, &sent.headers, &sent.body);
    let claim = match Claim::read(&request) {
        Ok(claim) => claim,
        Err(refusal) => {
            check_sentence(&refusal);
            return assert_eq!(verify(&SERVICES[0], &request, 0, u32::MAX).err(), Some(refusal));
        }
    };
    check_written_anew(&claim, &request);
    check_signed(&claim, &request);
}

/// Whoever reads a refusal has something to go by, and gets back no more than a line of what they sent.
fn check_sentence(refusal: &Refusal) {
    let text = refusal.to_string();
    assert!((20..=400).contains(&text.len()), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
}

/// Other white space does not make another signature: what is read, written down in its one form, is the same.
fn check_written_anew(claim: &Claim, request: &Request<'_>) {
    let base = str::from_utf8(&claim.base).expect("what is signed is ASCII");
    let (_, input) = base.rsplit_once("\"@signature-params\": ").expect("it ends with the parameters");
    let input = format!("{}={input}", claim.label);
    let headers = with(request, "signature-input", &input);
    assert_eq!(Claim::read(&Request { headers: &headers, ..*request }).as_ref(), Ok(claim), "{input}");
}

fn check_signed(claim: &Claim, request: &Request<'_>) {
    let [service, stranger] = &*SERVICES;
    let now = claim.created;
    for (number, secret) in service.0.iter().enumerate() {
        let signature = format!("{}=:{}:", claim.label, STANDARD.encode(secret.mac(&claim.base)));
        let headers = with(request, "signature", &signature);
        let request = Request { headers: &headers, ..*request };
        assert!(verify(stranger, &request, now, u32::MAX).is_err());
        match verify(service, &request, now, 0) {
            Ok(signed) => assert_eq!((signed.secret, &signed.nonce, signed.created), (number, &claim.nonce, now)),
            Err(Refusal::Expired { expires, .. }) => return assert!(Some(expires) == claim.expires && expires < now),
            Err(
                refusal @ (Refusal::DigestMissing
                | Refusal::DigestMismatch
                | Refusal::Malformed { header: "Content-Digest", .. }),
            ) => {
                assert!(claim.covers_digest);
                return check_sentence(&refusal);
            }
            Err(refusal) => panic!("signed, and refused: {refusal}"),
        }
        check_altered(service, &request, now);
    }
}

/// Another method, path, query or body was not signed.
fn check_altered(service: &Service, request: &Request<'_>, now: i64) {
    let more = |text: &str| format!("{text}x");
    let (method, path, query) = (more(request.method), more(request.path), more(request.query.unwrap_or_default()));
    let body = [request.body, b"x"].concat();
    for altered in [
        Request { method: &method, ..*request },
        Request { path: &path, ..*request },
        Request { query: Some(&query), ..*request },
        Request { body: &body, ..*request },
    ] {
        assert!(verify(service, &altered, now, u32::MAX).is_err(), "{altered:?}");
    }
}

/// The headers, with `name` in place of those of the same name.
fn with(request: &Request<'_>, name: &str, value: &str) -> Vec<(String, Vec<u8>)> {
    let others = request.headers.iter().filter(|(other, _)| other != name).cloned();
    others.chain([(name.to_owned(), value.as_bytes().to_vec())]).collect()
}
