//! Pages of bills that were made again: natively. What a bill is repaired to is tested elsewhere; here, what is read of it.
#![allow(clippy::unwrap_used)]

use super::node::Node;
use farebox_billing::{Wanted, bills};
use farebox_kit::memory::now;
use serde_json::{Value, json};
use std::path::Path;

/// A node whose bill was made of the first of these distances, in metres, and again as each of the others came.
fn repaired(distances: &[u64], change: impl FnOnce(&Path)) -> Node {
    let node = Node::with(change);
    for (distance, seq) in distances.iter().zip(1..) {
        node.ride(seq, *distance);
        if seq == 1 {
            node.bill(&Value::Null);
        } else {
            node.repair(5);
        }
    }
    node
}

/// What a page says of the bill before, without when.
fn repair_of(node: &Node, scene: &str, locale: &str) -> Value {
    let mut repair = node.page(scene, locale)["repair"].take();
    assert!(repair["repaired_at"].take().is_string(), "{repair}");
    repair.as_object_mut().unwrap().remove("repaired_at");
    repair
}

fn as_shipped(_: &Path) {}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// A passenger who pays no more though the ride came to more is told so, in the language that the page is in; and the driver, who gets more
/// of it, is told that, and nothing of what the passenger pays.
#[test]
fn who_pays_no_more_and_who_gets_more() {
    let node = repaired(&[10_000, 4_000], as_shipped);
    assert_eq!(
        repair_of(&node, "detail", "en-US"),
        json!({
            "revision": 2, "because": ["late-segments"], "closed": false,
            "title": "Your bill was updated",
            "text": "Part of the record of the trip reached us after the bill was made. We have worked it out again.",
            "outcome": "What you pay is still ¥37.80.",
            "before": "¥37.80", "after": "¥37.80", "difference": "¥0.00",
            "borne": {"amount": "¥8.00", "text": "The ride came to ¥45.80. We bear the other ¥8.00, and you pay no more."},
            "lines": [
                {"code": "mileage", "label": "Distance", "before": "¥18.00", "after": "¥25.20"},
                {"code": "duration", "label": "Time", "before": "¥0.80", "after": "¥1.60"},
            ],
        })
    );
    let chinese = repair_of(&node, "receipt", "zh-CN");
    assert_eq!(
        (&chinese["title"], &chinese["borne"]),
        (
            &json!("账单已更新"),
            &json!({"amount": "8.00元", "text": "本次行程费用为45.80元，超出的8.00元由平台承担，您无需多付。"}),
        )
    );
    assert_eq!(
        repair_of(&node, "driver", "zh-CN"),
        json!({
            "revision": 2, "because": ["late-segments"], "closed": false,
            "title": "收入已更新",
            "text": "部分行程记录在出账后才收到，我们已重新计算费用。",
            "outcome": "您的收入为34.79元，比之前多5.84元。",
            "before": "28.95元", "after": "34.79元", "difference": "+5.84元",
            "lines": [
                {"code": "mileage", "label": "里程收入", "before": "11.00元", "after": "15.40元"},
                {"code": "duration", "label": "时长收入", "before": "0.35元", "after": "0.70元"},
                {"code": "commission_reward", "label": "抽成返还", "before": "3.10元", "after": "4.19元"},
            ],
        })
    );
}

/// The page of a bill that is the first says nothing of another.
#[test]
fn the_first_bill_has_no_repair() {
    let page = repaired(&[10_000], as_shipped).page("detail", "en-US");
    assert_eq!((page["payable"].as_str(), page.get("repair")), (Some("37.80"), None));
}

/// A bill that counts as it is says so, also where nothing else is.
#[test]
fn what_is_closed_says_so() {
    let node = Node::with(as_shipped);
    node.bill(&Value::Null);
    node.repair(72 * 3_600);
    let repair = repair_of(&node, "detail", "en-US");
    let same = "What you pay is still ¥55.66.";
    assert_eq!((&repair["closed"], &repair["outcome"]), (&json!(true), &json!(same)));
    let said = "Some of what this bill is based on could not be obtained in time. It counts as it is.";
    assert_eq!((&repair["text"], &repair["lines"], repair.get("borne")), (&json!(said), &json!([]), None));
    let said = &repair_of(&node, "driver", "zh-CN")["text"];
    assert_eq!(said, "本账单所依据的部分信息未能及时补齐，账单以当前金额为准。");
}

/// What is done to the folder of the configuration.
type Change<'a> = &'a dyn Fn(&Path);

/// Where nothing renders, the amounts of a repair are there all the same, and why they are without words.
#[test]
fn amounts_need_no_copy() {
    let off =
        |folder: &Path| write(folder, "switches.json", r#"{"format": "farebox-switches/1", "totals_only": true}"#);
    let gone = |folder: &Path| std::fs::remove_dir_all(folder.join("copy")).unwrap();
    let broken = |folder: &Path| write(folder, "copy/en-US.ftl", "title-fare = { $nonsense }");
    let changes: [(Change<'_>, &str, &str); 3] =
        [(&off, "en-US", "switched-off"), (&gone, "und", "copy-unavailable"), (&broken, "en-US", "copy-unavailable")];
    for (change, locale, reason) in changes {
        let node = repaired(&[10_000, 4_000], change);
        let wanted = Wanted { locale: (locale != "und").then_some(locale), ..Wanted::default() };
        let page = now(bills::detail(&node.context(), "t", Some("110000"), wanted)).unwrap();
        let page = serde_json::to_value(page).unwrap();
        assert_eq!((&page["reason"], &page["degraded"], &page["sections"]), (&json!(reason), &json!(true), &json!([])));
        let repair = &page["repair"];
        assert_eq!((&repair["title"], &repair["text"], &repair["outcome"]), (&json!(""), &json!(""), &json!("")));
        assert_eq!((&repair["before"], &repair["after"]), (&json!("CNY 37.80"), &json!("CNY 37.80")));
        assert_eq!((&repair["difference"], &repair["revision"]), (&json!("CNY 0.00"), &json!(2)));
        assert_eq!(repair["borne"], json!({"amount": "CNY 8.00", "text": ""}));
        let line = json!({"code": "mileage", "label": "mileage", "before": "CNY 18.00", "after": "CNY 25.20"});
        assert!(repair["lines"].as_array().unwrap().contains(&line), "{repair}");
    }
}

/// Copy that an operator has had for long is not degraded for having no words for a repair.
#[test]
fn older_copy_stays_as_good_as_it_was() {
    let node = repaired(&[10_000, 4_000], |folder| {
        let messages = std::fs::read_to_string(folder.join("copy/en-US.ftl")).unwrap();
        write(folder, "copy/en-US.ftl", messages.split_once("\nrepaired").unwrap().0);
    });
    let page = node.page("detail", "en-US");
    assert_eq!((&page["degraded"], page.get("reason")), (&json!(false), None));
    assert!(!page["sections"].as_array().unwrap().is_empty());
    let repair = &page["repair"];
    assert_eq!((&repair["title"], &repair["text"], &repair["outcome"]), (&json!(""), &json!(""), &json!("")));
    assert_eq!((&repair["after"], &repair["borne"]), (&json!("¥37.80"), &json!({"amount": "¥8.00", "text": ""})));
    assert_eq!(repair["lines"][0]["label"], "Distance");
}
