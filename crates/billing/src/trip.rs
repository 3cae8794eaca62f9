//! The trips that rate cards are given: estimated before a ride, metered or mocked after it.
//!
//! No measurement is not a lost one. Of a ride that was called off, or that its caller says was not measured, there is nothing
//! to be measured; a price that was agreed needs no measuring. They are billed on what is known. Only what should be there and
//! is not makes a trip mocked.

use crate::config::city::{CityRules, Response};
use crate::findings::{self, Measured};
use crate::geodesy::great_circle_m;
use crate::guess::{Guessed, Planned, guess};
use crate::limits;
use crate::planted::{Bug, planted};
use crate::refusal::{Code, Refusal};
use crate::requests::{BillRequest, EstimateRequest, Extras};
use farebox_document::Problem;
use farebox_fare::{Basis, Degradation, MockCharges, Outcome, Point, Segment, Trip};
use farebox_records::{Finding, Guess, Metering};

/// The trip that an estimate is for.
pub fn estimated(request: &EstimateRequest) -> Trip {
    let duration = i64::try_from(request.duration_s).unwrap_or(i64::MAX);
    Trip {
        basis: Basis::Estimated,
        started_at: request.depart_at,
        ended_at: request.depart_at.saturating_add(duration),
        distance_m: request.distance_m,
        duration_s: request.duration_s,
        ..known(request.origin, request.destination, &request.extras)
    }
}

/// A ride as it is billed.
#[derive(Clone, Debug)]
pub struct Ridden {
    /// What is priced.
    pub trip: Trip,
    /// What is lacking of it: its measurements, when there should be some and none are to be had, or not all of them.
    pub lacks: Vec<Degradation>,
    /// What is odd about it.
    pub findings: Vec<Finding>,
    /// Where distance and duration come from, when they were not measured.
    pub guess: Option<Guess>,
}

/// The trip that is billed, what is lacking of it, and what is odd about it.
///
/// `segments` is what the store says, or why it does not; `planned` is the quote, as far as it is of this ride; `rules` is what the
/// city does about findings, whom it asks for a guess, and what it charges a ride that had to be guessed. `is_measured` is asked of
/// a ride for an agreed price: whether what it costs the passenger, or pays the driver, depends on distance or duration all the same.
///
/// # Errors
///
/// `trip-not-billable` when its segments add up to more than a trip can be.
pub fn billed(
    request: &BillRequest,
    segments: Result<Vec<Segment>, Degradation>,
    planned: Option<Planned>,
    rules: &CityRules,
    is_measured: impl FnOnce(&Trip) -> bool,
) -> Result<Ridden, Refusal> {
    let order = &request.extras.order;
    let is_metered = request.metering == Metering::Segments;
    // Whoever says that there are segments says so of a ride that was called off as well.
    let should_be_all_there = is_metered && (order.outcome == Outcome::Completed || request.last_seq.is_some());
    let was_to_be_measured = is_metered && order.outcome == Outcome::Completed && request.last_seq != Some(0);
    let is_agreed = order.one_price.is_some();
    // What was agreed is known, and not to be replaced by a guess.
    let mock_charges = if is_agreed { MockCharges::All } else { rules.mock_charges };
    let mut from = None;
    let mut guessed = || {
        let guessed = from.insert(guess(request, planned, rules));
        Trip { mock_charges, ..mocked(request, guessed) }
    };
    let (trip, lacks, mut findings) = match segments {
        Ok(came) => {
            let completely = should_be_all_there && (!is_agreed || is_measured(&unmeasured(request)));
            let BillRequest { started_at, ended_at, last_seq: last, extras: Extras { waiting_s, .. }, .. } = *request;
            let none_came = came.is_empty();
            let (kept, findings) = if (none_came && last.is_none()) || planted(Bug::HolesAreNotSaid) {
                (came, Vec::new())
            } else {
                findings::examine(came, Measured { started_at, ended_at, waiting_s, completely, last }, rules)
            };
            let nothing_is_left = kept.is_empty() && completely && was_to_be_measured;
            let trip = match (kept.is_empty(), nothing_is_left) {
                (false, _) => metered(request, kept)?,
                (true, false) => unmeasured(request),
                (true, true) => guessed(),
            };
            let missing = nothing_is_left && none_came;
            let incomplete = findings.iter().any(|finding| finding.response == Response::Incomplete)
                // All of it was left out.
                || (nothing_is_left && !none_came);
            let lacks = [(missing, Degradation::TripMissing), (incomplete, Degradation::TripIncomplete)];
            (trip, lacks.into_iter().filter(|(lacks, _)| *lacks).map(|(_, reason)| reason).collect(), findings)
        }
        // There may be some: whoever looks again will see.
        Err(lacks) if was_to_be_measured => (guessed(), vec![lacks], Vec::new()),
        Err(lacks) => (Trip { basis: Basis::Mocked, ..unmeasured(request) }, vec![lacks], Vec::new()),
    };
    let straight_m = great_circle_m(request.origin, request.destination);
    let guessed_m = from.as_ref().map_or(0, |guessed: &Guessed| guessed.distance_m);
    let (distance_m, duration_s) =
        (trip.distance_m.max(straight_m).max(guessed_m), trip.duration_s.max(request.elapsed_s()));
    findings.extend(findings::beyond_limits(distance_m, duration_s, rules));
    Ok(Ridden { trip, lacks, findings, guess: from.map(|guessed| guessed.from) })
}

