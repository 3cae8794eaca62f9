//! How a bill is made, once everything is there that it is made of.

use super::records::contradiction;
use crate::config::{Card, ParsedPolicy};
use crate::context::Context;
use crate::engines::{Billed, Circumstances, Engines, Policy, RateCard};
use crate::funding::what_partners_pay;
use crate::ports::Ports;
use crate::pricing;
use crate::refusal::{Code, Refusal};
use crate::requests::Labels;
use crate::settlement;
use farebox_fare::{Degradation, Facts, Timestamp, Trip, time};
use farebox_records::{BillFacts, BillFormat, BillRecord, Finding, Guess, Kept, Metering, Pinned, Versions};

/// All that a bill is made of.
pub struct BillInputs<'a, C, P> {
    /// The caller's identifier.
    pub trip_id: &'a str,
    /// The city it began in.
    pub city: &'a str,
    /// What was ridden.
    pub product: &'a str,
    /// What was measured, or what stands in for it.
    pub trip: &'a Trip,
    /// How it was to be measured.
    pub metering: Metering,
    /// How many segments it has, as far as the request said.
    pub last_seq: Option<u64>,
    /// The estimate it was ordered with.
    pub estimate_id: Option<&'a str>,
    /// What it is known by.
    pub labels: &'a Labels,
    /// Prices the passenger's bill.
    pub passenger: &'a Card<C>,
    /// Prices the driver's.
    pub driver: &'a Card<C>,
    /// Settles the two. Without one that can be used, nothing does.
    pub policy: Option<&'a ParsedPolicy<P>>,
    /// Whether the cards are those of the estimate.
    pub pinned: Pinned,
    /// The ride as it was quoted on these cards.
    pub quoted: Option<&'a Trip>,
    /// The numbers of the engines, pricing's and commission's.
    pub engines: (u32, u32),
    /// What could not be had that the bill should have been made from.
    pub lacks: Vec<Degradation>,
    /// What is odd about the ride.
    pub findings: Vec<Finding>,
    /// Where distance and duration come from, when they were not measured.
    pub guess: Option<Guess>,
    /// When the bill is made.
    pub billed_at: Timestamp,
}

impl<C: RateCard, P: Policy> BillInputs<'_, C, P> {
    /// Prices both sides, settles them, and writes all of it down.
    ///
    /// # Errors
    ///
    /// Why it cannot be priced or settled.
    pub fn bill(&self) -> Result<BillRecord, Refusal> {
        let Self { trip, quoted, passenger, driver, policy, .. } = *self;
        let versions = Versions {
            rate_card: passenger.version.clone(),
            driver_rate_card: driver.version.clone(),
            policy: policy.map(|policy| policy.version.clone()),
            pricing: self.engines.0,
            commission: self.engines.1,
        };
        let currency = passenger.currency;
        let facts =
            BillFacts { trip: Facts::of(trip, currency), quoted: quoted.map(|quoted| Facts::of(quoted, currency)) };
        let begins = passenger.rates.local(trip.started_at);
        let (passenger, driver) = pricing::both_sides(passenger, driver, trip, quoted)?;
        let (city, product) = (self.city, self.product);
        let order = self.labels.order_of(&trip.order);
        let known = order.clone().unwrap_or_default();
        let ride = Circumstances { city, product, order: &known, outcome: trip.order.outcome, begins };
        let too_much =
            || Refusal::new(Code::TripNotBillable, "what partners pay of coupons would be more than can be billed");
        let partners = what_partners_pay(&trip.coupons, &passenger).ok_or_else(too_much)?;
        let billed = Billed { passenger: &passenger, driver: &driver, partners };
        let settle = |policy: &ParsedPolicy<P>| settlement::settle(&policy.policy, ride, billed);
        let settlement = policy.map(settle).transpose()?;
        let mut record = BillRecord {
            format: BillFormat::default(),
            trip_id: self.trip_id.to_owned(),
            city: city.to_owned(),
            product: product.to_owned(),
            basis: trip.basis,
            degraded: false,
            reasons: Vec::new(),
            findings: self.findings.clone(),
            provisional: false,
            kept: Kept::Shared,
            repair: None,
            billed_at: time::format(self.billed_at),
            started_at: time::format(trip.started_at),
            ended_at: time::format(trip.ended_at),
            distance_m: trip.distance_m,
            duration_s: trip.duration_s,
            guess: self.guess.clone(),
            metering: self.metering,
            last_seq: self.last_seq,
            estimate_id: self.estimate_id.map(str::to_owned),
            passenger_id: self.labels.passenger_id.clone(),
            driver_id: self.labels.driver_id.clone(),
            order,
            tags: self.labels.tags.clone(),
            passenger,
            driver,
            settlement,
            versions,
            pinned: self.pinned,
            facts,
        };
        let unsettled = policy.is_none().then_some(Degradation::PolicyUnavailable);
        self.lacks.iter().copied().chain(self.pinned.lacks()).chain(unsettled).for_each(|reason| record.lack(reason));
        Ok(record)
    }
}

/// All that a bill is made of, with the engines of these ports.
pub(super) type InputsOf<'a, P> =
    BillInputs<'a, <<P as Ports>::Engines as Engines>::Card, <<P as Ports>::Engines as Engines>::Policy>;

/// Prices a ride, settles it, and writes all of it down.
pub(super) fn written_down<P: Ports>(context: &Context<P>, ride: &InputsOf<'_, P>) -> Result<BillRecord, Refusal> {
    let mut record = ride.bill()?;
    if pricing::ignores_agreed_price(ride.passenger, ride.trip, ride.quoted, &record.passenger) {
        record.findings.push(Finding::AGREED_PRICE_UNUSED);
    }
    record.verify().map_err(|why| contradiction(context, ride.city, ride.trip_id, why))?;
    Ok(record)
}
