//! The documents that something was made with: kept, so that it can be made again.

use crate::context::Context;
use crate::event::Event;
use crate::ports::{DocumentKind, Kind, Ports, StoreError};

/// Puts a document into the store, and tells when that fails.
///
/// # Errors
///
/// The store did not take it, as far as is known.
pub(crate) async fn keep<P: Ports>(
    context: &Context<P>,
    city: &str,
    kind: DocumentKind,
    version: &str,
    document: &str,
) -> Result<(), StoreError> {
    let put = context.write(Kind::Posts, context.ports().put_document(city, kind, version, document)).await;
    put.inspect_err(|error| {
        let (city, version) = (city.to_owned(), version.to_owned());
        context.tell(&Event::DocumentNotKept { city, kind: kind.word(), version, why: error.line() });
    })
}
