//! The rides, what is asked of them, and what they come to.

use crate::history::Bill;
use anyhow::{Context as _, Result, ensure};
use farebox_records::BillRecord;
use farebox_tests::exchanges::Answers as _;
use farebox_tests::in_process::InProcess;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The city of all rides.
pub const CITY: &str = "110000";

/// The numbers of the segments of a ride, in the batches that they are posted in.
pub const BATCHES: [[u64; 2]; 3] = [[1, 2], [3, 4], [5, 6]];

/// How far each segment of a ride goes, in metres: there is a ride of each.
const METRES: [u64; 3] = [700, 1_700, 2_700];

/// How long each takes, in seconds: the ride takes twenty minutes.
const SECONDS: u64 = 200;

/// How many different rides there are.
pub const SHAPES: usize = METRES.len();

fn ends() -> [Value; 2] {
    [json!({"lat": 39.908823, "lng": 116.397470}), json!({"lat": 39.989956, "lng": 116.480655})]
}

fn metres(shape: usize) -> u64 {
    METRES.get(shape % SHAPES).copied().unwrap_or_default()
}

/// What is posted to have it estimated.
pub fn estimate(shape: usize) -> String {
    let [origin, destination] = ends();
    json!({
        "city": CITY, "products": ["express"], "origin": origin, "destination": destination,
        "distance_m": 6 * metres(shape), "duration_s": 6 * SECONDS, "depart_at": "2026-11-21T08:00:00+08:00",
    })
    .to_string()
}

/// What is posted of a batch of its segments; or of the same numbers and other content, which conflicts with them.
pub fn segments(shape: usize, batch: usize, other: bool) -> String {
    let segment = |seq: &u64| {
        let begins = (seq - 1) * SECONDS;
        let started_at = format!("2026-11-21T08:{:02}:{:02}+08:00", begins / 60, begins % 60);
        json!({"seq": seq, "started_at": started_at, "distance_m": metres(shape) + u64::from(other), "duration_s": SECONDS})
    };
    let segments: Vec<Value> = BATCHES.get(batch).into_iter().flatten().map(segment).collect();
    json!({"city": CITY, "segments": segments}).to_string()
}

/// What is posted to have it billed; or with other content, which conflicts with it.
pub fn bill(estimate: Option<&str>, other: bool) -> String {
    let [origin, destination] = ends();
    let mut bill = json!({
        "city": CITY, "product": "express", "origin": origin, "destination": destination,
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
        "last_seq": BATCHES.len() * 2,
    });
    if let Some(estimate) = estimate {
        bill["estimate_id"] = json!(estimate);
    }
    if other {
        bill["tolls"] = json!("5.00");
    }
    bill.to_string()
}

/// The batches with all of their numbers among these.
pub fn batches_in(numbers: &BTreeSet<u64>) -> impl Iterator<Item = usize> {
    BATCHES.iter().enumerate().filter(|(_, batch)| batch.iter().all(|seq| numbers.contains(seq))).map(|(at, _)| at)
}

/// The numbers of all segments of a ride.
pub fn all() -> BTreeSet<u64> {
    BATCHES.iter().flatten().copied().collect()
}

/// What a bill comes to, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// The passenger's total.
    pub total: i64,
    /// The driver's.
    pub driver: i64,
    /// What the platform owes the driver on top, once the bill is final.
    pub top_up: i64,
}

impl Price {
    /// What a record says.
    pub fn of(record: &BillRecord) -> Self {
        let top_up = record.settlement.as_ref().map_or(0, |settlement| settlement.top_up);
        Self { total: record.passenger.total, driver: record.driver.total, top_up }
    }
}

/// What every ride comes to, by its shape and the segments that it is billed from.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    prices: BTreeMap<(usize, BTreeSet<u64>), Price>,
    /// What the bills of a whole ride say of it, by shape: by its request, and by the one of other content.
    whole: Vec<Vec<String>>,
}

impl Prices {
    /// Has the same requests answered natively, over a store in memory that never fails.
    ///
    /// # Errors
    ///
    /// One was refused, or a quote makes a difference, which the audit does not know of.
    pub fn native() -> Result<Self> {
        let process = InProcess::default();
        let json = [("content-type", "application/json")];
        let ask = |path: &str, body: &str| process.answer("POST", path, &json, body);
        // A trip with these batches, billed by one of its requests.
        let billed = |trip: &str, shape: usize, chosen: u32, estimate: Option<&str>, other: bool| {
            for batch in (0..BATCHES.len()).filter(|batch| chosen >> batch & 1 == 1) {
                let answer = ask(&format!("/v1/trips/{trip}/segments"), &segments(shape, batch, false));
                ensure!(answer.status == 200, "segments are refused: {}", answer.body);
            }
            let answer = ask(&format!("/v1/trips/{trip}/bill"), &bill(estimate, other));
            Bill::read(&answer.body).map_err(|error| anyhow::anyhow!("{error}: {}", answer.body))
        };
        let (mut prices, mut whole) = (BTreeMap::new(), Vec::new());
        for shape in 0..SHAPES {
            let estimated = ask("/v1/estimates", &estimate(shape)).json();
            let estimate_id = estimated["estimate_id"].as_str().context("the ride is not estimated")?;
            let both = |name: &str, chosen, other| {
                let with = billed(&format!("native-{shape}-{name}-true"), shape, chosen, Some(estimate_id), other)?;
                let without = billed(&format!("native-{shape}-{name}-false"), shape, chosen, None, other)?;
                let (with, without) = ((with.price, with.ride), (without.price, without.ride));
                ensure!(with == without, "a quote makes a difference: {with:?}, {without:?}");
                Ok(with)
            };
            for chosen in 1..1_u32 << BATCHES.len() {
                let (price, _) = both(&chosen.to_string(), chosen, false)?;
                let numbers = BATCHES.iter().enumerate().filter(|(batch, _)| chosen >> batch & 1 == 1);
                prices.insert((shape, numbers.flat_map(|(_, batch)| *batch).collect()), price);
            }
            let all = (1 << BATCHES.len()) - 1;
            let ride = |other| both(if other { "other" } else { "whole" }, all, other).map(|(_, ride)| ride);
            whole.push(vec![ride(false)?, ride(true)?]);
        }
        Ok(Self { prices, whole })
    }

    /// What a ride comes to when it is billed from these segments.
    pub fn of(&self, shape: usize, segments: &BTreeSet<u64>) -> Option<Price> {
        self.prices.get(&(shape, segments.clone())).copied()
    }

    /// What the bill of a whole ride says of it when nothing fails: by its request, and by the one of other content.
    pub fn whole(&self, shape: usize) -> &[String] {
        self.whole.get(shape).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Rides differ, and so do parts of them: a total says what it was made from.
    #[test]
    fn every_part_of_a_ride_comes_to_something_else() {
        let prices = Prices::native().unwrap();
        for shape in 0..SHAPES {
            let whole = prices.of(shape, &all()).unwrap();
            let half = prices.of(shape, &[1, 2].into()).unwrap();
            assert!(half.total < whole.total && whole.top_up > 0, "{shape}: {half:?}, {whole:?}");
            assert_eq!(prices.of(shape, &[1].into()), None, "no batch is torn");
        }
        let totals: BTreeSet<i64> = (0..SHAPES).map(|shape| prices.of(shape, &all()).unwrap().total).collect();
        assert_eq!(totals.len(), SHAPES);
    }

    #[test]
    fn a_batch_counts_when_all_of_it_is_there() {
        assert_eq!(batches_in(&[1, 2, 3, 5, 6].into()).collect::<Vec<_>>(), [0, 2]);
    }
}
