//! The condition of a branch, as it is written on the card, in words.

use serde_json::Value;

/// "local_time 23:00-05:00, weekdays sat, sun".
#[must_use]
pub fn words(when: &Value) -> String {
    let Value::Object(conditions) = when else { return plain(when) };
    let words = conditions.iter().map(|(name, condition)| format!("{name} {}", one(condition)));
    words.collect::<Vec<_>>().join("; ")
}

fn one(condition: &Value) -> String {
    let Value::Object(parts) = condition else { return plain(condition) };
    let words = parts.iter().map(|(name, value)| match name.as_str() {
        "to" => format!("to below {}", plain(value)),
        _ => format!("{name} {}", plain(value)),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Every form that a condition may have on a card reads as words.
    #[test]
    fn conditions() {
        for (when, expected) in [
            (json!({ "local_time": ["07:00-09:00", "17:00-19:00"] }), "local_time 07:00-09:00, 17:00-19:00"),
            (json!({ "holidays": "except", "weekdays": ["mon"] }), "holidays except; weekdays mon"),
            (json!({ "tier": { "not": ["gold", "none"] } }), "tier not gold, none"),
            (json!({ "distance_m": { "from": 3000, "to": 15000 } }), "distance_m from 3000 to below 15000"),
        ] {
            assert_eq!(words(&when), expected);
        }
    }
}
