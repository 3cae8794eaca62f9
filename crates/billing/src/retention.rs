//! The job by which bills leave the store: those that are in the archive, once they are as old as their city says. Where each is in the
//! archive takes its place, in one step, and only if it is to the byte what the archive has.

use crate::answers::Retired;
use crate::archive::{Member, digest};
use crate::context::Context;
use crate::event::Event;
use crate::patience::Patience;
use crate::ports::{Kind, Ports, StoreError};
use crate::refusal::Refusal;
use crate::repairs;
use farebox_fare::{Timestamp, time};
use farebox_limits::RouteClass;
use farebox_records::BillRecord;
use farebox_records::archive::{Archived, ArchivedFormat, FORMAT, Line, Manifest};
use futures::future::join_all;
use std::time::Duration;

/// How many revisions are looked at in a slice, and for how long: then it is answered how far that went.
const SLICE: usize = 400;
const SLICE_LASTS: Duration = Duration::from_secs(2);

/// How many are looked at at once: the store is there for callers first.
const AT_ONCE: usize = 8;

/// How much of a file is read at once, and then, to find where a part of it ends. Most are some ten kilobytes.
const READ: [u32; 3] = [1 << 16, 1 << 20, 16 << 20];

/// A day, in seconds.
const DAY_S: Timestamp = 86_400;

/// Where a slice goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    city: String,
    day: String,
    at: u64,
}

impl Place {
    fn parse(cursor: &str) -> Option<Self> {
        let (city, rest) = cursor.split_once('/')?;
        let (day, at) = rest.split_once('/')?;
        Some(Self { city: city.to_owned(), day: day.to_owned(), at: at.parse().ok()? })
    }

    fn text(&self) -> String {
        let Self { city, day, at } = self;
        format!("{city}/{day}/{at}")
    }
}

/// What ended a slice.
enum End {
    /// It is worth going on from here at once.
    Slice(Place),
    /// The store does not take it.
    Store(StoreError),
    /// The city is written elsewhere.
    Fenced,
}

/// Has bills leave the store that are in the archive, of a city or of all, from where an earlier slice ended. Two at once do no harm.
///
/// # Errors
///
/// `invalid-parameter` for a city or a cursor that can be none. When the store does not take it, that is answered.
pub async fn sweep<P: Ports>(
    context: &Context<P>,
    city: Option<&str>,
    cursor: Option<&str>,
) -> Result<Retired, Refusal> {
    let cities = repairs::cities(context, city).await?;
    let cursor = cursor.filter(|cursor| !cursor.is_empty());
    let from = cursor.map(|cursor| Place::parse(cursor).ok_or_else(repairs::no_cursor)).transpose()?;
    let mut slice = Slice { context, began: context.ports().elapsed(), retired: Retired::default() };
    for city in cities {
        let from = from.as_ref().filter(|from| city <= &*from.city);
        if from.is_some_and(|from| city < &*from.city) || context.may(city, true, RouteClass::Operate).await.is_err() {
            continue;
        }
        match slice.city(city, from).await {
            Ok(()) | Err(End::Fenced) => {}
            Err(End::Slice(place)) => {
                slice.retired.next = Some(place.text());
                break;
            }
            Err(End::Store(error)) => {
                slice.retired.stopped = Some(error.degradation());
                break;
            }
        }
    }
    Ok(slice.retired)
}

/// A slice of the job.
struct Slice<'a, P: Ports> {
    context: &'a Context<P>,
    began: Duration,
    retired: Retired,
}

