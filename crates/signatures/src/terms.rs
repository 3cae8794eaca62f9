//! What a signature is made of here.

/// The name of the only algorithm.
pub const ALGORITHM: &str = "hmac-sha256";

/// What a signature that is one of several has as its `tag`, so that it is known to be meant for us.
pub const TAG: &str = "farebox";

/// What has to be covered by a signature of a request with a body. Without a body, all but the last.
pub const COVERED: [&str; 4] = ["@method", "@path", "@query", "content-digest"];

/// What a refusal asks for, as the header `Accept-Signature` (RFC 9421, section 5.1) has it. It cannot ask for a `nonce` or a `keyid` of the
/// caller's own: these parameters stand there with the value that is to be sent, and only `created` and `expires` without one.
pub const ACCEPT_SIGNATURE: &str = r#"sig=("@method" "@path" "@query" "content-digest");created;alg="hmac-sha256""#;
