//! What of its quote still applies to a ride: the quoted rate cards and their limits on growth, the cards alone, or nothing.
//!
//! A quote covers a ride: a product, from here to there, at a time, as it was ordered. What is billed may be another ride. The
//! worst difference comes first, and is the reason that the bill gives.

use crate::config::city::Tolerances;
use crate::estimate_id::Estimate;
use crate::geodesy::great_circle_m;
use crate::guess::Planned;
use crate::requests::{BillRequest, Extras};
use farebox_fare::{Outcome, Point, Trip};
use farebox_records::NotQuoted;

/// Why a quote does not cover a ride, and by how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Uncovered {
    pub(super) reason: NotQuoted,
    pub(super) why: String,
}

/// What the limits on growth of the quoted rate cards start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// The ride as it was quoted.
    Quoted(Trip),
    /// The ride as it would have been quoted with what was changed since, and what that is.
    Changed(Trip, NotQuoted),
    /// Nothing was quoted that this ride could have grown from.
    Nothing(Uncovered),
}

/// Whether an estimate is of this product in this city, by what it says of itself: its quote need not be had to know.
pub(super) fn estimate_applies(estimate: &Estimate, city: &str, product: &str) -> Result<(), NotQuoted> {
    if estimate.price(product).is_none() {
        return Err(NotQuoted::ProductNotQuoted);
    }
    if estimate.city != city {
        return Err(NotQuoted::OriginMoved);
    }
    Ok(())
}

/// Whether the rate cards of a quote apply to a ride: it begins where and when it was to begin.
pub(super) fn cards_apply(request: &BillRequest, quoted: &Trip, tolerances: Tolerances) -> Result<(), Uncovered> {
    let moved_m = moved_m(quoted.origin, request.origin);
    if moved_m > tolerances.origin_m.into() {
        return uncovered(NotQuoted::OriginMoved, elsewhere("began", moved_m, tolerances.origin_m));
    }
    let moved_s = quoted.started_at.abs_diff(request.started_at);
    if moved_s > tolerances.start_s.into() {
        let why = format!("it began {moved_s} s from when it was to, and {} s is tolerated", tolerances.start_s);
        return uncovered(NotQuoted::StartMoved, why);
    }
    Ok(())
}

/// What the limits on growth start from, on cards that apply. `price` says what a trip comes to on them: what was changed about
/// the order is looked at one by one, and makes a difference when the trip comes to something else with it, or cannot be priced.
///
/// A ride that was called off did not grow out of the one that was quoted, and is not limited. Where it ended, and as what it was
/// called off, is no change of what was ordered.
pub(super) fn growth<T: PartialEq>(
    request: &BillRequest,
    quoted: Trip,
    tolerances: Tolerances,
    price: impl Fn(&Trip) -> Option<T>,
) -> Growth {
    if request.extras.order.outcome == Outcome::Cancelled {
        return Growth::Quoted(quoted);
    }
    let moved_m = moved_m(quoted.destination, request.destination);
    if moved_m > tolerances.destination_m.into() {
        let why = elsewhere("ended", moved_m, tolerances.destination_m);
        return Growth::Nothing(Uncovered { reason: NotQuoted::DestinationMoved, why });
    }
    let (mut trip, mut reason) = (quoted.clone(), None);
    for (what, change) in CHANGES {
        let before = trip.clone();
        change(&mut trip, &request.extras);
        // Most rides are as they were ordered, and nothing is priced to know it.
        if reason.is_none() && trip != before && price(&trip) != price(&before) {
            reason = Some(what);
        }
    }
    match reason {
        None => Growth::Quoted(quoted),
        Some(reason) if price(&trip).is_some() => Growth::Changed(trip, reason),
        Some(reason) => {
            let why = "with what was changed about the order it could not have been quoted".to_owned();
            Growth::Nothing(Uncovered { reason, why })
        }
    }
}

/// The ride as it was planned, when it is one between the same ends: what is quoted for it, and when, makes no difference to how
/// far it is.
pub(super) fn planned(request: &BillRequest, quoted: &Trip, tolerances: Tolerances) -> Option<Planned> {
    let Trip { origin, destination, distance_m, duration_s, .. } = *quoted;
    let is_near = |quoted, place, tolerated_m: u32| moved_m(quoted, place) <= tolerated_m.into();
    let same_ends = is_near(origin, request.origin, tolerances.origin_m)
        && is_near(destination, request.destination, tolerances.destination_m);
    same_ends.then_some(Planned { distance_m, duration_s })
}

