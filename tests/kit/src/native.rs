//! The engines, called natively: what the components do, without components.

use farebox_billing::engines::{
    Billed, BorneAmount, CardInfo, Catalogue, Circumstances, Engines, PageLine, PageSection, ParseError, Policy, Price,
    PriceError, RateCard, RepairWords, RepairedLine, RideTotals, SettleError, Side, SideRepair,
};
use farebox_fare::{Bill, LocalTime, Timestamp, Trip};
use farebox_records::{LineDifference, Settlement};
use std::marker::PhantomData;
use {farebox_commission as commission, farebox_pricing as pricing, farebox_render as render};

/// The crates that the components are made of, with what renders or without.
#[derive(Debug)]
pub struct Native<C = NativeCatalogue>(PhantomData<C>);

/// A rate card.
#[derive(Debug)]
pub struct NativeCard(pub pricing::RateCard);

/// A commission policy.
#[derive(Debug)]
pub struct NativePolicy(commission::Policy);

/// The copy of one locale.
#[derive(Debug)]
pub struct NativeCatalogue(render::Catalogue);

impl<C: Catalogue + 'static> Engines for Native<C> {
    type Card = NativeCard;
    type Policy = NativePolicy;
    type Catalogue = C;

    fn pricing() -> u32 {
        pricing::ENGINE
    }

    fn commission() -> u32 {
        commission::ENGINE
    }
}

impl RateCard for NativeCard {
    fn parse(document: &str) -> Result<Self, ParseError> {
        pricing::RateCard::parse(document).map(Self).map_err(ParseError::Invalid)
    }

    fn info(&self) -> Result<CardInfo, String> {
        let info = self.0.info();
        Ok(CardInfo {
            version: info.version.clone(),
            title: info.title.clone(),
            city: info.city.clone(),
            product: info.product.clone(),
            side: match info.side {
                pricing::Side::Passenger => Side::Passenger,
                pricing::Side::Driver => Side::Driver,
            },
            currency: info.currency,
            time_zone: info.time_zone.clone(),
            effective_from: info.effective_from.clone(),
            effective_at: info.effective_at,
            fees: self.0.codes().map(str::to_owned).collect(),
        })
    }

    fn local(&self, at: Timestamp) -> LocalTime {
        self.0.local_time(at)
    }

    fn price(&self, trip: &Trip, quoted: Option<&Trip>) -> Result<Bill, PriceError> {
        self.0.price(trip, quoted).map_err(price_error)
    }

    fn estimate(cards: &[&Self], trip: &Trip) -> Vec<Result<Price, PriceError>> {
        let price = |totals: pricing::Totals| Price { total: totals.total, payable: totals.payable };
        let totals = pricing::estimate(cards.iter().map(|card| &card.0), trip).into_iter();
        totals.map(|totals| totals.map(price).map_err(price_error)).collect()
    }
}

impl Policy for NativePolicy {
    fn parse(document: &str) -> Result<Self, ParseError> {
        commission::Policy::parse(document).map(Self).map_err(ParseError::Invalid)
    }

    fn version(&self) -> String {
        self.0.version().to_owned()
    }

    fn settle(&self, ride: Circumstances<'_>, billed: Billed<'_>) -> Result<Settlement, SettleError> {
        let Billed { passenger, driver, partners } = billed;
        let billed = commission::Billed { passenger, driver, partners };
        self.0.settle_bills(&circumstances(ride), billed).map_err(settle_error)
    }

    fn settle_totals(&self, ride: Circumstances<'_>, totals: RideTotals) -> Result<Settlement, SettleError> {
        let RideTotals { currency, passenger_total, driver_total, coupons } = totals;
        let totals = commission::Totals { currency, passenger_total, driver_total, coupons };
        self.0.settle(&circumstances(ride), &totals).map_err(settle_error)
    }
}

impl Catalogue for NativeCatalogue {
    fn parse(locale: &str, messages: &str, layout: &str) -> Result<Self, ParseError> {
        render::Catalogue::parse(locale, messages, layout).map(Self).map_err(ParseError::Invalid)
    }

    fn scenes(&self) -> Vec<String> {
        self.0.scenes().map(str::to_owned).collect()
    }

    fn render(&self, bill: &Bill, scene: &str) -> Result<Vec<PageSection>, String> {
        let page = self.0.render(bill, scene).map_err(|_| format!("lost the scene {scene}"))?;
        let line = |line: render::PageLine| PageLine {
            code: line.code,
            label: line.label,
            text: line.text,
            amount: line.amount,
        };
        let section = |section: render::Section| PageSection {
            title: section.title,
            lines: section.lines.into_iter().map(line).collect(),
        };
        Ok(page.sections.into_iter().map(section).collect())
    }

    fn repair(&self, repair: SideRepair<'_>, scene: &str) -> Result<RepairWords, String> {
        let SideRepair { bill, because, closed, difference } = repair;
        let line = |line: &LineDifference| render::FeeDifference {
            code: line.code.clone(),
            before: line.before,
            after: line.after,
        };
        let repair = render::Repair {
            because: because.to_vec(),
            closed,
            before: difference.before,
            after: difference.after,
            borne: difference.borne,
            lines: difference.lines.iter().map(line).collect(),
        };
        let page = self.0.repair(bill, &repair, scene).map_err(|_| format!("lost the scene {scene}"))?;
        let line = |line: render::RepairLine| RepairedLine {
            code: line.code,
            label: line.label,
            before: line.before,
            after: line.after,
        };
        Ok(RepairWords {
            title: page.title,
            text: page.text,
            outcome: page.outcome,
            before: page.before,
            after: page.after,
            difference: page.difference,
            borne: page.borne.map(|borne| BorneAmount { amount: borne.amount, text: borne.text }),
            lines: page.lines.into_iter().map(line).collect(),
        })
    }
}

fn circumstances(ride: Circumstances<'_>) -> commission::Circumstances {
    let Circumstances { city, product, order, outcome, begins } = ride;
    commission::Circumstances::of(city, product, order.clone(), outcome, begins)
}

fn price_error(error: pricing::PriceError) -> PriceError {
    match error {
        pricing::PriceError::InvalidTrip(problem) => PriceError::InvalidTrip(problem),
        pricing::PriceError::Overflow(code) => PriceError::Overflow(code),
        pricing::PriceError::Contradiction(contradiction) => {
            PriceError::Other(format!("the bill contradicts itself: {contradiction}"))
        }
    }
}

fn settle_error(error: commission::SettleError) -> SettleError {
    match error {
        commission::SettleError::InvalidRide(problem) => SettleError::InvalidRide(problem),
        commission::SettleError::Overflow => SettleError::Overflow,
    }
}
