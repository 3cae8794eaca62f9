//! The request bodies of the API, decoded and checked.

mod fields;

use self::fields::{amount, currency, decimal, moment, name, place, token};
use crate::limits;
use crate::refusal::Refusal;
use farebox_document::version_of;
use farebox_document::{Field, Notes, Object};
use farebox_fare::{Coupon, CouponValue, Order, Outcome, Point, Segment, Timestamp};
use farebox_money::{Currency, Decimal, MinorUnits};
use serde_json::{Value, json};

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
    pub coupons: Vec<Coupon>,
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
    /// The fields of the body.
    pub const FIELDS: &[&str] = &[
        "city",
        "products",
        "origin",
        "destination",
        "distance_m",
        "duration_s",
        "depart_at",
        "scene",
        "passengers",
        "booked_ahead_s",
        "one_price",
        "dynamic",
        "tolls",
        "parking",
        "highway",
        "passenger",
    ];

    /// Reads and checks a body.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that a rate card it needs is broken.
    pub fn decode(document: &Value, tariffs: &dyn Tariffs) -> Result<Self, Refusal> {
        let notes = Notes::default();
        let Some(body) = notes.body(document, Self::FIELDS) else {
            return notes.finish(None).map_err(Refusal::invalid);
        };
        let city = served_city(&body, tariffs);
        let (products, currency) = match body.required("products") {
            Some(field) => priced_products(field, city, tariffs)?,
            None => (None, None),
        };
        let origin = body.required("origin").and_then(place);
        let destination = body.required("destination").and_then(place);
        let distance_m = body.required("distance_m").and_then(|field| field.integer(&limits::TRIP_DISTANCE_M));
        let duration_s = body.required("duration_s").and_then(|field| field.integer(&limits::TRIP_DURATION_S));
        let depart_at = body.required("depart_at").and_then(moment);
        let extras = extras(&body, currency);
        let request = (|| {
            Some(Self {
                city: city?.to_owned(),
                products: products?,
                currency: currency?,
                origin: origin?,
                destination: destination?,
                distance_m: distance_m?,
                duration_s: duration_s?,
                depart_at: depart_at?,
                extras,
            })
        })();
        notes.finish(request).map_err(Refusal::invalid)
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
    /// The fields of the body.
    pub const FIELDS: &[&str] = &["city", "segments"];
    /// The fields of a segment.
    pub const SEGMENT_FIELDS: &[&str] = &["seq", "started_at", "distance_m", "duration_s"];

    /// Reads and checks a body.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn decode(document: &Value, tariffs: &dyn Tariffs) -> Result<Self, Refusal> {
        let notes = Notes::default();
        let Some(body) = notes.body(document, Self::FIELDS) else {
            return notes.finish(None).map_err(Refusal::invalid);
        };
        let city = served_city(&body, tariffs);
        let segments = body
            .required("segments")
            .and_then(|field| field.distinct(&limits::SEGMENTS, segment, |segment| segment.sequence));
        let request = (|| Some(Self { city: city?.to_owned(), segments: segments? }))();
        notes.finish(request).map_err(Refusal::invalid)
    }
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
    /// The estimate the ride was ordered with.
    pub estimate_id: Option<String>,
}

impl BillRequest {
    /// The fields of the body.
    pub const FIELDS: &[&str] = &[
        "city",
        "product",
        "started_at",
        "ended_at",
        "origin",
        "destination",
        "scene",
        "passengers",
        "booked_ahead_s",
        "one_price",
        "outcome",
        "waiting_s",
        "dynamic",
        "tolls",
        "parking",
        "highway",
        "passenger",
        "estimate_id",
    ];

