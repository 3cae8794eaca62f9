//! What a backend does with documents.

use crate::Fault;
use farebox_records::stored::DocumentKind;

/// Documents that quotes and bills were made with.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Documents {
    /// Keeps a document under its version, unless there is one.
    async fn put_document(&self, city: &str, kind: DocumentKind, version: &str, document: &str) -> Result<(), Fault>;

    /// The document of a version.
    async fn document(&self, city: &str, kind: DocumentKind, version: &str) -> Result<Option<String>, Fault>;
}
