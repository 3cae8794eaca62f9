//! What others sign is verified here.
#![allow(clippy::unwrap_used)]

mod dispatch;

use dispatch::Dispatch;
use farebox_signatures::{Request, Secret, sign, verify};
use serde_json::Value;

/// Requests that an implementation in another language signed are taken as they are, whatever the order of their components and
/// parameters. How they were made is in `vectors.py`.
#[test]
fn requests_signed_by_others() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let bytes: Vec<u8> = (0..32).collect();
    let keys = Dispatch(Secret::new(&bytes).unwrap());
    assert!(vectors.len() >= 7);
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let headers = vector["headers"].as_object().unwrap();
        let headers: Vec<(String, Vec<u8>)> = headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().as_bytes().to_vec()))
            .collect();
        let request = Request::new(text("method"), text("path"), &headers, text("body").as_bytes());
        let signed = verify(&keys, &request, 1_800_000_000, 0).map(|signed| signed.nonce);
        assert_eq!(signed.as_deref(), Ok("bm9uY2Ugb2YgdGVzdHM="), "{vector}");
        let other = Dispatch(Secret::new(&[1; 32]).unwrap());
        assert!(verify(&other, &request, 1_800_000_000, 0).is_err(), "{vector}");
    }
}

/// And what is signed here stays what it is: the same implementation verified this.
#[test]
fn a_request_signed_here() {
    let bytes: Vec<u8> = (0..32).collect();
    let secret = Secret::new(&bytes).unwrap();
    let request = Request::new("POST", "/v1/estimates?a=1", &[], b"{}");
    let signature = sign("dispatch", &secret, &request, 1_800_000_000, "0123456789abcdef").unwrap();
    let headers: Vec<String> = signature.headers().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        headers,
        [
            "content-digest: sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:",
            "signature-input: sig=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1800000000;\
             nonce=\"0123456789abcdef\";keyid=\"dispatch\";alg=\"hmac-sha256\"",
            "signature: sig=:DD3RsQZFOctuYBBXRdjRrWlhmYfS3ngk8c+GHAky+6c=:",
        ]
    );
}
