//! Which bill a request asks for, made from the request alone: before any configuration is read, so that asking again works
//! after the product was withdrawn, its card broke, or the city left.

use super::body::{BillBody, CouponBody, FundingBody, OrderBody, PassengerBody, PlaceBody, PolylineBody, Tags};
use super::leaf::AmountText;
use farebox_document::{Given, Notes, Place, read_body, version_of};
use farebox_fare::Outcome;
use farebox_money::{Decimal, decimal};
use farebox_records::{Datum, Metering};
use serde_json::{Map, Value};

/// The version of the fingerprints that are made here. What is not said in a request is not in its fingerprint, so that a
/// field that is added later changes none; whatever changes one makes a new version.
const VERSION: u32 = 1;

/// What a request for a bill says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedBill {
    /// The city of the trip. Whether it is served was not looked at.
    pub city: String,
    /// What was ridden. Whether it is offered was not looked at.
    pub product: String,
    /// The estimate the ride was ordered with. Whether it is one was not looked at.
    pub estimate_id: Option<String>,
    /// Equal for requests that ask for the same bill, however they are written down: numbers by value, times by moment, and
    /// what is as it is without being said - no coupons, one passenger, a surge of 1 - as if it were not said.
    pub fingerprint: String,
}

impl AskedBill {
    /// Reads the body of a request. `None` when there is something wrong with it that needs no configuration to be seen;
    /// [`BillRequest::decode`](super::BillRequest::decode) says what.
    pub fn read(document: &Value) -> Option<Self> {
        read_body(document, |body: BillBody, _| asked(body)).ok()
    }
}

fn asked(body: BillBody) -> Option<AskedBill> {
    // Named one by one, so that a field that is added cannot be forgotten here: two requests would be taken for one.
    let BillBody {
        city,
        product,
        started_at,
        ended_at,
        origin,
        destination,
        outcome,
        metering,
        last_seq,
        datum,
        distance_m,
        duration_s,
        polyline,
        waiting_s,
        estimate_id,
        driver_id,
        order,
        tags,
        scene,
        passengers,
        booked_ahead_s,
        one_price,
        dynamic,
        tolls,
        parking,
        highway,
        passenger,
    } = body;
    let mut said = Said::default();
    let (city, product) = (city.read()?.0, product.read()?.0);
    let estimate_id = estimate_id.read().map(|id| id.0);
    said.value("city", city.as_str());
    said.value("product", product.as_str());
    said.value("started_at", started_at.read()?.0);
    said.value("ended_at", ended_at.read()?.0);
    said.value("origin", place(origin)?);
    said.value("destination", place(destination)?);
    said.unless("outcome", outcome.read().map(Outcome::word), Outcome::default().word());
    said.unless("metering", metering.read().map(Metering::word), Metering::default().word());
    said.option("last_seq", last_seq.read().map(|last| last.0));
    said.unless("datum", datum.read().map(Datum::word), Datum::default().word());
    said.option("distance_m", distance_m.read().map(|distance| distance.0));
    said.option("duration_s", duration_s.read().map(|duration| duration.0));
    if let Some(polyline) = polyline.read() {
        said.value("polyline", route(polyline)?);
    }
    said.unless("waiting_s", waiting_s.read().map(|waiting| waiting.0), 0);
    said.option("scene", scene.read().map(|scene| scene.0));
    // Not known counts as one.
    let passengers = passengers.read().map(|count| count.0.max(1));
    said.unless("passengers", passengers, 1);
    said.unless("booked_ahead_s", booked_ahead_s.read().map(|ahead| ahead.0), 0);
    said.option("one_price", number(one_price)?.map(text));
    said.option("dynamic", dynamic.read().map(|factor| factor.0).filter(|factor| *factor != Decimal::ONE).map(text));
    for (name, amount) in [("tolls", tolls), ("parking", parking), ("highway", highway)] {
        said.option(name, number(amount)?.filter(|amount| !amount.is_zero()).map(text));
    }
    if let Some(PassengerBody { id, tier, coupons }) = passenger.read() {
        said.value("passenger", id.read()?.0);
        said.option("tier", tier.read().map(|tier| tier.0));
        if let Some(coupons) = coupons.read().filter(|coupons| !coupons.0.is_empty()) {
            let coupons: Option<Vec<Value>> = coupons.0.into_iter().map(|given| coupon(given.read()?)).collect();
            said.value("coupons", coupons?);
        }
    }
    said.option("estimate_id", estimate_id.clone());
    said.option("driver", driver_id.read().map(|id| id.0));
    said.table("order", order.read().map(order_said).unwrap_or_default());
    said.table("tags", tags.read().map(tags_said).unwrap_or_default());
    let fingerprint = format!("{VERSION}:{}", version_of(&Value::Object(said.0)));
    Some(AskedBill { city, product, estimate_id, fingerprint })
}

