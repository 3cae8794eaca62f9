//! A made-up history: bill records as billing makes them, of rides that never were, on the rate cards that ship.

use crate::artifacts::repository;
use crate::native::{NativeCard, NativePolicy};
use farebox_billing::bills::BillInputs;
use farebox_billing::config::{Card, ParsedPolicy};
use farebox_billing::engines::{Policy as _, Side};
use farebox_billing::requests::Labels;
use farebox_fare::{
    Basis, Coupon, CouponValue, Degradation, Funding, MockCharges, Order, Outcome, Point, Segment, Trip,
};
use farebox_money::{Currency, Decimal};
use farebox_records::{BillRecord, Datum, DistanceFrom, DurationFrom, Guess, Metering, NotQuoted, OrderRecord, Pinned};
use fastrand::Rng;
use std::path::Path;
use std::rc::Rc;

/// 2026-11-01T00:00:00Z; rides begin within four weeks of it.
const FROM: i64 = 1_793_491_200;
const FOUR_WEEKS: i64 = 28 * 86_400;

/// Around these places, in millionths of a degree: airports and centres of the cities that have zones, and Beijing.
const PLACES: [(i32, i32); 6] = [
    (40_641_300, -73_778_100),
    (40_758_000, -73_985_500),
    (40_776_900, -73_874_000),
    (40_689_500, -74_174_500),
    (41_974_200, -87_907_300),
    (39_908_800, 116_397_400),
];

/// Both rate cards of a product, and the policy.
pub struct Cards {
    passenger: Card<NativeCard>,
    driver: Card<NativeCard>,
    policy: Rc<ParsedPolicy<NativePolicy>>,
}

impl Cards {
    /// Those of a folder such as `config/cards`, in the order of their names.
    ///
    /// # Panics
    ///
    /// When a card there cannot be used.
    pub fn of_folder(folder: &Path) -> Vec<Self> {
        let entries = |folder: &Path| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
            paths.sort();
            paths
        };
        let read =
            |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let text = read(&repository().join("config/policies/default.json"));
        let policy = NativePolicy::parse(&text).unwrap_or_else(|error| panic!("{error:?}"));
        let policy = Rc::new(ParsedPolicy::new(policy, &text));
        let mut pairs = Vec::new();
        for city in entries(folder) {
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for path in entries(&city) {
                let file = name(&path);
                let Some(product) = file.strip_suffix(".passenger.json") else { continue };
                let card = |side: Side| {
                    // Rides are later than the days of all cards, so the latest is in force.
                    let from_the_beginning = format!("{product}.{}.json", side.word());
                    let later = format!("{product}.{}.", side.word());
                    let of_days = entries(&city).into_iter().filter(|path| {
                        let file = name(path);
                        file != from_the_beginning && file.starts_with(&later)
                    });
                    let path = of_days.max().unwrap_or_else(|| city.join(&from_the_beginning));
                    let card = Card::parse(&read(&path), &name(&city), product, side);
                    card.unwrap_or_else(|problems| panic!("{}: {problems:?}", path.display()))
                };
                let (passenger, driver) = (card(Side::Passenger), card(Side::Driver));
                pairs.push(Self { passenger, driver, policy: Rc::clone(&policy) });
            }
        }
        pairs
    }

    /// Those that ship.
    pub fn shipped() -> Vec<Self> {
        Self::of_folder(&repository().join("config/cards"))
    }

    /// The record of a ride.
    ///
    /// # Panics
    ///
    /// When the ride cannot be priced.
    pub fn bill(&self, trip_id: &str, trip: &Trip, quoted: Option<&Trip>, labels: &Labels) -> BillRecord {
        let info = self.passenger.rates.0.info();
        let ride = BillInputs {
            trip_id,
            city: &info.city,
            product: &info.product,
            trip,
            metering: Metering::Segments,
            last_seq: trip.segments.iter().map(|segment| segment.sequence).max(),
            estimate_id: None,
            labels,
            passenger: &self.passenger,
            driver: &self.driver,
            policy: Some(&*self.policy),
            pinned: if quoted.is_some() { Pinned::QUOTED } else { Pinned::current(NotQuoted::NoEstimate) },
            quoted,
            engines: (farebox_pricing::ENGINE, farebox_commission::ENGINE),
            lacks: if trip.basis == Basis::Mocked { vec![Degradation::TripMissing] } else { Vec::new() },
            findings: Vec::new(),
            guess: (trip.basis == Basis::Mocked).then(guess),
            billed_at: trip.ended_at,
        };
        ride.bill().unwrap_or_else(|refusal| panic!("{trip:?} on {info:?}: {refusal:?}"))
    }

    fn currency(&self) -> Currency {
        self.passenger.currency
    }
}

