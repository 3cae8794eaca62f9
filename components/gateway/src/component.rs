//! The gateway as a component: takes requests from the host, answers all of them, and never traps.

mod bindings;
mod engines;
mod store;
mod world;

use self::world::World;
use crate::routes::{self, Route};
use crate::{openapi, peer, refusals};
use farebox_billing::event::Event;
use farebox_billing::ports::Events as _;
use farebox_billing::{Billing, Context, Wanted, bills, cards, estimates, health, meter, settlement};
use farebox_web::problem::{self, ProblemDetails};
use farebox_web::query::Query;
use farebox_web::response::Response;
use farebox_web::trace::Trace;
use farebox_web::wasi::{self, Body, Head};
use farebox_web::{answer, body};
use http::StatusCode;
use serde_json::{Value, json};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use std::rc::Rc;

type Answer = Result<Response, ProblemDetails>;

struct Gateway;
spin_sdk::wasip3::http::service::export!(Gateway);

impl Guest for Gateway {
    async fn handle(request: types::Request) -> Result<types::Response, ErrorCode> {
        let (head, body) = wasi::receive(request);
        let trace = Trace::continue_or_new(head.header("traceparent").as_deref(), world::random());
        let response = match answer(&head, body, &trace).await {
            Ok(mut response) => {
                trace.mark(&mut response);
                response
            }
            Err(problem) => {
                if let Some(event) = Event::of_refusal(problem.kind.code, problem.log.as_deref()) {
                    World.tell(trace.id(), &event);
                }
                problem.into_response(&trace)
            }
        };
        wasi::respond(response)
    }
}

thread_local! {
    /// What the requests of this instance share.
    static BILLING: Rc<Billing<World>> = Billing::new(World);
}

async fn answer(head: &Head, body: Body, trace: &Trace) -> Answer {
    let route = Route::find(head.method(), head.path())?;
    let query = |known| Query::parse(head.query(), known);
    let context = async || {
        let billing = BILLING.with(Rc::clone);
        Context::new(&billing, trace.id()).await.map(Rc::new).map_err(refusals::details)
    };
    match route {
        Route::CreateEstimate => {
            let document = document(head, body).await?;
            let estimate = estimates::create(&context().await?, &document).await;
            answer::json(StatusCode::CREATED, &estimate.map_err(refusals::details)?)
        }
        Route::EstimateDetail { estimate_id, product } => {
            let query = query(routes::ESTIMATE_DETAIL)?;
            let languages = head.header("accept-language");
            let wanted = wanted(&query, languages.as_deref());
            let page = estimates::detail(&*context().await?, &estimate_id, &product, wanted).await;
            answer::json(StatusCode::OK, &page.map_err(refusals::details)?)
        }
        Route::AddSegments { trip_id } => {
            let document = document(head, body).await?;
            let totals = meter::add_segments(&*context().await?, &trip_id, &document).await;
            answer::json(StatusCode::OK, &totals.map_err(refusals::details)?)
        }
        Route::CreateBill { trip_id } => {
            let document = document(head, body).await?;
            let bill = bills::create(&*context().await?, &trip_id, &document).await;
            Ok(billed(bill.map_err(refusals::details)?))
        }
        Route::Bill { trip_id } => {
            let query = query(routes::BILL)?;
            let bill = bills::fetch(&*context().await?, &trip_id, query.get("city")).await;
            Ok(Response::json_text(StatusCode::OK, bill.map_err(refusals::details)?.into()))
        }
        Route::BillDetail { trip_id } => {
            let query = query(routes::BILL_DETAIL)?;
            let languages = head.header("accept-language");
            let wanted = wanted(&query, languages.as_deref());
            let page = bills::detail(&*context().await?, &trip_id, query.get("city"), wanted).await;
            answer::json(StatusCode::OK, &page.map_err(refusals::details)?)
        }
        Route::Commission => {
            let document = document(head, body).await?;
            let settlement = settlement::create(&*context().await?, &document);
            answer::json(StatusCode::OK, &settlement.map_err(refusals::details)?)
        }
        Route::Cities => {
            query(&[])?;
            answer::json(StatusCode::OK, &health::cities(&*context().await?))
        }
        Route::RateCard { city, version } => {
            query(&[])?;
            let card = cards::document(&*context().await?, &city, &version).await;
            Ok(Response::json_text(StatusCode::OK, card.map_err(refusals::details)?.into()))
        }
        Route::Health => answer::json(StatusCode::OK, &json!({"status": "ok"})),
        Route::Ready => {
            let readiness = health::readiness(&BILLING.with(Rc::clone), trace.id()).await;
            let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            answer::json(status, &readiness)
        }
        Route::Status => {
            peer::admit(&head.headers(peer::HEADER))?;
            answer::json(StatusCode::OK, &health::status(&BILLING.with(Rc::clone), trace.id()).await)
        }
        Route::OpenApi => Ok(Response::json_text(StatusCode::OK, openapi::DOCUMENT.into())),
        Route::RateCardSchema => Ok(Response::json_text(StatusCode::OK, openapi::RATE_CARD_SCHEMA.into())),
        Route::CitySchema => Ok(Response::json_text(StatusCode::OK, openapi::CITY_SCHEMA.into())),
    }
}

/// Reads the JSON body of a request that has no query.
async fn document(head: &Head, body: Body) -> Result<Value, ProblemDetails> {
    Query::parse(head.query(), &[])?;
    if !body::is_json(head.header("content-type").as_deref()) {
        let detail = "send the body as JSON, and say so: Content-Type: application/json";
        return Err(ProblemDetails::new(problem::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    body::parse(&body.read(head).await?)
}

fn wanted<'a>(query: &'a Query, languages: Option<&'a str>) -> Wanted<'a> {
    Wanted { scene: query.get("scene"), locale: query.get("locale"), languages }
}

fn billed(bill: bills::Billed) -> Response {
    let status = if bill.new { StatusCode::CREATED } else { StatusCode::OK };
    Response::json_text(status, bill.document.into())
}
