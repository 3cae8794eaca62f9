//! Which coupons are refused, by estimates and by bills alike: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::refusal::{Code, Refusal};
use farebox_billing::{Billing, Context, bills, estimates};
use farebox_coupons::Secret;
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::fs;
use std::rc::Rc;
use tempfile::TempDir;

/// A city, and whoever asks it for prices.
struct City {
    world: World,
    billing: Rc<Billing<World>>,
    _folder: TempDir,
}

impl City {
    /// The city whose document this is; without one, one that has none.
    fn new(document: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        if let Some(document) = document {
            fs::create_dir_all(folder.path().join("cities")).unwrap();
            fs::write(folder.path().join("cities/110000.json"), document).unwrap();
        }
        let world = World::with_config(folder.path().to_owned());
        Self { billing: Billing::new(world.clone()), world, _folder: folder }
    }

    fn context(&self) -> Rc<Context<World>> {
        Rc::new(now(Context::new(&self.billing, "")).unwrap())
    }

    /// Asks for an estimate: its identifier.
    fn estimate(&self, coupons: &Value) -> Result<String, Refusal> {
        let request = json!({
            "city": "110000", "products": ["express"], "distance_m": 9_000, "duration_s": 1_200,
            "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.95, "lng": 116.45},
            "depart_at": "2026-11-21T08:00:00+08:00", "passenger": {"id": "p-1", "coupons": coupons},
        });
        now(estimates::create(&self.context(), &request)).map(|estimate| estimate.estimate_id)
    }

    /// Asks for the bill of a trip: the record.
    fn bill(&self, trip: &str, estimate: Option<&str>, coupons: &Value) -> Result<Value, Refusal> {
        let mut request = json!({
            "city": "110000", "product": "express",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.95, "lng": 116.45},
            "passenger": {"id": "p-1", "coupons": coupons},
        });
        if let Some(estimate) = estimate {
            request["estimate_id"] = estimate.into();
        }
        let billed = now(bills::create(&*self.context(), trip, &request))?;
        Ok(serde_json::from_str(&billed.document).unwrap())
    }

    /// What estimates and bills are refused for, which has to be the same.
    fn refused(&self, coupons: &Value) -> String {
        let said = |refusal: Refusal| {
            let problem = |problem: &farebox_document::Problem| format!("{} {}", problem.pointer, problem.code);
            let problems = refusal.problems.iter().map(problem).collect::<Vec<_>>().join(", ");
            format!("{} {problems}", refusal.code.word()).trim_end().to_owned()
        };
        let of_an_estimate = self.estimate(coupons).map_or_else(said, |_| "estimated".to_owned());
        let of_a_bill = self.bill("refused", None, coupons).map_or_else(said, |_| "billed".to_owned());
        assert_eq!(of_an_estimate, of_a_bill, "{coupons}");
        of_a_bill
    }
}

fn coupon(id: &str, scope: &[&str]) -> Value {
    let mut coupon = json!({"id": id, "kind": "amount", "value": "5.00"});
    if !scope.is_empty() {
        coupon["scope"] = scope.into();
    }
    coupon
}

/// All that is wrong with all coupons is told at once, in their order, and by estimates as by bills.
#[test]
fn everything_is_told_at_once() {
    let issuer = json!({"id": "i", "public_key": Secret::new(&[7; 32]).public_key().to_string()});
    let signed =
        json!({"format": "farebox-city/1", "city": "110000", "coupons": {"signed": "required", "issuers": [issuer]}});
    let with_token = |mut coupon: Value| {
        coupon["token"] = "a.b.c".into();
        coupon
    };
    let coupons = json!([coupon("c-1", &["mileage", "toll"]), with_token(coupon("c-2", &["x"])), coupon("c-3", &[])]);
    let scopes = "/passenger/coupons/0/scope/1 unknown-choice";
    let other_scope = "/passenger/coupons/1/scope/0 unknown-choice, /passenger/coupons/1/token malformed";
    let city = City::new(Some(&signed.to_string()));
    let tokens = "/passenger/coupons/0/token missing";
    let last = "/passenger/coupons/2/token missing";
    assert_eq!(city.refused(&coupons), format!("invalid-request {scopes}, {tokens}, {other_scope}, {last}"));
    let city = City::new(None);
    assert_eq!(city.refused(&coupons), format!("invalid-request {scopes}, {other_scope}"));
}

/// A city whose document cannot be used may demand that coupons are signed: nothing is priced with one until that is known. What has
/// nothing to do with coupons is priced.
#[test]
fn a_city_whose_document_is_broken() {
    for broken in ["{", r#"{"format": "farebox-city/1", "city": "120000"}"#, r#"{"format": "farebox-city/2"}"#] {
        let city = City::new(Some(broken));
        assert_eq!(city.refused(&json!([coupon("c-1", &[])])), Code::ConfigInvalid.word(), "{broken}");
        assert!(city.estimate(&json!([])).is_ok(), "{broken}");
        assert!(city.bill("t", None, &json!([])).is_ok(), "{broken}");
    }
}

/// Where the cards of today stand in for those of a quote that came too late, a coupon is not wrong for being good for a fee that they
/// do not have: it was none of the passenger's doing, and the bill is made again. Where there is no quote, it is.
#[test]
fn fees_of_a_quote_that_came_too_late() {
    let city = City::new(None);
    let estimate = city.estimate(&json!([])).unwrap();
    city.world.after_answers();
    let coupons = json!([coupon("c-1", &["gone"])]);
    for (number, how) in [Failure::Unavailable, Failure::Refused, Failure::Silent].into_iter().enumerate() {
        city.world.0.failures.borrow_mut().insert("quote", how);
        let bill = city.bill(&format!("late-{number}"), Some(&estimate), &coupons).unwrap();
        assert_eq!(bill["provisional"], true, "{how:?}: {bill}");
    }
    city.world.0.failures.borrow_mut().clear();
    let refusal = city.bill("in-time", Some(&estimate), &coupons).unwrap_err();
    assert_eq!(refusal.problems[0].pointer, "/passenger/coupons/0/scope/0", "{refusal:?}");
    city.world.0.documents.borrow_mut().clear();
    let refusal = city.bill("gone", Some(&estimate), &coupons).unwrap_err();
    assert_eq!(refusal.problems[0].code, "unknown-choice", "{refusal:?}");
    // Whether they are signed is another matter, which no card says.
    city.world.0.failures.borrow_mut().insert("quote", Failure::Unavailable);
    let mut forged = coupon("c-1", &["gone"]);
    forged["token"] = "a.b.c".into();
    let refusal = city.bill("forged", Some(&estimate), &json!([forged])).unwrap_err();
    let pointers: Vec<&str> = refusal.problems.iter().map(|problem| &*problem.pointer).collect();
    assert_eq!(pointers, ["/passenger/coupons/0/token"]);
}
