//! The journal of a node, in memory: what `wit/store` promises of it.

use farebox_billing::ports::{
    Driven, JournalStanding, Journaled, JournaledBill, JournaledTrip, LostDocument, Named, NewRevision, Revision,
    SegmentsError, Waiting, WaitingWhat,
};
use farebox_fare::Segment;
use farebox_records::without_passenger;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat;

/// What was entered.
#[derive(Clone, Debug)]
enum Entry {
    /// A bill, and what it was made with.
    Bill(NewRevision, Vec<Named>),
    /// Segments.
    Segments(Vec<Segment>),
}

/// A document that bills name: after which loss of the shared store it may be lost, and after which it was given again.
#[derive(Clone, Debug)]
struct Document {
    text: String,
    loss: u64,
    given: u64,
}

/// A bill that gave way to another.
#[derive(Clone, Debug)]
pub struct Superseded {
    /// Of which city and trip.
    pub trip: (String, String),
    /// The bill.
    pub new: NewRevision,
}

/// A journal.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    number: u64,
    entries: BTreeMap<u64, ((String, String), Entry)>,
    waiting: BTreeSet<u64>,
    /// Those that were answered as being here.
    secured: BTreeSet<u64>,
    /// Those that bind nobody any more.
    void: BTreeSet<u64>,
    /// Those that the shared store had before this node.
    copies: BTreeSet<u64>,
    /// The bills that gave way to others.
    pub superseded: Vec<Superseded>,
    /// What the shared store will never take, and why.
    pub refused: Vec<(u64, String)>,
    documents: BTreeMap<(String, Named), Document>,
}

impl Journal {
    /// Enters a bill unless the trip has one of this revision.
    pub fn enter_bill(&mut self, city: &str, trip: &str, new: &NewRevision, documents: &[Named]) -> Journaled {
        if let Some(bill) = self.bills(city, trip).find(|bill| bill.new.revision.number == new.revision.number) {
            return Journaled::Exists(Box::new(bill));
        }
        Journaled::Entered(self.enter(city, trip, Entry::Bill(new.clone(), documents.to_vec()), true))
    }

    /// Learns what the shared store has of a trip. Another bill of the revision gives way, and its number is returned.
    pub fn learn(&mut self, city: &str, trip: &str, revision: &Revision) -> Option<u64> {
        let bound = self.bills(city, trip).find(|bill| bill.new.revision.number == revision.number);
        match bound {
            None => self.enter_copy(city, trip, revision),
            // What waits is sent, though it is there: whoever sends it hears how far the store is, and notices when it loses it.
            Some(bill) if bill.new.revision == *revision => {
                if self.waiting.contains(&bill.number) {
                    self.has_been_sent(bill.number);
                }
            }
            Some(bill) => {
                self.drive(bill.number, &Driven::Superseded(revision.clone()));
                return Some(bill.number);
            }
        }
        None
    }

    fn enter_copy(&mut self, city: &str, trip: &str, revision: &Revision) {
        if self.bills(city, trip).all(|bill| bill.new.revision.number != revision.number) {
            let (revision, day) = (revision.clone(), String::new());
            let new =
                NewRevision { revision, billed_at: 0, day, top_up: None, due: None, seen: None, whole_since: None };
            let number = self.enter(city, trip, Entry::Bill(new, Vec::new()), false);
            self.copies.insert(number);
        }
    }

    /// Enters segments of a trip.
    ///
    /// # Errors
    ///
    /// One that waits says something else.
    pub fn enter_segments(&mut self, city: &str, trip: &str, segments: &[Segment]) -> Result<bool, SegmentsError> {
        let waiting = self.journaled(city, trip).segments;
        let differs =
            |segment: &&Segment| waiting.iter().any(|other| other.sequence == segment.sequence && other != *segment);
        if let Some(segment) = segments.iter().find(differs) {
            return Err(SegmentsError::Conflict(segment.sequence));
        }
        self.enter(city, trip, Entry::Segments(segments.to_vec()), true);
        Ok(true)
    }