/// What a request says that would not be so without being said.
#[derive(Default)]
struct Said(Map<String, Value>);

impl Said {
    fn value(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn option(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.value(name, value);
        }
    }

    /// That there is a table says nothing.
    fn table(&mut self, name: &str, table: Said) {
        self.option(name, Some(table.0).filter(|table| !table.is_empty()));
    }

    fn unless<T: Into<Value> + PartialEq>(&mut self, name: &str, value: Option<T>, default: T) {
        self.option(name, value.filter(|value| *value != default));
    }
}

fn order_said(body: OrderBody) -> Said {
    let OrderBody { id, campaign, partner, driver_tier, app_version, vehicle_class } = body;
    let mut said = Said::default();
    said.option("id", id.read().map(|id| id.0));
    for (name, word) in
        [("campaign", campaign), ("partner", partner), ("driver_tier", driver_tier), ("vehicle_class", vehicle_class)]
    {
        said.option(name, word.read().map(|word| word.0));
    }
    said.option("app_version", app_version.read().map(|version| version.0));
    said
}

fn tags_said(tags: Tags) -> Said {
    let mut said = Said::default();
    for (name, value) in tags.0 {
        said.option(&name.0, value.read().map(|value| value.0));
    }
    said
}

fn coupon(body: CouponBody) -> Option<Value> {
    // A token makes no difference to the bill: one that is signed anew for the same coupon is no other request.
    let CouponBody { id, kind, value, min_spend, max_off, scope, funded_by, token: _ } = body;
    let mut said = Said::default();
    said.value("id", id.read()?.0);
    said.value("kind", kind.read()?.word());
    said.value("value", text(decimal(&value.read()?.0)?));
    said.option("min_spend", number(min_spend)?.filter(|amount| !amount.is_zero()).map(text));
    said.option("max_off", number(max_off)?.map(text));
    if let Some(scope) = scope.read().filter(|scope| !scope.0.is_empty()) {
        let codes: Option<Vec<String>> = scope.0.into_iter().map(|code| Some(code.read()?.0)).collect();
        said.value("scope", codes?);
    }
    said.table("funded_by", funded_by.read().map(funding_said).unwrap_or_default());
    Some(Value::Object(said.0))
}

fn funding_said(body: FundingBody) -> Said {
    let FundingBody { driver, partner } = body;
    let mut said = Said::default();
    for (name, share) in [("driver", driver), ("partner", partner)] {
        said.option(name, share.read().map(|share| text(share.0)));
    }
    said
}

/// Millionths of a degree. Two ways to write down the same route are one.
fn route(body: PolylineBody) -> Option<Vec<i32>> {
    let places = body.check(&Notes::default(), &Place::DOCUMENT)?;
    Some(places.into_iter().flat_map(|place| [place.latitude, place.longitude]).collect())
}

/// Millionths of a degree.
fn place(given: Given<PlaceBody>) -> Option<Vec<i32>> {
    let PlaceBody { lat, lng } = given.read()?;
    Some(vec![lat.read()?.0, lng.read()?.0])
}

/// An amount by value: its currency is not known here. `None` when it is no number.
#[expect(clippy::option_option, reason = "not a number, not said, a number")]
fn number(given: Given<AmountText>) -> Option<Option<Decimal>> {
    given.read().map(|text| decimal(&text.0)).map_or(Some(None), |number| number.map(Some))
}

