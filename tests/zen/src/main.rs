//! Evaluates the Beijing express tariff as a GoRules ZEN decision graph, natively, and prints how many nanoseconds one
//! evaluation takes: the median of many rounds.
//!
//! The hour of the start is handed in, so that no time zone has to be looked up; and numbers are what the engine uses
//! by default. Both are in its favour.

use serde_json::json;
use std::hint::black_box;
use std::time::Instant;
use zen_engine::DecisionEngine;
use zen_engine::model::DecisionContent;

const ROUNDS: usize = 50;
const EVALUATIONS: u32 = 500;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let content: DecisionContent = serde_json::from_str(include_str!("../beijing.json"))?;
        let decision = DecisionEngine::default().create_decision(content.into())?;
        let ride = json!({ "hour": 8, "distance_m": 32_000, "duration_s": 3_600, "factor": 1.2, "tolls": 10 });
        let answer = decision.evaluate(ride.clone().into()).await.map_err(|error| format!("{error:?}"))?;
        let bill: serde_json::Value = serde_json::from_str(&answer.result.to_string())?;
        // 14 + 57.60 + 48 = 119.60; a fifth of it is 23.92; with tolls 153.52.
        if bill["total"] != json!(153.52) {
            return Err(format!("the graph does not compute the tariff: {bill}").into());
        }
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for _ in 0..EVALUATIONS {
                black_box(decision.evaluate(black_box(ride.clone()).into()).await).map_err(|error| format!("{error:?}"))?;
            }
            times.push(start.elapsed() / EVALUATIONS);
        }
        times.sort();
        println!("{}", times[ROUNDS / 2].as_nanos());
        Ok(())
    })
}
