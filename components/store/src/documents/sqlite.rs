//! Documents in SQLite.

use super::{Documents, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, not_admitted_a_moment_ago, texts};
use farebox_records::stored::DocumentKind;

impl Documents for Sqlite {
    async fn put_document(&self, city: &str, kind: DocumentKind, version: &str, document: &str) -> Result<(), Fault> {
        let parameters = [kind.word().into(), version.into(), document.into()];
        if self.step(statement::PUT_ONCE, city, parameters).await?.is_some() {
            return Ok(());
        }
        self.admitted(city).await?;
        match self.document(city, kind, version).await? {
            Some(_) => Ok(()),
            None => Err(not_admitted_a_moment_ago()),
        }
    }

    async fn document(&self, city: &str, kind: DocumentKind, version: &str) -> Result<Option<String>, Fault> {
        let parameters = vec![city.into(), kind.word().into(), version.into()];
        let Some(row) = self.row(statement::GET, parameters).await? else { return Ok(None) };
        let [document] = texts(row).ok_or_else(|| corrupt("document"))?;
        Ok(Some(document))
    }
}
