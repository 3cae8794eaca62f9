//! A gateway over a store in memory, asked as a host asks it.

use farebox_billing::Billing;
use farebox_gateway::{answering, peer};
use farebox_kit::access::{Asked, Told};
use farebox_kit::memory::{World, now};
use farebox_web::request::Request;
use std::rc::Rc;

/// Answers a request from this address, and finishes what goes on after it.
pub fn answer(billing: &Rc<Billing<World>>, asked: &Asked, peer: &str) -> Told {
    let mut headers: Vec<(String, Vec<u8>)> =
        asked.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    // What hosts add.
    headers.push((peer::HEADER.to_owned(), peer.into()));
    let method = asked.method.parse().unwrap();
    let request = Request { method, path_and_query: asked.path.clone(), headers, body: asked.body.clone().into() };
    let response = now(answering::answer(billing, &request, Ok(()), [7; 24]));
    billing.ports().after_answers();
    Told {
        status: response.status.as_u16(),
        headers: response.headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect(),
        body: String::from_utf8(response.body).unwrap(),
    }
}