    fn enter(&mut self, city: &str, trip: &str, entry: Entry, waits: bool) -> u64 {
        self.number += 1;
        self.entries.insert(self.number, ((city.to_owned(), trip.to_owned()), entry));
        if waits {
            self.waiting.insert(self.number);
        }
        self.number
    }

    /// Makes wait again what was entered after this number of trips that the shared store may have lost, as if it had been answered as
    /// being here. Returns how far that got: while a loss is young no further than to what waits still, since whoever has sent that may be
    /// about to note so.
    pub fn recall(&mut self, after: u64, is_young: bool, is_lost: impl Fn(&str) -> bool) -> u64 {
        let is_sent = |(number, ((_, trip), _)): &(&u64, &((String, String), Entry))| {
            is_lost(trip) && !self.void.contains(number) && !self.copies.contains(number)
        };
        let sent: Vec<u64> = self.entries.range(after + 1..).filter(is_sent).map(|(number, _)| *number).collect();
        for number in sent {
            if self.waiting.insert(number) {
                self.has_been_sent(number);
            } else if is_young {
                return number - 1;
            }
        }
        self.number
    }

    /// Has an entry wait that the store has taken as it was: it was answered, and need not be proven once more.
    fn has_been_sent(&mut self, number: u64) {
        self.secured.insert(number);
        if let Some((_, Entry::Bill(new, _))) = self.entries.get_mut(&number) {
            new.whole_since = None;
        }
    }

    /// Keeps a document of a city. It is taken to be lost after the last loss of this number, if it was then.
    pub fn enter_document(&mut self, city: &str, named: &Named, document: &str, loss: u64) {
        let document = Document { text: document.to_owned(), loss, given: 0 };
        self.documents.entry((city.to_owned(), named.clone())).or_insert(document);
    }

    /// A document of a city.
    pub fn document(&self, city: &str, named: &Named) -> Option<String> {
        self.documents.get(&(city.to_owned(), named.clone())).map(|document| document.text.clone())
    }

    /// The shared store has lost something, the documents of such cities and versions with it.
    pub fn lose_documents(&mut self, loss: u64, is_lost: impl Fn(&str, &str) -> bool) {
        for ((city, named), document) in &mut self.documents {
            if is_lost(city, &named.version) {
                document.loss = loss;
            }
        }
    }

    /// Up to so many documents that may be lost, and were not given to the shared store again.
    pub fn lost_documents(&self, most: u32) -> Vec<LostDocument> {
        let lost = self.documents.iter().filter(|(_, document)| document.loss > document.given).take(most as usize);
        let lost = lost.map(|((city, named), Document { text, loss, .. })| LostDocument {
            city: city.clone(),
            named: named.clone(),
            document: text.clone(),
            loss: *loss,
        });
        lost.collect()
    }

    /// Notes that the shared store was given a document after a loss.
    pub fn document_is_back(&mut self, LostDocument { city, named, loss, .. }: &LostDocument) {
        if let Some(document) = self.documents.get_mut(&(city.clone(), named.clone())) {
            document.given = document.given.max(*loss);
        }
    }

    /// What there is of a trip.
    pub fn journaled(&self, city: &str, trip: &str) -> JournaledTrip {
        let bill = self.bills(city, trip).max_by_key(|bill| bill.new.revision.number);
        let mut segments: Vec<Segment> = Vec::new();
        for (number, (of, entry)) in &self.entries {
            if let Entry::Segments(more) = entry
                && self.waiting.contains(number)
                && (of.0.as_str(), of.1.as_str()) == (city, trip)
            {
                segments.extend(more);
            }
        }
        segments.sort_by_key(|segment| segment.sequence);
        segments.dedup();
        JournaledTrip { bill, segments }
    }

