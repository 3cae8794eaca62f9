//! The gateway without a component, a host or a socket: what it answers is decided natively, and can be tested so.

use crate::exchanges::Answers;
use crate::server::Answer;
use farebox_billing::Billing;
use farebox_gateway::{answering, peer};
use farebox_kit::memory::{World, now};
use farebox_web::request::Request;
use farebox_web::response::Response;
use std::path::PathBuf;
use std::rc::Rc;

/// A gateway over a store in memory.
pub struct InProcess {
    world: World,
    billing: Rc<Billing<World>>,
}

impl Default for InProcess {
    /// One that has agreed on its first configuration, as a node has a second after its start.
    fn default() -> Self {
        Self::of(World::default())
    }
}

impl InProcess {
    /// The same with the configuration in this folder.
    pub fn with_config(config: PathBuf) -> Self {
        Self::of(World::with_config(config))
    }

    fn of(world: World) -> Self {
        let process = Self { billing: Billing::new(world.clone()), world };
        for _ in 0..4 {
            process.answer("GET", "/readyz", &[], "");
            process.world.0.now_ms.set(process.world.0.now_ms.get() + 300);
        }
        process
    }

    /// Answers a request as it stands, and finishes what goes on after it.
    pub fn ask(&self, request: &Request) -> Response {
        let response = now(answering::answer(&self.billing, request, Ok(()), [7; 24]));
        self.world.after_answers();
        response
    }
}

impl Answers for InProcess {
    /// # Panics
    ///
    /// When the method is none, or an answer is not text.
    fn answer(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let header = |(name, value): (&str, &str)| (name.to_ascii_lowercase(), value.as_bytes().to_vec());
        // What a host adds.
        let headers = headers.iter().copied().chain([(peer::HEADER, "127.0.0.1:50000")]).map(header).collect();
        let method = method.parse().expect("a method");
        let response = self.ask(&Request { method, path_and_query: path.to_owned(), headers, body: body.into() });
        Answer {
            status: response.status.as_u16(),
            content_type: response.header("content-type").unwrap_or_default().to_owned(),
            headers: response.headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect(),
            body: String::from_utf8(response.body).expect("JSON is text"),
        }
    }
}
