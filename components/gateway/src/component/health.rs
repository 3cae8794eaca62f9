//! What operators and their machines ask: what is served, and whether everything is in order.

use super::bindings::farebox::pricing::pricing::Side;
use super::config::Config;
use super::{Answer, settings, store};
use crate::problem::Problem;
use crate::requests::Tariffs;
use crate::responses::{self, Check, CitiesDocument, CityDocument, ProductDocument, ReadinessDocument};
use ::http::StatusCode;

/// `GET /v1/cities`: the products that can be priced and billed. What is broken is left out, and named in the log.
pub fn cities() -> Answer {
    let config = Config::get()?;
    let mut cities = Vec::new();
    for city in config.cities() {
        let mut products = Vec::new();
        for product in config.products(city) {
            let card = |side| match config.card(city, product, side) {
                Ok(card) => card,
                Err(problem) => {
                    eprintln!("farebox-gateway: left out of /v1/cities: {}", problem.log.unwrap_or_default());
                    None
                }
            };
            if let (Some(passenger), Some(driver)) = (card(Side::Passenger), card(Side::Driver)) {
                products.push(ProductDocument {
                    product,
                    title: &passenger.title,
                    currency: passenger.currency,
                    time_zone: &passenger.time_zone,
                    rate_card: &passenger.version,
                    driver_rate_card: &driver.version,
                });
            }
        }
        cities.push(CityDocument { city, products });
    }
    responses::json(StatusCode::OK, &CitiesDocument { cities })
}

/// `GET /readyz`: looks at every document, every variable and the store.
pub async fn ready() -> Answer {
    let mut checks = Vec::new();
    let mut add = |name: String, result: Result<(), Problem>| {
        let problem = result.err().map(|problem| problem.log.unwrap_or(problem.detail));
        checks.push(Check { name, ok: problem.is_none(), problem });
    };
    let settings = settings().await;
    add(
        "variables".into(),
        settings.as_ref().map(|_| ()).map_err(|problem| Problem::config(problem.log.clone().unwrap_or_default())),
    );
    let config = Config::get();
    let mut a_city = "ready";
    match config {
        Err(problem) => add("config".into(), Err(problem)),
        Ok(config) => {
            for stray in config.strays() {
                add("config".into(), Err(Problem::config(stray.clone())));
            }
            for city in config.cities() {
                a_city = city;
                for product in config.products(city) {
                    for (side, name) in [(Side::Passenger, "passenger"), (Side::Driver, "driver")] {
                        let name = format!("cards/{city}/{product}.{name}.json");
                        add(name, config.card(city, product, side).map(drop));
                    }
                }
            }
            add("policies/default.json".into(), config.policy().map(drop));
            for locale in config.locales() {
                add(format!("copy/{locale}.ftl"), config.catalogue(locale).map(drop));
            }
        }
    }
    if let Ok(settings) = settings {
        // Any question that reaches the backend will do.
        let answer = store::quote(a_city, "readyz".to_owned(), settings.read_deadline).await;
        add("store".into(), answer.map(drop).map_err(|error| Problem::config(error.line())));
    }
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    responses::json(status, &ReadinessDocument { status: if ready { "ready" } else { "not-ready" }, checks })
}
