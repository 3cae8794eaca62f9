//! What a driver is told of a ride: natively.
#![allow(clippy::unwrap_used)]

use farebox_billing::refusal::Code;
use farebox_billing::{Billing, Context, Wanted, bills, meter};
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;
use tempfile::TempDir;

/// A node with a configuration of its own, and a trip of ten kilometres.
struct Node {
    world: World,
    billing: Rc<Billing<World>>,
    /// Gone when the test is over.
    #[expect(dead_code, reason = "held, never read")]
    folder: TempDir,
}

impl Node {
    fn with(scenario: &Value, change: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        let policy = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": [scenario]});
        std::fs::write(folder.path().join("policies/default.json"), policy.to_string()).unwrap();
        change(folder.path());
        let world = World::with_config(folder.path().to_owned());
        let node = Self { billing: Billing::new(world.clone()), world, folder };
        node.ride(1, 10_000);
        node
    }

    /// Of this cap.
    fn of(cap_percent: &str) -> Self {
        let fees = json!({"exempt": ["tolls"]});
        Self::with(&json!({"name": "all", "cap_percent": cap_percent, "fees": fees}), |_| {})
    }

    fn ride(&self, seq: u32, distance_m: u32) {
        let segment = json!({"seq": seq, "started_at": format!("2026-11-21T08:{seq:02}:00+08:00"),
                             "distance_m": distance_m, "duration_s": 60});
        now(meter::add_segments(&self.context(), "t", &json!({"city": "110000", "segments": [segment]}))).unwrap();
    }

    fn context(&self) -> Context<World> {
        now(Context::new(&self.billing, "")).unwrap()
    }

    fn bill(&self) {
        self.bill_with(&json!({"id": "c-1", "kind": "amount", "value": "2.00"}));
    }

    fn bill_with(&self, coupon: &Value) {
        let request = json!({
            "city": "110000", "product": "express", "tolls": "5.00",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
            "passenger": {"id": "p-1", "coupons": [coupon]},
        });
        now(bills::create(&self.context(), "t", &request)).unwrap();
        self.world.after_answers();
    }

    fn page(&self, scene: &str, locale: &str) -> Value {
        let wanted = Wanted { scene: Some(scene), locale: Some(locale), ..Wanted::default() };
        let page = now(bills::detail(&self.context(), "t", Some("110000"), wanted)).unwrap();
        serde_json::to_value(page).unwrap()
    }

