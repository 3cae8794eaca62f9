//! The request bodies of the API, decoded and checked.

mod asked;
mod body;
mod labels;
mod leaf;
mod recorded;
mod route;
#[cfg(feature = "schema")]
mod schema;

pub use self::asked::AskedBill;
use self::body::{
    BatchBody, BatchTripBody, BillBody, BookedAhead, CommissionBody, CouponBody, EstimateBody, FundingBody,
    PassengerBody, Passengers, PlaceBody, Products, SegmentBody, SegmentsBody, Sequence,
};
pub use self::labels::Labels;
use self::leaf::{AmountText, DecimalText, Factor, Name, Percentage, Token, amount, decimal, in_currency};
use crate::datum::to_wgs84;
use crate::estimate_id::Estimate;
use crate::limits;
use crate::refusal::Refusal;
use farebox_document::{BadValue, Given, List, Notes, Place, Problem, ProblemCode, read_body};
use farebox_fare::{Coupon, CouponKind, CouponValue, Funding, Order, Outcome, Point, Segment, Timestamp};
use farebox_money::{Currency, Decimal, MinorUnits};
use farebox_records::{Datum, Metering, OrderRecord};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

/// Takes what rides have in common out of a body.
macro_rules! extras {
    ($body:ident) => {
        ExtrasBody {
            scene: $body.scene,
            passengers: $body.passengers,
            booked_ahead_s: $body.booked_ahead_s,
            one_price: $body.one_price,
            dynamic: $body.dynamic,
            tolls: $body.tolls,
            parking: $body.parking,
            highway: $body.highway,
            passenger: $body.passenger,
        }
    };
}

/// What can be priced. Amounts can only be read once the currency is known, and that is the rate card's to say.
pub trait Tariffs {
    /// The currency of a product in a city; `None` when there is no such product there.
    ///
    /// # Errors
    ///
    /// `config-invalid` when there is a rate card and it cannot be used.
    fn currency(&self, city: &str, product: &str) -> Result<Option<Currency>, Refusal>;

    /// Whether a city has any product.
    fn serves(&self, city: &str) -> bool;

    /// The products of a city, in order.
    fn products(&self, city: &str) -> Vec<&str>;

    /// The cities that are served, in order.
    fn cities(&self) -> Vec<&str>;
}

/// What a rider brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passenger {
    /// The caller's identifier.
    pub id: Option<String>,
    /// In the order they are to be applied.
    pub coupons: Vec<BroughtCoupon>,
}

/// A coupon, and what its issuer signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtCoupon {
    /// What it is worth, as the request says.
    pub coupon: Coupon,
    /// The token, not verified yet.
    pub token: Option<String>,
}

impl Passenger {
    /// The coupons alone.
    pub fn coupons(&self) -> Vec<Coupon> {
        self.coupons.iter().map(|brought| brought.coupon.clone()).collect()
    }
}

/// What a rate card may look at besides where, when, how far and how long. All of it may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// What was ordered; the product stands in the request itself.
    pub order: Order,
    /// How long the driver was kept waiting, in seconds.
    pub waiting_s: u64,
    /// Surge; `None` is 1.
    pub dynamic: Option<Decimal>,
    /// Tolls, in minor units.
    pub tolls: MinorUnits,
    /// Parking, in minor units.
    pub parking: MinorUnits,
    /// Motorway charges, in minor units.
    pub highway: MinorUnits,
    /// Who rides.
    pub passenger: Passenger,
}

/// The body of `POST /v1/estimates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstimateRequest {
    /// Where the rate cards are looked up.
    pub city: String,
    /// What to price; at least one, all different.
    pub products: Vec<String>,
    /// The currency of all products and amounts.
    pub currency: Currency,
    /// Where the ride is to begin.
    pub origin: Point,
    /// Where it is to end.
    pub destination: Point,
    /// The length of the route, in metres.
    pub distance_m: u64,
    /// How long the route takes, in seconds.
    pub duration_s: u64,
    /// When the ride is to begin.
    pub depart_at: Timestamp,
    /// What else there is to know.
    pub extras: Extras,
}

impl EstimateRequest {
    /// Reads and checks a body.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that a rate card it needs is broken.
    pub fn decode(document: &Value, tariffs: &dyn Tariffs) -> Result<Self, Refusal> {
        decode(document, |body: EstimateBody, notes| {
            let extras = extras!(body);
            let at = Place::DOCUMENT;
            let city = served_city(body.city, tariffs, notes);
            let products = body.products.required(notes, &at.key("products"));
            let (products, currency) = match products {
                Some(products) => priced_products(products, city.as_deref(), tariffs, notes)?,
                None => (None, None),
            };
            let datum = body.datum.read().unwrap_or_default();
            let origin = place(body.origin, datum, notes, "origin");
            let destination = place(body.destination, datum, notes, "destination");
            let distance_m = body.distance_m.required(notes, &at.key("distance_m"));
            let duration_s = body.duration_s.required(notes, &at.key("duration_s"));
            let depart_at = body.depart_at.required(notes, &at.key("depart_at"));
            let extras = extras.check(currency, notes);
            Ok((|| {
                Some(Self {
                    city: city?,
                    products: products?,
                    currency: currency?,
                    origin: origin?,
                    destination: destination?,
                    distance_m: distance_m?.0,
                    duration_s: duration_s?.0,
                    depart_at: depart_at?.0,
                    extras,
                })
            })())
        })
    }
}

/// The body of `POST /v1/trips/{trip_id}/segments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentsRequest {
    /// The city of the trip.
    pub city: String,
    /// At least one, with different sequence numbers.
    pub segments: Vec<Segment>,
}

impl SegmentsRequest {
    /// Reads and checks a body.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn decode(document: &Value, tariffs: &dyn Tariffs) -> Result<Self, Refusal> {
        decode(document, |body: SegmentsBody, notes| {
            let city = served_city(body.city, tariffs, notes);
            let at = Place::DOCUMENT.key("segments");
            let segments = body.segments.required(notes, &at);
            let segments = segments.and_then(|segments| distinct(segments, notes, &at, segment, |s| s.sequence));
            Ok(city.zip(segments).map(|(city, segments)| Self { city, segments }))
        })
    }
}

