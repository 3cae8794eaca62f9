//! What is signed.

/// A whole request, as it is on the wire.
///
/// Its parts are those of a request of `farebox-web`, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The method, such as `POST`.
    pub method: &'r str,
    /// The path, as it is sent: nothing is decoded.
    pub path: &'r str,
    /// The query, as it is sent and without its question mark. None when there is none.
    pub query: Option<&'r str>,
    /// Names in lower case. A name may occur more than once.
    pub headers: &'r [(String, Vec<u8>)],
    /// The body, as it is sent: compressed, when it is.
    pub body: &'r [u8],
}

impl<'r> Request<'r> {
    /// A request for a path and a query that stand in one text, as they do in the first line of HTTP/1.1.
    pub fn new(method: &'r str, path_and_query: &'r str, headers: &'r [(String, Vec<u8>)], body: &'r [u8]) -> Self {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        Self { method, path, query, headers, body }
    }

    /// The lines of a header, each as it came.
    pub(crate) fn lines(&self, name: &str) -> impl Iterator<Item = &'r [u8]> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_slice())
    }
}