    fn bills<'a>(&'a self, city: &'a str, trip: &'a str) -> impl Iterator<Item = JournaledBill> + 'a {
        self.entries.iter().filter_map(move |(number, (of, entry))| match entry {
            Entry::Bill(new, documents)
                if (of.0.as_str(), of.1.as_str()) == (city, trip) && !self.void.contains(number) =>
            {
                let waits = self.waiting.contains(number);
                Some(JournaledBill { number: *number, waits, new: new.clone(), documents: documents.clone() })
            }
            _ => None,
        })
    }

    /// Whether it can send this bill of a trip: it was made here, and binds. Of what the shared store had first it has no more than a copy.
    pub fn can_send(&self, city: &str, trip: &str, document: &str) -> bool {
        let mut bills = self.bills(city, trip).filter(|bill| !self.copies.contains(&bill.number));
        bills.any(|bill| bill.new.revision.bill.document == document)
    }

    /// Up to so many entries that wait, the oldest first. Nobody is kept from having them twice.
    pub fn lease(&self, most: u32) -> Vec<Waiting> {
        let waiting = self.waiting.iter().take(most as usize).filter_map(|number| {
            let ((city, trip), entry) = self.entries.get(number)?;
            let what = match entry {
                Entry::Bill(new, documents) => WaitingWhat::Bill(new.clone(), documents.clone()),
                Entry::Segments(segments) => WaitingWhat::Segments(segments.clone()),
            };
            Some(Waiting { number: *number, city: city.clone(), trip: trip.clone(), what })
        });
        waiting.collect()
    }

    /// Makes an entry safe, if it waits.
    pub fn secure(&mut self, number: u64) -> bool {
        let waits = self.waiting.contains(&number);
        if waits {
            self.secured.insert(number);
        }
        waits
    }

    /// Takes an entry back, if it waits and is not secured.
    pub fn withdraw(&mut self, number: u64) -> bool {
        let is_free = self.waiting.contains(&number) && !self.secured.contains(&number);
        if is_free {
            self.waiting.remove(&number);
            self.void.insert(number);
        }
        is_free
    }

    /// Notes what became of an entry.
    pub fn drive(&mut self, number: u64, driven: &Driven) {
        if !self.waiting.remove(&number) && !matches!(driven, Driven::Superseded(_)) {
            return;
        }
        let Some((trip, entry)) = self.entries.get(&number).cloned() else { return };
        match (driven, entry) {
            (Driven::Posted, _) => {}
            (Driven::Refused(why), _) => {
                self.void.insert(number);
                self.refused.push((number, why.clone()));
            }
            (Driven::Superseded(by), Entry::Bill(new, _)) => {
                if !self.void.insert(number) {
                    return;
                }
                self.superseded.push(Superseded { trip: trip.clone(), new });
                // What counts instead is what is known of the trip from now on.
                self.enter_copy(&trip.0, &trip.1, by);
            }
            (Driven::Superseded(_), Entry::Segments(_)) => {}
        }
    }

    /// Takes out who rode of everything that there is of a trip. How many bills said it.
    pub fn forget_passenger(&mut self, city: &str, trip: &str) -> u32 {
        let entered = self.entries.values_mut().filter_map(|(of, entry)| match entry {
            Entry::Bill(new, _) => Some((&*of, new)),
            Entry::Segments(_) => None,
        });
        let listed = self.superseded.iter_mut().map(|Superseded { trip, new }| (&*trip, new));
        let mut said = 0;
        for ((of, new), is_entered) in entered.zip(repeat(true)).chain(listed.zip(repeat(false))) {
            let document = &mut new.revision.bill.document;
            if (of.0.as_str(), of.1.as_str()) == (city, trip)
                && let Ok(Some(without)) = without_passenger(document)
            {
                *document = without;
                said += u32::from(is_entered);
            }
        }
        said
    }

    /// How it stands.
    pub fn standing(&self) -> JournalStanding {
        JournalStanding {
            waiting: self.waiting.len() as u64,
            superseded: self.superseded.len() as u64,
            refused: self.refused.len() as u64,
            ..JournalStanding::default()
        }
    }

    /// The bills that wait, with their trips.
    pub fn waiting_bills(&self) -> impl Iterator<Item = (&(String, String), &NewRevision)> {
        self.waiting.iter().filter_map(|number| match self.entries.get(number)? {
            (trip, Entry::Bill(new, _)) => Some((trip, new)),
            _ => None,
        })
    }
}
