//! Requests, after they were a host's.

use http::Method;

/// A whole request.
///
/// A plain list of headers, as in an answer: few of them are looked at, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path and the query, as they came.
    pub path_and_query: String,
    /// Names in lower case. A name may occur more than once.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// The path, as it came.
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(&self.path_and_query, |(path, _)| path)
    }

    /// The query, as it came.
    pub fn query(&self) -> Option<&str> {
        self.path_and_query.split_once('?').map(|(_, query)| query)
    }

    /// The first header of a name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next().and_then(|value| str::from_utf8(value).ok())
    }

    /// Every header of a name, as it came.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_slice())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is before the first question mark is the path, what is after it the query; and of several headers of a name the
    /// first is read, unless it is no text.
    #[test]
    fn parts() {
        let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
        let request = |path: &str| Request {
            method: Method::GET,
            path_and_query: path.to_owned(),
            headers: vec![header("a", b"1"), header("b", b"\xff"), header("a", b"2"), header("b", b"3")],
            body: Vec::new(),
        };
        for (text, path, query) in
            [("/a/b", "/a/b", None), ("/a?b=c?d", "/a", Some("b=c?d")), ("/?", "/", Some("")), ("", "", None)]
        {
            assert_eq!((request(text).path(), request(text).query()), (path, query), "{text}");
        }
        let request = request("/");
        assert_eq!((request.header("a"), request.header("b"), request.header("c")), (Some("1"), None, None));
        assert_eq!(request.headers("a").collect::<Vec<_>>(), [b"1", b"2"]);
    }
}