/// The body of `POST /v1/segments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRequest {
    /// The city of all trips.
    pub city: String,
    /// At least one trip, each once, with its segments: at least one, with different sequence numbers.
    pub trips: Vec<(String, Vec<Segment>)>,
}

impl BatchRequest {
    /// Reads and checks a body.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn decode(document: &Value, tariffs: &dyn Tariffs) -> Result<Self, Refusal> {
        let trip = |body: BatchTripBody, notes: &Notes, at: &Place<'_>| {
            let Name(trip_id) = body.trip_id.required(notes, &at.key("trip_id"))?;
            let at = at.key("segments");
            let segments = body.segments.required(notes, &at)?;
            Some((trip_id, distinct(segments, notes, &at, segment, |s| s.sequence)?))
        };
        decode(document, |body: BatchBody, notes| {
            let city = served_city(body.city, tariffs, notes);
            let at = Place::DOCUMENT.key("trips");
            let trips = body.trips.required(notes, &at);
            let trips = trips.and_then(|trips| distinct(trips, notes, &at, trip, |(trip_id, _)| trip_id.clone()));
            Ok(city.zip(trips).map(|(city, trips)| Self { city, trips }))
        })
    }
}

/// How far a ride went and how long it took, as far as the caller knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// Metres.
    pub distance_m: Option<u64>,
    /// Seconds.
    pub duration_s: Option<u64>,
    /// The places that it went by, two at least, in the datum of the request.
    pub route: Option<Vec<Point>>,
}

/// The body of `POST /v1/trips/{trip_id}/bill`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRequest {
    /// The city of the trip.
    pub city: String,
    /// What was ridden.
    pub product: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// When the ride began.
    pub started_at: Timestamp,
    /// When it ended; not before it began.
    pub ended_at: Timestamp,
    /// Where it began.
    pub origin: Point,
    /// Where it ended.
    pub destination: Point,
    /// What else there is to know.
    pub extras: Extras,
    /// How it was to be measured.
    pub metering: Metering,
    /// How many segments it has, numbered from 1, as far as the caller knows.
    pub last_seq: Option<u64>,
    /// Which datum its places were given in: `origin` and `destination` are on the WGS 84 ellipsoid all the same, the route that
    /// is stated is not.
    pub datum: Datum,
    /// What stands in for measurements that are not to be had.
    pub stated: Stated,
    /// The estimate the ride was ordered with.
    pub estimate_id: Option<String>,
    /// What it is known by besides.
    pub labels: Labels,
}

impl BillRequest {
    /// The time between the start and the end of the ride, in seconds.
    pub fn elapsed_s(&self) -> u64 {
        u64::try_from(self.ended_at.saturating_sub(self.started_at)).unwrap_or(0)
    }

    /// Reads and checks a body. `estimate` says what an estimate of this identifier says, if it is genuine: who was quoted
    /// for a product is billed for it, even when it is not offered any more.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that a rate card it needs is broken.
    pub fn decode(
        document: &Value,
        tariffs: &dyn Tariffs,
        estimate: impl Fn(&str) -> Option<Estimate>,
    ) -> Result<Self, Refusal> {
        decode(document, |body: BillBody, notes| {
            let (outcome, metering) = (body.outcome, body.metering.read().unwrap_or_default());
            let last_seq = last_of(body.last_seq, metering, notes);
            let (datum, waiting_s) = (body.datum, body.waiting_s);
            let stated = Stated {
                distance_m: body.distance_m.read().map(|distance| distance.0),
                duration_s: body.duration_s.read().map(|duration| duration.0),
                route: body.polyline.read().and_then(|route| route.check(notes, &Place::DOCUMENT.key("polyline"))),
            };
            let extras = extras!(body);
            let (driver_id, order, tags) = (body.driver_id, body.order, body.tags);
            let at = Place::DOCUMENT;
            let estimate_id = body.estimate_id.read();
            let estimate = estimate_id.as_ref().map(|id| estimate(&id.0));
            let quoted = |city: &str, product: &str| {
                let estimate = estimate.as_ref()?.as_ref().filter(|estimate| estimate.city == city)?;
                estimate.price(product).map(|_| estimate.currency)
            };
            let (city, product, currency) = priced_product(body.city, body.product, tariffs, notes, quoted)?;
            let started_at = body.started_at.required(notes, &at.key("started_at"));
            let ended_at = body.ended_at.required(notes, &at.key("ended_at"));
            let ended_at = ended_at.and_then(|end| end_of_ride(end.0, started_at.map(|start| start.0), notes));
            let datum = datum.read().unwrap_or_default();
            let origin = place(body.origin, datum, notes, "origin");
            let destination = place(body.destination, datum, notes, "destination");
            let mut extras = extras.check(currency, notes);
            extras.order.outcome = outcome.read().unwrap_or_default();
            extras.waiting_s = waiting_s.read().map_or(0, |waiting| waiting.0);
            // One of another ride is an estimate all the same: the bill says that it does not cover the ride.
            if estimate == Some(None) {
                notes.add(&at.key("estimate_id"), "unknown-estimate", "is not an estimate that was made here");
            }
            let labels = Labels::of(extras.passenger.id.clone(), driver_id, order, tags);
            Ok((|| {
                Some(Self {
                    city: city?,
                    product: product?,
                    currency: currency?,
                    started_at: started_at?.0,
                    ended_at: ended_at?,
                    origin: origin?,
                    destination: destination?,
                    extras,
                    metering,
                    last_seq,
                    datum,
                    stated,
                    estimate_id: estimate_id.map(|id| id.0),
                    labels,
                })
            })())
        })
    }
}

/// The body of `POST /v1/commission`.
#[derive(Clone, Debug, PartialEq)]
pub struct CommissionRequest {
    /// A policy document, as given; the default policy without.
    pub policy: Option<Value>,
    /// The city of the ride.
    pub city: String,
    /// What was ridden.
    pub product: String,
    /// When it began; now without.
    pub started_at: Option<Timestamp>,
    /// What is known of its order.
    pub order: OrderRecord,
    /// How it ended.
    pub outcome: Outcome,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The passenger's bill before coupons, in minor units.
    pub passenger_total: MinorUnits,
    /// The driver's bill, in minor units.
    pub driver_total: MinorUnits,
    /// The sum of the passenger's coupons, in minor units.
    pub coupons: MinorUnits,
}

