//! The trips that rate cards are given: estimated before a ride, metered or mocked after it.

use crate::geodesy::great_circle_m;
use crate::limits;
use crate::refusal::{Code, Refusal};
use crate::requests::{BillRequest, EstimateRequest, Extras};
use farebox_document::Problem;
use farebox_fare::{Basis, Point, Segment, Timestamp, Trip};

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

/// The trip that was measured: distance and duration are the sums of its segments.
///
/// # Errors
///
/// `trip-not-billable` when the sums are beyond what a trip can be.
pub fn metered(request: &BillRequest, segments: Vec<Segment>) -> Result<Trip, Refusal> {
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
    Ok(Trip { basis: Basis::Metered, distance_m, duration_s, segments, ..mocked(request) })
}

/// The trip as far as it can be told from its two ends: the great circle between them, and the time that passed.
pub fn mocked(request: &BillRequest) -> Trip {
    Trip {
        basis: Basis::Mocked,
        started_at: request.started_at,
        ended_at: request.ended_at,
        distance_m: great_circle_m(request.origin, request.destination).min(*limits::TRIP_DISTANCE_M.end()),
        duration_s: elapsed(request.started_at, request.ended_at),
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
        coupons: passenger.coupons.clone(),
        ..Trip::default()
    }
}

fn elapsed(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
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
    use crate::requests::Labels;
    use farebox_money::Currency;

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
        let trip = mocked(&request());
        assert_eq!((trip.basis, trip.distance_m, trip.duration_s), (Basis::Mocked, 4265, 1260));
        let antipodes =
            BillRequest { destination: Point { latitude: -39_900_000, longitude: -63_600_000 }, ..request() };
        assert_eq!(mocked(&antipodes).distance_m, 5_000_000);
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
