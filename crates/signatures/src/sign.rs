//! Signing a request.

use crate::{ALGORITHM, COVERED, Claim, Refusal, Request, Secret, content_digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sfv::StringRef;

/// The name that ties our two headers together.
const LABEL: &str = "sig";

/// The headers that a signed request is sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `Content-Digest`, when there is a body.
    pub content_digest: Option<String>,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

impl Signature {
    /// The headers, with their names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let digest = self.content_digest.as_deref().map(|digest| ("content-digest", digest));
        digest.into_iter().chain([("signature-input", &*self.signature_input), ("signature", &*self.signature)])
    }
}

/// Signs a request with a secret of the key `key`. `created` is what the clock says, in seconds since 1970; `nonce` is what no other
/// request of this key has. What the request says already of a signature, or of a digest, does not count: send these headers in
/// place of them.
///
/// # Errors
///
/// No such request can be verified: its nonce is too short, say, or its path is not percent-encoded.
pub fn sign(
    key: &str,
    secret: &Secret,
    request: &Request<'_>,
    created: i64,
    nonce: &str,
) -> Result<Signature, Refusal> {
    let wrong = |name: &str| {
        let why = format!("has a {name} that is not visible ASCII");
        Refusal::Malformed { header: "Signature-Input", why }
    };
    let text = |name, text| {
        let quoted = StringRef::from_str(text).map_err(|_| wrong(name))?;
        Ok(sfv::ItemSerializer::new().bare_item(quoted).finish())
    };
    let covered = if request.body.is_empty() { &COVERED[..3] } else { &COVERED };
    let covered: Vec<String> = covered.iter().map(|name| format!("{name:?}")).collect();
    let signature_input = format!(
        "{LABEL}=({});created={created};nonce={};keyid={};alg=\"{ALGORITHM}\"",
        covered.join(" "),
        text("nonce", nonce)?,
        text("keyid", key)?
    );
    let content_digest = (!request.body.is_empty()).then(|| content_digest(request.body));
    let mut headers = vec![("signature-input".to_owned(), signature_input.clone().into_bytes())];
    headers.extend(content_digest.iter().map(|digest| ("content-digest".to_owned(), digest.clone().into_bytes())));
    // What is signed is made by whoever verifies it, so the two cannot differ.
    let claim = Claim::read(&Request { headers: &headers, ..*request })?;
    let signature = format!("{LABEL}=:{}:", STANDARD.encode(secret.mac(&claim.base)));
    Ok(Signature { content_digest, signature_input, signature })
}
