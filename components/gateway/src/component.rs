//! The gateway as a component: takes requests from the host, answers all of them, and never traps.

mod bindings;
mod engines;
mod store;
mod world;

use self::bindings::exports::farebox::http::exchange;
use self::world::World;
use crate::answering;
use farebox_billing::Billing;
use farebox_web::problem::ProblemDetails;
use farebox_web::request::Request;
use farebox_web::response::Response;
use farebox_web::wasi;
use http::Method;
use spin_sdk::wasip3::exports::http::handler;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use std::borrow::Cow;
use std::rc::Rc;

struct Gateway;
spin_sdk::wasip3::http::service::export!(Gateway);
mod exports {
    #![allow(unsafe_code)]
    use super::{Gateway, bindings};
    bindings::export!(Gateway with_types_in bindings);
}

/// For every host.
impl handler::Guest for Gateway {
    async fn handle(request: types::Request) -> Result<types::Response, ErrorCode> {
        let (request, received) = wasi::receive(request).await;
        wasi::respond(answer(&request, received).await)
    }
}

/// For a host that has whole requests.
impl exchange::Guest for Gateway {
    async fn exchange(request: exchange::Request) -> exchange::Response {
        let exchange::Request { method, path_with_query, headers, body } = request;
        let request = Request {
            // What is not a token is the method of no route either.
            method: Method::from_bytes(method.as_bytes()).unwrap_or(Method::TRACE),
            path_and_query: path_with_query,
            headers,
            body,
        };
        let Response { status, headers, body } = answer(&request, Ok(())).await;
        let bytes = |(name, value): (&str, Cow<'_, str>)| (name.to_owned(), value.into_owned().into_bytes());
        exchange::Response { status: status.as_u16(), headers: headers.into_iter().map(bytes).collect(), body }
    }
}

thread_local! {
    /// What the requests of this instance share.
    static BILLING: Rc<Billing<World>> = Billing::new(World);
}

async fn answer(request: &Request, received: Result<(), ProblemDetails>) -> Response {
    answering::answer(&BILLING.with(Rc::clone), request, received, world::random()).await
}
