//! What stands in arguments of a request.

use ureq::http::{HeaderName, HeaderValue, Method, Uri};

/// What the client writes itself.
const OF_THE_CLIENT: [&str; 4] = ["content-length", "transfer-encoding", "connection", "expect"];

/// What is made by signing.
const OF_SIGNING: [&str; 3] = ["content-digest", "signature", "signature-input"];

/// A method, in upper case, as there are no others.
pub fn method(text: &str) -> Result<Method, String> {
    text.to_ascii_uppercase().parse().map_err(|_| "not a method; write it like GET or POST".to_owned())
}

/// A server, without a path: what is signed is the path that it reads.
pub fn server(text: &str) -> Result<Uri, String> {
    let wrong = || "not a server; write scheme, host and port, like http://127.0.0.1:3000".to_owned();
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let is_known = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri.authority().filter(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'));
    if !is_known || host.is_none() {
        return Err(wrong());
    }
    match uri.path_and_query().map(|path| path.as_str()) {
        None | Some("/") if !text.contains('#') => Ok(uri),
        _ => Err("has a path, which goes into PATH: what is signed is the path that the server reads".to_owned()),
    }
}

/// "Name: value".
pub fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || "not a header; write it like \"Accept-Language: en\"".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
    if OF_THE_CLIENT.contains(&name.as_str()) {
        return Err(format!("{name} is written by what sends the request; leave it out"));
    }
    if OF_SIGNING.contains(&name.as_str()) {
        return Err(format!("{name} is made by signing; name a key with --key, and leave it out"));
    }
    let value = value.trim().parse().map_err(|_| wrong())?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken for a server, and for a header: what cannot be sent as it is meant is refused.
    #[test]
    fn arguments() {
        for (text, good) in [
            ("http://127.0.0.1:3000", true),
            ("https://fares.example/", true),
            ("http://[::1]:3000", true),
            ("127.0.0.1:3000", false),
            ("ftp://fares.example", false),
            ("http://", false),
            ("http://user:password@fares.example", false),
            ("http://fares.example/v1", false),
            ("http://fares.example/?a=b", false),
            ("http://fares.example/#a", false),
        ] {
            assert_eq!(server(text).is_ok(), good, "{text}");
        }
        for (text, good) in [
            ("Accept-Language: en", true),
            ("x:", true),
            ("x: a:b", true),
            ("Accept-Language", false),
            ("a b: c", false),
            ("x: a\nb: c", false),
            ("Signature: sig=:AAAA:", false),
            ("content-length: 3", false),
        ] {
            assert_eq!(header(text).is_ok(), good, "{text}");
        }
        assert!(method("post") == Ok(Method::POST) && method("PURGE").is_ok() && method("a b").is_err());
    }
}
