//! What the application is measured against: the same estimates, computed by the same domain code, natively behind
//! axum. No components, no store.

use crate::artifacts;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use farebox_gateway::problem::Problem;
use farebox_gateway::requests::{EstimateRequest, Tariffs};
use farebox_gateway::responses::{self, EstimateDocument};
use farebox_gateway::token::{Estimate, Price, QuoteKey, Signer};
use farebox_gateway::{json, ride};
use farebox_money::Currency;
use farebox_pricing::RateCard;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CITY: &str = "110000";

struct Baseline {
    cards: BTreeMap<String, RateCard>,
    signer: Signer,
}

/// Serves estimates for Beijing on a free port, prints the address, and never returns.
///
/// # Panics
///
/// When no port can be had.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        println!("listening on http://{}", listener.local_addr().expect("a bound socket"));
        let baseline = Arc::new(Baseline::new());
        let estimate = move |body: Bytes| {
            let baseline = baseline.clone();
            async move { baseline.answer(&body) }
        };
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, Router::new().route("/v1/estimates", post(estimate))).await.expect("a server");
    });
}

impl Baseline {
    fn new() -> Self {
        let card = |product: &str| {
            let document = artifacts::card(&format!("{CITY}/{product}.passenger"));
            let card = RateCard::parse(&document).unwrap_or_else(|problems| panic!("{product}: {problems:?}"));
            (product.to_owned(), card)
        };
        let signer = Signer::new(b"the key of the baseline").expect("a key");
        Self { cards: ["express", "taxi"].map(card).into(), signer }
    }

    fn answer(&self, body: &[u8]) -> Response {
        match self.estimate(body) {
            Ok(response) => response.map(Into::into),
            Err(problem) => {
                let mut response = Response::new(format!("{problem:?}").into());
                *response.status_mut() = StatusCode::BAD_REQUEST;
                response
            }
        }
    }

    fn estimate(&self, body: &[u8]) -> Result<axum::http::Response<Vec<u8>>, Problem> {
        let request = EstimateRequest::decode(&json::parse(body)?, self)?;
        let trip = ride::estimated(&request);
        let mut bills = Vec::with_capacity(request.products.len());
        for product in &request.products {
            let card = self.cards.get(product).ok_or_else(|| Problem::internal(product.clone()))?;
            bills.push(card.price(&trip, None).map_err(|error| Problem::internal(format!("{error:?}")))?);
        }
        let mut quote = QuoteKey([0; 8]);
        getrandom::fill(&mut quote.0).map_err(|error| Problem::internal(error.to_string()))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let price = |(product, bill): (&String, &farebox_fare::Bill)| Price {
            product: product.clone(),
            total: bill.total,
            payable: bill.payable,
        };
        let estimate = Estimate {
            prices: request.products.iter().zip(&bills).map(price).collect(),
            city: request.city.clone(),
            quote,
            currency: request.currency,
            expires_at: i64::try_from(now).unwrap_or(i64::MAX).saturating_add(900),
        };
        let identifier = self.signer.seal(&estimate);
        responses::json(StatusCode::CREATED, &EstimateDocument::new(&estimate, identifier))
    }
}

impl Tariffs for Baseline {
    fn currency(&self, city: &str, product: &str) -> Result<Option<Currency>, Problem> {
        Ok(self.cards.get(product).filter(|_| city == CITY).map(|card| card.info().currency))
    }

    fn serves(&self, city: &str) -> bool {
        city == CITY
    }

    fn products(&self, _city: &str) -> Vec<&str> {
        self.cards.keys().map(String::as_str).collect()
    }

    fn cities(&self) -> Vec<&str> {
        vec![CITY]
    }
}
