//! Bills in SQLite.

use super::{Bills, cursor, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, not_admitted_a_moment_ago, once_parameter};
use crate::nonces::Nonces as _;
use farebox_fare::Degradation;
use farebox_records::lineage;
use farebox_records::stored::{DueTrip, Entered, Listed, NewRevision, Once, Page, Posted, Revision, StoredBill};
use spin_sdk::sqlite::{RowResult, Value};

impl Bills for Sqlite {
    async fn post(&self, city: &str, trip: &str, new: &NewRevision, once: Option<&Once>) -> Result<Posted, Fault> {
        // This database loses nothing that it has kept: whatever says that it was made of all was.
        let NewRevision { revision: Revision { number, bill }, billed_at, day, top_up, due, seen, whole_since: _ } =
            new;
        let (top_up, due) = (top_up.as_ref(), due.as_ref());
        let (made, follows) = lineage::parts(&bill.fingerprint);
        let parameters: [Value; 15] = [
            trip.into(),
            once_parameter(once),
            (*number).into(),
            bill.fingerprint.as_str().into(),
            bill.document.as_str().into(),
            (*billed_at).into(),
            day.as_str().into(),
            top_up.map_or(Value::Null, |top_up| top_up.currency.code().into()),
            top_up.map_or(Value::Null, |top_up| top_up.amount.into()),
            top_up.map_or(Value::Null, |top_up| top_up.document.as_str().into()),
            due.map_or(Value::Null, |due| due.reason.word().into()),
            due.map_or(Value::Null, |due| due.at.into()),
            seen.map_or(Value::Null, Into::into),
            made.map_or(Value::Null, Into::into),
            follows.map_or(Value::Null, Into::into),
        ];
        if self.step(statement::POST, city, parameters).await?.is_some() {
            return Ok(Posted::Created);
        }
        if seen.is_some() && self.has_room(city, trip, *number, &bill.fingerprint).await? {
            // There is none of its number, and it belongs there. Whether the request is a replay is found out when it is posted again.
            self.admitted(city).await?;
            return Ok(match once {
                Some(once) if self.is_replayed(city, trip, once).await? => Posted::Replayed,
                _ => Posted::Moved,
            });
        }
        // It may be there already: then the request is entered by a step of its own.
        match once {
            Some(once) => {
                if self.enter(city, trip, once).await? == Entered::Replayed {
                    return Ok(Posted::Replayed);
                }
            }
            None => self.admitted(city).await?,
        }
        match self.head(city, trip).await? {
            // Revisions stay, so had there been none of its number, and had it belonged there, it would be there.
            Some(head) => Ok(Posted::Exists(head)),
            None => Err(not_admitted_a_moment_ago()),
        }
    }

    async fn head(&self, city: &str, trip: &str) -> Result<Option<Revision>, Fault> {
        self.row(statement::HEAD, vec![city.into(), trip.into()]).await?.map(revision).transpose()
    }

    async fn revision(&self, city: &str, trip: &str, number: u32) -> Result<Option<Revision>, Fault> {
        let parameters = vec![city.into(), trip.into(), number.into()];
        self.row(statement::REVISION, parameters).await?.map(revision).transpose()
    }

    async fn redact(&self, city: &str, trip: &str, number: u32, expected: &str, document: &str) -> Result<bool, Fault> {
        let parameters: [Value; 4] = [trip.into(), number.into(), expected.into(), document.into()];
        if self.step(statement::REDACT, city, parameters).await?.is_some() {
            return Ok(true);
        }
        self.admitted(city).await.map(|()| false)
    }

    async fn list(&self, city: &str, day: &str, cursor: Option<&str>, limit: u32) -> Result<Page<Listed>, Fault> {
        let parameters = vec![city.into(), day.into(), cursor.unwrap_or_default().into(), limit.into()];
        let listed = |row: RowResult| Some(Listed { trip: row.get::<&str>(0)?.to_owned(), revision: row.get(1)? });
        let rows = self.run(statement::LIST, parameters).await?.into_iter().map(listed);
        let entries: Vec<Listed> = rows.collect::<Option<_>>().ok_or_else(|| corrupt("list of bills"))?;
        let next = entries.last().filter(|_| entries.len() as u64 >= u64::from(limit)).map(|last| last.trip.clone());
        Ok(Page { entries, next })
    }

    async fn due(&self, city: &str, cursor: Option<&str>, limit: u32) -> Result<Page<DueTrip>, Fault> {
        let (moment, trip) = cursor::moment_and_trip(cursor)?;
        let parameters = vec![city.into(), moment.into(), trip.into(), limit.into()];
        let due = |row: RowResult| {
            let (trip, reason) = (row.get::<&str>(0)?.to_owned(), Degradation::from_word(row.get::<&str>(2)?));
            Some(DueTrip { trip, revision: row.get(1)?, reason, at: row.get(3)? })
        };
        let rows = self.run(statement::DUE, parameters).await?.into_iter().map(due);
        let entries: Vec<DueTrip> = rows.collect::<Option<_>>().ok_or_else(|| corrupt("list of what is due"))?;
        let last = entries.last().filter(|_| entries.len() as u64 >= u64::from(limit));
        let next = last.map(|DueTrip { trip, at, .. }| format!("{at}:{trip}"));
        Ok(Page { entries, next })
    }
}

impl Sqlite {
    /// Whether there is no revision of this number, and its neighbours belong to it.
    async fn has_room(&self, city: &str, trip: &str, number: u32, fingerprint: &str) -> Result<bool, Fault> {
        let of = async |number| {
            let found = self.revision(city, trip, number).await;
            found.map(|found| found.map(|revision| revision.bill.fingerprint))
        };
        if of(number).await?.is_some() {
            return Ok(false);
        }
        let head = self.head(city, trip).await?.map(|head| head.number);
        let (before, after) = (of(number.saturating_sub(1)).await?, of(number.saturating_add(1)).await?);
        Ok(lineage::is_taken(number, fingerprint, head, before.as_deref(), after.as_deref()))
    }
}

fn revision(row: RowResult) -> Result<Revision, Fault> {
    let [Value::Integer(number), Value::Text(fingerprint), Value::Text(document)] =
        <[Value; 3]>::try_from(row.values).map_err(|_| corrupt("bill"))?
    else {
        return Err(corrupt("bill"));
    };
    let number = u32::try_from(number).map_err(|_| corrupt("bill"))?;
    Ok(Revision { number, bill: StoredBill { fingerprint, document } })
}
