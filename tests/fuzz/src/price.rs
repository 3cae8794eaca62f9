//! Whatever the facts, a ride is priced by the laws of bills, or refused with a reason.

use crate::laws::check_bill;
use arbitrary::{Result, Unstructured};
use farebox_fare::{Basis, Coupon, CouponValue, Funding, MockCharges, Order, Outcome, Point, Segment, Trip};
use farebox_money::Decimal;
use farebox_pricing::RateCard;
use std::sync::LazyLock;

static CARDS: LazyLock<Vec<RateCard>> = LazyLock::new(|| {
    [
        include_str!("../../../components/pricing/tests/every-kind.json"),
        include_str!("../../../config/cards/110000/express.passenger.json"),
        include_str!("../../../config/cards/110000/taxi.passenger.json"),
    ]
    .map(|document| RateCard::parse(document).expect("the card is good"))
    .into()
});

/// Prices a ride that is made of the bytes.
pub fn check(bytes: &[u8]) {
    // What there are no bytes for is zero; nothing is too short to be a ride.
    let mut numbers = Unstructured::new(bytes);
    let card = numbers.choose(&CARDS).expect("there are cards");
    let (Ok(ride), Ok(is_quoted)) = (trip(&mut numbers), numbers.arbitrary()) else { return };
    let quoted: Option<Trip> = if is_quoted { trip(&mut numbers).ok() } else { None };
    check_bill(card, &ride, quoted.as_ref());
}

fn trip(numbers: &mut Unstructured) -> Result<Trip> {
    let mut trip = Trip {
        basis: numbers.choose(&[Basis::Estimated, Basis::Metered, Basis::Mocked]).copied()?,
        mock_charges: numbers.choose(MockCharges::ALL).copied()?,
        started_at: moment(numbers)?,
        distance_m: quantity(numbers)?,
        duration_s: quantity(numbers)?,
        origin: numbers.arbitrary::<bool>()?.then(|| place(numbers)).transpose()?,
        destination: numbers.arbitrary::<bool>()?.then(|| place(numbers)).transpose()?,
        order: Order {
            product: name(numbers)?,
            tier: name(numbers)?,
            kind: name(numbers)?,
            passengers: numbers.arbitrary()?,
            booked_ahead_s: quantity(numbers)?,
            one_price: if numbers.ratio(1, 4)? { Some(amount(numbers)?) } else { None },
            outcome: if numbers.ratio(1, 8)? { Outcome::Cancelled } else { Outcome::Completed },
        },
        waiting_s: quantity(numbers)?,
        dynamic_factor: if numbers.arbitrary()? { Some(decimal(numbers)?) } else { None },
        tolls: amount(numbers)?,
        parking: amount(numbers)?,
        highway: amount(numbers)?,
        ..Trip::default()
    };
    for _ in 0..numbers.int_in_range(0..=3)? {
        trip.coupons.push(coupon(numbers)?);
    }
    if trip.basis == Basis::Metered {
        for _ in 0..numbers.int_in_range(0..=8)? {
            trip.segments.push(Segment {
                sequence: numbers.int_in_range(0..=9)?,
                started_at: moment(numbers)?,
                distance_m: quantity(numbers)?,
                duration_s: quantity(numbers)?,
            });
        }
        // Now and then the sums are wrong, and have to be refused.
        if !trip.segments.is_empty() && !numbers.ratio(1, 16)? {
            trip.distance_m = trip.segments.iter().fold(0, |sum, segment| sum.saturating_add(segment.distance_m));
            trip.duration_s = trip.segments.iter().fold(0, |sum, segment| sum.saturating_add(segment.duration_s));
        }
    }
    trip.ended_at = trip.started_at.saturating_add_unsigned(trip.duration_s);
    Ok(trip)
}

/// Mostly around now, now and then any.
fn moment(numbers: &mut Unstructured) -> Result<i64> {
    if numbers.ratio(1, 32)? { numbers.arbitrary() } else { numbers.int_in_range(1_790_000_000..=1_800_000_000) }
}

/// Mostly of a ride, seldom absurd. Months are enough of what can be priced: decades have so many windows that little else
/// would be tried.
fn quantity(numbers: &mut Unstructured) -> Result<u64> {
    const MONTHS: u64 = 10_000_000;
    match numbers.int_in_range(0..=255)? {
        255 => Ok(Some(numbers.arbitrary()?).filter(|absurd| *absurd > MONTHS * MONTHS).unwrap_or(MONTHS)),
        254 => numbers.int_in_range(0..=MONTHS),
        _ => numbers.int_in_range(0..=100_000),
    }
}

fn amount(numbers: &mut Unstructured) -> Result<i64> {
    match numbers.int_in_range(0..=31)? {
        0 => numbers.arbitrary(),
        1 => numbers.int_in_range(0..=1_000_000_000_000),
        _ => numbers.int_in_range(0..=10_000),
    }
}

fn decimal(numbers: &mut Unstructured) -> Result<Decimal> {
    if numbers.ratio(1, 16)? {
        Ok(Decimal::from_parts(
            numbers.arbitrary()?,
            numbers.arbitrary()?,
            numbers.arbitrary()?,
            numbers.arbitrary()?,
            numbers.int_in_range(0..=28)?,
        ))
    } else {
        Ok(Decimal::new(numbers.int_in_range(0..=1_000)?, 2))
    }
}

fn place(numbers: &mut Unstructured) -> Result<Point> {
    Ok(if numbers.ratio(1, 4)? {
        Point { latitude: numbers.arbitrary()?, longitude: numbers.arbitrary()? }
    } else {
        Point {
            latitude: numbers.int_in_range(39_000_000..=41_000_000)?,
            longitude: numbers.int_in_range(115_000_000..=117_000_000)?,
        }
    })
}

fn name(numbers: &mut Unstructured) -> Result<Option<String>> {
    let names = [None, Some("gold"), Some("none"), Some("reservation"), Some("premium"), Some("")];
    Ok(numbers.choose(&names)?.map(str::to_owned))
}

fn coupon(numbers: &mut Unstructured) -> Result<Coupon> {
    let codes = ["start_price", "mileage", "duration", "dynamic", "tolls", "unknown"];
    let mut scope = Vec::new();
    for _ in 0..numbers.int_in_range(0..=3)? {
        scope.push((*numbers.choose(&codes)?).to_owned());
    }
    Ok(Coupon {
        id: "c".to_owned(),
        value: if numbers.arbitrary()? {
            CouponValue::Percent(decimal(numbers)?)
        } else {
            CouponValue::Amount(amount(numbers)?)
        },
        min_spend: amount(numbers)?,
        max_off: if numbers.arbitrary()? { Some(amount(numbers)?) } else { None },
        scope,
        funding: Funding::default(),
    })
}
