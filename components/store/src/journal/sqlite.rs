//! The journal in SQLite.

use super::{Journal, codec, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, texts};
use crate::positions;
use crate::trips::{AddError, rows};
use farebox_fare::{Degradation, Segment};
use farebox_money::Currency;
use farebox_records::checksum::checksum;
use farebox_records::stored::{
    DocumentKind, Driven, Due, JournalStanding, Journaled, JournaledBill, JournaledTrip, Loss, LostDocument, Named,
    NewRevision, Revision, StoredBill, TopUp, Waiting, WaitingWhat,
};
use farebox_records::without_passenger;
use spin_sdk::sqlite::{RowResult, Value};

impl Journal for Sqlite {
    async fn enter_bill(
        &self,
        city: &str,
        bucket: u32,
        trip: &str,
        new: &NewRevision,
        documents: &[Named],
    ) -> Result<Journaled, Fault> {
        let NewRevision { revision: Revision { number, bill }, billed_at, day, top_up, due, seen, whole_since } = new;
        let (top_up, due) = (top_up.as_ref(), due.as_ref());
        let documents = codec::documents(documents);
        let text = |text: &str| Value::from(text);
        let parameters = vec![
            city.into(),
            trip.into(),
            (*number).into(),
            checksum(&[city, trip, &bill.fingerprint, &bill.document]).into(),
            size(&bill.document),
            text(&bill.fingerprint),
            (*billed_at).into(),
            text(day),
            top_up.map_or(Value::Null, |top_up| top_up.currency.code().into()),
            top_up.map_or(Value::Null, |top_up| top_up.amount.into()),
            top_up.map_or(Value::Null, |top_up| text(&top_up.document)),
            due.map_or(Value::Null, |due| due.reason.word().into()),
            due.map_or(Value::Null, |due| due.at.into()),
            seen.map_or(Value::Null, Into::into),
            text(&documents),
            text(&bill.document),
            bucket.into(),
            whole_since.map_or(Value::Null, Into::into),
        ];
        if let Some(row) = self.row(statement::ENTER_BILL, parameters).await? {
            return number_of(&row).map(Journaled::Entered);
        }
        let found = self.journaled(city, trip).await?.bill.filter(|bill| bill.new.revision.number >= *number);
        found.map(|bill| Journaled::Exists(Box::new(bill))).ok_or_else(full)
    }

    async fn learn(&self, city: &str, trip: &str, revision: &Revision) -> Result<Option<u64>, Fault> {
        let Revision { number, bill: StoredBill { fingerprint, document } } = revision;
        let of = || vec![city.into(), trip.into(), (*number).into()];
        let bill = || [Value::from(fingerprint.as_str()), Value::from(document.as_str())];
        let of_it = || Value::from(checksum(&[fingerprint, document]));
        let known = of().into_iter().chain(bill()).chain([of_it(), size(document)]).collect();
        if self.row(statement::LEARN, known).await?.is_some() {
            return Ok(None);
        }
        // There is one of this revision, and nothing but this can take its place.
        self.run(statement::IS_THERE, of().into_iter().chain(bill()).collect()).await?;
        let parameters = of().into_iter().chain(bill()).chain([of_it()]).collect();
        self.row(statement::GIVE_WAY, parameters).await?.as_ref().map(number_of).transpose()
    }

    async fn enter_segments(&self, city: &str, bucket: u32, trip: &str, segments: &[Segment]) -> Result<(), AddError> {
        let json = rows::json(segments)?;
        let of_it = checksum(&[city, trip, &json]);
        let parameters = vec![city.into(), trip.into(), of_it.into(), size(&json), json.as_str().into(), bucket.into()];
        if self.row(statement::ENTER_SEGMENTS, parameters).await.map_err(Fault::from)?.is_some() {
            return Ok(());
        }
        let waiting = self.journaled(city, trip).await?.segments;
        Err(codec::conflict(&waiting, segments).map_or_else(|| full().into(), AddError::Conflict))
    }

