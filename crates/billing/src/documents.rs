//! The documents that something was made with: kept, so that it can be made again.

use crate::context::Context;
use crate::event::Event;
use crate::patience::Patience;
use crate::ports::{DocumentKind, Kind, Named, Ports, StoreError};

/// A document that something was made with.
pub(crate) struct Found {
    /// What it says.
    pub(crate) document: String,
    /// Whether the store has it. Otherwise it has lost it, and this node has not.
    pub(crate) is_kept: bool,
}

/// Looks for a document in the store, and then in the journal of this node.
///
/// # Errors
///
/// One of them did not say.
pub(crate) async fn find<P: Ports>(
    context: &Context<P>,
    city: &str,
    kind: DocumentKind,
    version: &str,
    patience: Patience,
) -> Result<Option<Found>, StoreError> {
    let kept = context.read(patience, context.ports().document(city, kind, version)).await?;
    if let Some(document) = kept {
        return Ok(Some(Found { document, is_kept: true }));
    }
    let named = Named { kind, version: version.to_owned() };
    let journaled = context.here(context.ports().journaled_document(city, &named)).await?;
    Ok(journaled.map(|document| Found { document, is_kept: false }))
}

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
