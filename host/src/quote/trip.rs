//! A ride on the command line.

use super::amount::amount;
use super::coupon;
use crate::{duration, input, moment};
use anyhow::{Context, ensure};
use clap::Args;
use farebox_fare::{Basis, Facts, MockCharges, Order, Outcome, Point, Segment, Timestamp, Trip};
use farebox_money::{Currency, Decimal, decimal};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The facts of a ride: from a file, or one by one.
#[derive(Debug, Args)]
#[command(next_help_heading = "The ride")]
pub struct TripArgs {
    /// The facts of the ride instead of the options below, as a bill record has them under "facts"; "-" is the standard
    /// input.
    #[arg(long, value_name = "FILE", conflicts_with_all = FACTS)]
    facts: Option<PathBuf>,
    /// How far, for example 4.1km or 4100m. Need not be said of a ride that was called off or has an agreed price.
    #[arg(long, value_parser = parse_distance, required_unless_present_any = UNMEASURED, conflicts_with = "segments")]
    distance: Option<u64>,
    /// How long, for example 21m, 1h5m or 1260s. Need not be said of a ride that was called off or has an agreed price.
    #[arg(long, value_parser = duration::parse, required_unless_present_any = UNMEASURED, conflicts_with = "segments")]
    duration: Option<u64>,
    /// Metered pieces of the trip instead of distance and duration: a JSON list of {seq, started_at, distance_m,
    /// duration_s}.
    #[arg(long, value_name = "FILE")]
    segments: Option<PathBuf>,
    /// When the trip begins (RFC 3339). With --segments, the earliest of them; otherwise now.
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    at: Option<Timestamp>,
    /// Where it begins, in degrees, for example 40.6413,-73.7781.
    #[arg(long, value_name = "LAT,LNG", value_parser = parse_point, allow_hyphen_values = true)]
    from: Option<Point>,
    /// Where it ends.
    #[arg(long, value_name = "LAT,LNG", value_parser = parse_point, allow_hyphen_values = true)]
    to: Option<Point>,
    /// The passenger's tier.
    #[arg(long)]
    tier: Option<String>,
    /// How the ride was ordered.
    #[arg(long)]
    scene: Option<String>,
    /// How many people ride.
    #[arg(long, value_name = "NUMBER")]
    passengers: Option<u32>,
    /// How long before the start the ride was ordered, for example 4h.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    booked_ahead: Option<u64>,
    /// How long the driver was kept waiting.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    waiting: Option<u64>,
    /// Dynamic (surge) factor, for example 1.20.
    #[arg(long, value_name = "FACTOR", value_parser = parse_factor)]
    dynamic: Option<Decimal>,
    /// Tolls to pass on, for example 10.00.
    #[arg(long, value_name = "AMOUNT")]
    tolls: Option<String>,
    /// Parking to pass on.
    #[arg(long, value_name = "AMOUNT")]
    parking: Option<String>,
    /// Motorway charges to pass on.
    #[arg(long, value_name = "AMOUNT")]
    highway: Option<String>,
    /// A price agreed for the ride as a whole.
    #[arg(long, value_name = "AMOUNT")]
    one_price: Option<String>,
    /// The ride was called off.
    #[arg(long)]
    cancelled: bool,
    /// A coupon: 5.00 off, or 20% off; with conditions 20%,min=30.00,max=10.00,for=mileage+duration. May be given several
    /// times; they apply in order.
    #[arg(long, value_name = "AMOUNT|PERCENT%[,...]")]
    coupon: Vec<String>,
}

/// What says, or makes it needless to say, how far and how long. As the service has it: a ride that was called off has nothing to
/// measure, and a price that was agreed needs no measuring.
const UNMEASURED: [&str; 4] = ["segments", "facts", "cancelled", "one_price"];

