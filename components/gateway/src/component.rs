//! What a component of this face is made of: it takes requests from the host, answers all of them, and never traps. Messages of a queue it
//! takes as well, from a host whose manifest sends it any.
//!
//! There are two: the gateway itself, and `pages`, which answers in the same way and renders too. See [`component!`].

pub mod bindings;
pub mod engines;
mod journal;
mod store;
mod world;

pub use self::world::World;

use self::bindings::exports::farebox::http::exchange;
use self::bindings::spin::redis::redis;
use crate::{answering, collecting};
use farebox_billing::Billing;
use farebox_billing::engines::Catalogue;
use farebox_heap as _;
use farebox_web::problem::ProblemDetails;
use farebox_web::request::Request;
use farebox_web::response::Response;
use farebox_web::wasi;
use http::Method;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use std::borrow::Cow;
use std::rc::Rc;

/// Billing as one instance of a component carries it out.
pub type Instance<C> = Rc<Billing<World<C>>>;

/// Answers a request of a host that has `wasi:http`: all have.
///
/// # Errors
///
/// The answer cannot be made, which the host is at fault for.
pub async fn handle<C>(billing: &Instance<C>, request: types::Request) -> Result<types::Response, ErrorCode>
where
    C: Catalogue + 'static,
{
    let (request, received) = wasi::receive(request).await;
    wasi::respond(answer(billing, &request, received).await)
}

/// Answers a request of a host that has whole requests.
pub async fn exchange<C>(billing: &Instance<C>, request: exchange::Request) -> exchange::Response
where
    C: Catalogue + 'static,
{
    let exchange::Request { method, path_with_query, headers, body } = request;
    let request = Request {
        // What is not a token is the method of no route either.
        method: Method::from_bytes(method.as_bytes()).unwrap_or(Method::TRACE),
        path_and_query: path_with_query,
        headers,
        body,
    };
    let Response { status, headers, body } = answer(billing, &request, Ok(())).await;
    let bytes = |(name, value): (&str, Cow<'_, str>)| (name.to_owned(), value.into_owned().into_bytes());
    exchange::Response { status: status.as_u16(), headers: headers.into_iter().map(bytes).collect(), body }
}

/// Takes a message that was published.
///
/// # Errors
///
/// Not all of it was taken, and it could be when it is sent again. Redis sends nothing again.
pub async fn collect<C>(billing: &Instance<C>, message: Vec<u8>) -> Result<(), redis::Error>
where
    C: Catalogue + 'static,
{
    let taken = collecting::take(billing, &message, world::random()).await;
    taken.map_err(|not_taken| redis::Error::Other(not_taken.to_string()))
}

async fn answer<C>(billing: &Instance<C>, request: &Request, received: Result<(), ProblemDetails>) -> Response
where
    C: Catalogue + 'static,
{
    answering::answer(billing, request, received, world::random()).await
}

/// Makes a crate a component that answers, with this [`Catalogue`].
#[macro_export]
macro_rules! component {
    ($catalogue:ty) => {
        struct Component;

        thread_local! {
            /// What the requests of this instance share.
            static BILLING: $crate::component::Instance<$catalogue> =
                ::farebox_billing::Billing::new($crate::component::World::new());
        }

        fn billing() -> $crate::component::Instance<$catalogue> {
            BILLING.with(::std::rc::Rc::clone)
        }

        ::spin_sdk::wasip3::http::service::export!(Component);
        mod exports {
            #![allow(unsafe_code)]
            use super::Component;
            $crate::component::bindings::export!(Component with_types_in $crate::component::bindings);
        }

        impl ::spin_sdk::wasip3::exports::http::handler::Guest for Component {
            async fn handle(
                request: ::spin_sdk::wasip3::http::types::Request,
            ) -> ::std::result::Result<
                ::spin_sdk::wasip3::http::types::Response,
                ::spin_sdk::wasip3::http::types::ErrorCode,
            > {
                $crate::component::handle(&billing(), request).await
            }
        }

        impl $crate::component::bindings::exports::farebox::http::exchange::Guest for Component {
            async fn exchange(
                request: $crate::component::bindings::exports::farebox::http::exchange::Request,
            ) -> $crate::component::bindings::exports::farebox::http::exchange::Response {
                $crate::component::exchange(&billing(), request).await
            }
        }

        impl $crate::component::bindings::exports::spin::redis::inbound_redis::Guest for Component {
            async fn handle_message(
                message: $crate::component::bindings::exports::spin::redis::inbound_redis::Payload,
            ) -> ::std::result::Result<(), $crate::component::bindings::exports::spin::redis::inbound_redis::Error>
            {
                $crate::component::collect(&billing(), message).await
            }
        }
    };
}
