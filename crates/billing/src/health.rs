//! What operators and their machines ask: what is served, whether bills can be answered, and how everything stands.
//!
//! - `look`: what is found when everything is looked at
//! - `readiness`: whether bills can be answered
//! - `status`: everything else

mod look;
mod readiness;
mod status;

pub use readiness::readiness;
pub use status::status;

use self::look::Look;
use crate::answers::{CitiesDocument, CityDocument, ProductDocument};
use crate::billing::Billing;
use crate::context::Context;
use crate::engines::Side;
use crate::event::Event;
use crate::ports::Ports;
use crate::requests::Tariffs as _;
use std::rc::Rc;

/// Looks at everything but the store, once in an instance: hosts make their new instances ready by asking for how everything stands,
/// and have no key to be told it.
pub async fn get_ready<P: Ports>(billing: &Rc<Billing<P>>, trace: &str) {
    if !billing.looked.replace(true) {
        Look::at(billing, trace).await;
    }
}

/// The products that can be priced and billed. What is broken is left out, and told.
pub fn cities<P: Ports>(context: &Context<P>) -> CitiesDocument {
    let config = &context.config;
    let mut cities = Vec::new();
    for city in config.cities() {
        let mut products = Vec::new();
        for product in config.products(city) {
            let card = |side| match config.card(city, product, side, context.now) {
                Ok(card) => card,
                Err(refusal) => {
                    let (city, product) = (city.to_owned(), product.to_owned());
                    context.tell(&Event::ProductLeftOut { city, product, why: refusal.reason().to_owned() });
                    None
                }
            };
            if let (Some(passenger), Some(driver)) = (card(Side::Passenger), card(Side::Driver)) {
                products.push(ProductDocument {
                    product: product.to_owned(),
                    title: passenger.title.clone(),
                    currency: passenger.currency,
                    time_zone: passenger.time_zone.clone(),
                    rate_card: passenger.version.clone(),
                    driver_rate_card: driver.version.clone(),
                });
            }
        }
        cities.push(CityDocument { city: city.to_owned(), products });
    }
    CitiesDocument { cities }
}
