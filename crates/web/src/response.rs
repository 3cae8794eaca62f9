//! Answers, before they are a host's or a server's.

use http::{HeaderValue, StatusCode};
use std::borrow::Cow;

/// An answer with a JSON document.
///
/// A plain list of headers: a map of them would be built, hashed and taken apart again for each answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers but for the length: names in lower case, none twice.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// A document that is text already.
    pub fn json_text(status: StatusCode, body: Vec<u8>) -> Self {
        Self::of(status, "application/json", body)
    }

    /// Money is never cached on the way.
    pub(crate) fn of(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Self {
        let mut headers = Vec::with_capacity(5);
        headers.push(("content-type", Cow::Borrowed(media_type)));
        headers.push(("cache-control", Cow::Borrowed("no-store")));
        Self { status, headers, body }
    }

    /// One that has no body, nor anything to say of it.
    pub fn without_body(status: StatusCode) -> Self {
        Self { status, headers: Vec::with_capacity(4), body: Vec::new() }
    }

    /// The length to be told of the body; none where the status says that there is no body.
    pub fn length(&self) -> Option<usize> {
        let has_body = !matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        has_body.then_some(self.body.len())
    }

    /// Gives a header this value, whether it is there or not.
    pub fn set(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.headers.retain(|(other, _)| *other != name);
        self.add(name, value);
    }

    /// Adds a header that is not there yet.
    pub fn add(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.headers.push((name, value.into()));
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| &**value)
    }
}

impl From<Response> for http::Response<Vec<u8>> {
    /// As servers want it. A value that no header can have is left out.
    fn from(response: Response) -> Self {
        let mut answer = Self::new(response.body);
        *answer.status_mut() = response.status;
        for (name, value) in response.headers {
            if let Ok(value) = HeaderValue::try_from(&*value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A server is given the same answer as a host.
    #[test]
    fn servers_see_the_same() {
        let mut response = Response::json_text(StatusCode::CREATED, b"[\"1.00\"]".to_vec());
        response.add("retry-after", "1");
        let served = http::Response::from(response.clone());
        assert_eq!((served.status(), &**served.body()), (StatusCode::CREATED, &b"[\"1.00\"]"[..]));
        for name in ["content-type", "cache-control", "retry-after"] {
            assert_eq!(served.headers()[name], response.header(name).unwrap());
        }
        assert_eq!(served.headers().len(), response.headers.len());
    }
}