    /// Reads and checks a body. `estimated` says in which currency an estimate of this identifier, if it is genuine,
    /// priced a product in a city: who was quoted for a product is billed for it, even when it is not offered any more.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that a rate card it needs is broken.
    pub fn decode(
        document: &Value,
        tariffs: &dyn Tariffs,
        estimated: impl Fn(&str, &str, &str) -> Option<Currency>,
    ) -> Result<Self, Refusal> {
        let notes = Notes::default();
        let Some(body) = notes.body(document, Self::FIELDS) else {
            return notes.finish(None).map_err(Refusal::invalid);
        };
        let estimate = body.optional("estimate_id").and_then(|field| Some((field, field.text()?)));
        let quoted = |city: &str, product: &str| estimate.and_then(|(_, id)| estimated(id, city, product));
        let (city, product, currency) = priced_product(&body, tariffs, quoted)?;
        let started_at = body.required("started_at").and_then(moment);
        let ended_at = body.required("ended_at").and_then(|field| ended_at(field, started_at));
        let origin = body.required("origin").and_then(place);
        let destination = body.required("destination").and_then(place);
        let extras = extras(&body, currency);
        let estimate_id = estimate.and_then(|(field, id)| {
            if quoted(city?, product?).is_some() {
                return Some(id.to_owned());
            }
            field.note("unknown-estimate", "is not an estimate of this product in this city that was made here")
        });
        let request = (|| {
            Some(Self {
                city: city?.to_owned(),
                product: product?.to_owned(),
                currency: currency?,
                started_at: started_at?,
                ended_at: ended_at?,
                origin: origin?,
                destination: destination?,
                extras,
                estimate_id,
            })
        })();
        notes.finish(request).map_err(Refusal::invalid)
    }

    /// Equal for requests that ask for the same bill, however they were written down.
    pub fn fingerprint(&self) -> String {
        let coupon = |coupon: &Coupon| {
            let (kind, value) = match coupon.value {
                CouponValue::Amount(amount) => ("amount", amount.to_string()),
                CouponValue::Percent(percent) => ("percent", percent.normalize().to_string()),
            };
            json!([coupon.id, kind, value, coupon.min_spend, coupon.max_off, coupon.scope])
        };
        let Extras { order, waiting_s, dynamic, tolls, parking, highway, passenger } = &self.extras;
        let Order { product: _, tier, scene, passengers, booked_ahead_s, one_price, outcome } = order;
        version_of(&json!({
            "city": self.city,
            "product": self.product,
            "currency": self.currency,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "origin": self.origin,
            "destination": self.destination,
            "order": [json!(tier), json!(scene), json!(passengers), json!(booked_ahead_s), json!(one_price), json!(outcome)],
            "waiting_s": waiting_s,
            "dynamic": dynamic.map(|factor| factor.normalize().to_string()),
            "costs": [tolls, parking, highway],
            "passenger": passenger.id,
            "coupons": passenger.coupons.iter().map(coupon).collect::<Vec<_>>(),
            "estimate_id": self.estimate_id,
        }))
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
    /// The fields of the body.
    pub const FIELDS: &[&str] =
        &["policy", "city", "product", "currency", "passenger_total", "driver_total", "coupons"];

    /// Reads and checks a body. With `currency`, city and product need no rate card.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that a rate card it needs is broken.
    pub fn decode(document: &Value, tariffs: &dyn Tariffs) -> Result<Self, Refusal> {
        let notes = Notes::default();
        let Some(body) = notes.body(document, Self::FIELDS) else {
            return notes.finish(None).map_err(Refusal::invalid);
        };
        let policy = body.optional("policy").and_then(|field| match field.value() {
            Value::Object(_) => Some(field.value().clone()),
            _ => field.note("wrong-type", "has to be an object: a policy document"),
        });
        let (city, product, currency) = match body.optional("currency") {
            Some(field) => {
                let city = body.required("city").and_then(token);
                (city, body.required("product").and_then(token), currency(field))
            }
            None => priced_product(&body, tariffs, |_, _| None)?,
        };
        let passenger_total = body.required("passenger_total").and_then(|field| amount(field, currency));
        let driver_total = body.required("driver_total").and_then(|field| amount(field, currency));
        let coupons = body.optional("coupons").and_then(|field| amount(field, currency)).unwrap_or(0);
        let request = (|| {
            Some(Self {
                policy,
                city: city?.to_owned(),
                product: product?.to_owned(),
                currency: currency?,
                passenger_total: passenger_total?,
                driver_total: driver_total?,
                coupons,
            })
        })();
        notes.finish(request).map_err(Refusal::invalid)
    }
}

/// The fields of a passenger.
pub const PASSENGER_FIELDS: &[&str] = &["id", "tier", "coupons"];
/// The fields of a coupon.
pub const COUPON_FIELDS: &[&str] = &["id", "kind", "value", "min_spend", "max_off", "scope"];

fn served_city<'a>(body: &'a Object<'a>, tariffs: &dyn Tariffs) -> Option<&'a str> {
    let field = body.required("city")?;
    let city = token(field)?;
    if !tariffs.serves(city) {
        return field.note("unknown-city", format!("{city} is not served; served are {}", tariffs.cities().join(", ")));
    }
    Some(city)
}

fn unknown_product<T>(field: Field<'_>, city: &str, product: &str, tariffs: &dyn Tariffs) -> Option<T> {
    let products = tariffs.products(city).join(", ");
    field.note("unknown-product", format!("{city} has no product {product}; it has {products}"))
}

/// City, product and currency, each as far as it can be told. `otherwise` knows the currency of products that are not
/// offered any more.
#[expect(clippy::type_complexity, reason = "three optional values")]
fn priced_product<'a>(
    body: &'a Object<'a>,
    tariffs: &dyn Tariffs,
    otherwise: impl Fn(&str, &str) -> Option<Currency>,
) -> Result<(Option<&'a str>, Option<&'a str>, Option<Currency>), Refusal> {
    let city = served_city(body, tariffs);
    let field = body.required("product");
    let product = field.and_then(token);
    let mut currency = None;
    if let (Some(city), Some(field), Some(product)) = (city, field, product) {
        let known = tariffs.currency(city, product)?.or_else(|| otherwise(city, product));
        currency = known.or_else(|| unknown_product(field, city, product, tariffs));
    }
    Ok((city, product, currency))
}