impl CommissionRequest {
    /// Reads and checks a body. With `currency`, city and product need no rate card.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that a rate card it needs is broken.
    pub fn decode(document: &Value, tariffs: &dyn Tariffs) -> Result<Self, Refusal> {
        decode(document, |body: CommissionBody, notes| {
            let (city, product, currency) = match body.currency {
                Given::Absent => priced_product(body.city, body.product, tariffs, notes, |_, _| None)?,
                given => {
                    let city = body.city.required(notes, &Place::DOCUMENT.key("city"));
                    let product = body.product.required(notes, &Place::DOCUMENT.key("product"));
                    (city.map(|city| city.0), product.map(|product| product.0), given.read().map(|code| code.0))
                }
            };
            let total = |given: Given<AmountText>, name| {
                let at = Place::DOCUMENT.key(name);
                given.required(notes, &at).and_then(|text| amount(Given::Read(text), currency, notes, &at))
            };
            let passenger_total = total(body.passenger_total, "passenger_total");
            let driver_total = total(body.driver_total, "driver_total");
            let coupons = amount(body.coupons, currency, notes, &Place::DOCUMENT.key("coupons"));
            let word = |given: Given<Token>| given.read().map(|word| word.0);
            let order = OrderRecord {
                kind: word(body.scene),
                campaign: word(body.campaign),
                partner: word(body.partner),
                passenger_tier: word(body.tier),
                driver_tier: word(body.driver_tier),
                ..OrderRecord::default()
            };
            let (started_at, outcome) = (body.started_at.read(), body.outcome.read());
            Ok((|| {
                Some(Self {
                    policy: body.policy.read().map(|policy| Value::Object(policy.0)),
                    city: city?,
                    product: product?,
                    started_at: started_at.map(|at| at.0),
                    order,
                    outcome: outcome.unwrap_or_default(),
                    currency: currency?,
                    passenger_total: passenger_total?,
                    driver_total: driver_total?,
                    coupons: coupons.unwrap_or(0),
                })
            })())
        })
    }
}

/// Makes a request of a body with `check`, which fails only when a rate card it needs is broken.
fn decode<'d, B: Deserialize<'d>, R>(
    document: &'d Value,
    check: impl FnOnce(B, &Notes) -> Result<Option<R>, Refusal>,
) -> Result<R, Refusal> {
    let mut broken = None;
    let request = read_body(document, |body, notes| {
        check(body, notes).unwrap_or_else(|refusal| {
            broken = Some(refusal);
            None
        })
    });
    match broken {
        Some(refusal) => Err(refusal),
        None => request.map_err(Refusal::invalid),
    }
}

fn served_city(city: Given<Token>, tariffs: &dyn Tariffs, notes: &Notes) -> Option<String> {
    let at = Place::DOCUMENT.key("city");
    let Token(city) = city.required(notes, &at)?;
    if !tariffs.serves(&city) {
        let message = format!("{city} is not served; served are {}", tariffs.cities().join(", "));
        notes.add(&at, "unknown-city", message);
        return None;
    }
    Some(city)
}

fn unknown_product(at: &Place<'_>, city: &str, product: &str, tariffs: &dyn Tariffs, notes: &Notes) {
    let products = tariffs.products(city).join(", ");
    notes.add(at, "unknown-product", format!("{city} has no product {product}; it has {products}"));
}

/// City, product and currency, each as far as it can be told. `otherwise` knows the currency of products that are not
/// offered any more.
#[expect(clippy::type_complexity, reason = "three optional values")]
fn priced_product(
    city: Given<Token>,
    product: Given<Token>,
    tariffs: &dyn Tariffs,
    notes: &Notes,
    otherwise: impl Fn(&str, &str) -> Option<Currency>,
) -> Result<(Option<String>, Option<String>, Option<Currency>), Refusal> {
    let city = served_city(city, tariffs, notes);
    let at = Place::DOCUMENT.key("product");
    let product = product.required(notes, &at).map(|product| product.0);
    let mut currency = None;
    if let (Some(city), Some(product)) = (&city, &product) {
        currency = tariffs.currency(city, product)?.or_else(|| otherwise(city, product));
        if currency.is_none() {
            unknown_product(&at, city, product, tariffs, notes);
        }
    }
    Ok((city, product, currency))
}

/// Several products, and their one currency.
fn priced_products(
    products: Products,
    city: Option<&str>,
    tariffs: &dyn Tariffs,
    notes: &Notes,
) -> Result<(Option<Vec<String>>, Option<Currency>), Refusal> {
    let at = Place::DOCUMENT.key("products");
    let price = |Token(product): Token, _: &Notes, at: &Place<'_>| {
        let currency = city.map(|city| {
            let currency = tariffs.currency(city, &product)?;
            if currency.is_none() {
                unknown_product(at, city, &product, tariffs, notes);
            }
            Ok(currency)
        });
        Some((product, currency.unwrap_or(Ok(None))))
    };
    let Some(priced) = distinct(products, notes, &at, price, |(product, _)| product.clone()) else {
        return Ok((None, None));
    };
    let mut products = Vec::with_capacity(priced.len());
    let mut common = None;
    for (product, currency) in priced {
        match (currency?, common) {
            (Some(currency), Some(other)) if currency != other => {
                let log = format!("rate cards: {product} is in {currency}, other products of the city are in {other}");
                return Err(Refusal::config(log));
            }
            (Some(currency), _) => common = Some(currency),
            (None, _) => {}
        }
        products.push(product);
    }
    Ok((Some(products), common))
}

/// What a body says besides where, when, how far and how long.
struct ExtrasBody {
    scene: Given<Token>,
    passengers: Given<Passengers>,
    booked_ahead_s: Given<BookedAhead>,
    one_price: Given<AmountText>,
    dynamic: Given<Factor>,
    tolls: Given<AmountText>,
    parking: Given<AmountText>,
    highway: Given<AmountText>,
    passenger: Given<PassengerBody>,
}