/// What a file of facts takes the place of.
const FACTS: [&str; 18] = [
    "distance",
    "duration",
    "segments",
    "at",
    "from",
    "to",
    "tier",
    "scene",
    "passengers",
    "booked_ahead",
    "waiting",
    "dynamic",
    "tolls",
    "parking",
    "highway",
    "one_price",
    "cancelled",
    "coupon",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentDocument {
    seq: u64,
    started_at: jiff::Timestamp,
    distance_m: u64,
    duration_s: u64,
}

impl TripArgs {
    /// The ride.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or an amount is not one in `currency`.
    pub fn read(&self, currency: Currency) -> anyhow::Result<Trip> {
        if let Some(path) = &self.facts {
            let trip = input::read_document::<Facts>(path, super::FACTS)?.trip(currency);
            return trip.map_err(|why| anyhow::anyhow!("{}: {why}", input::name(path)));
        }
        let money = |flag: &str, text: Option<&str>| text.map(|text| amount(flag, text, currency)).transpose();
        let coupons = self.coupon.iter().enumerate().map(|(index, text)| coupon::parse(index, text, currency));
        let segments = self.segments.as_deref().map(load_segments).transpose()?;
        let sum = |of: fn(&Segment) -> u64, segments: &[Segment]| {
            segments.iter().try_fold(0_u64, |sum, s| sum.checked_add(of(s)))
        };
        let (basis, distance_m, duration_s) = match &segments {
            Some(segments) => {
                let distance = sum(|segment| segment.distance_m, segments).context("the distance is too large")?;
                let duration = sum(|segment| segment.duration_s, segments).context("the duration is too large")?;
                (Basis::Metered, distance, duration)
            }
            None => (Basis::Estimated, self.distance.unwrap_or_default(), self.duration.unwrap_or_default()),
        };
        let segments = segments.unwrap_or_default();
        let earliest = segments.iter().map(|segment| segment.started_at).min();
        let started_at = self.at.or(earliest).unwrap_or_else(|| jiff::Timestamp::now().as_second());
        let elapsed = i64::try_from(duration_s).context("the duration is too large")?;
        Ok(Trip {
            basis,
            mock_charges: MockCharges::default(),
            started_at,
            ended_at: started_at.checked_add(elapsed).context("the duration is too large")?,
            distance_m,
            duration_s,
            segments,
            origin: self.from,
            destination: self.to,
            order: Order {
                // That of the card.
                product: None,
                tier: self.tier.clone(),
                kind: self.scene.clone(),
                passengers: self.passengers.unwrap_or_default(),
                booked_ahead_s: self.booked_ahead.unwrap_or_default(),
                one_price: money("--one-price", self.one_price.as_deref())?,
                outcome: if self.cancelled { Outcome::Cancelled } else { Outcome::Completed },
            },
            waiting_s: self.waiting.unwrap_or_default(),
            dynamic_factor: self.dynamic,
            tolls: money("--tolls", self.tolls.as_deref())?.unwrap_or_default(),
            parking: money("--parking", self.parking.as_deref())?.unwrap_or_default(),
            highway: money("--highway", self.highway.as_deref())?.unwrap_or_default(),
            coupons: coupons.collect::<anyhow::Result<_>>()?,
        })
    }
}

fn load_segments(path: &Path) -> anyhow::Result<Vec<Segment>> {
    let documents: Vec<SegmentDocument> = input::read_document(path, "a list of segments")?;
    ensure!(!documents.is_empty(), "{} has no segments", input::name(path));
    let segments = documents.into_iter().map(|document| Segment {
        sequence: document.seq,
        started_at: document.started_at.as_second(),
        distance_m: document.distance_m,
        duration_s: document.duration_s,
    });
    Ok(segments.collect())
}

/// "4.1km", "4100m" or "4100": whole metres in the end.
fn parse_distance(text: &str) -> Result<u64, String> {
    let (number, metres_per) = match (text.strip_suffix("km"), text.strip_suffix('m')) {
        (Some(number), _) => (number, 1000),
        (None, Some(number)) => (number, 1),
        (None, None) => (text, 1),
    };
    let metres = decimal(number.trim()).and_then(|number| number.checked_mul(metres_per.into()));
    let whole = metres.filter(|metres| metres.is_integer()).and_then(|metres| u64::try_from(metres).ok());
    whole.ok_or_else(|| "not a distance in whole metres; write it like 4.1km or 4100m".to_owned())
}

fn parse_factor(text: &str) -> Result<Decimal, String> {
    decimal(text).ok_or_else(|| "not a number; write it like 1.20".to_owned())
}

/// "40.6413,-73.7781": millionths of a degree in the end.
fn parse_point(text: &str) -> Result<Point, String> {
    let millionths = |text: &str| Point::millionths(text.trim());
    text.split_once(',')
        .and_then(|(lat, lng)| Some(Point { latitude: millionths(lat)?, longitude: millionths(lng)? }))
        .ok_or_else(|| "not a place; write it like 40.6413,-73.7781, with at most 6 decimals".to_owned())
}
