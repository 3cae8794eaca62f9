//! The pricing engine, natively and as a component, behind one face.

use crate::guest::{Guest, Wasi, pricing, vocabulary as wire};
use crate::wire::{bill_from_wire, trip_to_wire};
use farebox_pricing::{PriceError, RateCard};
use farebox_types::{Bill, Trip};
use pricing::exports::farebox::pricing::pricing as api;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// The outcome of pricing, in a form that is the same from both sides.
pub type Outcome = Result<Bill, String>;

/// Prices natively.
pub fn price_natively(card: &RateCard, trip: &Trip) -> Outcome {
    card.price(trip).map_err(|error| match error {
        PriceError::InvalidTrip(problem) => problem.to_string(),
        PriceError::Overflow(code) => format!("overflow in {code}"),
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

    /// The version of the engine.
    ///
    /// # Panics
    ///
    /// When the component traps.
    pub fn version(&mut self) -> String {
        let api = self.instance.farebox_pricing_pricing();
        api.call_version(&mut self.store).expect("a pure function does not trap")
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
        let trip = trip_to_wire(trip);
        self.price_wire(card, &trip).map(bill_from_wire).map_err(|error| match error {
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
        api.rate_card().call_price(&mut self.store, card.0, trip).expect("a pure function does not trap")
    }
}

fn problem(problem: wire::Problem) -> String {
    let place = if problem.pointer.is_empty() { "(document)" } else { &problem.pointer };
    format!("{place}: {} [{}]", problem.message, problem.code)
}