impl ExtrasBody {
    /// What is wrong is noted; what is absent has its default.
    fn check(self, currency: Option<Currency>, notes: &Notes) -> Extras {
        let at = Place::DOCUMENT;
        let amount = |given, name| amount(given, currency, notes, &at.key(name));
        let (passenger, tier) = self
            .passenger
            .read()
            .and_then(|passenger| checked_passenger(passenger, currency, notes))
            .unwrap_or_default();
        let order = Order {
            product: None,
            tier,
            kind: self.scene.read().map(|kind| kind.0),
            passengers: self.passengers.read().and_then(|count| count.0.try_into().ok()).unwrap_or_default(),
            booked_ahead_s: self.booked_ahead_s.read().map_or(0, |ahead| ahead.0),
            one_price: amount(self.one_price, "one_price"),
            outcome: Outcome::Completed,
        };
        Extras {
            order,
            waiting_s: 0,
            dynamic: self.dynamic.read().map(|factor| factor.0),
            tolls: amount(self.tolls, "tolls").unwrap_or_default(),
            parking: amount(self.parking, "parking").unwrap_or_default(),
            highway: amount(self.highway, "highway").unwrap_or_default(),
            passenger,
        }
    }
}

/// A passenger, and their tier.
fn checked_passenger(
    passenger: PassengerBody,
    currency: Option<Currency>,
    notes: &Notes,
) -> Option<(Passenger, Option<String>)> {
    let at = Place::DOCUMENT;
    let at = at.key("passenger");
    let id = passenger.id.required(notes, &at.key("id"));
    let coupon = |body, notes: &Notes, at: &Place<'_>| coupon(body, currency, notes, at);
    let coupons = passenger
        .coupons
        .read()
        .and_then(|coupons| distinct(coupons, notes, &at.key("coupons"), coupon, |brought| brought.coupon.id.clone()));
    let tier = passenger.tier.read().map(|tier| tier.0);
    Some((Passenger { id: Some(id?.0), coupons: coupons.unwrap_or_default() }, tier))
}

/// What is wrong with a coupon, as far as it can be told without knowing what amounts are in.
pub fn problems_of_coupon(value: &Value) -> Vec<Problem> {
    let read = |body, notes: &Notes| coupon(body, None, notes, &Place::DOCUMENT);
    read_body(value, read).err().unwrap_or_default()
}

/// The coupon of a value that has the form of one in a request. `None` when there is something wrong with it.
pub(crate) fn coupon_of(value: &Value, currency: Currency) -> Option<Coupon> {
    let read = |body, notes: &Notes| coupon(body, Some(currency), notes, &Place::DOCUMENT);
    read_body(value, read).ok().map(|brought| brought.coupon)
}

fn coupon(body: CouponBody, currency: Option<Currency>, notes: &Notes, at: &Place<'_>) -> Option<BroughtCoupon> {
    let id = body.id.required(notes, &at.key("id"));
    let kind = body.kind.required(notes, &at.key("kind"));
    let place = at.key("value");
    let value = body.value.required(notes, &place);
    let value = value.zip(kind).and_then(|(DecimalText(text), kind)| {
        let value = match kind {
            CouponKind::Percent => decimal(&text, &limits::PERCENT).map(CouponValue::Percent),
            // While the currency is unknown, what can be said about an amount is said.
            CouponKind::Amount => in_currency(&text, currency?).and_then(|amount| match amount {
                0 => Err(BadValue::new(ProblemCode::OutOfRange, "takes nothing off; it has to be more than zero")),
                amount => Ok(CouponValue::Amount(amount)),
            }),
        };
        value.map_err(|refusal| notes.refuse(&place, refusal)).ok()
    });
    let amount = |given, name| amount(given, currency, notes, &at.key(name));
    let min_spend = amount(body.min_spend, "min_spend").unwrap_or(0);
    let max_off = amount(body.max_off, "max_off");
    let code = |code: Token, _: &Notes, _: &Place<'_>| Some(code.0);
    let scope = body.scope.read().and_then(|scope| distinct(scope, notes, &at.key("scope"), code, String::clone));
    let funding =
        body.funded_by.read().map_or(Some(Funding::default()), |body| funding(body, notes, &at.key("funded_by")));
    let token = body.token.read().map(|token| token.0);
    let scope = scope.unwrap_or_default();
    let coupon = Coupon { id: id?.0, value: value?, min_spend, max_off, scope, funding: funding? };
    Some(BroughtCoupon { coupon, token })
}

fn funding(body: FundingBody, notes: &Notes, at: &Place<'_>) -> Option<Funding> {
    let share = |given: Given<Percentage>| given.read().map_or(Decimal::ZERO, |share| share.0);
    let (driver, partner) = (share(body.driver), share(body.partner));
    let funding = Funding::new(driver, partner);
    if funding.is_none() {
        let message =
            format!("is {driver}% and {partner}%; together they are at most 100%, and the platform pays the rest");
        notes.add(at, ProblemCode::OutOfRange.word(), message);
    }
    funding
}

fn segment(body: SegmentBody, notes: &Notes, at: &Place<'_>) -> Option<Segment> {
    let sequence = body.seq.required(notes, &at.key("seq"));
    let started_at = body.started_at.required(notes, &at.key("started_at"));
    let distance_m = body.distance_m.required(notes, &at.key("distance_m"));
    let duration_s = body.duration_s.required(notes, &at.key("duration_s"));
    Some(Segment {
        sequence: sequence?.0,
        started_at: started_at?.0,
        distance_m: distance_m?.0,
        duration_s: duration_s?.0,
    })
}