/// The trip that was measured: distance and duration are the sums of its segments.
///
/// # Errors
///
/// `trip-not-billable` when the sums are beyond what a trip can be.
fn metered(request: &BillRequest, segments: Vec<Segment>) -> Result<Trip, Refusal> {
    // Sums of at most 20,000 limited values fit, and saturation is caught below.
    let sum = |value: fn(&Segment) -> u64| segments.iter().map(value).fold(0, u64::saturating_add);
    let distance_m = sum(|segment| segment.distance_m);
    let duration_s = sum(|segment| segment.duration_s);
    for (name, sum, range) in
        [("distance_m", distance_m, limits::TRIP_DISTANCE_M), ("duration_s", duration_s, limits::TRIP_DURATION_S)]
    {
        if !range.contains(&sum) {
            let detail = format!("the {name} of its segments adds up to {sum}; at most {} can be billed", range.end());
            return Err(Refusal::new(Code::TripNotBillable, detail));
        }
    }
    Ok(Trip { distance_m, duration_s, segments, ..unmeasured(request) })
}

/// The trip as far as anybody knows, and no longer than any can be.
fn mocked(request: &BillRequest, guessed: &Guessed) -> Trip {
    Trip {
        basis: Basis::Mocked,
        distance_m: guessed.distance_m.min(*limits::TRIP_DISTANCE_M.end()),
        duration_s: guessed.duration_s,
        ..unmeasured(request)
    }
}

/// The trip as it is when there is nothing to be measured: metered, and nothing came of it.
fn unmeasured(request: &BillRequest) -> Trip {
    Trip {
        basis: Basis::Metered,
        started_at: request.started_at,
        ended_at: request.ended_at,
        ..known(request.origin, request.destination, &request.extras)
    }
}

/// What a request says of a trip besides when, how far and how long. The product stays what each card says it is.
fn known(origin: Point, destination: Point, extras: &Extras) -> Trip {
    let Extras { order, waiting_s, dynamic, tolls, parking, highway, passenger } = extras;
    Trip {
        origin: Some(origin),
        destination: Some(destination),
        order: order.clone(),
        waiting_s: *waiting_s,
        dynamic_factor: *dynamic,
        tolls: *tolls,
        parking: *parking,
        highway: *highway,
        coupons: passenger.coupons(),
        ..Trip::default()
    }
}

/// Which request a trip was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An [`EstimateRequest`].
    Estimate,
    /// A [`BillRequest`].
    Bill,
}