    /// The lines of a page, a line of text each; and what they come to.
    fn lines(&self, scene: &str, locale: &str) -> Vec<String> {
        let page = self.page(scene, locale);
        let sections = page["sections"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let lines = sections.iter().flat_map(|section| section["lines"].as_array().unwrap());
        let lines = lines.map(|line| [&line["label"], &line["text"], &line["amount"]].map(text).join(" | "));
        lines.chain([format!("= {}", text(&page["payable"]))]).collect()
    }
}

/// The reward is a line of the driver's page, which says of what it is; with it the lines come to the driver's pay. The statement says how
/// what the platform keeps comes about, from what the passenger paid.
#[test]
fn what_the_driver_is_told() {
    let node = Node::of("10");
    node.bill();
    assert_eq!(
        node.lines("driver", "en-US"),
        [
            "Start price |  | ¥9.50",
            "Distance earnings | 10 km at ¥1.10 per km | ¥11.00",
            "Time earnings | 1 min at ¥0.35 per min | ¥0.35",
            "Tolls |  | ¥5.00",
            "Commission reward | We keep at most 10% of ¥32.80, and pay you the rest. | ¥8.67",
            "= 34.52",
        ]
    );
    assert_eq!(
        node.lines("statement", "en-US"),
        [
            "Passenger paid |  | ¥35.80",
            "Discounts that we bear |  | ¥2.00",
            "Passed on at cost | Taxes, tolls and fees of others | -¥5.00",
            "Your pay | For the trip, without what is passed on | -¥20.85",
            "Reward to you | We keep at most 10% of ¥32.80, and pay you the rest. | -¥8.67",
            "= 3.28",
        ]
    );
    assert_eq!(node.lines("statement", "zh-CN").last().unwrap(), "= 3.28");
    assert!(!node.lines("detail", "en-US").concat().contains("reward"), "the passenger is told nothing of it");
}

/// A coupon comes off the pay as far as the driver pays for it. What partners pay is told beside what the platform bears, and is nobody's loss;
/// the take is the same as without the driver's part, of a fare that is less by it.
#[test]
fn who_pays_for_a_coupon() {
    let node = Node::of("10");
    let funded_by = json!({"driver": "25", "partner": "50"});
    node.bill_with(&json!({"id": "c-1", "kind": "amount", "value": "4.00", "funded_by": funded_by}));
    assert_eq!(
        node.lines("driver", "en-US")[4..],
        [
            "Commission reward | We keep at most 10% of ¥31.80, and pay you the rest. | ¥8.77",
            "Your part of the passenger's discount | 25% of ¥4.00, c-1 | -¥1.00",
            "= 33.62",
        ]
    );
    assert_eq!(
        node.lines("statement", "en-US"),
        [
            "Passenger paid |  | ¥33.80",
            "Paid by our partners | Their part of the passenger's discounts | ¥2.00",
            "Discounts that we bear |  | ¥1.00",
            "Passed on at cost | Taxes, tolls and fees of others | -¥5.00",
            "Your pay | For the trip, without what is passed on | -¥19.85",
            "Reward to you | We keep at most 10% of ¥31.80, and pay you the rest. | -¥8.77",
            "= 3.18",
        ]
    );
}

/// Where the take is within the cap there is no reward, and the statement says what is kept.
#[test]
fn nothing_is_added_within_the_cap() {
    let node = Node::of("50");
    node.bill();
    assert!(node.lines("driver", "en-US").iter().all(|line| !line.contains("reward")));
    let statement = node.lines("statement", "en-US");
    assert_eq!((statement.len(), statement.last().unwrap().as_str()), (5, "= 11.95"));
}

/// What is not owed for good yet is said not to be final: of a bill that lacks something, and of one that only a journal has.
#[test]
fn a_reward_is_pending_until_it_is_posted() {
    let pending = |node: &Node| node.lines("driver", "en-US").iter().any(|line| line.contains("Not final yet."));
    let node = Node::of("10");
    node.world.0.journal.replace(Some(Journal::default()));
    node.world.0.failures.borrow_mut().insert("post_bill", Failure::Unavailable);
    node.bill();
    assert!(pending(&node));
    node.world.0.failures.borrow_mut().clear();
    node.bill();
    assert!(!pending(&node));

    let node = Node::of("10");
    node.world.0.failures.borrow_mut().insert("segments", Failure::Unavailable);
    node.bill();
    assert!(pending(&node));
}

/// When a bill is made again the driver is told what of the difference is the reward's, and the pay before and after is that of the pages.
#[test]
fn a_repair_tells_the_pay() {
    let node = Node::of("10");
    node.bill();
    let before = node.lines("driver", "en-US").pop().unwrap();
    node.ride(2, 4_000);
    let now_ms = &node.world.0.now_ms;
    now_ms.set(now_ms.get() + 5_000);
    assert!(now(bills::repair(&node.context(), "t", Some("110000"))).unwrap().new);
    node.world.after_answers();
    let repair = node.page("driver", "en-US")["repair"].take();
    let after = node.lines("driver", "en-US").pop().unwrap();
    let amount = |name: &str| repair[name].as_str().unwrap().replace('¥', "= ");
    assert_eq!((amount("before"), amount("after")), (before, after));
    let codes: Vec<&Value> = repair["lines"].as_array().unwrap().iter().map(|line| &line["code"]).collect();
    assert_eq!(codes, ["mileage", "duration", "commission_reward"]);
    // The passenger pays no more by the shipped rules: the statement has the rest as borne by the platform.
    let statement = node.lines("statement", "en-US");
    assert_eq!(statement[..2], ["Passenger paid |  | ¥35.80", "Discounts that we bear |  | ¥10.00"]);
}

/// Without a policy there is no settlement to state: what was earned is shown, and that something is lacking.
#[test]
fn without_a_settlement_there_is_what_was_earned() {
    let node = Node::with(&json!({"name": "all", "cap_percent": "10"}), |folder| {
        std::fs::write(folder.join("policies/default.json"), "{").unwrap();
    });
    node.bill();
    let page = node.page("statement", "en-US");
    assert_eq!((&page["total"], &page["reason"]), (&json!("25.85"), &json!("policy-unavailable")));
}

/// An operator whose layout has no such scene is told which there are.
#[test]
fn a_layout_may_be_without() {
    let node = Node::with(&json!({"name": "all", "cap_percent": "10"}), |folder| {
        let path = folder.join("copy/layout.json");
        let mut layout: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        layout["scenes"].as_array_mut().unwrap().retain(|scene| scene["name"] != "statement");
        std::fs::write(path, layout.to_string()).unwrap();
        for locale in ["en-US", "zh-CN"] {
            let path = folder.join(format!("copy/{locale}.ftl"));
            let words = std::fs::read_to_string(&path).unwrap();
            // A message ends where the next line begins that is not indented, and does not close one.
            let mut is_of_it = false;
            let words = words.lines().filter(|line| {
                if !line.starts_with([' ', '}']) {
                    is_of_it = line.contains("--statement");
                }
                !is_of_it
            });
            std::fs::write(path, words.collect::<Vec<_>>().join("\n")).unwrap();
        }
    });
    node.bill();
    let wanted = Wanted { scene: Some("statement"), ..Wanted::default() };
    let refusal = now(bills::detail(&node.context(), "t", Some("110000"), wanted)).err().unwrap();
    assert_eq!(refusal.code, Code::InvalidParameter);
    let why = refusal.problems.iter().map(ToString::to_string).collect::<String>();
    assert!(why.contains("there are detail, receipt, driver"), "{why}");
}
