//! What browsers are told of the pages of other origins: whether they may ask, how, and what they may see of an answer.
//!
//! Where no origin is listed nothing is told, and browsers keep answers from pages of other origins.

use crate::routes;
use farebox_billing::origins::Origins;
use farebox_web::request::Request;
use farebox_web::response::Response;
use http::{Method, StatusCode};

/// The headers of a request that a page may set.
const ASKED_WITH: &str = "accept-language, content-digest, content-encoding, content-type, if-none-match, signature, \
                          signature-input, traceparent";

/// The headers of an answer that a page may see, beside those it always may.
const SEEN: &str = "accept-signature, etag, ratelimit, ratelimit-policy, retry-after, traceparent, www-authenticate";

/// For how long a browser need not ask again, in seconds: two hours, the longest that all of them keep it.
const KEPT_S: &str = "7200";

/// Whether anybody is told: probes are for machines, and look at no variable.
pub fn concerns(path: &str) -> bool {
    !matches!(path, "/healthz" | "/readyz" | "/statusz")
}

/// The answer to a browser that asks before a page may. None when it does not, or the page may not, or there is nothing there:
/// then it is answered as everybody is.
pub fn preflight(origins: &Origins, request: &Request) -> Option<Response> {
    request.header("access-control-request-method").filter(|_| request.method == Method::OPTIONS)?;
    allowed(origins, request)?;
    let methods = routes::methods(request.path())?;
    let mut response = Response::without_body(StatusCode::NO_CONTENT);
    response.add("access-control-allow-methods", methods);
    response.add("access-control-allow-headers", ASKED_WITH);
    response.add("access-control-max-age", KEPT_S);
    Some(response)
}

/// Says of any answer whether the page that asked may see it.
pub fn mark(origins: &Origins, request: &Request, response: &mut Response) {
    if let Origins::These(_) = origins {
        // Whoever keeps the answer keeps it for this page, and for nobody else's.
        response.add("vary", "origin");
    }
    let Some(origin) = allowed(origins, request) else { return };
    let origin = if *origins == Origins::Everybody { "*" } else { origin };
    response.add("access-control-allow-origin", origin.to_owned());
    response.add("access-control-expose-headers", SEEN);
}

fn allowed<'r>(origins: &Origins, request: &'r Request) -> Option<&'r str> {
    request.header("origin").filter(|origin| origins.allow(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who may ask what: the methods that a browser is told before, whose pages may see the answer, and on what it depends.
    #[test]
    fn browsers() {
        let these = Origins::parse("https://a.example https://b.example").expect("origins");
        let (a, c) = ("https://a.example", "https://c.example");
        let vary = |origin| format!("{origin}, varies");
        for (origins, method, path, origin, methods, expected) in [
            (&Origins::Nobody, "OPTIONS", "/v1/cities", a, None, "nobody".to_owned()),
            (&Origins::Nobody, "GET", "/v1/cities", a, None, "nobody".to_owned()),
            (&these, "GET", "/v1/cities", a, None, vary(a)),
            (&these, "GET", "/v1/cities", c, None, vary("nobody")),
            (&these, "GET", "/v1/cities", "", None, vary("nobody")),
            (&these, "OPTIONS", "/v1/cities", a, Some("GET, HEAD"), vary(a)),
            (&these, "OPTIONS", "/v1/trips/t/bill?city=1", a, Some("GET, HEAD, POST"), vary(a)),
            (&these, "OPTIONS", "/v1/commission", a, Some("POST"), vary(a)),
            (&these, "OPTIONS", "/v1/commission", c, None, vary("nobody")),
            (&these, "OPTIONS", "/nowhere", a, None, vary(a)),
            (&Origins::Everybody, "OPTIONS", "/openapi.json", c, Some("GET, HEAD"), "*".to_owned()),
            (&Origins::Everybody, "POST", "/v1/commission", c, None, "*".to_owned()),
            (&Origins::Everybody, "POST", "/v1/commission", "", None, "nobody".to_owned()),
        ] {
            let mut headers = vec![("access-control-request-method".to_owned(), b"POST".to_vec())];
            if !origin.is_empty() {
                headers.push(("origin".to_owned(), origin.as_bytes().to_vec()));
            }
            let method = method.parse().expect("a method");
            let request = Request { method, path_and_query: path.to_owned(), headers, body: Vec::new() };
            let why = format!("{origins:?} {} {path} {origin}", request.method);
            let told = preflight(origins, &request);
            assert_eq!(told.as_ref().and_then(|told| told.header("access-control-allow-methods")), methods, "{why}");
            let mut response = told.unwrap_or(Response::json_text(StatusCode::OK, Vec::new()));
            mark(origins, &request, &mut response);
            let seen = response.header("access-control-allow-origin").unwrap_or("nobody");
            let varies = if response.header("vary") == Some("origin") { ", varies" } else { "" };
            assert_eq!(format!("{seen}{varies}"), expected, "{why}");
        }
    }

    /// A browser that asks with no method asks nothing before.
    #[test]
    fn options_alone_is_no_preflight() {
        let headers = vec![("origin".to_owned(), b"https://a.example".to_vec())];
        let request =
            Request { method: Method::OPTIONS, path_and_query: "/v1/cities".into(), headers, body: Vec::new() };
        assert_eq!(preflight(&Origins::Everybody, &request), None);
    }
}