/// What the caller is told when a rate card refuses a trip: which field of the *request* is to blame.
///
/// `pointer` is into the trip, in the words of WIT. What no field of the request says, the stored trip is blamed for.
pub fn refused(asked: Asked, problem: Problem) -> Refusal {
    let Problem { pointer, code, message } = problem;
    let (head, tail) = match pointer.strip_prefix('/') {
        Some(path) => path.split_at(path.find('/').unwrap_or(path.len())),
        None => ("", ""),
    };
    let field = match (asked, head) {
        (Asked::Estimate, "started-at") => "/depart_at",
        (Asked::Estimate, "ended-at" | "duration") => "/duration_s",
        (Asked::Estimate, "distance") => "/distance_m",
        (Asked::Bill, "started-at") => "/started_at",
        (Asked::Bill, "ended-at") => "/ended_at",
        (_, "dynamic-factor") => "/dynamic",
        (_, "tolls") => "/tolls",
        (_, "parking") => "/parking",
        (_, "highway") => "/highway",
        (_, "waiting") => "/waiting_s",
        (_, "origin") => "/origin",
        (_, "destination") => "/destination",
        (_, "coupons") => "/passenger/coupons",
        _ => return Refusal::new(Code::TripNotBillable, format!("{message} ({pointer})")),
    };
    let pointer = format!("{field}{}", tail.replace('-', "_"));
    Refusal::field(pointer, code, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::requests::{Labels, Stated};
    use farebox_fare::Order;
    use farebox_money::Currency;
    use farebox_records::Datum;

    fn request() -> BillRequest {
        BillRequest {
            city: "110000".into(),
            product: "express".into(),
            currency: Currency::from_code("CNY").unwrap(),
            started_at: 1_562_806_800,
            ended_at: 1_562_808_060,
            origin: Point { latitude: 39_900_000, longitude: 116_400_000 },
            destination: Point { latitude: 39_900_000, longitude: 116_450_000 },
            extras: Extras { tolls: 500, ..Extras::default() },
            metering: Metering::default(),
            last_seq: None,
            datum: Datum::default(),
            stated: Stated::default(),
            estimate_id: None,
            labels: Labels::default(),
        }
    }

    fn segment(sequence: u64, distance_m: u64, duration_s: u64) -> Segment {
        Segment { sequence, started_at: 1_562_806_800, distance_m, duration_s }
    }

    /// A measured trip is charged for what was measured, not for the time between its ends.
    #[test]
    fn metered_trips_are_sums() {
        let trip = metered(&request(), vec![segment(1, 4000, 600), segment(2, 100, 60)]).unwrap();
        assert_eq!((trip.basis, trip.distance_m, trip.duration_s), (Basis::Metered, 4100, 660));
        assert_eq!((trip.segments.len(), trip.tolls), (2, 500));
    }

    /// Nonsense in the store is refused by name, not billed.
    #[test]
    fn metered_trips_have_limits() {
        let far = vec![segment(1, u64::MAX, 0), segment(2, u64::MAX, 0)];
        let problem = metered(&request(), far).unwrap_err();
        assert_eq!(problem.code, Code::TripNotBillable);
        assert!(problem.detail.contains("distance_m"), "{}", problem.detail);
    }

    /// Without measurements there is still a bill: great circle and elapsed time, and it says so.
    #[test]
    fn mocked_trips() {
        let rules = CityRules::of("110000");
        let mocked = |request: &BillRequest| mocked(request, &guess(request, None, &rules));
        let trip = mocked(&request());
        assert_eq!((trip.basis, trip.distance_m, trip.duration_s), (Basis::Mocked, 4265, 1260));
        let antipodes =
            BillRequest { destination: Point { latitude: -39_900_000, longitude: -63_600_000 }, ..request() };
        assert_eq!(mocked(&antipodes).distance_m, 5_000_000);
    }

    /// Which measurements should be there, and what is billed when they are not: every case there is.
    #[test]
    fn only_what_should_be_there_is_lacking() {
        // The great circle between the ends is 4,265 m, the time between them 1,260 s, its segments 4,000 m and 600 s. A price
        // is "agreed", or is "agreed, and measured" when somebody is charged by distance or duration all the same. Segment 1 is all
        // that the store has; a request may say that there is none after the "last".
        let table = "
            the store says     | the ride was | metering | price               | basis   | m    | s    | lacks             | charged
            segments           | completed    | segments |                     | metered | 4000 | 600  |                   |
            segments           | completed    | segments | agreed              | metered | 4000 | 600  |                   |
            segments           | completed    | none     |                     | metered | 4000 | 600  |                   |
            segments           | cancelled    | segments |                     | metered | 4000 | 600  |                   |
            segments           | cancelled    | none     | agreed              | metered | 4000 | 600  |                   |
            none               | completed    | segments |                     | mocked  | 4265 | 1260 | trip-missing      | as the city says
            none               | completed    | segments | agreed              | metered | 0    | 0    |                   |
            none               | completed    | segments | agreed, and measured | mocked  | 4265 | 1260 | trip-missing      | all
            none               | completed    | none     |                     | metered | 0    | 0    |                   |
            none               | completed    | none     | agreed              | metered | 0    | 0    |                   |
            none               | cancelled    | segments |                     | metered | 0    | 0    |                   |
            none               | cancelled    | segments | agreed, and measured | metered | 0    | 0    |                   |
            none               | cancelled    | none     |                     | metered | 0    | 0    |                   |
            nothing in time    | completed    | segments |                     | mocked  | 4265 | 1260 | store-timeout     | as the city says
            nothing in time    | completed    | segments | agreed              | mocked  | 4265 | 1260 | store-timeout     | all
            nothing in time    | completed    | none     |                     | mocked  | 0    | 0    | store-timeout     | all
            nothing in time    | cancelled    | segments |                     | mocked  | 0    | 0    | store-timeout     | all
            nothing in time    | cancelled    | none     | agreed              | mocked  | 0    | 0    | store-timeout     | all
            that it is away    | completed    | segments |                     | mocked  | 4265 | 1260 | store-unavailable | as the city says
            that it is away    | completed    | segments | agreed              | mocked  | 4265 | 1260 | store-unavailable | all
            that it is away    | completed    | none     |                     | mocked  | 0    | 0    | store-unavailable | all
            that it is away    | cancelled    | segments |                     | mocked  | 0    | 0    | store-unavailable | all
            segments           | completed    | segments, last 1 |                      | metered | 4000 | 600  |                   |
            segments           | completed    | segments, last 2 |                      | metered | 4000 | 600  | trip-incomplete   |
            segments           | completed    | segments, last 0 |                      | metered | 4000 | 600  | trip-incomplete   |
            segments           | completed    | segments, last 2 | agreed               | metered | 4000 | 600  |                   |
            segments           | completed    | segments, last 2 | agreed, and measured | metered | 4000 | 600  | trip-incomplete   |
            segments           | cancelled    | segments, last 1 |                      | metered | 4000 | 600  |                   |
            segments           | cancelled    | segments, last 2 |                      | metered | 4000 | 600  | trip-incomplete   |
            segments           | completed    | none, last 0     |                      | metered | 4000 | 600  |                   |
            none               | completed    | segments, last 0 |                      | metered | 0    | 0    |                   |
            none               | completed    | none, last 0     |                      | metered | 0    | 0    |                   |
            none               | cancelled    | segments, last 0 |                      | metered | 0    | 0    |                   |
            none               | cancelled    | segments, last 2 |                      | metered | 0    | 0    | trip-incomplete   |
            none               | completed    | segments, last 2 |                      | mocked  | 4265 | 1260 | trip-missing trip-incomplete | as the city says
            none               | completed    | segments, last 2 | agreed               | metered | 0    | 0    |                   |
            none               | completed    | segments, last 2 | agreed, and measured | mocked  | 4265 | 1260 | trip-missing trip-incomplete | all
            nothing in time    | completed    | segments, last 2 |                      | mocked  | 4265 | 1260 | store-timeout     | as the city says
            nothing in time    | completed    | segments, last 0 |                      | mocked  | 0    | 0    | store-timeout     | all
            nothing in time    | cancelled    | segments, last 2 |                      | mocked  | 0    | 0    | store-timeout     | all";
        for row in table.lines().skip(2) {
            let [says, outcome, metering, price, expected @ ..] =
                &row.split('|').map(str::trim).collect::<Vec<_>>()[..]
            else {
                panic!("{row}")
            };
            let segments = match *says {
                "segments" => Ok(vec![segment(1, 4000, 600)]),
                "none" => Ok(Vec::new()),
                "nothing in time" => Err(Degradation::StoreTimeout),
                _ => Err(Degradation::StoreUnavailable),
            };
            let order = Order {
                outcome: Outcome::from_word(outcome).unwrap(),
                one_price: price.starts_with("agreed").then_some(20_000),
                ..Order::default()
            };
            let extras = Extras { order: order.clone(), tolls: 500, ..Extras::default() };
            let (metering, last_seq) = match metering.split_once(", last ") {
                Some((metering, last)) => (metering, Some(last.parse().unwrap())),
                None => (*metering, None),
            };
            let metering = Metering::from_word(metering).unwrap();
            let request = BillRequest { metering, last_seq, extras, ..request() };
            let is_measured = |_: &Trip| price.ends_with("measured");
            for city in MockCharges::ALL {
                let rules = CityRules { mock_charges: *city, ..CityRules::of("110000") };
                let ridden = billed(&request, segments.clone(), None, &rules, is_measured).unwrap();
                let Ridden { trip, lacks, guess, .. } = ridden;
                // Whatever is charged for without having been measured says where it comes from.
                assert_eq!(guess.is_some(), trip.basis == Basis::Mocked && trip.distance_m > 0, "{row}");
                let charged = match trip.basis {
                    Basis::Mocked if expected[4] == "as the city says" && trip.mock_charges == *city => expected[4],
                    Basis::Mocked => trip.mock_charges.word(),
                    _ => "",
                };
                let actual = [
                    trip.basis.word(),
                    &trip.distance_m.to_string(),
                    &trip.duration_s.to_string(),
                    &lacks.iter().map(|reason| reason.word()).collect::<Vec<_>>().join(" "),
                    charged,
                ];
                assert_eq!(actual[..], *expected, "{row}");
                // What the caller says is known, whatever was measured.
                assert_eq!((trip.started_at, trip.ended_at), (request.started_at, request.ended_at), "{row}");
                assert_eq!((trip.tolls, &trip.order), (500, &order), "{row}");
            }
        }
    }

    /// A refusal points into the request that the caller sent, not into what became of it.
    #[test]
    fn refusals_point_into_the_request() {
        let check = |asked, pointer: &str, expected: Option<&str>| {
            let problem = Problem { pointer: pointer.to_owned(), code: "x".into(), message: "no".to_owned() };
            let refusal = refused(asked, problem);
            let actual = refusal.problems.first().map(|problem| &*problem.pointer);
            assert_eq!(actual, expected, "{asked:?} {pointer}");
            assert!(matches!(refusal.code, Code::InvalidRequest | Code::TripNotBillable));
        };
        check(Asked::Estimate, "/started-at", Some("/depart_at"));
        check(Asked::Estimate, "/distance", Some("/distance_m"));
        check(Asked::Bill, "/ended-at", Some("/ended_at"));
        check(Asked::Bill, "/coupons/2/max-off", Some("/passenger/coupons/2/max_off"));
        check(Asked::Bill, "/segments/7", None);
        check(Asked::Bill, "", None);
    }
}