fn text(number: Decimal) -> String {
    number.normalize().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn bill() -> Value {
        json!({
            "city": "110000", "product": "express",
            "started_at": "2019-07-11T09:00:00+08:00", "ended_at": "2019-07-11T09:21:00+08:00",
            "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.95, "lng": 116.45},
            "dynamic": "1.20", "tolls": "10.00",
            "passenger": {"id": "p-1", "coupons": [{"id": "c-1", "kind": "amount", "value": "5.00"}]},
        })
    }

    fn with(changes: &[(&str, Value)]) -> String {
        let mut document = bill();
        for (pointer, value) in changes {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        AskedBill::read(&document).unwrap_or_else(|| panic!("{document}")).fingerprint
    }

    fn order() -> Value {
        json!({
            "id": "o-1", "campaign": "spring", "partner": "metro", "driver_tier": "gold", "app_version": "7.1",
            "vehicle_class": "comfort",
        })
    }

    /// Fingerprints outlive releases: what one was billed from, the next must know again. A field that is added changes
    /// none of those that are here.
    #[test]
    fn fingerprints_are_stable() {
        for (changes, expected) in [
            (vec![], "e19af80bd03fff6d127b110af1ce64a65f1a17f5149136dd0a810ecc3fa8da3a"),
            (vec![("/passenger", Value::Null)], "0b5ab42209795a7963b95d83f90c72768a40f81023201e42b392cf155656e06a"),
            (
                vec![("/scene", json!("airport")), ("/passengers", json!(3)), ("/waiting_s", json!(60))],
                "df4b6d3dd3fa42e053f22dd9aec77a6f826653d6d7705519893c974f0b12188a",
            ),
            (vec![("/last_seq", json!(7))], "e1376adcccbbc6ff11c91aa54b6fcf7049887efd3e9cc2d8de9712176ebd03a7"),
            (
                vec![("/distance_m", json!(4_100)), ("/duration_s", json!(900)), ("/datum", json!("gcj-02"))],
                "75e317b860ac18525a61e9a68242d97abff8ad699c35ecd0b3abe45a5b9aaca5",
            ),
            (
                vec![("/polyline", json!({"encoded": "_p~iF~ps|U_ulLnnqC"}))],
                "11223d405ea49769feacde520c00ea16132a63ca4e74370f9e204b473728f1d3",
            ),
            (vec![("/driver_id", json!("d-1"))], "d1220e7b8452e8cd41d587785ae4e7116cf56a2e88ad37cc4e616e3abf05d392"),
            (vec![("/order", order())], "92c4002c12385eab0a9bca827f11e7da4fcd200bdada52e43c0f37818cebc6d0"),
            (
                vec![("/tags", json!({"team": "east", "shift": "夜班"}))],
                "dc6fe7077e35a0afaa973613b8cf235c3f600a0cd6312392f9055a4192c6ca54",
            ),
        ] {
            assert_eq!(with(&changes), format!("1:{expected}"), "{changes:?}");
        }
    }

    /// It sees what is asked for, and neither how it is written down nor that nothing is said at length.
    #[test]
    fn equal_requests() {
        for (pointer, value) in [
            ("/started_at", json!("2019-07-11T01:00:00Z")),
            ("/dynamic", json!("1.2")),
            ("/tolls", json!("10")),
            ("/origin", json!({"lng": 116.400_000_01, "lat": 39.9})),
            ("/estimate_id", Value::Null),
            ("/last_seq", Value::Null),
            ("/datum", json!("wgs-84")),
            ("/datum", Value::Null),
            ("/distance_m", Value::Null),
            ("/duration_s", Value::Null),
            ("/polyline", Value::Null),
            ("/outcome", json!("completed")),
            ("/metering", json!("segments")),
            ("/waiting_s", json!(0)),
            ("/waiting_s", json!(0.0)),
            ("/passengers", json!(1)),
            ("/passengers", json!(1.0)),
            ("/booked_ahead_s", json!(0)),
            ("/parking", json!("0.00")),
            ("/passenger/tier", Value::Null),
            ("/passenger/coupons/0/value", json!("5")),
            ("/passenger/coupons/0/min_spend", json!("0")),
            ("/passenger/coupons/0/funded_by", json!({})),
            ("/driver_id", Value::Null),
            ("/order", Value::Null),
            ("/order", json!({})),
            ("/order", json!({"id": null, "campaign": null})),
            ("/tags", Value::Null),
            ("/tags", json!({})),
            ("/tags", json!({"team": null})),
        ] {
            assert_eq!(with(&[(pointer, value.clone())]), with(&[]), "{pointer} {value}");
        }
        let plain = |value| with(&[("/passenger/coupons", value)]);
        assert_eq!(plain(json!([])), plain(Value::Null));
        let tags = |text: &str| with(&[("/tags", serde_json::from_str(text).unwrap())]);
        assert_eq!(tags(r#"{"a": "1", "b": "2"}"#), tags(r#"{"b": "2", "a": "1"}"#));
        let surge = |value| with(&[("/dynamic", value)]);
        assert_eq!(surge(json!("1")), surge(Value::Null));
        // 38.5, -120.2 to 40.7, -120.95, with five decimals, said or not, and with six.
        let route = |polyline| with(&[("/polyline", polyline)]);
        let five = route(json!({"encoded": "_p~iF~ps|U_ulLnnqC"}));
        assert_eq!(route(json!({"encoded": "_p~iF~ps|U_ulLnnqC", "precision": 5})), five);
        assert_eq!(route(json!({"encoded": "_izlhA~rlgdF_{geC~ywl@", "precision": 6})), five);
    }

    /// Whatever a bill can depend on tells two requests apart.
    #[test]
    fn different_requests() {
        let mut seen = std::collections::BTreeSet::from([with(&[])]);
        for (pointer, value) in [
            ("/city", json!("310000")),
            ("/product", json!("taxi")),
            ("/started_at", json!("2019-07-11T01:00:01Z")),
            ("/ended_at", json!("2019-07-11T01:22:01Z")),
            ("/origin", json!({"lat": 39.900_001, "lng": 116.4})),
            ("/destination", json!({"lat": 39.9, "lng": 116.4})),
            ("/outcome", json!("cancelled")),
            ("/metering", json!("none")),
            ("/last_seq", json!(0)),
            ("/last_seq", json!(1)),
            ("/datum", json!("gcj-02")),
            ("/distance_m", json!(0)),
            ("/distance_m", json!(1)),
            ("/duration_s", json!(0)),
            ("/duration_s", json!(1)),
            ("/polyline", json!({"encoded": "_p~iF~ps|U_ulLnnqC"})),
            ("/polyline", json!({"encoded": "_p~iF~ps|U_ulLnnqC", "precision": 6})),
            ("/polyline", json!({"encoded": "_p~iF~ps|U????"})),
            ("/waiting_s", json!(1)),
            ("/scene", json!("reservation")),
            ("/passengers", json!(2)),
            ("/booked_ahead_s", json!(1)),
            ("/one_price", json!("0")),
            ("/dynamic", Value::Null),
            ("/tolls", json!("10.01")),
            ("/parking", json!("10.00")),
            ("/highway", json!("10.00")),
            ("/passenger", Value::Null),
            ("/passenger/id", json!("p-2")),
            ("/passenger/tier", json!("gold")),
            ("/passenger/coupons", json!([])),
            ("/passenger/coupons/0/id", json!("c-2")),
            ("/passenger/coupons/0/kind", json!("percent")),
            ("/passenger/coupons/0/value", json!("5.01")),
            ("/passenger/coupons/0/min_spend", json!("5")),
            ("/passenger/coupons/0/max_off", json!("0")),
            ("/passenger/coupons/0/scope", json!(["mileage"])),
            ("/passenger/coupons/0/funded_by", json!({"driver": "30"})),
            ("/passenger/coupons/0/funded_by", json!({"driver": "70"})),
            ("/passenger/coupons/0/funded_by", json!({"partner": "30"})),
            ("/estimate_id", json!("AQ")),
            ("/driver_id", json!("d-1")),
            ("/driver_id", json!("d-2")),
            ("/order", order()),
            ("/tags", json!({"a": "1"})),
            ("/tags", json!({"a": "2"})),
            ("/tags", json!({"b": "1"})),
            ("/tags", json!({"a": "1", "b": "1"})),
            ("/tags", json!({"id": "o-1"})),
        ] {
            assert!(seen.insert(with(&[(pointer, value.clone())])), "{pointer} {value}");
        }
        for (name, other) in order().as_object().unwrap() {
            let only = json!({name: other});
            assert!(seen.insert(with(&[("/order", only)])), "only {name}");
            let mut changed = order();
            changed[name] = json!("other");
            assert!(seen.insert(with(&[("/order", changed)])), "{name}");
        }
    }

    /// What is wrong needs no configuration to be refused, and is not looked up.
    #[test]
    fn what_is_wrong_asks_for_nothing() {
        for (name, value) in [
            ("city", Value::Null),
            ("city", json!("../x")),
            ("started_at", json!("yesterday")),
            ("tolls", json!("ten")),
            ("tolls", json!(10)),
            ("passengers", json!(-1)),
            ("colour", json!("red")),
            ("driver_id", json!("a b")),
            ("order", json!({"colour": "red"})),
            ("order", json!({"campaign": "a b"})),
            ("last_seq", json!(-1)),
            ("datum", json!("bd-09")),
            ("distance_m", json!(5_000_001)),
            ("polyline", json!("_p~iF~ps|U_ulLnnqC")),
            ("polyline", json!({"encoded": "_p~iF~ps|U_ulL"})),
            ("tags", json!({"a b": "1"})),
            ("tags", json!({"a": ""})),
        ] {
            let mut document = bill();
            document[name] = value.clone();
            assert_eq!(AskedBill::read(&document), None, "{name} {value}");
        }
    }
}