impl<P: Ports> Slice<'_, P> {
    async fn city(&mut self, city: &str, from: Option<&Place>) -> Result<(), End> {
        let context = self.context;
        let Some(kept_days) = context.config.city_or_default(city).rules.retention.bills_days else { return Ok(()) };
        // A day more: days are those of the city, and this is UTC.
        let kept_since = time::day(context.now.saturating_sub((Timestamp::from(kept_days) + 1) * DAY_S), "UTC");
        let mut days = match context.ports().archived_days(city) {
            Ok(days) => days,
            Err(why) => {
                self.unreadable(city, &why);
                return Ok(());
            }
        };
        days.retain(|day| time::is_day(day) && *day <= kept_since);
        days.sort();
        for day in days.into_iter().filter(|day| from.is_none_or(|from| *day >= from.day)) {
            let from = from.filter(|from| from.day == day);
            if from.is_none() && self.is_done(city, &day).await? {
                continue;
            }
            let at = from.map_or(0, |from| from.at);
            self.day(Place { city: city.to_owned(), day: day.clone(), at }).await?;
        }
        Ok(())
    }

    /// Whether a day was looked at to its end: by this instance, or as can be told of its last bill.
    async fn is_done(&mut self, city: &str, day: &str) -> Result<bool, End> {
        let key = (city.to_owned(), day.to_owned());
        let retired = &self.context.billing.retired;
        if retired.borrow().contains(&key) {
            return Ok(true);
        }
        let manifest = self.context.ports().archive_manifest(city, day);
        let manifest = manifest.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
        let last = match manifest {
            Ok(Manifest { format, .. }) if format != FORMAT => Err(format!("it is of format {format:?}")),
            Ok(Manifest { city: named, day: of, last, .. }) if named == city && of == day => Ok(last),
            Ok(_) => Err("it is of another city or day".to_owned()),
            Err(why) => Err(why),
        };
        let is_done = match last {
            Ok(Some(Line { trip_id, revision })) => {
                let part = self.part().await?;
                let last = part
                    .read(Patience::Long, part.ports().revision(city, &trip_id, revision))
                    .await
                    .map_err(End::of)?;
                last.is_some_and(|last| Archived::is(&last.bill.document))
            }
            Ok(None) => true,
            Err(why) => {
                self.unreadable(city, &format!("what the file of {day} says of itself: {why}"));
                true
            }
        };
        if is_done {
            retired.borrow_mut().insert(key);
        }
        Ok(is_done)
    }

    async fn day(&mut self, mut place: Place) -> Result<(), End> {
        loop {
            let lasted = self.context.ports().elapsed().saturating_sub(self.began);
            if self.retired.looked_at >= SLICE || lasted >= SLICE_LASTS {
                return Err(End::Slice(place));
            }
            let member = match self.member(&place) {
                Ok(Some(member)) => member,
                Ok(None) => break,
                Err(why) => {
                    self.unreadable(&place.city, &format!("the file of {}, at byte {}: {why}", place.day, place.at));
                    break;
                }
            };
            let bytes = u32::try_from(member.bytes).unwrap_or(u32::MAX);
            let lines: Vec<&str> = member.text.lines().collect();
            for lines in lines.chunks(AT_ONCE) {
                let part = self.part().await?;
                let outcomes = join_all(lines.iter().map(|line| retire(&part, &place, bytes, line))).await;
                for outcome in outcomes {
                    self.retired.looked_at += 1;
                    match outcome {
                        Ok(Outcome::Retired) => self.retired.retired += 1,
                        Ok(Outcome::Already) => {}
                        Ok(Outcome::Differs) => self.retired.differ += 1,
                        Ok(Outcome::Missing) => self.retired.missing += 1,
                        Ok(Outcome::Unreadable(why)) => {
                            self.unreadable(&place.city, &format!("a line of the file of {}: {why}", place.day));
                        }
                        Err(error) => return Err(End::of(error)),
                    }
                }
            }
            place.at = place.at.saturating_add(u64::from(bytes));
        }
        self.context.billing.retired.borrow_mut().insert((place.city, place.day));
        Ok(())
    }

    /// The part of a file that begins at a place. `None` when the file ends there.
    fn member(&self, Place { city, day, at }: &Place) -> Result<Option<Member>, String> {
        for most in READ {
            let bytes = self.context.ports().archived(city, day, *at, most)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            if let Some(member) = Member::first(&bytes)? {
                return Ok(Some(member));
            }
        }
        Err("it does not end where it should, or is a file of an older release: write the day again".to_owned())
    }

    /// Each part has the time of a request.
    async fn part(&self) -> Result<Context<P>, End> {
        let part = Context::new(&self.context.billing, self.context.trace()).await;
        part.map_err(|refusal| End::Store(StoreError::Other(refusal.reason().to_owned())))
    }

    fn unreadable(&mut self, city: &str, why: &str) {
        self.retired.unreadable += 1;
        self.context.tell(&Event::ArchiveUnreadable { city: city.to_owned(), why: why.to_owned() });
    }
}

impl End {
    fn of(error: StoreError) -> Self {
        match error {
            StoreError::Fenced { .. } => Self::Fenced,
            error => Self::Store(error),
        }
    }
}

/// What became of a revision.
enum Outcome {
    /// The store has where it is, and no more.
    Retired,
    /// It has had that before.
    Already,
    /// The store has something else.
    Differs,
    /// The store does not have it.
    Missing,
    /// The line is no bill of the city.
    Unreadable(String),
}

/// Puts where a bill is in its place.
async fn retire<P: Ports>(
    context: &Context<P>,
    Place { city, day, at }: &Place,
    bytes: u32,
    line: &str,
) -> Result<Outcome, StoreError> {
    let record = match BillRecord::read(line) {
        Ok(record) if record.city == *city => record,
        Ok(record) => return Ok(Outcome::Unreadable(format!("it is a bill of {}", record.city))),
        Err(error) => return Ok(Outcome::Unreadable(format!("{error:?}"))),
    };
    let (trip, number) = (&*record.trip_id, record.repair.as_ref().map_or(1, |repair| repair.revision));
    let archived = Archived { format: ArchivedFormat::One, day: day.clone(), at: *at, bytes, sha256: digest(line) };
    let Ok(archived) = serde_json::to_string(&archived) else {
        return Ok(Outcome::Unreadable("where it is cannot be written".to_owned()));
    };
    let redacted = context.ports().redact_bill(city, trip, number, line, &archived);
    if context.write(Kind::Posts, redacted).await? {
        return Ok(Outcome::Retired);
    }
    let there = context.read(Patience::Long, context.ports().revision(city, trip, number)).await?;
    Ok(match there {
        None => Outcome::Missing,
        Some(there) if there.bill.document == archived => Outcome::Already,
        Some(_) => Outcome::Differs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a slice ended is where the next one begins; what cannot have been answered is refused.
    #[test]
    fn places() {
        let place = Place { city: "110000".to_owned(), day: "2026-11-26".to_owned(), at: 123 };
        assert_eq!(Place::parse(&place.text()), Some(place));
        for nonsense in ["", "110000", "110000/2026-11-26", "110000/2026-11-26/x"] {
            assert_eq!(Place::parse(nonsense), None, "{nonsense}");
        }
    }
}
