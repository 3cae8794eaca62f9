//! Positions in SQLite.

use super::{Looks, Noted, Notes, PATIENCE_MS, Quiet, codec, statement};
use crate::Fault;
use crate::backend::sqlite::corrupt;
use crate::backend::{Redis, Sqlite};
use farebox_records::proof::{Bucket, Position};
use spin_sdk::sqlite::RowResult;
use std::rc::Rc;
use std::time::Duration;

impl Notes for Rc<Sqlite> {
    async fn noted(&self) -> Result<Noted, Fault> {
        let rows = self.run(statement::LIST, Vec::new()).await?;
        let node = rows.first().and_then(|row| row.get::<&str>(0)).ok_or_else(|| corrupt("node"))?.to_owned();
        let rows = rows.iter().filter(|row| row.get::<&str>(1).is_some());
        Ok(Noted { node, positions: rows.map(noted).collect::<Result<_, _>>()? })
    }

    async fn note(&self, positions: &[(Bucket, Position)]) -> Result<(), Fault> {
        self.run(statement::NOTE, vec![codec::json(positions).as_str().into()]).await?;
        Ok(())
    }

    async fn patience(&self) {
        spin_sdk::time::sleep(Duration::from_millis(PATIENCE_MS)).await;
    }
}

/// The shared store, and the database of the node that looks at it.
pub struct Beside<'a> {
    /// Where the steps are taken.
    pub shared: &'a Redis,
    /// Where it is noted.
    pub node: &'a Sqlite,
}

impl Looks for Beside<'_> {
    async fn quiet(&self, most: u32) -> Result<Vec<Quiet>, Fault> {
        let rows = self.node.run(statement::QUIET, vec![most.into()]).await?;
        rows.iter().map(|row| quiet(row).ok_or_else(|| corrupt("position"))).collect()
    }

    async fn step(&self, city: &str, bucket: u32) -> Result<(), Fault> {
        self.shared.look(city, bucket).await
    }
}

fn quiet(row: &RowResult) -> Option<Quiet> {
    let bucket = u32::try_from(row.get::<i64>(1)?).ok()?;
    Some(Quiet { city: row.get::<&str>(0)?.to_owned(), bucket, is_of_use: row.get::<i64>(2)? == 1 })
}

fn noted(row: &RowResult) -> Result<(Bucket, Position), Fault> {
    let noted = || {
        let number = |column| u64::try_from(row.get::<i64>(column)?).ok();
        let bucket = (row.get::<&str>(1)?.to_owned(), u32::try_from(number(2)?).ok()?);
        let (token, mark) = (row.get::<&str>(5)?.parse().ok()?, u16::try_from(number(6)?).ok()?);
        Some((bucket, Position { life: number(3)?, steps: number(4)?, token, mark }))
    };
    noted().ok_or_else(|| corrupt("position"))
}
