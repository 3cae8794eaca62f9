//! The ride that tests bill where any will do: twenty minutes in Beijing.

use serde_json::{Value, json};

/// What is posted of a segment of it.
pub fn segment(seq: u64) -> Value {
    json!({"city": "110000", "segments": [
        {"seq": seq, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 100, "duration_s": 10},
    ]})
}

/// What is posted to bill it.
pub fn bill() -> Value {
    json!({
        "city": "110000", "product": "express",
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
        "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
    })
}