/// The records of so many rides, one JSON text each; the same for the same seed.
///
/// # Panics
///
/// When there are no cards.
pub fn bills(cards: &[Cards], count: usize, seed: u64) -> impl Iterator<Item = String> {
    let mut rng = Rng::with_seed(seed);
    // Chosen apart, so that they change no ride.
    let mut of_labels = Rng::with_seed(seed);
    (1..=count).map(move |number| {
        let cards = rng.choice(cards).expect("there are cards");
        let trip = ride(&mut rng, cards);
        let quoted = rng.bool().then(|| quote(&mut rng, &trip));
        let labels = labels(&mut of_labels);
        let bill = cards.bill(&format!("ride-{number}"), &trip, quoted.as_ref(), &labels);
        serde_json::to_string(&bill).expect("a bill has a JSON form")
    })
}

/// What is said of a ride that was not measured.
fn guess() -> Guess {
    let (distance, duration) = (DistanceFrom::Straight, DurationFrom::Elapsed);
    Guess { distance, duration, detour_factor: Some("1.3".to_owned()), datum: Some(Datum::Gcj02) }
}

/// What a ride is known by: some callers say nothing, others everything.
fn labels(rng: &mut Rng) -> Labels {
    let said = rng.u32(0..=4);
    let any = |rng: &mut Rng| rng.u32(0..4) < said;
    let name = |rng: &mut Rng, names: &[&str]| any(rng).then(|| (*rng.choice(names).expect("some")).to_owned());
    let id = |rng: &mut Rng, kind: &str| any(rng).then(|| format!("{kind}-{}", rng.u32(1..=999)));
    let tag = |rng: &mut Rng, tag: &str, values: &[&str]| name(rng, values).map(|value| (tag.to_owned(), value));
    Labels {
        passenger_id: id(rng, "p"),
        driver_id: id(rng, "d"),
        order: OrderRecord {
            id: id(rng, "o"),
            campaign: name(rng, &["spring", "airport-2026"]),
            partner: name(rng, &["metro", "hotel_12"]),
            driver_tier: name(rng, &["gold", "new"]),
            app_version: name(rng, &["7.1.4", "7.2.0 (beta)"]),
            vehicle_class: name(rng, &["comfort", "van"]),
            ..OrderRecord::default()
        },
        tags: [tag(rng, "team", &["east", "west"]), tag(rng, "shift", &["夜班", "day"])]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn ride(rng: &mut Rng, cards: &Cards) -> Trip {
    let started_at = FROM + rng.i64(0..FOUR_WEEKS);
    // Most rides are short.
    let distance_m = rng.u64(300..=6000) + if rng.u8(0..10) == 0 { rng.u64(0..=60_000) } else { rng.u64(0..=9000) };
    let duration_s = distance_m * rng.u64(80..=400) / 1000 + rng.u64(60..=600);
    let basis = if rng.u8(0..10) == 0 { Basis::Mocked } else { Basis::Metered };
    let segments = if basis == Basis::Metered { segments(rng, started_at, distance_m, duration_s) } else { Vec::new() };
    let exponent = cards.currency().exponent();
    let one_in = |rng: &mut Rng, chances: u32| rng.u32(0..chances) == 0;
    let money = |rng: &mut Rng, most: i64| rng.i64(1..=most) * 10_i64.pow(exponent);
    let name = |rng: &mut Rng, names: &[&str]| rng.choice(names).map(|name| (*name).to_owned());
    let trip = Trip {
        basis,
        mock_charges: if basis == Basis::Mocked && one_in(rng, 3) {
            MockCharges::MeasuredOnly
        } else {
            MockCharges::All
        },
        started_at,
        ended_at: started_at + i64::try_from(duration_s).unwrap_or_default(),
        distance_m,
        duration_s,
        segments,
        origin: Some(place(rng)),
        destination: Some(place(rng)),
        order: Order {
            product: None,
            tier: if one_in(rng, 5) { name(rng, &["gold", "silver"]) } else { None },
            kind: if one_in(rng, 5) { name(rng, &["reservation", "round-trip", "airport"]) } else { None },
            passengers: rng.u32(0..=4),
            booked_ahead_s: if one_in(rng, 6) { rng.u64(600..=90_000) } else { 0 },
            one_price: one_in(rng, 40).then(|| money(rng, 90)),
            outcome: if one_in(rng, 25) { Outcome::Cancelled } else { Outcome::Completed },
        },
        waiting_s: if one_in(rng, 3) { rng.u64(0..=900) } else { 0 },
        dynamic_factor: one_in(rng, 4).then(|| Decimal::new(rng.i64(100..=250), 2)),
        tolls: if one_in(rng, 8) { money(rng, 20) } else { 0 },
        parking: if one_in(rng, 20) { money(rng, 15) } else { 0 },
        highway: if one_in(rng, 20) { money(rng, 30) } else { 0 },
        coupons: Vec::new(),
    };
    let coupons = (0..rng.usize(0..=3).saturating_sub(1)).map(|number| coupon(rng, number, exponent)).collect();
    Trip { coupons, ..trip }
}

fn segments(rng: &mut Rng, started_at: i64, distance_m: u64, duration_s: u64) -> Vec<Segment> {
    let count = rng.u64(3..=20);
    let (mut begins, mut distance_left, mut duration_left) = (started_at, distance_m, duration_s);
    let mut segments = Vec::new();
    for sequence in 1..=count {
        // Distance and duration of a metered ride are the sums over its segments, and some of those are slow.
        let share = |rng: &mut Rng, left: u64| if sequence == count { left } else { left * rng.u64(0..=40) / 100 };
        let segment = Segment {
            sequence,
            started_at: begins,
            distance_m: share(rng, distance_left),
            duration_s: share(rng, duration_left),
        };
        begins += i64::try_from(segment.duration_s).unwrap_or_default();
        distance_left -= segment.distance_m;
        duration_left -= segment.duration_s;
        segments.push(segment);
    }
    segments
}

fn place(rng: &mut Rng) -> Point {
    let (latitude, longitude) = *rng.choice(&PLACES).expect("there are places");
    Point { latitude: latitude + rng.i32(-20_000..=20_000), longitude: longitude + rng.i32(-20_000..=20_000) }
}

fn coupon(rng: &mut Rng, number: usize, exponent: u32) -> Coupon {
    let unit = 10_i64.pow(exponent);
    let value = if rng.bool() {
        CouponValue::Amount(rng.i64(1..=8) * unit)
    } else {
        CouponValue::Percent(Decimal::from(rng.u32(5..=30)))
    };
    let scope = if rng.u8(0..4) == 0 { vec!["mileage".to_owned()] } else { Vec::new() };
    Coupon {
        id: format!("c-{number}"),
        value,
        min_spend: rng.i64(0..=20) * unit,
        max_off: rng.bool().then(|| rng.i64(2..=15) * unit),
        scope,
        // Every second coupon is shared.
        funding: if number == 1 { shared() } else { Funding::default() },
    }
}

fn shared() -> Funding {
    Funding::new(Decimal::from(30), Decimal::from(20)).unwrap_or_default()
}

/// The ride as it was planned: about as long, before anything happened.
fn quote(rng: &mut Rng, trip: &Trip) -> Trip {
    let about = |rng: &mut Rng, quantity: u64| quantity * rng.u64(70..=110) / 100;
    Trip {
        basis: Basis::Estimated,
        distance_m: about(rng, trip.distance_m),
        duration_s: about(rng, trip.duration_s),
        segments: Vec::new(),
        waiting_s: 0,
        ..trip.clone()
    }
}