/// Makes a trip one that was ordered in another way.
type Change = fn(&mut Trip, &Extras);

/// What can be changed about an order, worst first.
const CHANGES: [(NotQuoted, Change); 5] = [
    (NotQuoted::PassengersChanged, |trip, extras| {
        // Not known counts as one.
        if trip.order.passengers.max(1) != extras.order.passengers.max(1) {
            trip.order.passengers = extras.order.passengers;
        }
    }),
    (NotQuoted::SceneChanged, |trip, extras| trip.order.kind.clone_from(&extras.order.kind)),
    (NotQuoted::TierChanged, |trip, extras| trip.order.tier.clone_from(&extras.order.tier)),
    (NotQuoted::PriceChanged, |trip, extras| trip.order.one_price = extras.order.one_price),
    (NotQuoted::CouponsChanged, |trip, extras| trip.coupons = extras.passenger.coupons()),
];

/// How far a place is from the quoted one, in metres. A quote says both ends of the ride; what it does not say was not moved.
fn moved_m(quoted: Option<Point>, place: Point) -> u64 {
    quoted.map_or(0, |quoted| great_circle_m(quoted, place))
}

fn elsewhere(end: &str, moved_m: u64, tolerated_m: u32) -> String {
    format!("it {end} {moved_m} m from where it was to, and {tolerated_m} m is tolerated")
}

