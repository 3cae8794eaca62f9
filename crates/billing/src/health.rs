//! What operators and their machines ask: what is served, and whether everything is in order.

use crate::answers::{Check, CitiesDocument, CityDocument, ProductDocument, ReadinessDocument};
use crate::billing::Billing;
use crate::context::Context;
use crate::engines::Side;
use crate::event::Event;
use crate::ports::Ports;
use crate::refusal::Refusal;
use crate::requests::Tariffs as _;
use std::rc::Rc;

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

/// Looks at every document, every variable and the store.
pub async fn readiness<P: Ports>(billing: &Rc<Billing<P>>, trace: &str) -> ReadinessDocument {
    let mut checks = Vec::new();
    let mut add = |name: String, problem: Option<String>| checks.push(Check { name, ok: problem.is_none(), problem });
    let told = |refusal: Refusal| refusal.reason().to_owned();
    add("variables".to_owned(), billing.settings().await.err().map(told));
    let mut a_city = "ready".to_owned();
    match billing.config().await {
        Err(refusal) => add("config".to_owned(), Some(told(refusal))),
        Ok(config) => {
            for broken in billing.standing().broken {
                add(broken.path, Some(broken.why));
            }
            for city in config.cities() {
                city.clone_into(&mut a_city);
                for product in config.products(city) {
                    for (path, card) in Side::BOTH.into_iter().flat_map(|side| config.cards(city, product, side)) {
                        add(path.to_owned(), card.err().map(told));
                    }
                    for misfit in config.misfits(city, product) {
                        add(format!("cards/{city}/{product}"), Some(misfit));
                    }
                }
            }
            for city in config.cities_with_rules() {
                add(format!("cities/{city}.json"), config.city(city).err().map(told));
            }
            add("policies/default.json".to_owned(), config.policy().err().map(told));
            for locale in config.locales() {
                add(format!("copy/{locale}.ftl"), config.catalogue(locale).err().map(told));
            }
        }
    }
    if let Ok(context) = Context::new(billing, trace).await {
        // Any question that reaches the backend will do.
        let answer = context.read(context.ports().quote(&a_city, "readyz")).await;
        add("store".to_owned(), answer.err().map(|error| error.line()));
    }
    let ready = checks.iter().all(|check| check.ok);
    ReadinessDocument { status: if ready { "ready" } else { "not-ready" }, checks }
}
