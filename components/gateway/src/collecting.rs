//! From a message of a queue to what becomes of it.
//!
//! A message is what `POST /v1/segments` takes as its body. Whoever published it waits for no answer, so that what is not taken is told to
//! the log, where it would have been in the answer.

use crate::refusals;
use farebox_billing::event::Event;
use farebox_billing::meter::{self, OfTrip};
use farebox_billing::ports::Ports;
use farebox_billing::{Billing, Context, journal};
use farebox_document::ProblemCode;
use farebox_fare::names::is_name;
use farebox_web::body;
use farebox_web::problem::{self, FieldError, ProblemDetails};
use farebox_web::trace::Trace;
use http::StatusCode;
use serde_json::Value;
use std::error::Error;
use std::fmt;
use std::rc::Rc;

/// The most trips that an event names, and the most things that are wrong with a message.
const NAMED: usize = 10;

/// Not all of a message was taken, and what was not could be when it is sent again: nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// The kind of refusal.
    pub code: &'static str,
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not all of the message was taken: {}", self.code)
    }
}

impl Error for NotTaken {}

/// Takes the segments of a message, as far as they can be. `random` is for the identifier of its trace.
///
/// What is wrong with the message itself is no error: there is nothing more to be done with it, and the log was told.
///
/// # Errors
///
/// Some of them were not taken for what is not the message's fault.
pub async fn take<P: Ports>(billing: &Rc<Billing<P>>, message: &[u8], random: [u8; 24]) -> Result<(), NotTaken> {
    let trace = Trace::new(random);
    let document = match document(message) {
        Ok(document) => document,
        Err(problem) => return refused(billing, &trace, &Value::Null, &problem),
    };
    let context = match Context::new(billing, trace.id()).await {
        Ok(context) => context,
        Err(refusal) => return refused(billing, &trace, &document, &refusals::details(refusal)),
    };
    let taken = match meter::add_batch(&context, &document).await {
        Ok(trips) => {
            let city = document.get("city").and_then(Value::as_str).unwrap_or_default();
            told(billing, &trace, city, trips)
        }
        Err(refusal) => refused(billing, &trace, &document, &refusals::details(refusal)),
    };
    journal::after_answer(&context);
    taken
}

fn document(message: &[u8]) -> Result<Value, ProblemDetails> {
    // A host may take longer ones, and Redis does.
    if message.len() > body::BODY_BYTES {
        let detail = format!("at most {} bytes are allowed", body::BODY_BYTES);
        return Err(ProblemDetails::new(problem::BODY_TOO_LARGE, detail));
    }
    body::parse(message)
}

/// Tells that nothing of a message was taken.
fn refused<P: Ports>(
    billing: &Billing<P>,
    trace: &Trace,
    document: &Value,
    problem: &ProblemDetails,
) -> Result<(), NotTaken> {
    let code = problem.kind.code;
    let trip = problem.errors.first().and_then(|error| trip_of(document, error)).unwrap_or_default().to_owned();
    billing.tell(trace.id(), &Event::MessageRefused { trip, code, why: why(problem) });
    outcome(problem)
}

/// Tells which trips' segments were not taken, those of one kind of refusal together.
fn told<P: Ports>(billing: &Billing<P>, trace: &Trace, city: &str, trips: Vec<OfTrip>) -> Result<(), NotTaken> {
    let mut refused: Vec<(ProblemDetails, Vec<String>)> = Vec::new();
    for OfTrip { trip_id, answer } in trips {
        let Err(refusal) = answer else { continue };
        let problem = refusals::details(refusal);
        match refused.iter_mut().find(|(other, _)| other.kind == problem.kind) {
            Some((_, trips)) => trips.push(trip_id),
            None => refused.push((problem, vec![trip_id])),
        }
    }
    let mut taken = Ok(());
    for (problem, trips) in refused {
        let why = problem.log.clone().unwrap_or_else(|| problem.detail.clone());
        let (city, code) = (city.to_owned(), problem.kind.code);
        billing.tell(trace.id(), &Event::SegmentsRefused { city, trips: names(&trips), code, why });
        taken = taken.and(outcome(&problem));
    }
    taken
}

/// Whether there is anything more to be done with a message.
fn outcome(problem: &ProblemDetails) -> Result<(), NotTaken> {
    let status = problem.kind.status;
    let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    if passes { Err(NotTaken { code: problem.kind.code }) } else { Ok(()) }
}

fn names(trips: &[String]) -> String {
    let named = trips.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match trips.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// The trip of a message in which something is wrong, unless its name is.
fn trip_of<'d>(document: &'d Value, error: &FieldError) -> Option<&'d str> {
    let index = error.pointer.as_deref()?.strip_prefix("/trips/")?.split('/').next()?;
    let name = document.pointer(&format!("/trips/{index}/trip_id"))?.as_str()?;
    is_name(name).then_some(name)
}

/// What is wrong with a message, and nothing of what it says: where, and of what kind. Publishers may send by mistake what is nobody's
/// business to read in a log.
fn why(problem: &ProblemDetails) -> String {
    if let Some(why) = &problem.log {
        return why.clone();
    }
    if problem.kind == problem::INVALID_JSON {
        let at = problem.detail.rsplit_once(" at line ");
        return at.map_or_else(|| "it is not one JSON document".to_owned(), |(_, at)| format!("at line {at}"));
    }
    if problem.errors.is_empty() {
        return problem.detail.clone();
    }
    let wrong = problem.errors.iter().take(NAMED).map(|error| {
        let pointer = error.pointer.as_deref().unwrap_or_default();
        // The name of a field that nobody knows is the publisher's.
        let is_unknown = error.code == ProblemCode::UnknownField.word();
        let place = if is_unknown { pointer.rsplit_once('/').map_or("", |(parent, _)| parent) } else { pointer };
        format!("{} {}", if place.is_empty() { "(message)" } else { place }, error.code)
    });
    wrong.collect::<Vec<_>>().join(", ")
}
