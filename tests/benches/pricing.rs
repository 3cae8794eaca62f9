//! Pricing, measured: natively, in a warm instance of the component, in a fresh one, and by another rules engine.
#![allow(clippy::print_stdout, reason = "a bench is for what it prints")]
#![allow(missing_docs, clippy::unwrap_used, clippy::float_arithmetic)]

use criterion::{Criterion, criterion_group};
use farebox_fare::Trip;
use farebox_kit::artifacts;
use farebox_pricing::RateCard;
use farebox_tests::guest::Guest;
use farebox_tests::pricing::PricingComponent;
use farebox_tests::wire::trip_to_wire;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// Thirty-two kilometres and an hour in the morning peak, with everything that can be charged.
fn ride() -> Trip {
    Trip {
        // 2026-11-21T08:00:00+08:00.
        started_at: 1_795_219_200,
        ended_at: 1_795_222_800,
        distance_m: 32_000,
        duration_s: 3_600,
        waiting_s: 600,
        dynamic_factor: Some("1.20".parse().unwrap()),
        tolls: 1_000,
        parking: 500,
        ..Trip::default()
    }
}

fn pricing(criterion: &mut Criterion) {
    let document = std::fs::read_to_string(artifacts::repository().join("tests/cases/twelve-lines.json")).unwrap();
    let beijing = artifacts::card("110000/express.passenger");
    let trip = ride();
    let wire = trip_to_wire(&trip);
    let guest = Guest::load("pricing");
    let mut group = criterion.benchmark_group("pricing");

    let card = RateCard::parse(&document).unwrap();
    assert_eq!(card.price(&trip, None).unwrap().lines.len(), 12);
    group.bench_function("native", |bencher| bencher.iter(|| card.price(black_box(&trip), None).unwrap()));

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

    let cards: Vec<_> = (0..20).map(|_| component.parse(&beijing).unwrap()).collect();
    group.bench_function("estimate of 1 product", |bencher| {
        bencher.iter(|| component.estimate(&cards[..1], black_box(&wire)))
    });
    group.bench_function("estimate of 20 products", |bencher| {
        bencher.iter(|| component.estimate(&cards, black_box(&wire)))
    });
    group.bench_function("bill on the Beijing card", |bencher| {
        bencher.iter(|| component.price_wire(cards[0], black_box(&wire)).unwrap())
    });

    group.bench_function("load the Beijing card natively", |bencher| {
        bencher.iter(|| RateCard::parse(black_box(&beijing)).unwrap())
    });
    group.bench_function("load the Beijing card in the component", |bencher| {
        bencher.iter(|| {
            let card = component.parse(black_box(&beijing)).unwrap();
            component.forget(card);
        });
    });
    group.finish();
}

criterion_group!(benches, pricing);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let directory = artifacts::repository().join("target/criterion/pricing");
    let time = |name: &str| median(&directory.join(name));
    let Some(native) = time("native") else { return };
    println!("\npricing, as ratios of this run (a bill of 12 lines, native, is 1: {native:.0} ns):");
    for name in
        ["warm component", "fresh instance", "load the Beijing card natively", "load the Beijing card in the component"]
    {
        if let Some(time) = time(name) {
            println!("  {name:<38} {:>8.1} x = {:>9.1} us", time / native, time / 1000.0);
        }
    }
    if let (Some(one), Some(twenty)) = (time("estimate of 1 product"), time("estimate of 20 products")) {
        println!("  20 products in one estimate cost {:.1} x one product ({one:.0} ns)", twenty / one);
    }
    match (zen(), time("bill on the Beijing card")) {
        (Some(zen), Some(bill)) => println!(
            "  GoRules ZEN, native, evaluates the Beijing tariff in {:.1} us: {:.1} x the component's {:.1} us",
            zen / 1000.0,
            zen / bill,
            bill / 1000.0
        ),
        _ => println!("  no comparison with GoRules ZEN: ./x bench builds it"),
    }
}

/// How long another engine takes for the Beijing tariff, in nanoseconds, on this machine, now.
fn zen() -> Option<f64> {
    let program = artifacts::repository().join("target/zen/release/zen");
    let output = Command::new(program).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The median of a benchmark in nanoseconds, as criterion left it.
fn median(directory: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(directory.join("new/estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    estimates.get("median")?.get("point_estimate")?.as_f64()
}
