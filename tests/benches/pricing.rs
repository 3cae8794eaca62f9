//! One pricing call: natively, in a warm instance of the component, and in a fresh one.
#![allow(missing_docs, clippy::unwrap_used, clippy::float_arithmetic)]

use criterion::{Criterion, criterion_group};
use farebox_pricing::RateCard;
use farebox_tests::artifacts;
use farebox_tests::guest::Guest;
use farebox_tests::pricing::PricingComponent;
use farebox_tests::wire::trip_to_wire;
use farebox_types::{Basis, Trip};
use std::hint::black_box;
use std::path::Path;

/// Ten kilometres and twenty minutes in the morning, with surge and tolls: every line of the Beijing card.
fn ride() -> Trip {
    Trip {
        basis: Basis::Estimated,
        started_at: 1_795_219_200,
        ended_at: 1_795_220_400,
        distance_m: 10_000,
        duration_s: 1_200,
        segments: Vec::new(),
        dynamic_factor: Some("1.20".parse().unwrap()),
        tolls: 1_000,
        coupons: Vec::new(),
    }
}

fn pricing(criterion: &mut Criterion) {
    let document = artifacts::card("110000/express.passenger");
    let trip = ride();
    let wire = trip_to_wire(&trip);
    let guest = Guest::load("pricing");
    let mut group = criterion.benchmark_group("pricing");

    let card = RateCard::parse(&document).unwrap();
    group.bench_function("native", |bencher| bencher.iter(|| card.price(black_box(&trip)).unwrap()));

    let mut component = PricingComponent::instantiate(&guest);
    let card = component.parse(&document).unwrap();
    group.bench_function("warm component", |bencher| {
        bencher.iter(|| component.price_wire(card, black_box(&wire)).unwrap())
    });

    group.bench_function("fresh instance", |bencher| {
        bencher.iter(|| {
            let mut component = PricingComponent::instantiate(&guest);
            let card = component.parse(&document).unwrap();
            component.price_wire(card, black_box(&wire)).unwrap()
        });
    });

    group.bench_function("parse a card, native", |bencher| {
        bencher.iter(|| RateCard::parse(black_box(&document)).unwrap())
    });
    group.finish();
}

criterion_group!(benches, pricing);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let directory = artifacts::repository().join("target/criterion/pricing");
    let Some(native) = median(&directory.join("native")) else { return };
    println!("\npricing, as ratios of this run (native is {native:.0} ns):");
    for name in ["warm component", "fresh instance", "parse a card, native"] {
        if let Some(time) = median(&directory.join(name)) {
            println!("  {name:<22} {:>7.1} x native", time / native);
        }
    }
}

/// The median of a benchmark in nanoseconds, as criterion left it.
fn median(directory: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(directory.join("new/estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    estimates.get("median")?.get("point_estimate")?.as_f64()
}