    async fn enter_document(&self, city: &str, bucket: u32, named: &Named, document: &str) -> Result<(), Fault> {
        let parameters = which(city, named).into_iter().chain([bucket.into(), document.into()]).collect();
        self.run(statement::ENTER_DOCUMENT, parameters).await?;
        Ok(())
    }

    async fn journaled_document(&self, city: &str, named: &Named) -> Result<Option<String>, Fault> {
        let Some(row) = self.row(statement::DOCUMENT, which(city, named).into()).await? else { return Ok(None) };
        let [text] = texts(row).ok_or_else(corrupted)?;
        Ok(Some(text))
    }

    async fn lost_documents(&self, most: u32) -> Result<Vec<LostDocument>, Fault> {
        let rows = self.run(statement::LOST_DOCUMENTS, vec![most.into()]).await?;
        let document = |row: &RowResult| {
            let text = |column| row.get::<&str>(column).map(str::to_owned);
            let named = Named { kind: DocumentKind::from_word(row.get(1)?)?, version: text(2)? };
            let loss = u64::try_from(row.get::<i64>(4)?).ok()?;
            Some(LostDocument { city: text(0)?, named, document: text(3)?, loss })
        };
        rows.iter().map(|row| document(row).ok_or_else(corrupted)).collect()
    }

    async fn document_is_back(&self, city: &str, named: &Named, loss: u64) -> Result<(), Fault> {
        let parameters = which(city, named).into_iter().chain([integer(loss)]).collect();
        self.run(statement::DOCUMENT_IS_BACK, parameters).await?;
        Ok(())
    }

    async fn journaled(&self, city: &str, trip: &str) -> Result<JournaledTrip, Fault> {
        let mut found = JournaledTrip::default();
        for row in self.run(statement::OF_TRIP, vec![city.into(), trip.into()]).await? {
            let waits = row.get::<i64>(1) == Some(1);
            let Waiting { number, what, .. } = entry(&row)?;
            match what {
                WaitingWhat::Bill(new, documents) => found.bill = Some(JournaledBill { number, waits, new, documents }),
                WaitingWhat::Segments(segments) => found.segments.extend(segments),
            }
        }
        found.segments.sort_unstable_by_key(|segment| segment.sequence);
        found.segments.dedup();
        Ok(found)
    }

    async fn secure(&self, number: u64) -> Result<bool, Fault> {
        Ok(self.row(statement::SECURE, vec![integer(number)]).await?.is_some())
    }

    async fn withdraw(&self, number: u64) -> Result<bool, Fault> {
        Ok(self.row(statement::WITHDRAW, vec![integer(number)]).await?.is_some())
    }

    async fn lease(&self, most: u32) -> Result<Vec<Waiting>, Fault> {
        if self.row(statement::TO_RECALL, Vec::new()).await?.is_some() {
            self.run(statement::RECALL, Vec::new()).await?;
        }
        let leased = self.run(statement::LEASE, vec![most.into()]).await?;
        let numbers = leased.iter().map(number_of).collect::<Result<Vec<u64>, _>>()?;
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let json = serde_json::to_string(&numbers).map_err(|error| Fault::Other(error.to_string()))?;
        self.run(statement::ENTRIES, vec![json.as_str().into()]).await?.iter().map(entry).collect()
    }

    async fn drive(&self, number: u64, driven: &Driven) -> Result<(), Fault> {
        let outcome = match driven {
            Driven::Posted => {
                self.run(statement::POSTED, vec![integer(number)]).await?;
                return Ok(());
            }
            Driven::Refused(why) => {
                vec!["refused".into(), why.as_str().into(), Value::Null, Value::Null, Value::Null, Value::Null]
            }
            Driven::Superseded(Revision { number, bill: StoredBill { fingerprint, document } }) => vec![
                "superseded".into(),
                "".into(),
                (*number).into(),
                fingerprint.as_str().into(),
                document.as_str().into(),
                checksum(&[fingerprint, document]).into(),
            ],
        };
        let parameters = [integer(number)].into_iter().chain(outcome).collect();
        self.run(statement::OUTCOME, parameters).await?;
        Ok(())
    }

