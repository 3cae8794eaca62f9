//! The gateway as a component: takes requests from the host, answers all of them, and never traps.

mod bills;
mod cards;
mod config;
mod estimates;
mod health;
mod http;
mod later;
mod pages;
mod pricing;
mod quotes;
mod settlement;
mod store;
mod trips;

use self::http::{Body, Head};
use crate::problem::{self, Problem};
use crate::routes::{Query, Route};
use crate::settings::{self, Settings};
use crate::trace::Trace;
use crate::{json, openapi, responses};
use ::http::{Response, StatusCode};
use serde_json::{Value, json};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use std::cell::Cell;

/// The WIT packages that the gateway puts together.
mod bindings {
    #![allow(missing_docs, unsafe_code)]
    spin_sdk::wit_bindgen::generate!({
        path: [
            "../../wit/types",
            "../../wit/pricing",
            "../../wit/commission",
            "../../wit/render",
            "../../wit/store",
        ],
        inline: "
            package farebox:gateway;
            world gateway {
                import farebox:pricing/pricing@0.1.0;
                import farebox:commission/commission@0.1.0;
                import farebox:render/render@0.1.0;
                import farebox:store/trips@0.1.0;
                import farebox:store/quotes@0.1.0;
                import farebox:store/cards@0.1.0;
                import farebox:store/bills@0.1.0;
                import farebox:store/ledger@0.1.0;
            }
        ",
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        with: { "farebox:types/types@0.1.0": farebox_wit },
        generate_all,
    });
}

type Answer = Result<Response<Vec<u8>>, Problem>;

struct Gateway;
spin_sdk::wasip3::http::service::export!(Gateway);

impl Guest for Gateway {
    async fn handle(request: types::Request) -> Result<types::Response, ErrorCode> {
        let (head, body) = http::receive(request);
        let response = answer(&head, body).await.unwrap_or_else(|problem| refuse(problem, &head));
        http::respond(response)
    }
}

async fn answer(head: &Head, body: Body) -> Answer {
    let route = Route::find(head.method(), head.path())?;
    let query = |known| Query::parse(head.query(), known);
    let accept_language = || head.header("accept-language");
    match route {
        Route::CreateEstimate => estimates::create(&document(head, body).await?).await,
        Route::EstimateDetail { estimate_id, product } => {
            let query = query(pages::PARAMETERS)?;
            estimates::detail(&estimate_id, &product, &query, accept_language()).await
        }
        Route::AddSegments { trip_id } => trips::add_segments(&trip_id, &document(head, body).await?).await,
        Route::CreateBill { trip_id } => bills::create(trip_id, &document(head, body).await?).await,
        Route::Bill { trip_id } => bills::get(&trip_id, &query(bills::PARAMETERS)?).await,
        Route::BillDetail { trip_id } => {
            bills::detail(&trip_id, &query(bills::DETAIL_PARAMETERS)?, accept_language()).await
        }
        Route::Commission => settlement::create(&document(head, body).await?),
        Route::Cities => query(&[]).and_then(|_| health::cities()),
        Route::RateCard { city, version } => {
            query(&[])?;
            cards::get(&city, &version).await
        }
        Route::Health => responses::json(StatusCode::OK, &json!({"status": "ok"})),
        Route::Ready => health::ready().await,
        Route::OpenApi => Ok(responses::json_text(StatusCode::OK, openapi::DOCUMENT.into())),
        Route::RateCardSchema => Ok(responses::json_text(StatusCode::OK, openapi::RATE_CARD_SCHEMA.into())),
    }
}

/// Reads the JSON body of a request that has no query.
async fn document(head: &Head, body: Body) -> Result<Value, Problem> {
    Query::parse(head.query(), &[])?;
    if !json::is_json(head.header("content-type").as_deref()) {
        let detail = "send the body as JSON, and say so: Content-Type: application/json";
        return Err(Problem::new(problem::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    json::parse(&body.read(head).await?)
}

fn refuse(problem: Problem, head: &Head) -> Response<Vec<u8>> {
    let mut random = [0; 24];
    fill(&mut random);
    let trace = Trace::continue_or_new(head.header("traceparent").as_deref(), random);
    if let Some(log) = &problem.log {
        eprintln!("farebox-gateway: {} {}: {log}", trace.id(), problem.kind.code);
    }
    problem.into_response(&trace)
}

/// Fills `bytes` with randomness that nobody can guess.
fn fill(bytes: &mut [u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        // The host may answer with fewer bytes than asked for.
        let random = spin_sdk::wasip3::random::random::get_random_bytes(rest.len() as u64);
        let count = random.len().min(rest.len());
        let (head, tail) = rest.split_at_mut(count);
        head.copy_from_slice(random.get(..count).unwrap_or_default());
        rest = tail;
    }
}

/// A number that no other instance has, and this one never again.
fn unique() -> u64 {
    thread_local! {
        static NEXT: Cell<Option<u64>> = const { Cell::new(None) };
    }
    // Asking the host costs more than counting on from where it let us begin.
    let number = NEXT.get().unwrap_or_else(|| {
        let mut start = [0; 8];
        fill(&mut start);
        u64::from_le_bytes(start)
    });
    NEXT.set(Some(number.wrapping_add(1)));
    number
}

/// Seconds since 1970.
fn now() -> farebox_fare::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The settings, read once per instance.
async fn settings() -> Result<&'static Settings, Problem> {
    thread_local! {
        static SETTINGS: Cell<Option<&'static Settings>> = const { Cell::new(None) };
    }
    if let Some(settings) = SETTINGS.get() {
        return Ok(settings);
    }
    let mut values: [String; 4] = Default::default();
    for (value, name) in values.iter_mut().zip(settings::VARIABLES) {
        *value = spin_sdk::variables::get(name)
            .await
            .map_err(|error| Problem::config(format!("variable {name} cannot be read: {error}")))?;
    }
    let [.., signing_key] = &values;
    if signing_key == settings::DEVELOPMENT_KEY {
        eprintln!(
            "farebox-gateway: WARNING: estimates are signed with the built-in development key, which is public: anybody can \
             forge one. Set the variable signing_key to a secret of your own."
        );
    }
    // Lives as long as the instance does. A request that came at the same time may have set it; then both are equal.
    let settings: &'static Settings = Box::leak(Box::new(Settings::parse(&values)?));
    SETTINGS.set(Some(settings));
    Ok(settings)
}
