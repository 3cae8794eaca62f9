//! From a whole request to its whole answer: the one way that all requests go, whoever they come from.

use crate::admission::{Admitted, admit};
use crate::batch;
use crate::cors;
use crate::keeping::{Keeping, kept};
use crate::openapi;
use crate::rate_limit;
use crate::refusals;
use crate::routes::{self, Route};
use farebox_billing::event::Event;
use farebox_billing::meter::Metered;
use farebox_billing::origins::Origins;
use farebox_billing::ports::Ports;
use farebox_billing::{
    Billing, Standing, Wanted, bills, cards, drains, estimates, health, meter, repairs, retention, settlement,
};
use farebox_limits::RouteClass;
use farebox_web::problem::{self, ProblemDetails};
use farebox_web::query::Query;
use farebox_web::request::Request;
use farebox_web::response::Response;
use farebox_web::trace::Trace;
use farebox_web::{answer, body};
use http::StatusCode;
use serde_json::{Value, json};
use std::rc::Rc;

type Answer = Result<Response, ProblemDetails>;

/// Answers a request, under its trace or a new one. `random` is for the identifiers of the trace. `received` is why the request
/// is not whole, if it is not.
pub async fn answer<P: Ports>(
    billing: &Rc<Billing<P>>,
    request: &Request,
    received: Result<(), ProblemDetails>,
    random: [u8; 24],
) -> Response {
    let trace = Trace::continue_or_new(request.header("traceparent"), random);
    // Where variables cannot be read there is no answer either that a page would want to see.
    let settings = if cors::concerns(request.path()) { billing.settings().await.ok() } else { None };
    let origins = settings.as_ref().map_or(&Origins::Nobody, |settings| &settings.cors_origins);
    let mut response = match cors::preflight(origins, request) {
        Some(mut response) => {
            trace.mark(&mut response);
            response
        }
        None => asked(billing, request, received, &trace).await,
    };
    cors::mark(origins, request, &mut response);
    response
}

async fn asked<P: Ports>(
    billing: &Rc<Billing<P>>,
    request: &Request,
    received: Result<(), ProblemDetails>,
    trace: &Trace,
) -> Response {
    let mut standing = None;
    let answered = match received {
        Ok(()) => routed(billing, request, trace, &mut standing).await,
        Err(problem) => Err(problem),
    };
    let mut response = match answered {
        Ok(mut response) => {
            trace.mark(&mut response);
            response
        }
        Err(problem) => {
            if let Some(event) = Event::of_refusal(problem.kind.code, problem.log.as_deref()) {
                billing.tell(trace.id(), &event);
            }
            problem.into_response(trace)
        }
    };
    if let Some(standing) = standing {
        rate_limit::mark(&mut response, &standing);
    }
    response
}

/// Answers a request, and says how much its caller may still ask for.
async fn routed<P: Ports>(
    billing: &Rc<Billing<P>>,
    request: &Request,
    trace: &Trace,
    standing: &mut Option<Standing>,
) -> Answer {
    let route = Route::find(&request.method, request.path())?;
    let admitted = admit(billing, request, route.operation(), trace.id()).await;
    if admitted.is_err() && route == Route::Status {
        health::get_ready(billing, trace.id()).await;
    }
    let admitted = admitted?;
    let answer = carried_out(route, billing, request, trace, &admitted).await;
    *standing = admitted.standing();
    admitted.after_answer();
    answer
}