/// What is made of the items of a list, each by `make`; in which `key` of every item is different from all before it.
/// Nothing is answered unless all items are right.
fn distinct<B, T, K: Eq + Hash + Display, const LEAST: usize, const MOST: usize>(
    list: List<B, LEAST, MOST>,
    notes: &Notes,
    at: &Place<'_>,
    make: impl Fn(B, &Notes, &Place<'_>) -> Option<T>,
    key: impl Fn(&T) -> K,
) -> Option<Vec<T>> {
    let mut seen = HashSet::with_capacity(list.0.len());
    let mut items = Vec::with_capacity(list.0.len());
    let mut whole = true;
    for (index, body) in list.0.into_iter().enumerate() {
        let at = at.index(index);
        let Some(item) = body.read().and_then(|body| make(body, notes, &at)) else {
            whole = false;
            continue;
        };
        let key = key(&item);
        if seen.contains(&key) {
            notes.add(&at, "duplicate", format!("{key} occurs more than once in this list"));
            whole = false;
        } else {
            seen.insert(key);
            items.push(item);
        }
    }
    whole.then_some(items)
}

/// A place, on the WGS 84 ellipsoid; what is missing is noted.
fn place(given: Given<PlaceBody>, datum: Datum, notes: &Notes, name: &str) -> Option<Point> {
    let at = Place::DOCUMENT;
    let at = at.key(name);
    given.required(notes, &at)?.check(notes, &at).map(|place| to_wgs84(datum, place))
}

/// How many segments a ride has: none, of one that was not to be measured.
fn last_of(last_seq: Given<Sequence>, metering: Metering, notes: &Notes) -> Option<u64> {
    let last = last_seq.read()?.0;
    if last > 0 && metering == Metering::None {
        let message = format!("is {last}, and `metering` says that there are no segments; leave one of them out");
        notes.add(&Place::DOCUMENT.key("last_seq"), ProblemCode::OutOfRange.word(), message);
    }
    Some(last)
}

/// The end of a ride: not before its start, and not longer after it than a trip can take.
fn end_of_ride(ended_at: Timestamp, started_at: Option<Timestamp>, notes: &Notes) -> Option<Timestamp> {
    let Some(started_at) = started_at else {
        return Some(ended_at);
    };
    let longest = *limits::TRIP_DURATION_S.end();
    let message = match u64::try_from(ended_at.saturating_sub(started_at)) {
        Err(_) => "is before `started_at`".to_owned(),
        Ok(elapsed) if elapsed > longest => {
            format!("is {elapsed} s after `started_at`; at most {longest} s is allowed")
        }
        Ok(_) => return Some(ended_at),
    };
    notes.add(&Place::DOCUMENT.key("ended_at"), "out-of-range", message);
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::body::OrderBody;
    use super::*;
    use crate::estimate_id::{ProductPrice, QuoteKey};
    use crate::refusal::Code;
    use farebox_document::fields_of;
    use proptest::prelude::*;
    use serde_json::json;

    /// Two cities; one has a broken card, one has cards in two currencies.
    struct Sample;

    impl Tariffs for Sample {
        fn currency(&self, city: &str, product: &str) -> Result<Option<Currency>, Refusal> {
            match (city, product) {
                ("110000", "express" | "taxi") => Ok(Currency::from_code("CNY")),
                ("110000", "broken") => Err(Refusal::config("cards/110000/broken")),
                ("110000", "yen") => Ok(Currency::from_code("JPY")),
                ("130000", "express") => Ok(Currency::from_code("JPY")),
                _ => Ok(None),
            }
        }

        fn serves(&self, city: &str) -> bool {
            self.cities().contains(&city)
        }

        fn products(&self, city: &str) -> Vec<&str> {
            if city == "110000" { vec!["broken", "express", "taxi", "yen"] } else { vec!["express"] }
        }

        fn cities(&self) -> Vec<&str> {
            vec!["110000", "130000"]
        }
    }

    fn estimate() -> Value {
        json!({
            "city": "110000",
            "products": ["express", "taxi"],
            "origin": {"lat": 39.9, "lng": 116.4},
            "destination": {"lat": 39.95, "lng": 116.5},
            "distance_m": 4100,
            "duration_s": 1260,
            "depart_at": "2019-07-11T09:00:00+08:00",
            "dynamic": "1.20",
            "tolls": "10.00",
            "passenger": {"id": "p-1", "coupons": [
                {"id": "c-1", "kind": "amount", "value": "2.00", "min_spend": "10.00"},
                {"id": "c-2", "kind": "percent", "value": "20", "max_off": "5.00"},
            ]},
        })
    }

    fn bill() -> Value {
        let mut bill = estimate();
        let fields = bill.as_object_mut().unwrap();
        for name in ["products", "distance_m", "duration_s", "depart_at"] {
            fields.remove(name);
        }
        fields.insert("product".into(), "express".into());
        fields.insert("started_at".into(), "2019-07-11T09:00:00+08:00".into());
        fields.insert("ended_at".into(), "2019-07-11T09:21:00+08:00".into());
        bill
    }

    /// With everything that a ride can be known by.
    fn labelled() -> Value {
        let mut bill = bill();
        bill["driver_id"] = json!("d-1");
        bill["order"] = json!({
            "id": "o-1", "campaign": "spring", "partner": "metro", "driver_tier": "gold", "app_version": "7.2 (beta)",
            "vehicle_class": "comfort",
        });
        bill["tags"] = json!({"team": "夜班"});
        bill
    }

    fn segments() -> Value {
        json!({"city": "110000", "segments": [
            {"seq": 1, "started_at": "2019-07-11T09:00:00+08:00", "distance_m": 500, "duration_s": 60},
            {"seq": 2, "started_at": "2019-07-11T09:01:00+08:00", "distance_m": 700, "duration_s": 60},
        ]})
    }

    fn batch() -> Value {
        let trip = |trip_id: &str| json!({"trip_id": trip_id, "segments": segments()["segments"]});
        json!({"city": segments()["city"], "trips": [trip("a"), trip("b")]})
    }

    fn commission() -> Value {
        json!({"city": "110000", "product": "express", "passenger_total": "30.50", "driver_total": "20.00"})
    }

    /// Decodes `document` with the value at `pointer` replaced; `pointer code` of every error, joined by commas.
    fn errors(mut document: Value, pointer: &str, value: Value) -> String {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            object => object[key] = value,
        }
        let fields = document.as_object().unwrap();
        let estimated = |id: &str| {
            let product = match id {
                "good" => "express",
                "withdrawn" => "lift",
                _ => return None,
            };
            let price = ProductPrice { product: product.to_owned(), total: 1000, payable: 1000 };
            Some(Estimate {
                city: "110000".to_owned(),
                quote: QuoteKey([0; 8]),
                currency: Currency::from_code("CNY").unwrap(),
                expires_at: 0,
                prices: vec![price],
            })
        };
        let result = if fields.contains_key("trips") {
            BatchRequest::decode(&document, &Sample).map(drop)
        } else if fields.contains_key("segments") {
            SegmentsRequest::decode(&document, &Sample).map(drop)
        } else if fields.contains_key("passenger_total") {
            CommissionRequest::decode(&document, &Sample).map(drop)
        } else if fields.contains_key("products") {
            EstimateRequest::decode(&document, &Sample).map(drop)
        } else {
            BillRequest::decode(&document, &Sample, estimated).map(drop)
        };
        let Err(refusal) = result else { return String::new() };
        if refusal.problems.is_empty() {
            return refusal.code.word().to_owned();
        }
        let text = |problem: &farebox_document::Problem| format!("{} {}", problem.pointer, problem.code);
        refusal.problems.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    fn check(document: Value, pointer: &str, value: Value, expected: &str) {
        assert_eq!(errors(document, pointer, value.clone()), expected, "{pointer} = {value}");
    }

    /// A batch is good as a whole, and what is wrong is said by trip.
    #[test]
    fn batches() {
        check(batch(), "/city", json!("atlantis"), "/city unknown-city");
        check(batch(), "/trips", json!([]), "/trips wrong-length");
        check(batch(), "/trips/1/trip_id", json!("a"), "/trips/1 duplicate");
        check(batch(), "/trips/1/trip_id", json!("a/b"), "/trips/1/trip_id malformed");
        check(batch(), "/trips/0/segments/1/seq", json!(1), "/trips/0/segments/1 duplicate");
        check(batch(), "/trips/1/segments", json!([]), "/trips/1/segments wrong-length");
        check(batch(), "/trips/1/city", json!("370100"), "/trips/1/city unknown-field");
    }

    /// What the documentation shows is read as it is meant.
    #[test]
    fn good_requests() {
        let request = EstimateRequest::decode(&estimate(), &Sample).unwrap();
        assert_eq!(request.depart_at, 1_562_806_800);
        let extras = request.extras;
        assert_eq!((extras.tolls, extras.dynamic), (1000, Some("1.2".parse().unwrap())));
        let [first, second] = &extras.passenger.coupons()[..] else { panic!("two coupons") };
        assert_eq!((first.value, first.min_spend, first.max_off), (CouponValue::Amount(200), 1000, None));
        assert_eq!((second.value, second.max_off), (CouponValue::Percent(20.into()), Some(500)));
        let SegmentsRequest { city, segments: pieces } = SegmentsRequest::decode(&segments(), &Sample).unwrap();
        assert_eq!(pieces.len(), 2);
        let trips = vec![("a".to_owned(), pieces.clone()), ("b".to_owned(), pieces)];
        assert_eq!(BatchRequest::decode(&batch(), &Sample).unwrap(), BatchRequest { city, trips });
        let plain = BillRequest::decode(&bill(), &Sample, |_| None).unwrap();
        let passenger = Labels { passenger_id: Some("p-1".into()), ..Labels::default() };
        assert_eq!((plain.ended_at, plain.labels), (1_562_808_060, passenger));
        let labels = BillRequest::decode(&labelled(), &Sample, |_| None).unwrap().labels;
        assert_eq!(labels.driver_id.as_deref(), Some("d-1"));
        assert_eq!(labels.tags.into_iter().collect::<Vec<_>>(), [("team".to_owned(), "夜班".to_owned())]);
        let order = serde_json::to_value(labels.order).unwrap();
        assert_eq!(order, labelled()["order"]);
        assert_eq!(CommissionRequest::decode(&commission(), &Sample).unwrap().driver_total, 2000);
    }

    /// Whatever the datum of a request is, everything else is told of places on the WGS 84 ellipsoid.
    #[test]
    fn places_are_of_one_datum() {
        let ends = |mut document: Value, datum: Value| {
            document["datum"] = datum;
            if document.get("products").is_some() {
                let request = EstimateRequest::decode(&document, &Sample).unwrap();
                (request.origin, request.destination)
            } else {
                let request = BillRequest::decode(&document, &Sample, |_| None).unwrap();
                (request.origin, request.destination)
            }
        };
        let said = Point { latitude: 39_900_000, longitude: 116_400_000 };
        let shifted = to_wgs84(Datum::Gcj02, said);
        for document in [estimate(), bill()] {
            assert_eq!(ends(document.clone(), Value::Null).0, said);
            assert_eq!(ends(document.clone(), json!("wgs-84")).0, said);
            let (origin, destination) = ends(document, json!("gcj-02"));
            assert_eq!(origin, shifted);
            assert_ne!(destination, Point { latitude: 39_950_000, longitude: 116_500_000 });
        }
        assert_ne!(said, shifted);
    }

    /// Every field that is wrong is refused under its own pointer.
    #[test]
    fn bad_estimates() {
        check(estimate(), "/city", json!("999999"), "/city unknown-city");
        check(estimate(), "/city", json!("../x"), "/city malformed");
        check(estimate(), "/products", json!(["express", "lift"]), "/products/1 unknown-product");
        check(estimate(), "/products", json!(["express", "express"]), "/products/1 duplicate");
        let both = "/products/1 unknown-product, /products/2 duplicate";
        check(estimate(), "/products", json!(["express", "lift", "express"]), both);
        check(estimate(), "/products", json!([]), "/products wrong-length");
        check(estimate(), "/products", json!("express"), "/products wrong-type");
        check(estimate(), "/products", json!(["express", "broken"]), "config-invalid");
        check(estimate(), "/products", json!(["express", "yen"]), "config-invalid");
        check(estimate(), "/origin", json!({"lat": 91, "lng": 0}), "/origin/lat out-of-range");
        check(estimate(), "/distance_m", json!(5_000_001), "/distance_m out-of-range");
        check(estimate(), "/duration_s", json!(60.5), "/duration_s not-whole");
        check(estimate(), "/duration_s", json!(60.0), "");
        check(estimate(), "/depart_at", json!("tomorrow"), "/depart_at malformed");
        check(estimate(), "/dynamic", json!(1.2), "/dynamic wrong-type");
        check(estimate(), "/tolls", json!("10.001"), "/tolls too-precise");
        check(estimate(), "/tolls", json!("-1"), "/tolls out-of-range");
        check(estimate(), "/tols", json!("1"), "/tols unknown-field");
        check(estimate(), "/passenger", json!({}), "/passenger/id missing");
        check(estimate(), "/passenger/tier", json!("gold plated"), "/passenger/tier malformed");
        check(estimate(), "/scene", json!(""), "/scene malformed");
        check(estimate(), "/passengers", json!(0), "/passengers out-of-range");
        check(estimate(), "/booked_ahead_s", json!(-1), "/booked_ahead_s out-of-range");
        check(estimate(), "/one_price", json!("1.001"), "/one_price too-precise");
        check(estimate(), "/waiting_s", json!(1), "/waiting_s unknown-field");
        check(bill(), "/waiting_s", json!(604_801), "/waiting_s out-of-range");
        check(bill(), "/outcome", json!("lost"), "/outcome unknown-choice");
        check(bill(), "/metering", json!("lost"), "/metering unknown-choice");
        let coupon = |pointer: &str, value, expected: &str| {
            check(estimate(), &format!("/passenger/coupons/{pointer}"), value, expected);
        };
        coupon("0/kind", json!("gift"), "/passenger/coupons/0/kind unknown-choice");
        coupon("0/value", json!("0"), "/passenger/coupons/0/value out-of-range");
        coupon("1/value", json!("101"), "/passenger/coupons/1/value out-of-range");
        coupon("1/id", json!("c-1"), "/passenger/coupons/1 duplicate");
        coupon("1/max_off", json!(5), "/passenger/coupons/1/max_off wrong-type");
        coupon("1/scope", json!(["tolls", "tolls"]), "/passenger/coupons/1/scope/1 duplicate");
        coupon("0", json!("c-1"), "/passenger/coupons/0 wrong-type");
        coupon("0/funded_by", json!("driver"), "/passenger/coupons/0/funded_by wrong-type");
        coupon("0/funded_by", json!({"rider": "1"}), "/passenger/coupons/0/funded_by/rider unknown-field");
        coupon("0/funded_by", json!({"driver": 30}), "/passenger/coupons/0/funded_by/driver wrong-type");
        coupon("0/funded_by", json!({"driver": "0"}), "/passenger/coupons/0/funded_by/driver out-of-range");
        coupon("0/funded_by", json!({"partner": "100.1"}), "/passenger/coupons/0/funded_by/partner out-of-range");
        coupon(
            "0/funded_by",
            json!({"driver": "50", "partner": "50.0001"}),
            "/passenger/coupons/0/funded_by out-of-range",
        );
        coupon("0/funded_by", json!({"driver": "50", "partner": "50"}), "");
        coupon("0/funded_by", json!({}), "");
        // Optional fields may be absent.
        for name in ["/dynamic", "/tolls", "/passenger", "/passenger/coupons", "/scene", "/one_price"] {
            check(estimate(), name, Value::Null, "");
        }
    }

    /// All mistakes are told at once.
    #[test]
    fn all_at_once() {
        let wrong = json!({"city": "999999", "products": ["express"], "tolls": "x", "distance_m": -1, "colour": 1});
        let refusal = EstimateRequest::decode(&wrong, &Sample).unwrap_err();
        assert_eq!(refusal.code.word(), "invalid-request");
        let pointers: Vec<_> = refusal.problems.iter().map(|problem| &*problem.pointer).collect();
        assert_eq!(
            pointers,
            ["/colour", "/city", "/origin", "/destination", "/distance_m", "/duration_s", "/depart_at", "/tolls"]
        );
    }

    /// Clients can branch on the code when nothing but city or product is unknown, and are told what there is.
    #[test]
    fn unknown_places_have_their_own_code() {
        let mut document = estimate();
        document["city"] = json!("999999");
        let refusal = EstimateRequest::decode(&document, &Sample).unwrap_err();
        assert_eq!(refusal.code.word(), "unknown-city");
        assert!(refusal.problems[0].message.contains("110000, 130000"));
        document["city"] = json!("130000");
        document["products"] = json!(["taxi"]);
        document["tolls"] = Value::Null;
        document["passenger"] = Value::Null;
        let refusal = EstimateRequest::decode(&document, &Sample).unwrap_err();
        assert_eq!(refusal.code.word(), "unknown-product");
        assert!(refusal.problems[0].message.contains("express"));
    }

    /// Segments, bills and commissions are checked as closely.
    #[test]
    fn bad_others() {
        check(segments(), "/segments/1/seq", json!(1), "/segments/1 duplicate");
        check(segments(), "/segments/1/seq", json!(1_u64 << 53), "/segments/1/seq out-of-range");
        check(segments(), "/segments/0/distance_m", json!(1_000_001), "/segments/0/distance_m out-of-range");
        check(segments(), "/segments/0/duration_s", json!(86_401), "/segments/0/duration_s out-of-range");
        check(segments(), "/segments", json!([]), "/segments wrong-length");
        check(segments(), "/city", json!("999999"), "/city unknown-city");

        check(bill(), "/ended_at", json!("2019-07-11T08:59:59+08:00"), "/ended_at out-of-range");
        check(bill(), "/ended_at", json!("2019-07-11T09:00:00+08:00"), "");
        check(bill(), "/ended_at", json!("2019-07-19T09:00:00+08:00"), "/ended_at out-of-range");
        check(bill(), "/datum", json!("gcj-02"), "");
        check(bill(), "/datum", json!("bd-09"), "/datum unknown-choice");
        check(estimate(), "/datum", json!("gcj-02"), "");
        check(estimate(), "/datum", json!(84), "/datum wrong-type");
        check(bill(), "/distance_m", json!(5_000_000), "");
        check(bill(), "/distance_m", json!(5_000_001), "/distance_m out-of-range");
        check(bill(), "/duration_s", json!(604_801), "/duration_s out-of-range");
        check(estimate(), "/polyline", json!({"encoded": "????"}), "/polyline unknown-field");
        let polyline = |value, expected: &str| check(bill(), "/polyline", value, expected);
        polyline(json!({"encoded": "_p~iF~ps|U_ulLnnqC_mqNvxq`@"}), "");
        polyline(json!({"encoded": "_p~iF~ps|U_ulLnnqC_mqNvxq`@", "precision": 6}), "");
        polyline(json!({"encoded": "_p~iF~ps|U_ulLnnqC_mqNvxq`@", "precision": 7}), "/polyline/precision out-of-range");
        polyline(json!({"encoded": "_p~iF~ps|U_ulLnnqC_mqNvxq`@", "of": 1}), "/polyline/of unknown-field");
        polyline(json!({"precision": 5}), "/polyline/encoded missing");
        polyline(json!({"encoded": "_p~iF~ps|U"}), "/polyline/encoded malformed");
        polyline(json!({"encoded": "_gsia@?_gsia@?"}), "/polyline/encoded out-of-range");
        polyline(json!({"encoded": "?".repeat(32_768)}), "");
        polyline(json!({"encoded": "?".repeat(32_769)}), "/polyline/encoded wrong-length");
        polyline(json!("_p~iF~ps|U_ulLnnqC"), "/polyline wrong-type");
        check(bill(), "/last_seq", json!(0), "");
        check(bill(), "/last_seq", json!((1_u64 << 53) - 1), "");
        check(bill(), "/last_seq", json!(1_u64 << 53), "/last_seq out-of-range");
        check(bill(), "/last_seq", json!(-1), "/last_seq out-of-range");
        check(bill(), "/last_seq", json!(1.5), "/last_seq not-whole");
        check(bill(), "/last_seq", json!("1"), "/last_seq wrong-type");
        let mut unmetered = bill();
        unmetered["metering"] = json!("none");
        check(unmetered.clone(), "/last_seq", json!(0), "");
        check(unmetered, "/last_seq", json!(1), "/last_seq out-of-range");
        check(bill(), "/product", json!("lift"), "/product unknown-product");
        let mut quoted = bill();
        quoted["estimate_id"] = json!("withdrawn");
        check(quoted.clone(), "/product", json!("lift"), "");
        check(quoted.clone(), "/product", json!("express"), "");
        quoted["product"] = json!("lift");
        check(quoted, "/city", json!("130000"), "/product unknown-product");
        check(bill(), "/product", json!("broken"), "config-invalid");
        check(bill(), "/estimate_id", json!("good"), "");
        check(bill(), "/estimate_id", json!("forged"), "/estimate_id unknown-estimate");

        check(commission(), "/driver_total", json!("-0.01"), "/driver_total out-of-range");
        check(commission(), "/policy", json!("default"), "/policy wrong-type");
        check(commission(), "/policy", json!({}), "");
        check(commission(), "/currency", json!("yen"), "/currency malformed");
        check(commission(), "/currency", json!("JPY"), "/passenger_total too-precise");
        check(commission(), "/product", json!("lift"), "/product unknown-product");
    }

    /// What a ride is known by is read as strictly as what it is priced by, and told at the field that it is about.
    #[test]
    fn bad_labels() {
        check(bill(), "/driver_id", json!("d 1"), "/driver_id malformed");
        check(bill(), "/driver_id", json!(1), "/driver_id wrong-type");
        check(estimate(), "/driver_id", json!("d-1"), "/driver_id unknown-field");
        check(bill(), "/order", json!("o-1"), "/order wrong-type");
        check(bill(), "/order", json!({"type": "airport"}), "/order/type unknown-field");
        check(
            bill(),
            "/order",
            json!({"id": "o/1", "partner": "m 1"}),
            "/order/id malformed, /order/partner malformed",
        );
        for word in ["campaign", "partner", "driver_tier", "vehicle_class"] {
            let at = format!("/order/{word}");
            check(labelled(), &at, json!("a b"), &format!("{at} malformed"));
            check(labelled(), &at, json!("x".repeat(33)), &format!("{at} malformed"));
            check(labelled(), &at, json!(7), &format!("{at} wrong-type"));
            check(labelled(), &at, Value::Null, "");
        }
        check(labelled(), "/order/app_version", json!("x".repeat(32)), "");
        check(labelled(), "/order/app_version", json!("x".repeat(33)), "/order/app_version wrong-length");
        check(labelled(), "/order/app_version", json!("7\t1"), "/order/app_version malformed");
        check(bill(), "/tags", json!(["a"]), "/tags wrong-type");
        check(bill(), "/tags", json!({"a": "x".repeat(128)}), "");
        check(bill(), "/tags", json!({"a": "夜".repeat(129), "b": ""}), "/tags/a wrong-length, /tags/b wrong-length");
        check(bill(), "/tags", json!({"a": "1\n2", "b": 1}), "/tags/a malformed, /tags/b wrong-type");
        check(bill(), "/tags", json!({"a b": "1", "c/d": "2"}), "/tags/a b malformed, /tags/c~1d malformed");
        let tags = |count: usize| (0..count).map(|i| (format!("t{i}"), json!("x"))).collect::<Value>();
        check(bill(), "/tags", tags(32), "");
        check(bill(), "/tags", tags(33), "/tags wrong-length");
        for name in ["/driver_id", "/order", "/tags"] {
            check(labelled(), name, Value::Null, "");
        }
        check(bill(), "/order", json!({}), "");
        check(bill(), "/tags", json!({}), "");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let words = prop::sample::select(
            [
                fields_of::<EstimateBody>(),
                fields_of::<BillBody>(),
                fields_of::<SegmentBody>(),
                fields_of::<CouponBody>(),
                fields_of::<OrderBody>(),
            ]
            .concat(),
        );
        let texts =
            prop::sample::select(vec!["110000", "express", "12.50", "2019-07-11T09:00:00Z", "percent", "\u{0}"]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
            texts.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(words.clone(), inner, 0..12)
                    .prop_map(|map| Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
            ]
        })
    }

    proptest! {
        /// Any JSON is either a request or a 4xx; nothing panics and nothing is a defect.
        #[test]
        fn any_json_is_survived(document in any_json(), field in prop::sample::select(fields_of::<EstimateBody>().to_vec())) {
            let mut patched = estimate();
            patched[field] = document.clone();
            for document in [&document, &patched] {
                let refusals = [
                    EstimateRequest::decode(document, &Sample).map(drop),
                    SegmentsRequest::decode(document, &Sample).map(drop),
                    BillRequest::decode(document, &Sample, |_| None).map(drop),
                    CommissionRequest::decode(document, &Sample).map(drop),
                ];
                for refusal in refusals.into_iter().filter_map(Result::err) {
                    let known = [Code::InvalidRequest, Code::UnknownCity, Code::UnknownProduct];
                    prop_assert!(known.contains(&refusal.code), "{refusal:?}");
                }
            }
        }
    }
}
