//! What a driver is told of a ride: natively.
#![allow(clippy::unwrap_used)]

use super::node::Node;
use farebox_billing::refusal::Code;
use farebox_billing::{Wanted, bills};
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, now};
use serde_json::{Value, json};
use std::path::Path;

/// A node under a scenario, and a trip of ten kilometres.
fn under(scenario: &Value, change: impl FnOnce(&Path)) -> Node {
    let node = Node::with(|folder| {
        let policy = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": [scenario]});
        std::fs::write(folder.join("policies/default.json"), policy.to_string()).unwrap();
        change(folder);
    });
    node.ride(1, 10_000);
    node
}

/// Under this cap.
fn of(cap_percent: &str) -> Node {
    let fees = json!({"exempt": ["tolls"]});
    under(&json!({"name": "all", "cap_percent": cap_percent, "fees": fees}), |_| {})
}

fn bill(node: &Node) {
    bill_with(node, &json!({"id": "c-1", "kind": "amount", "value": "2.00"}));
}

fn bill_with(node: &Node, coupon: &Value) {
    node.bill(&json!({"id": "p-1", "coupons": [coupon]}));
}

/// The lines of a page, a line of text each; and what they come to.
fn lines(node: &Node, scene: &str, locale: &str) -> Vec<String> {
    let page = node.page(scene, locale);
    let sections = page["sections"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = sections.iter().flat_map(|section| section["lines"].as_array().unwrap());
    let lines = lines.map(|line| [&line["label"], &line["text"], &line["amount"]].map(text).join(" | "));
    lines.chain([format!("= {}", text(&page["payable"]))]).collect()
}

/// The reward is a line of the driver's page, which says of what it is; with it the lines come to the driver's pay. The statement says how
/// what the platform keeps comes about, from what the passenger paid.
#[test]
fn what_the_driver_is_told() {
    let node = of("10");
    bill(&node);
    assert_eq!(
        lines(&node, "driver", "en-US"),
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
        lines(&node, "statement", "en-US"),
        [
            "Passenger paid |  | ¥35.80",
            "Discounts that we bear |  | ¥2.00",
            "Passed on at cost | Taxes, tolls and fees of others | -¥5.00",
            "Your pay | For the trip, without what is passed on | -¥20.85",
            "Reward to you | We keep at most 10% of ¥32.80, and pay you the rest. | -¥8.67",
            "= 3.28",
        ]
    );
    assert_eq!(lines(&node, "statement", "zh-CN").last().unwrap(), "= 3.28");
    assert!(!lines(&node, "detail", "en-US").concat().contains("reward"), "the passenger is told nothing of it");
}

/// A coupon comes off the pay as far as the driver pays for it. What partners pay is told beside what the platform bears, and is nobody's loss;
/// the take is the same as without the driver's part, of a fare that is less by it.
#[test]
fn who_pays_for_a_coupon() {
    let node = of("10");
    let funded_by = json!({"driver": "25", "partner": "50"});
    bill_with(&node, &json!({"id": "c-1", "kind": "amount", "value": "4.00", "funded_by": funded_by}));
    assert_eq!(
        lines(&node, "driver", "en-US")[4..],
        [
            "Commission reward | We keep at most 10% of ¥31.80, and pay you the rest. | ¥8.77",
            "Your part of the passenger's discount | 25% of ¥4.00, c-1 | -¥1.00",
            "= 33.62",
        ]
    );
    assert_eq!(
        lines(&node, "statement", "en-US"),
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
    let node = of("50");
    bill(&node);
    assert!(lines(&node, "driver", "en-US").iter().all(|line| !line.contains("reward")));
    let statement = lines(&node, "statement", "en-US");
    assert_eq!((statement.len(), statement.last().unwrap().as_str()), (5, "= 11.95"));
}

/// What is not owed for good yet is said not to be final: of a bill that lacks something, and of one that only a journal has.
#[test]
fn a_reward_is_pending_until_it_is_posted() {
    let pending = |node: &Node| lines(node, "driver", "en-US").iter().any(|line| line.contains("Not final yet."));
    let node = of("10");
    node.world.0.journal.replace(Some(Journal::default()));
    node.world.0.failures.borrow_mut().insert("post_bill", Failure::Unavailable);
    bill(&node);
    assert!(pending(&node));
    node.world.0.failures.borrow_mut().clear();
    bill(&node);
    assert!(!pending(&node));

    let node = of("10");
    node.world.0.failures.borrow_mut().insert("segments", Failure::Unavailable);
    bill(&node);
    assert!(pending(&node));
}

/// When a bill is made again the driver is told what of the difference is the reward's, and the pay before and after is that of the pages.
#[test]
fn a_repair_tells_the_pay() {
    let node = of("10");
    bill(&node);
    let before = lines(&node, "driver", "en-US").pop().unwrap();
    node.ride(2, 4_000);
    node.repair(5);
    let repair = node.page("driver", "en-US")["repair"].take();
    let after = lines(&node, "driver", "en-US").pop().unwrap();
    let amount = |name: &str| repair[name].as_str().unwrap().replace('¥', "= ");
    assert_eq!((amount("before"), amount("after")), (before, after));
    let codes: Vec<&Value> = repair["lines"].as_array().unwrap().iter().map(|line| &line["code"]).collect();
    assert_eq!(codes, ["mileage", "duration", "commission_reward"]);
    // The passenger pays no more by the shipped rules: the statement has the rest as borne by the platform.
    let statement = lines(&node, "statement", "en-US");
    assert_eq!(statement[..2], ["Passenger paid |  | ¥35.80", "Discounts that we bear |  | ¥10.00"]);
}

/// Without a policy there is no settlement to state: what was earned is shown, and that something is lacking.
#[test]
fn without_a_settlement_there_is_what_was_earned() {
    let node = under(&json!({"name": "all", "cap_percent": "10"}), |folder| {
        std::fs::write(folder.join("policies/default.json"), "{").unwrap();
    });
    bill(&node);
    let page = node.page("statement", "en-US");
    assert_eq!((&page["total"], &page["reason"]), (&json!("25.85"), &json!("policy-unavailable")));
}

/// An operator whose layout has no such scene is told which there are.
#[test]
fn a_layout_may_be_without() {
    let node = under(&json!({"name": "all", "cap_percent": "10"}), |folder| {
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
    bill(&node);
    let wanted = Wanted { scene: Some("statement"), ..Wanted::default() };
    let refusal = now(bills::detail(&node.context(), "t", Some("110000"), wanted)).err().unwrap();
    assert_eq!(refusal.code, Code::InvalidParameter);
    let why = refusal.problems.iter().map(ToString::to_string).collect::<String>();
    assert!(why.contains("there are detail, receipt, driver"), "{why}");
}
