//! An explanation for programs.

use farebox_pricing::{Explanation, ItemExplanation};
use serde_json::{Value, json};

/// What became of each item of the card, in its order. Lines are those of the bill's JSON form, each with the condition
/// of its branch under `when`.
///
/// # Errors
///
/// When the bill has no JSON form, which is a defect.
pub fn items(explanation: &Explanation) -> serde_json::Result<Vec<Value>> {
    let bill = serde_json::to_value(&explanation.bill)?;
    let part = |name: &str| bill.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let lines: Vec<Value> = part("lines").into_iter().chain(part("included")).collect();
    let money = |amount| explanation.bill.currency.format(amount);
    let item = |item: &ItemExplanation| {
        let own = lines.iter().filter(|line| line.get("code").and_then(Value::as_str) == Some(&item.code));
        let lines = own.zip(&item.lines).map(|(line, (_, when))| {
            let mut line = line.clone();
            if let (Some(when), Some(line)) = (when, line.as_object_mut()) {
                line.insert("when".to_owned(), when.clone());
            }
            line
        });
        let base = item.base.iter().map(|(code, amount)| json!({ "code": code, "amount": money(*amount) }));
        json!({
            "code": item.code,
            "kind": item.kind,
            "pointer": item.pointer,
            "status": item.status,
            "amount": money(item.amount),
            "base": base.collect::<Vec<_>>(),
            "lines": lines.collect::<Vec<_>>(),
        })
    };
    Ok(explanation.items.iter().map(item).collect())
}