/// Several products, and their one currency.
fn priced_products(
    field: Field<'_>,
    city: Option<&str>,
    tariffs: &dyn Tariffs,
) -> Result<(Option<Vec<String>>, Option<Currency>), Refusal> {
    let product = |field: Field<'_>| {
        let product = token(field)?;
        let currency = city.map(|city| {
            let currency = tariffs.currency(city, product)?;
            Ok(currency.or_else(|| unknown_product(field, city, product, tariffs)))
        });
        Some((product.to_owned(), currency.unwrap_or(Ok(None))))
    };
    let Some(priced) = field.distinct(&limits::PRODUCTS, product, |(product, _)| product.clone()) else {
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

/// What else a body says. What is wrong is noted; what is absent has its default.
fn extras(body: &Object<'_>, currency: Option<Currency>) -> Extras {
    let amount = |name| body.optional(name).and_then(|field| amount(field, currency));
    let integer = |name, range| body.optional(name).and_then(|field| field.integer(range));
    let outcome = body.optional("outcome").and_then(|field| field.choice(&["completed", "cancelled"]));
    let (passenger, tier) = body.optional("passenger").and_then(|field| passenger(field, currency)).unwrap_or_default();
    let order = Order {
        product: None,
        tier,
        scene: body.optional("scene").and_then(token).map(str::to_owned),
        passengers: integer("passengers", &limits::PASSENGERS)
            .and_then(|count| count.try_into().ok())
            .unwrap_or_default(),
        booked_ahead_s: integer("booked_ahead_s", &limits::BOOKED_AHEAD_S).unwrap_or_default(),
        one_price: amount("one_price"),
        outcome: if outcome == Some("cancelled") { Outcome::Cancelled } else { Outcome::Completed },
    };
    Extras {
        order,
        waiting_s: integer("waiting_s", &limits::TRIP_DURATION_S).unwrap_or_default(),
        dynamic: body.optional("dynamic").and_then(|field| decimal(field, &limits::DYNAMIC)),
        tolls: amount("tolls").unwrap_or_default(),
        parking: amount("parking").unwrap_or_default(),
        highway: amount("highway").unwrap_or_default(),
        passenger,
    }
}

/// A passenger, and their tier.
fn passenger(field: Field<'_>, currency: Option<Currency>) -> Option<(Passenger, Option<String>)> {
    let passenger = field.object(PASSENGER_FIELDS)?;
    let id = passenger.required("id").and_then(name);
    let tier = passenger.optional("tier").and_then(token).map(str::to_owned);
    let coupons = passenger
        .optional("coupons")
        .and_then(|field| field.distinct(&limits::COUPONS, |item| coupon(item, currency), |coupon| coupon.id.clone()));
    Some((Passenger { id: Some(id?.to_owned()), coupons: coupons.unwrap_or_default() }, tier))
}

fn coupon(field: Field<'_>, currency: Option<Currency>) -> Option<Coupon> {
    let coupon = field.object(COUPON_FIELDS)?;
    let id = coupon.required("id").and_then(name);
    let kind = coupon.required("kind").and_then(|field| field.choice(&["amount", "percent"]));
    let value = coupon.required("value").and_then(|field| match kind? {
        "percent" => decimal(field, &limits::PERCENT).map(CouponValue::Percent),
        _ => match amount(field, currency)? {
            0 => field.note("out-of-range", "takes nothing off; it has to be more than zero"),
            amount => Some(CouponValue::Amount(amount)),
        },
    });
    let min_spend = coupon.optional("min_spend").and_then(|field| amount(field, currency)).unwrap_or(0);
    let max_off = coupon.optional("max_off").and_then(|field| amount(field, currency));
    let code = |field: Field<'_>| token(field).map(str::to_owned);
    let scope = coupon.optional("scope").and_then(|field| field.distinct(&limits::SCOPE, code, String::clone));
    Some(Coupon { id: id?.to_owned(), value: value?, min_spend, max_off, scope: scope.unwrap_or_default() })
}

fn segment(field: Field<'_>) -> Option<Segment> {
    let segment = field.object(SegmentsRequest::SEGMENT_FIELDS)?;
    let sequence = segment.required("seq").and_then(|field| field.integer(&limits::SEQUENCE));
    let started_at = segment.required("started_at").and_then(moment);
    let distance_m = segment.required("distance_m").and_then(|field| field.integer(&limits::SEGMENT_DISTANCE_M));
    let duration_s = segment.required("duration_s").and_then(|field| field.integer(&limits::SEGMENT_DURATION_S));
    Some(Segment { sequence: sequence?, started_at: started_at?, distance_m: distance_m?, duration_s: duration_s? })
}

/// The end of a ride: not before its start, and not longer after it than a trip can take.
fn ended_at(field: Field<'_>, started_at: Option<Timestamp>) -> Option<Timestamp> {
    let ended_at = moment(field)?;
    let Some(started_at) = started_at else {
        return Some(ended_at);
    };
    let longest = *limits::TRIP_DURATION_S.end();
    match u64::try_from(ended_at.saturating_sub(started_at)) {
        Err(_) => field.note("out-of-range", "is before `started_at`"),
        Ok(elapsed) if elapsed > longest => {
            field.note("out-of-range", format!("is {elapsed} s after `started_at`; at most {longest} s is allowed"))
        }
        Ok(_) => Some(ended_at),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::refusal::Code;
    use proptest::prelude::*;

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

    fn segments() -> Value {
        json!({"city": "110000", "segments": [
            {"seq": 1, "started_at": "2019-07-11T09:00:00+08:00", "distance_m": 500, "duration_s": 60},
            {"seq": 2, "started_at": "2019-07-11T09:01:00+08:00", "distance_m": 700, "duration_s": 60},
        ]})
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
        let estimated = |id: &str, _: &str, product: &str| {
            let covered = (id == "good" && product == "express") || (id == "withdrawn" && product == "lift");
            covered.then(|| Currency::from_code("CNY").unwrap())
        };
        let result = if fields.contains_key("segments") {
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

    /// What the documentation shows is read as it is meant.
    #[test]
    fn good_requests() {
        let request = EstimateRequest::decode(&estimate(), &Sample).unwrap();
        assert_eq!(request.depart_at, 1_562_806_800);
        let extras = request.extras;
        assert_eq!((extras.tolls, extras.dynamic), (1000, Some("1.2".parse().unwrap())));
        let [first, second] = extras.passenger.coupons.as_slice() else { panic!("two coupons") };
        assert_eq!((first.value, first.min_spend, first.max_off), (CouponValue::Amount(200), 1000, None));
        assert_eq!((second.value, second.max_off), (CouponValue::Percent(20.into()), Some(500)));
        assert_eq!(SegmentsRequest::decode(&segments(), &Sample).unwrap().segments.len(), 2);
        assert_eq!(BillRequest::decode(&bill(), &Sample, |_, _, _| None).unwrap().ended_at, 1_562_808_060);
        assert_eq!(CommissionRequest::decode(&commission(), &Sample).unwrap().driver_total, 2000);
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
        check(bill(), "/product", json!("lift"), "/product unknown-product");
        let mut quoted = bill();
        quoted["estimate_id"] = json!("withdrawn");
        check(quoted.clone(), "/product", json!("lift"), "");
        check(quoted, "/product", json!("express"), "/estimate_id unknown-estimate");
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

    /// The fingerprint sees what is asked for, and not how it is written down.
    #[test]
    fn fingerprints() {
        let estimated = |_: &str, _: &str, _: &str| Currency::from_code("CNY");
        let fingerprint = |document: &Value| BillRequest::decode(document, &Sample, estimated).unwrap().fingerprint();
        let first = fingerprint(&bill());
        let same = [
            ("started_at", json!("2019-07-11T01:00:00Z")),
            ("dynamic", json!("1.2")),
            ("tolls", json!("10")),
            ("origin", json!({"lng": 116.400_000_01, "lat": 39.9})),
            ("estimate_id", Value::Null),
        ];
        for (name, value) in same {
            let mut document = bill();
            document[name] = value;
            assert_eq!(fingerprint(&document), first, "{name}");
        }
        let different = [
            ("started_at", json!("2019-07-11T01:00:01Z")),
            ("dynamic", Value::Null),
            ("tolls", json!("10.01")),
            ("destination", json!({"lat": 39.9, "lng": 116.4})),
            ("passenger", Value::Null),
            ("product", json!("taxi")),
            ("estimate_id", json!("AQ")),
        ];
        for (name, value) in different {
            let mut document = bill();
            document[name] = value;
            assert_ne!(fingerprint(&document), first, "{name}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let words = prop::sample::select(
            [EstimateRequest::FIELDS, BillRequest::FIELDS, SegmentsRequest::SEGMENT_FIELDS, COUPON_FIELDS].concat(),
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
        fn any_json_is_survived(document in any_json(), field in prop::sample::select(EstimateRequest::FIELDS.to_vec())) {
            let mut patched = estimate();
            patched[field] = document.clone();
            for document in [&document, &patched] {
                let refusals = [
                    EstimateRequest::decode(document, &Sample).map(drop),
                    SegmentsRequest::decode(document, &Sample).map(drop),
                    BillRequest::decode(document, &Sample, |_, _, _| None).map(drop),
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
