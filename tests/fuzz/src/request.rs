//! Whatever is asked, the gateway answers or refuses it, and says the same when it is asked again.
//!
//! An input is a request as HTTP/1.1 has it, in lines: `POST /v1/estimates`, headers, an empty line, a body. It goes the
//! way of every request, natively, with the configuration that ships and a store in memory.

use crate::wire;
use farebox_billing::requests::{AskedBill, BillRequest, CommissionRequest, EstimateRequest, SegmentsRequest};
use farebox_billing::{Billing, Context};
use farebox_document::parse_json;
use farebox_gateway::{answering, peer};
use farebox_kit::memory::{World, now};
use farebox_web::body;
use farebox_web::request::Request;
use farebox_web::response::Response;
use http::{Method, StatusCode};
use serde_json::Value;
use std::fmt::Debug;
use std::rc::Rc;

/// A gateway over a store in memory.
struct Node {
    world: World,
    billing: Rc<Billing<World>>,
}

thread_local! {
    /// Reading the configuration takes longer than any request.
    static NODE: Node = Node::default();
}

impl Default for Node {
    fn default() -> Self {
        let world = World::default();
        let billing = Billing::new(world.clone());
        Self { world, billing }
    }
}

/// Asks what the bytes say, several times.
pub fn check(bytes: &[u8]) {
    let Some(request) = read(bytes) else { return };
    NODE.with(|node| {
        node.forget();
        node.check_decoding(&request);
        node.check_answers(&request);
    });
}

/// The request that the bytes are, if they are one.
fn read(bytes: &[u8]) -> Option<Request> {
    let mut request = wire::read(bytes)?;
    if !request.headers.iter().any(|(name, _)| name == "content-type") {
        request.headers.push(("content-type".to_owned(), b"application/json".to_vec()));
    }
    Some(request)
}

impl Node {
    /// Forgets all requests that came before, so that each input stands for itself.
    fn forget(&self) {
        let memory = &self.world.0;
        memory.segments.take();
        memory.bills.take();
        memory.due.take();
        memory.documents.take();
        memory.events.take();
        memory.log.take();
        memory.after.take();
    }

    fn ask(&self, request: &Request) -> Response {
        let mut request = request.clone();
        // As hosts do: whoever asks is on the machine itself, whatever they say of it.
        request.headers.retain(|(name, _)| name != peer::HEADER);
        request.headers.push((peer::HEADER.to_owned(), b"127.0.0.1:50000".to_vec()));
        let response = now(answering::answer(&self.billing, &request, Ok(()), [7; 24]));
        self.world.after_answers();
        response
    }

    /// What a body is decoded to does not depend on how it is written down: with fields that are null, or without them.
    /// Some may not be null; then it is refused.
    fn check_decoding(&self, request: &Request) {
        let Ok(bytes) = body::unpack(request.header("content-encoding"), &request.body) else { return };
        let Ok(document) = body::parse(&bytes) else { return };
        let mut shorter = document.clone();
        leave_out_nulls(&mut shorter);
        let context = now(Context::new(&self.billing, "")).expect("the configuration that ships is good");
        let tariffs = &*context.config;
        let opened = |identifier: &str| context.settings.signer.open(identifier);
        same(&document, &shorter, |document| EstimateRequest::decode(document, tariffs));
        same(&document, &shorter, |document| SegmentsRequest::decode(document, tariffs));
        same(&document, &shorter, |document| {
            let (asked, read) = (AskedBill::read(document), BillRequest::decode(document, tariffs, opened));
            if let Ok(read) = &read {
                let asked = asked.as_ref().expect("what can be billed asks for a bill");
                assert_eq!(
                    (&asked.city, &asked.product, &asked.estimate_id),
                    (&read.city, &read.product, &read.estimate_id)
                );
            }
            read.map(|read| (read, asked))
        });
        // The policy of a commission is another document, in which null may mean something else.
        if document.get("policy").is_none() {
            same(&document, &shorter, |document| CommissionRequest::decode(document, tariffs));
        }
        same(&document, &shorter, |document| AskedBill::read(document).ok_or(()));
    }

    fn check_answers(&self, request: &Request) {
        let first = self.ask(request);
        let answer = check_answer(&first);
        let second = self.ask(request);
        let again = check_answer(&second);
        if !first.status.is_success() {
            return assert_eq!(first, second, "refused otherwise when it is asked again");
        }
        match (request.method.as_str(), answer.get("estimate_id"), answer.get("facts")) {
            ("POST", Some(Value::String(identifier)), _) => {
                for estimated in answer["estimates"].as_array().expect("an estimate has prices") {
                    let product = estimated["product"].as_str().expect("a price has a product");
                    let page = self.get(format!("/v1/estimates/{identifier}/details/{product}"));
                    assert_eq!(page["degraded"], false, "{page}");
                    for field in ["total", "payable"] {
                        assert_eq!(page[field], estimated[field], "{page}");
                    }
                }
                assert_eq!(answer["estimates"], again["estimates"]);
            }
            ("POST", _, Some(_)) => {
                assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::OK));
                assert_eq!(first.body, second.body, "one trip, two bills");
                let of = |field: &str| answer[field].as_str().expect("a bill has a trip and a city");
                let (trip, city) = (of("trip_id"), of("city"));
                assert_eq!(self.get(format!("/v1/trips/{trip}/bill?city={city}")), answer);
                self.get(format!("/v1/trips/{trip}/bill/detail?city={city}"));
            }
            _ => assert_eq!(first, second, "answered otherwise when it is asked again"),
        }
    }

    /// What is there, and has to be.
    fn get(&self, path: String) -> Value {
        let response =
            self.ask(&Request { method: Method::GET, path_and_query: path, headers: Vec::new(), body: Vec::new() });
        assert_eq!(response.status, StatusCode::OK, "{}", String::from_utf8_lossy(&response.body));
        check_answer(&response)
    }
}

/// An answer is JSON under a trace, and no defect.
fn check_answer(response: &Response) -> Value {
    let status = response.status;
    let text = String::from_utf8_lossy(&response.body);
    assert!(!status.is_server_error(), "{text}");
    let document = parse_json(&response.body).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(response.header("traceparent").is_some(), "{response:?}");
    assert!(response.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])), "{response:?}");
    if status.is_success() {
        return document;
    }
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{text}");
    assert_eq!(document["status"], status.as_u16(), "{text}");
    assert!(document["code"].is_string() && document["detail"].is_string(), "{text}");
    assert!(document["errors"].is_null() || document["errors"].as_array().is_some_and(|all| !all.is_empty()), "{text}");
    document
}

/// If the first can be read, the second is read to the same.
fn same<T: PartialEq + Debug, E: PartialEq + Debug>(
    document: &Value,
    shorter: &Value,
    read: impl Fn(&Value) -> Result<T, E>,
) {
    let first = read(document);
    if first.is_ok() {
        assert_eq!(first, read(shorter), "{document}\n{shorter}");
    }
}

/// Takes the fields out that are null.
fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}
