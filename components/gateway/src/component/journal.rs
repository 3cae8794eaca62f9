//! The journal of this node, which the store component keeps.

use super::bindings::farebox::store::{bills, documents, journal};
use super::store::{currency_of, kind_to_wit};
use super::world::World;
use farebox_billing::ports::{
    DocumentKind, Driven, Due, Journal, JournalStanding, Journaled, JournaledBill, JournaledTrip, Loss, LostDocument,
    Named, NewRevision, Revision, SegmentsError, StoreError, TopUp, Waiting, WaitingWhat,
};
use farebox_fare::Segment;

impl<C> Journal for World<C> {
    async fn enter_bill(
        &self,
        city: &str,
        trip: &str,
        new: &NewRevision,
        documents: &[Named],
    ) -> Result<Journaled, StoreError> {
        let documents = documents.iter().map(named_to_wit).collect();
        Ok(match journal::enter_bill(city.to_owned(), trip.to_owned(), new.clone().into(), documents).await? {
            journal::BillOutcome::Unneeded => Journaled::Unneeded,
            journal::BillOutcome::Entered(number) => Journaled::Entered(number),
            journal::BillOutcome::Exists(bill) => Journaled::Exists(Box::new(journaled_from_wit(bill)?)),
        })
    }

    async fn learn(&self, city: &str, trip: &str, revision: &Revision) -> Result<Option<u64>, StoreError> {
        Ok(journal::learn(city.to_owned(), trip.to_owned(), revision.clone().into()).await?)
    }

    async fn enter_segments(&self, city: &str, trip: &str, segments: &[Segment]) -> Result<bool, SegmentsError> {
        let segments = segments.iter().map(|segment| (*segment).into()).collect();
        Ok(journal::enter_segments(city.to_owned(), trip.to_owned(), segments).await?)
    }

    async fn enter_document(&self, city: &str, named: &Named, document: &str) -> Result<(), StoreError> {
        Ok(journal::enter_document(city.to_owned(), named_to_wit(named), document.to_owned()).await?)
    }

    async fn journaled_document(&self, city: &str, named: &Named) -> Result<Option<String>, StoreError> {
        Ok(journal::document(city.to_owned(), named_to_wit(named)).await?)
    }

    async fn lost_documents(&self, most: u32) -> Result<Vec<LostDocument>, StoreError> {
        let lost = |journal::LostDocument { city, named, document, loss }| LostDocument {
            city,
            named: named_from_wit(named),
            document,
            loss,
        };
        Ok(journal::lost_documents(most).await?.into_iter().map(lost).collect())
    }

    async fn document_is_back(&self, lost: &LostDocument) -> Result<(), StoreError> {
        Ok(journal::document_is_back(lost.city.clone(), named_to_wit(&lost.named), lost.loss).await?)
    }

    async fn journaled(&self, city: &str, trip: &str) -> Result<JournaledTrip, StoreError> {
        let journal::TripEntries { bill, segments } = journal::of_trip(city.to_owned(), trip.to_owned()).await?;
        let segments = segments.into_iter().map(Into::into).collect();
        Ok(JournaledTrip { bill: bill.map(journaled_from_wit).transpose()?, segments })
    }

    async fn secure(&self, number: u64) -> Result<bool, StoreError> {
        Ok(journal::secure(number).await?)
    }

    async fn withdraw(&self, number: u64) -> Result<bool, StoreError> {
        Ok(journal::withdraw(number).await?)
    }

    async fn lease(&self, most: u32) -> Result<Vec<Waiting>, StoreError> {
        journal::lease(most).await?.into_iter().map(waiting_from_wit).collect()
    }

    async fn drive(&self, number: u64, driven: &Driven) -> Result<(), StoreError> {
        let outcome = match driven.clone() {
            Driven::Posted => journal::Outcome::Posted,
            Driven::Superseded(head) => journal::Outcome::Superseded(head.into()),
            Driven::Refused(why) => journal::Outcome::Refused(why),
        };
        Ok(journal::settle(number, outcome).await?)
    }

    async fn look(&self, most: u32) -> Result<u32, StoreError> {
        Ok(journal::look(most).await?)
    }

    async fn losses(&self, after: u64) -> Result<Vec<Loss>, StoreError> {
        let loss = |journal::Loss { number, city, bucket, at_ms }| Loss { number, city, bucket, at_ms };
        Ok(journal::losses(after).await?.into_iter().map(loss).collect())
    }

    async fn forget_passenger(&self, city: &str, trip: &str) -> Result<u32, StoreError> {
        Ok(journal::forget_passenger(city.to_owned(), trip.to_owned()).await?)
    }

    async fn journal(&self) -> Result<JournalStanding, StoreError> {
        let journal::Standing { waiting, oldest_ms, superseded, refused, bytes } = journal::stands().await?;
        Ok(JournalStanding { waiting, oldest_ms, superseded, refused, bytes })
    }
}

fn named_to_wit(Named { kind, version }: &Named) -> journal::Named {
    journal::Named { kind: kind_to_wit(*kind), version: version.clone() }
}

fn named_from_wit(journal::Named { kind, version }: journal::Named) -> Named {
    Named { kind: kind_from_wit(kind), version }
}

fn kind_from_wit(kind: documents::DocumentKind) -> DocumentKind {
    match kind {
        documents::DocumentKind::RateCard => DocumentKind::RateCard,
        documents::DocumentKind::Policy => DocumentKind::Policy,
        documents::DocumentKind::Catalogue => DocumentKind::Catalogue,
        documents::DocumentKind::City => DocumentKind::City,
    }
}

fn journaled_from_wit(bill: journal::JournaledBill) -> Result<JournaledBill, StoreError> {
    let journal::JournaledBill { number, waits, new, documents } = bill;
    Ok(JournaledBill {
        number,
        waits,
        new: new_from_wit(new)?,
        documents: documents.into_iter().map(named_from_wit).collect(),
    })
}

fn waiting_from_wit(waiting: journal::Waiting) -> Result<Waiting, StoreError> {
    let journal::Waiting { number, city, trip, content } = waiting;
    let what = match content {
        journal::Content::Bill((new, documents)) => {
            WaitingWhat::Bill(new_from_wit(new)?, documents.into_iter().map(named_from_wit).collect())
        }
        journal::Content::Segments(segments) => WaitingWhat::Segments(segments.into_iter().map(Into::into).collect()),
    };
    Ok(Waiting { number, city, trip, what })
}

fn new_from_wit(new: bills::NewRevision) -> Result<NewRevision, StoreError> {
    let bills::NewRevision { number, bill, billed_at, day, top_up, due, seen, whole_since } = new;
    let top_up = top_up.map(|bills::TopUp { currency, amount, document }| {
        Ok::<_, StoreError>(TopUp { currency: currency_of(&currency)?, amount, document })
    });
    Ok(NewRevision {
        revision: bills::Revision { number, bill }.into(),
        billed_at,
        day,
        top_up: top_up.transpose()?,
        due: due.map(|bills::DueItem { reason, at }| Due { reason: reason.into(), at }),
        seen,
        whole_since,
    })
}
