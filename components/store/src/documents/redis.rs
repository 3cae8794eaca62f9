//! Documents in Redis.

use super::{Documents, PUT_ONCE};
use crate::Fault;
use crate::backend::Redis;
use farebox_records::stored::DocumentKind;

impl Documents for Redis {
    async fn put_document(&self, city: &str, kind: DocumentKind, version: &str, document: &str) -> Result<(), Fault> {
        let key = self.keys.document(city, kind.word(), version);
        self.step(&PUT_ONCE, city, version, &[key], &[document.to_owned()]).await?;
        Ok(())
    }

    async fn document(&self, city: &str, kind: DocumentKind, version: &str) -> Result<Option<String>, Fault> {
        let reply = self.read(city, &["GET", &self.keys.document(city, kind.word(), version)]).await?;
        Ok(reply.into_iter().next().flatten())
    }
}