async fn carried_out<P: Ports>(
    route: Route,
    billing: &Rc<Billing<P>>,
    request: &Request,
    trace: &Trace,
    admitted: &Admitted<P>,
) -> Answer {
    let query = |known| Query::parse(request.query(), known);
    let context = async || admitted.context(billing, trace.id()).await;
    match route {
        Route::CreateEstimate => {
            let document = document(request)?;
            let estimate = estimates::create(&context().await?, &document).await;
            answer::json(StatusCode::CREATED, &estimate.map_err(refusals::details)?)
        }
        Route::EstimateDetail { estimate_id, product } => {
            let query = query(routes::ESTIMATE_DETAIL)?;
            let wanted = wanted(&query, request);
            let page = estimates::detail(&*context().await?, &estimate_id, &product, wanted).await;
            answer::json(StatusCode::OK, &page.map_err(refusals::details)?)
        }
        Route::AddSegments { trip_id } => {
            let document = document(request)?;
            match meter::add_segments(&*context().await?, &trip_id, &document).await.map_err(refusals::details)? {
                Metered::Shared(totals) => answer::json(StatusCode::OK, &totals),
                Metered::Here(kept) => answer::json(StatusCode::ACCEPTED, &kept),
            }
        }
        Route::AddBatch => {
            let document = document(request)?;
            let trips = meter::add_batch(&*context().await?, &document).await.map_err(refusals::details)?;
            answer::json(StatusCode::OK, &batch::answer(billing, trace, trips))
        }
        Route::CreateBill { trip_id } => {
            let document = document(request)?;
            let bill = bills::create(&*context().await?, &trip_id, &document).await;
            Ok(billed(bill.map_err(refusals::details)?))
        }
        Route::Bill { trip_id } => {
            let query = query(routes::BILL)?;
            let (context, city) = (context().await?, query.get("city"));
            let bill = match query.get("revision") {
                None => bills::fetch(&context, &trip_id, city).await,
                Some(number) => bills::fetch_revision(&context, &trip_id, city, number).await,
            };
            Ok(Response::json_text(StatusCode::OK, bill.map_err(refusals::details)?.into()))
        }
        Route::BillDetail { trip_id } => {
            let query = query(routes::BILL_DETAIL)?;
            let wanted = wanted(&query, request);
            let page = bills::detail(&*context().await?, &trip_id, query.get("city"), wanted).await;
            answer::json(StatusCode::OK, &page.map_err(refusals::details)?)
        }
        Route::BillHistory { trip_id } => {
            let query = query(routes::TRIP)?;
            let history = bills::history(&*context().await?, &trip_id, query.get("city")).await;
            answer::json(StatusCode::OK, &history.map_err(refusals::details)?)
        }
        Route::RepairBill { trip_id } => {
            let query = query(routes::TRIP)?;
            let bill = bills::repair(&*context().await?, &trip_id, query.get("city")).await;
            Ok(billed(bill.map_err(refusals::details)?))
        }
        Route::DrainJournal => {
            query(&[])?;
            let drained = drains::drain(&*context().await?).await;
            answer::json(StatusCode::OK, &drained.map_err(refusals::details)?)
        }
        Route::RepairDue => {
            let query = query(routes::JOB)?;
            let swept = repairs::sweep(&*context().await?, query.get("city"), query.get("cursor")).await;
            answer::json(StatusCode::OK, &swept.map_err(refusals::details)?)
        }
        Route::SweepBills => {
            let query = query(routes::JOB)?;
            let retired = retention::sweep(&*context().await?, query.get("city"), query.get("cursor")).await;
            answer::json(StatusCode::OK, &retired.map_err(refusals::details)?)
        }
        Route::ErasePassenger { trip_id } => {
            let query = query(routes::TRIP)?;
            let erased = bills::erase_passenger(&*context().await?, &trip_id, query.get("city")).await;
            answer::json(StatusCode::OK, &erased.map_err(refusals::details)?)
        }
        Route::Commission => {
            let document = document(request)?;
            let settlement = settlement::create(&*context().await?, &document).await;
            answer::json(StatusCode::OK, &settlement.map_err(refusals::details)?)
        }
        Route::Cities => {
            query(&[])?;
            let context = context().await?;
            context.within_limits(RouteClass::Read, None).await.map_err(refusals::details)?;
            let cities = answer::json(StatusCode::OK, &health::cities(&context))?;
            Ok(kept(cities, Keeping::Asking, request))
        }
        Route::CityBills { city } => {
            let query = query(routes::BILLS)?;
            let asked = bills::Asked {
                city: &city,
                day: query.get("day"),
                wanted: query.get("state"),
                cursor: query.get("cursor"),
            };
            let list = bills::list(&*context().await?, asked).await;
            answer::json(StatusCode::OK, &list.map_err(refusals::details)?)
        }
        Route::CityTopUps { city } => {
            let query = query(routes::TOP_UPS)?;
            let list = bills::top_ups(&*context().await?, &city, query.get("day"), query.get("cursor")).await;
            answer::json(StatusCode::OK, &list.map_err(refusals::details)?)
        }
        Route::RateCard { city, version } => {
            query(&[])?;
            let card = cards::document(&*context().await?, &city, &version).await;
            let card = Response::json_text(StatusCode::OK, card.map_err(refusals::details)?.into());
            Ok(kept(card, Keeping::ForEver, request))
        }
        Route::Health => answer::json(StatusCode::OK, &json!({"status": "ok"})),
        Route::Ready => {
            let readiness = health::readiness(billing, trace.id()).await;
            let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            answer::json(status, &readiness)
        }
        Route::Status => {
            // Without a key it is the machine itself that asks: a probe.
            if admitted.is_signed() {
                context().await?.within_limits(RouteClass::Operate, None).await.map_err(refusals::details)?;
            }
            answer::json(StatusCode::OK, &health::status(billing, trace.id()).await)
        }
        Route::OpenApi => Ok(openapi::OPEN_API.answer(request)),
        Route::RateCardSchema => Ok(openapi::RATE_CARDS.answer(request)),
        Route::CitySchema => Ok(openapi::CITIES.answer(request)),
        Route::LimitsSchema => Ok(openapi::LIMITS.answer(request)),
        Route::PolicySchema => Ok(openapi::POLICIES.answer(request)),
    }
}

/// Reads the JSON body of a request that has no query.
fn document(request: &Request) -> Result<Value, ProblemDetails> {
    Query::parse(request.query(), &[])?;
    if !body::is_json(request.header("content-type")) {
        let detail = "send the body as JSON, and say so: Content-Type: application/json";
        return Err(ProblemDetails::new(problem::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    body::parse(&body::unpack(request.header("content-encoding"), &request.body)?)
}

fn wanted<'a>(query: &'a Query, request: &'a Request) -> Wanted<'a> {
    let languages = request.header("accept-language");
    Wanted { scene: query.get("scene"), locale: query.get("locale"), languages }
}

fn billed(bill: bills::Billed) -> Response {
    let status = if bill.new { StatusCode::CREATED } else { StatusCode::OK };
    Response::json_text(status, bill.document.into())
}
