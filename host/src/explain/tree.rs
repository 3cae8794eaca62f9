//! An explanation for people: a tree, from what the ride comes to down to where each figure comes from.

use super::condition;
use crate::bill_text;
use farebox_fare::{Line, Source, Trip, Unit};
use farebox_money::Currency;
use farebox_pricing::{CardInfo, ENGINE, Explanation, GROWTH_CODE, ItemExplanation, Status};
use serde_json::Value;

/// A node: its text, and what is below it.
struct Node {
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn leaf(text: impl Into<String>) -> Self {
        Self { text: text.into(), children: Vec::new() }
    }

    fn print(&self, prefix: &str, into: &mut String) {
        into.push_str(&self.text);
        into.push('\n');
        for (index, child) in self.children.iter().enumerate() {
            let last = index + 1 == self.children.len();
            into.push_str(prefix);
            into.push_str(if last { "└─ " } else { "├─ " });
            child.print(&format!("{prefix}{}", if last { "   " } else { "│  " }), into);
        }
    }
}

/// The whole page: what was priced, the tree, and the versions.
#[must_use]
pub fn page(card: &CardInfo, trip: &Trip, explanation: &Explanation) -> String {
    let bill = &explanation.bill;
    let mut text = bill_text::heading(card, trip) + "\n";
    for root in roots(explanation) {
        root.print("", &mut text);
    }
    text.push_str(&format!("\nrate card {}, pricing {ENGINE}\n", bill.rate_card));
    text
}

fn roots(explanation: &Explanation) -> Vec<Node> {
    let bill = &explanation.bill;
    let currency = bill.currency;
    let is_total = |item: &&ItemExplanation| {
        item.status == Status::Charged && !item.lines.iter().any(|(line, _)| bill.included.contains(line))
    };
    let mut total: Vec<Node> = explanation.items.iter().filter(is_total).map(|item| charged(item, currency)).collect();
    // The limit on the fare as a whole belongs to no item.
    let limits = bill.lines.iter().filter(|line| line.code == GROWTH_CODE);
    total.extend(limits.map(|limit| Node {
        text: format!("{GROWTH_CODE}  {}", currency.format(limit.amount)),
        children: vec![line(limit, None, currency)],
    }));
    let mut roots = vec![Node { text: format!("total  {}", currency.format(bill.total)), children: total }];
    if !bill.discounts.is_empty() {
        let discount = |line: &Line| {
            let limited = line.why.source == Source::Items && line.unit == Unit::Trip;
            let note = if limited { ", all that its limits and the fare leave" } else { "" };
            Node::leaf(format!("{}: {}{note}", bill_text::code(line), bill_text::arithmetic(line, currency)))
        };
        let text = format!("payable  {}", currency.format(bill.payable));
        roots.push(Node { text, children: bill.discounts.iter().map(discount).collect() });
    }
    let included = |item: &&ItemExplanation| item.lines.iter().any(|(line, _)| bill.included.contains(line));
    let included: Vec<Node> = explanation.items.iter().filter(included).map(|item| charged(item, currency)).collect();
    if !included.is_empty() {
        roots.push(Node { text: "included in the total".to_owned(), children: included });
    }
    let rest: Vec<Node> = explanation.items.iter().filter_map(not_charged).collect();
    if !rest.is_empty() {
        roots.push(Node { text: "not charged".to_owned(), children: rest });
    }
    roots
}

fn charged(item: &ItemExplanation, currency: Currency) -> Node {
    // What is included in the prices comes to nothing itself.
    let amount: i64 = match item.amount {
        0 => item.lines.iter().map(|(line, _)| line.amount).sum(),
        amount => amount,
    };
    let mut children = Vec::new();
    let base = item.base.iter().filter(|(_, amount)| *amount != 0);
    let base: Vec<String> = base.map(|(code, amount)| format!("{code} {}", currency.format(*amount))).collect();
    if !base.is_empty() {
        children.push(Node::leaf(format!("based on {}", base.join(" + "))));
    }
    children.extend(item.lines.iter().map(|(l, when)| line(l, when.as_ref(), currency)));
    Node { text: format!("{} ({})  {}", item.code, item.kind, currency.format(amount)), children }
}

fn line(line: &Line, when: Option<&Value>, currency: Currency) -> Node {
    let mut text = bill_text::arithmetic(line, currency);
    if let Some(source) = bill_text::source(line) {
        text.push_str(&format!(", {source}"));
    }
    if let Some(rule) = bill_text::rule(line) {
        return Node::leaf(format!("{rule}: {text}"));
    }
    let Some(branch) = line.why.branch else { return Node::leaf(text) };
    let when = when.map(|when| format!(" when {}", condition::words(when))).unwrap_or_default();
    Node::leaf(format!("branch {branch}{when}: {text}"))
}

fn not_charged(item: &ItemExplanation) -> Option<Node> {
    let why = match &item.status {
        Status::Charged => return None,
        Status::Zero => "comes to nothing".to_owned(),
        Status::NotApplicable => "none of its branches applies".to_owned(),
        Status::ReplacedBy(by) => format!("{by} replaces it"),
        Status::NotWhenMocked => "not charged when only start and end of the ride are known".to_owned(),
    };
    Some(Node::leaf(format!("{} ({}): {why}", item.code, item.kind)))
}