    async fn losses(&self, after: u64) -> Result<Vec<Loss>, Fault> {
        let rows = self.run(positions::statement::LOSSES, vec![integer(after)]).await?;
        let loss = |row: &RowResult| {
            let number = |column| u64::try_from(row.get::<i64>(column)?).ok();
            let (number, at_ms, bucket) = (number(0)?, number(3)?, u32::try_from(number(2)?).ok()?);
            Some(Loss { number, city: row.get::<&str>(1)?.to_owned(), bucket, at_ms })
        };
        rows.iter().map(|row| loss(row).ok_or_else(|| corrupt("loss"))).collect()
    }

    async fn forget_passenger(&self, city: &str, trip: &str) -> Result<u32, Fault> {
        let mut said = 0;
        for row in self.run(statement::NAMING, vec![city.into(), trip.into()]).await? {
            let number = integer(number_of(&row)?);
            for (column, statement) in [(1, statement::REDACT), (2, statement::REDACT_OUTCOME)] {
                let Some(document) = row.get::<&str>(column) else { continue };
                if let Some(without) = without_passenger(document).map_err(|_| corrupted())? {
                    self.run(statement, vec![number.clone(), without.as_str().into()]).await?;
                    said += u32::from(column == 1);
                }
            }
        }
        Ok(said)
    }

    async fn journal(&self) -> Result<JournalStanding, Fault> {
        let row = self.row(statement::STANDING, Vec::new()).await?;
        let standing = |row: RowResult| {
            let count = |column| u64::try_from(row.get::<i64>(column)?).ok();
            Some(JournalStanding {
                waiting: count(0)?,
                oldest_ms: count(1),
                superseded: count(2)?,
                refused: count(3)?,
                bytes: count(4)?,
            })
        };
        row.and_then(standing).ok_or_else(corrupted)
    }
}

/// Which document of a city it is.
fn which(city: &str, Named { kind, version }: &Named) -> [Value; 3] {
    [city.into(), kind.word().into(), version.as_str().into()]
}

/// Reads an entry.
fn entry(row: &RowResult) -> Result<Waiting, Fault> {
    let text = |column| row.get::<&str>(column).map(str::to_owned);
    let what = || {
        let Some(revision) = row.get::<i64>(4) else { return rows::read(row.get(15)?).map(WaitingWhat::Segments) };
        let top_up = match (row.get::<&str>(8), row.get::<i64>(9), text(10)) {
            (Some(code), Some(amount), Some(document)) => {
                Some(TopUp { currency: Currency::from_code(code)?, amount, document })
            }
            _ => None,
        };
        let due = row.get::<&str>(11).zip(row.get::<i64>(12));
        let due = match due {
            Some((reason, at)) => Some(Due { reason: Degradation::from_word(reason)?, at }),
            None => None,
        };
        let bill = StoredBill { fingerprint: text(5)?, document: text(15)? };
        let new = NewRevision {
            revision: Revision { number: u32::try_from(revision).ok()?, bill },
            billed_at: row.get(6)?,
            day: text(7)?,
            top_up,
            due,
            seen: row.get::<i64>(13).and_then(|seen| u32::try_from(seen).ok()),
            whole_since: row.get(16),
        };
        Some(WaitingWhat::Bill(new, codec::read_documents(row.get(14)?)?))
    };
    let entry = || {
        Some(Waiting { number: u64::try_from(row.get::<i64>(0)?).ok()?, city: text(2)?, trip: text(3)?, what: what()? })
    };
    entry().ok_or_else(corrupted)
}

fn number_of(row: &RowResult) -> Result<u64, Fault> {
    row.get::<i64>(0).and_then(|number| u64::try_from(number).ok()).ok_or_else(corrupted)
}

/// A number of the journal's, which SQLite has given.
fn integer(number: u64) -> Value {
    Value::Integer(number.cast_signed())
}

fn size(text: &str) -> Value {
    Value::Integer(i64::try_from(text.len()).unwrap_or(i64::MAX))
}

fn corrupted() -> Fault {
    corrupt("entry of the journal")
}

fn full() -> Fault {
    Fault::Refused("SQLite: the journal is full of what the shared store did not take yet".to_owned())
}
