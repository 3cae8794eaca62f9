//! Lists that a node answers page by page.

use crate::jobs::slices::{encoded, read};
use crate::request::Server;
use serde::de::DeserializeOwned;
use ureq::http::Method;

/// Asks for page after page of a list. `take` takes one in, and says where the next one begins, if there is one.
///
/// # Errors
///
/// There is no answer, or it is a refusal, or `take` fails: what was taken in is not all then.
pub fn each<T: DeserializeOwned>(
    server: &Server,
    path: &str,
    query: &[(&str, &str)],
    mut take: impl FnMut(T) -> anyhow::Result<Option<String>>,
) -> anyhow::Result<()> {
    let mut next = None::<String>;
    loop {
        let cursor = next.as_deref().map(|cursor| ("cursor", cursor));
        let query = query.iter().copied().chain(cursor).map(|(name, value)| format!("{name}={}", encoded(value)));
        let path = format!("{path}?{}", query.collect::<Vec<_>>().join("&"));
        next = take(read(&server.ask(Method::GET, &path)?)?)?;
        if next.is_none() {
            return Ok(());
        }
    }
}
