//! The pricing engine, natively and as a component, behind one face.

use crate::guest::{Guest, Wasi, pricing, vocabulary as wire};
use crate::wire::{bill_from_wire, trip_to_wire};
use farebox_fare::{Bill, Trip};
use farebox_pricing::{PriceError, RateCard};
use pricing::exports::farebox::pricing::pricing as api;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// The outcome of pricing, in a form that is the same from both sides.
pub type Outcome = Result<Bill, String>;

/// Prices natively.
pub fn price_natively(card: &RateCard, trip: &Trip) -> Outcome {
    price_natively_as_quoted(card, trip, None)
}

/// Prices natively, within what the card lets a quote grow.
pub fn price_natively_as_quoted(card: &RateCard, trip: &Trip, quoted: Option<&Trip>) -> Outcome {
    card.price(trip, quoted).map_err(|error| match error {
        PriceError::InvalidTrip(problem) => problem.to_string(),
        PriceError::Overflow(code) => format!("overflow in {code}"),
        PriceError::Contradiction(contradiction) => format!("the bill contradicts itself: {contradiction}"),
    })
}

/// An instance of the pricing component.
pub struct PricingComponent {
    store: Store<Wasi>,
    instance: pricing::Component,
}

/// A card inside the instance.
#[derive(Clone, Copy)]
pub struct ParsedCard(ResourceAny);

impl PricingComponent {
    /// A fresh instance.
    ///
    /// # Panics
    ///
    /// When the component does not fit its WIT.
    pub fn instantiate(guest: &Guest) -> Self {
        let mut store = guest.store();
        let instance = pricing::Component::instantiate(&mut store, &guest.component, &guest.linker)
            .unwrap_or_else(|error| panic!("pricing: {error:?}"));
        Self { store, instance }
    }

    /// The number of the engine.
    ///
    /// # Panics
    ///
    /// When the component traps.
    pub fn engine(&mut self) -> u32 {
        let api = self.instance.farebox_pricing_pricing();
        api.call_engine(&mut self.store).expect("a pure function does not trap")
    }

    /// Parses a card.
    ///
    /// # Errors
    ///
    /// The problems, one a line, as a native parse would print them.
    ///
    /// # Panics
    ///
    /// When the component traps.
    pub fn parse(&mut self, document: &str) -> Result<ParsedCard, Vec<String>> {
        let api = self.instance.farebox_pricing_pricing();
        let parsed = api.rate_card().call_parse(&mut self.store, document).expect("a pure function does not trap");
        parsed.map(ParsedCard).map_err(|error| match error {
            api::CardError::Invalid(problems) => problems.into_iter().map(problem).collect(),
            api::CardError::Other(message) => vec![message],
        })
    }

    /// Prices a trip.
    ///
    /// # Panics
    ///
    /// When the component traps.
    pub fn price(&mut self, card: ParsedCard, trip: &Trip) -> Outcome {
        self.price_as_quoted(card, trip, None)
    }

    /// Prices a trip, within what the card lets a quote grow.
    ///
    /// # Panics
    ///
    /// When the component traps.
    pub fn price_as_quoted(&mut self, card: ParsedCard, trip: &Trip, quoted: Option<&Trip>) -> Outcome {
        let (trip, quoted) = (trip_to_wire(trip), quoted.map(trip_to_wire));
        let api = self.instance.farebox_pricing_pricing();
        let priced = api.rate_card().call_price(&mut self.store, card.0, &trip, quoted.as_ref());
        priced.expect("a pure function does not trap").map(bill_from_wire).map_err(|error| match error {
            api::PriceError::InvalidTrip(invalid) => problem(invalid),
            api::PriceError::Overflow(code) => format!("overflow in {code}"),
            api::PriceError::Other(message) => message,
        })
    }

    /// Prices a trip that is in the wire's form already, and leaves the bill in it: what a caller inside wasm does.
    ///
    /// # Errors
    ///
    /// As the component says.
    ///
    /// # Panics
    ///
    /// When the component traps.
    pub fn price_wire(&mut self, card: ParsedCard, trip: &wire::Trip) -> Result<wire::Bill, api::PriceError> {
        let api = self.instance.farebox_pricing_pricing();
        api.rate_card().call_price(&mut self.store, card.0, trip, None).expect("a pure function does not trap")
    }

    /// The totals of one trip on many cards; what cannot be priced has none.
    ///
    /// # Panics
    ///
    /// When the component traps.
    pub fn estimate(&mut self, cards: &[ParsedCard], trip: &wire::Trip) -> Vec<Option<api::Totals>> {
        let cards: Vec<ResourceAny> = cards.iter().map(|card| card.0).collect();
        let api = self.instance.farebox_pricing_pricing();
        let totals = api.call_estimate(&mut self.store, &cards, trip).expect("a pure function does not trap");
        totals.into_iter().map(Result::ok).collect()
    }

    /// Drops a card.
    ///
    /// # Panics
    ///
    /// When it was dropped before.
    pub fn forget(&mut self, card: ParsedCard) {
        card.0.resource_drop(&mut self.store).expect("a card of this instance");
    }
}

fn problem(problem: wire::Problem) -> String {
    let place = if problem.pointer.is_empty() { "(document)" } else { &problem.pointer };
    format!("{place}: {} [{}]", problem.message, problem.code)
}