fn uncovered(reason: NotQuoted, why: String) -> Result<(), Uncovered> {
    Err(Uncovered { reason, why })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::estimate_id::{ProductPrice, QuoteKey};
    use crate::requests::{BroughtCoupon, Labels, Stated};
    use farebox_fare::{Coupon, CouponValue, Funding, Order};
    use farebox_money::Currency;
    use farebox_records::{Datum, Metering};

    const ORIGIN: Point = Point { latitude: 39_900_000, longitude: 116_400_000 };
    const DESTINATION: Point = Point { latitude: 39_950_000, longitude: 116_400_000 };
    const START: i64 = 1_562_806_800;

    /// So many metres north of a place.
    fn north(place: Point, metres: i32) -> Point {
        Point { latitude: place.latitude + metres * 8_993 / 1_000, ..place }
    }

    fn estimate() -> Estimate {
        Estimate {
            city: "110000".to_owned(),
            quote: QuoteKey([0; 8]),
            currency: Currency::from_code("CNY").unwrap(),
            expires_at: START,
            prices: vec![ProductPrice { product: "express".to_owned(), total: 1000, payable: 1000 }],
        }
    }

    fn coupon(id: &str) -> Coupon {
        let value = CouponValue::Amount(100);
        Coupon { id: id.to_owned(), value, min_spend: 0, max_off: None, scope: Vec::new(), funding: Funding::default() }
    }

    fn quoted() -> Trip {
        let order = Order { kind: Some("now".to_owned()), passengers: 1, booked_ahead_s: 600, ..Order::default() };
        Trip {
            started_at: START,
            ended_at: START + 1_200,
            distance_m: 8_000,
            duration_s: 1_200,
            origin: Some(ORIGIN),
            destination: Some(DESTINATION),
            order,
            coupons: vec![coupon("c-1")],
            ..Trip::default()
        }
    }

    /// The ride that was quoted, but for what these words say.
    fn ridden(differs: &str) -> BillRequest {
        let Trip { order, coupons, .. } = quoted();
        let mut request = BillRequest {
            city: "110000".into(),
            product: "express".into(),
            currency: estimate().currency,
            started_at: START,
            ended_at: START + 1_200,
            origin: ORIGIN,
            destination: DESTINATION,
            // How long ahead it was booked is known when it is booked.
            extras: Extras { order: Order { booked_ahead_s: 0, ..order }, ..Extras::default() },
            metering: Metering::default(),
            last_seq: None,
            datum: Datum::default(),
            stated: Stated::default(),
            estimate_id: None,
            labels: Labels::default(),
        };
        let Extras { order, passenger, .. } = &mut request.extras;
        let brought = |coupon| BroughtCoupon { coupon, token: None };
        passenger.coupons = coupons.into_iter().map(brought).collect();
        for word in differs.split(", ") {
            let (what, value) = word.split_once(' ').unwrap_or((word, "1"));
            let number: i32 = value.parse().unwrap();
            match what {
                "nothing" => {}
                "city" => request.city = "120000".into(),
                "product" => request.product = "taxi".into(),
                "origin" => request.origin = north(ORIGIN, number),
                "destination" => request.destination = north(DESTINATION, number),
                "start" => request.started_at += i64::from(number),
                "passengers" => order.passengers = number.unsigned_abs(),
                "scene" => order.kind = None,
                "tier" => order.tier = Some("gold".into()),
                "agreed" => order.one_price = Some(2_000),
                "coupons" => passenger.coupons = vec![brought(coupon("c-2"))],
                "cancelled" => order.outcome = Outcome::Cancelled,
                other => panic!("{other}"),
            }
        }
        request
    }

    /// What a trip comes to on a card that looks at this of an order. More than 9 people are more than it has a price for.
    fn comes_to(trip: &Trip, charged: &[&str]) -> Option<String> {
        let Order { passengers, kind, tier, one_price, .. } = &trip.order;
        let ids: Vec<_> = trip.coupons.iter().map(|coupon| &coupon.id).collect();
        let facts = [
            ("passengers", format!("{passengers}")),
            ("scene", format!("{kind:?}")),
            ("tier", format!("{tier:?}")),
            ("agreed", format!("{one_price:?}")),
            ("coupons", format!("{ids:?}")),
        ];
        let seen = facts.iter().filter(|(name, _)| charged.contains(name)).map(|(_, fact)| fact.as_str());
        (*passengers < 10).then(|| seen.collect())
    }

    /// What applies of a quote, and why not all of it: each reason, both sides of each tolerance, and several at once.
    #[test]
    fn a_quote_covers_a_ride() {
        // What differs between the quote and the ride, and what the cards charge by besides distance and time. Ends that moved are
        // in metres, starts in seconds, both within 1,000 m and 3,600 s as by default; 1 passenger was quoted, one scene, no tier,
        // no agreed price, and one coupon.
        let table = "
            differs                               | charged by            | cards  | growth from | reason
            nothing                               | passengers, coupons   | quoted | quote       |
            product                               |                       | today  |             | product-not-quoted
            city                                  |                       | today  |             | origin-moved
            origin 1000                           |                       | quoted | quote       |
            origin -1000                          |                       | quoted | quote       |
            origin 1001                           |                       | today  |             | origin-moved
            origin -1001                          |                       | today  |             | origin-moved
            start 3600                            |                       | quoted | quote       |
            start -3600                           |                       | quoted | quote       |
            start 3601                            |                       | today  |             | start-moved
            start -3601                           |                       | today  |             | start-moved
            start 31536000                        |                       | today  |             | start-moved
            destination 1000                      |                       | quoted | quote       |
            destination -1000                     |                       | quoted | quote       |
            destination 1001                      |                       | quoted |             | destination-moved
            destination 27000                     |                       | quoted |             | destination-moved
            passengers 0                          | passengers            | quoted | quote       |
            passengers 3                          | passengers            | quoted | changed     | passengers-changed
            passengers 3                          | scene, tier, coupons  | quoted | quote       |
            passengers 10                         |                       | quoted |             | passengers-changed
            scene                                 | scene                 | quoted | changed     | scene-changed
            scene                                 | passengers, tier      | quoted | quote       |
            tier                                  | tier                  | quoted | changed     | tier-changed
            tier                                  | scene                 | quoted | quote       |
            agreed                                | agreed                | quoted | changed     | price-changed
            agreed                                | scene                 | quoted | quote       |
            coupons                               | coupons               | quoted | changed     | coupons-changed
            coupons                               | scene                 | quoted | quote       |
            product, city, origin 2000            |                       | today  |             | product-not-quoted
            city, start 9000                      |                       | today  |             | origin-moved
            origin 2000, start 9000, tier         | tier                  | today  |             | origin-moved
            start 9000, destination 2000          |                       | today  |             | start-moved
            origin 1000, start 3600, tier         | tier                  | quoted | changed     | tier-changed
            destination 2000, passengers 3        | passengers            | quoted |             | destination-moved
            passengers 3, scene, tier, agreed     | scene, tier, agreed   | quoted | changed     | scene-changed
            passengers 3, coupons                 | coupons               | quoted | changed     | coupons-changed
            passengers 3, scene, coupons          |                       | quoted | quote       |
            cancelled                             | scene                 | quoted | quote       |
            cancelled, scene, destination 2000    | scene                 | quoted | quote       |
            cancelled, origin 1001                |                       | today  |             | origin-moved
            cancelled, start 3601                 |                       | today  |             | start-moved";
        for row in table.lines().skip(2) {
            let [differs, charged, expected @ ..] = &row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
                panic!("{row}")
            };
            let (request, charged) = (ridden(differs), charged.split(", ").collect::<Vec<_>>());
            let tolerances = Tolerances::default();
            let cards = estimate_applies(&estimate(), &request.city, &request.product)
                .and_then(|()| cards_apply(&request, &quoted(), tolerances).map_err(|uncovered| uncovered.reason));
            let price = |trip: &Trip| comes_to(trip, &charged);
            let (cards, from, reason) = match cards.map(|()| growth(&request, quoted(), tolerances, price)) {
                Err(reason) => ("today", "", reason.word()),
                Ok(Growth::Nothing(uncovered)) => ("quoted", "", uncovered.reason.word()),
                Ok(Growth::Quoted(trip)) => {
                    assert_eq!(trip, quoted(), "{row}");
                    ("quoted", "quote", "")
                }
                Ok(Growth::Changed(trip, reason)) => {
                    // All that was changed is changed, and nothing else: how far, how long, and how long ahead it was booked.
                    let Extras { order, passenger, .. } = request.extras;
                    let order = Order { booked_ahead_s: 600, ..order };
                    assert_eq!(trip, Trip { order, coupons: passenger.coupons(), ..quoted() }, "{row}");
                    ("quoted", "changed", reason.word())
                }
            };
            assert_eq!([cards, from, reason], *expected, "{row}");
        }
    }

    /// A city says how far a ride may differ; nothing at all, when it says so.
    #[test]
    fn tolerances_are_the_citys() {
        let strict = Tolerances { origin_m: 0, destination_m: 0, start_s: 0, ..Tolerances::default() };
        let check = |differs: &str, tolerances: Tolerances| {
            let request = ridden(differs);
            let why = cards_apply(&request, &quoted(), tolerances).err();
            why.or_else(|| match growth(&request, quoted(), tolerances, |_| Some(())) {
                Growth::Nothing(uncovered) => Some(uncovered),
                _ => None,
            })
            .map_or_else(String::new, |uncovered| uncovered.why)
        };
        assert_eq!(check("nothing", strict), "");
        assert_eq!(check("origin 1", strict), "it began 1 m from where it was to, and 0 m is tolerated");
        assert_eq!(check("start -1", strict), "it began 1 s from when it was to, and 0 s is tolerated");
        assert_eq!(check("destination 1", strict), "it ended 1 m from where it was to, and 0 m is tolerated");
        let loose =
            Tolerances { origin_m: 1_000_000, destination_m: 1_000_000, start_s: 604_800, ..Tolerances::default() };
        assert_eq!(check("origin 9000, start 604800, destination 27000", loose), "");
    }

    /// What was planned is as good as any guess of the ride between the same ends, whatever is charged for it.
    #[test]
    fn what_was_planned() {
        let check = |differs: &str, expected: bool| {
            let planned = planned(&ridden(differs), &quoted(), Tolerances::default());
            let as_quoted = Planned { distance_m: 8_000, duration_s: 1_200 };
            assert_eq!(planned, expected.then_some(as_quoted), "{differs}");
        };
        check("nothing", true);
        check("origin 1000, destination -1000", true);
        check("start 9000, passengers 3", true);
        check("origin 1001", false);
        check("destination 1001", false);
    }

    /// A ride that is as it was ordered is not priced to know it.
    #[test]
    fn nothing_is_priced_that_did_not_change() {
        for differs in ["nothing", "passengers 0", "start 60, destination 900", "destination 2000", "cancelled, scene"]
        {
            let never = |_: &Trip| -> Option<()> { panic!("{differs}: priced") };
            growth(&ridden(differs), quoted(), Tolerances::default(), never);
        }
    }
}
