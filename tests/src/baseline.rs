//! What the application is measured against: the same estimates, made by the same billing, natively behind axum. No
//! components, no store.

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use farebox_billing::event::Event;
use farebox_billing::ports::{
    Accumulated, Archive, Breakers, Change, Clock, DocumentKind, Driven, DueTrip, Entered, Events, Files, Generation,
    Generations, Ids, Journal, JournalStanding, Journaled, JournaledTrip, Kind, Known, Limit, Listed, Loss,
    LostDocument, Named, NewRevision, Once, Page, Ports, Posted, Proposal, Revision, Row, SegmentsError, Spawn, Stamp,
    Store, StoreError, Taken, TopUp, Variables, Waiting,
};
use farebox_billing::{Billing, Context, estimates};
use farebox_fare::Segment;
use farebox_kit::artifacts;
use farebox_kit::native::Native;
use farebox_web::{answer, body};
use futures::FutureExt as _;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Serves estimates on a free port, prints the address, and never returns.
///
/// # Panics
///
/// When no port can be had.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        println!("listening on http://{}", listener.local_addr().expect("a bound socket"));
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true)));
        let estimate = |body: Bytes| async move { answer(&body) };
        axum::serve(listener, Router::new().route("/v1/estimates", post(estimate))).await.expect("a server");
    });
}

thread_local! {
    /// Billing is one thread's, as an instance of a component is.
    static BILLING: Rc<Billing<World>> = Billing::new(World { config: artifacts::repository().join("config") });
}

fn answer(request: &[u8]) -> Response {
    let answered = BILLING.with(|billing| {
        let document = body::parse(request).map_err(|problem| format!("{problem:?}"))?;
        // Nothing here waits for anything.
        let estimate = async {
            let context = Rc::new(Context::new(billing, "").await?);
            estimates::create(&context, &document).await
        };
        let estimate = estimate.now_or_never().expect("no store, no waiting");
        let estimate = estimate.map_err(|refusal| format!("{refusal:?}"))?;
        answer::json(StatusCode::CREATED, &estimate).map_err(|problem| format!("{problem:?}"))
    });
    answered.map(|response| axum::http::Response::from(response).map(Into::into)).unwrap_or_else(|why: String| {
        let mut response = Response::new(why.into());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    })
}

/// A world with a configuration and without a store.
struct World {
    config: PathBuf,
}

impl Ports for World {
    type Engines = Native;
}

impl Files for World {
    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(self.config.join(folder)).map_err(|error| error.to_string())?;
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).map_err(|error| error.to_string())
        };
        entries.map(name).collect()
    }

    fn stamp(&self, path: &str) -> Result<Stamp, String> {
        farebox_kit::memory::stamp(&self.config.join(path))
    }

    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.config.join(path)).map_err(|error| error.to_string())
    }
}

impl Archive for World {}

impl Variables for World {
    async fn variable(&self, name: &str) -> Result<String, String> {
        Ok(match name {
            "quote_ttl_s" => "0",
            "signing_key" => "the key that the baseline signs estimates with",
            "signatures" => "off",
            "previous_signing_keys" | "cors_origins" | "master_key" | "previous_master_keys" | "timers_key" => "",
            _ => "1000",
        }
        .to_owned())
    }
}

impl Clock for World {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}
}

impl Ids for World {
    fn unique(&self) -> u64 {
        fastrand::u64(..)
    }
}

impl Events for World {
    fn tell(&self, _: &str, event: &Event) {
        eprintln!("{}", event.line(""));
    }
}

impl Spawn for World {
    fn spawn(&self, _: Pin<Box<dyn Future<Output = ()>>>) {
        // Files do not change under a measurement.
    }
}

/// There is none, and estimates without quotes ask for nothing.
fn none<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("there is none".to_owned()))
}

impl Generations for World {
    async fn generations(&self) -> Result<Known, StoreError> {
        none()
    }

    async fn propose(&self, _: &Proposal) -> Result<Generation, StoreError> {
        none()
    }

    async fn put_file(&self, _: &str, _: &str) -> Result<(), StoreError> {
        none()
    }

    async fn file(&self, _: &str) -> Result<Option<String>, StoreError> {
        none()
    }
}

impl Journal for World {
    async fn enter_bill(&self, _: &str, _: &str, _: &NewRevision, _: &[Named]) -> Result<Journaled, StoreError> {
        none()
    }

    async fn learn(&self, _: &str, _: &str, _: &Revision) -> Result<Option<u64>, StoreError> {
        none()
    }

    async fn enter_segments(&self, _: &str, _: &str, _: &[Segment]) -> Result<bool, SegmentsError> {
        Ok(none()?)
    }

    async fn enter_document(&self, _: &str, _: &Named, _: &str) -> Result<(), StoreError> {
        none()
    }

    async fn journaled_document(&self, _: &str, _: &Named) -> Result<Option<String>, StoreError> {
        none()
    }

    async fn lost_documents(&self, _: u32) -> Result<Vec<LostDocument>, StoreError> {
        none()
    }

    async fn document_is_back(&self, _: &LostDocument) -> Result<(), StoreError> {
        none()
    }

    async fn journaled(&self, _: &str, _: &str) -> Result<JournaledTrip, StoreError> {
        none()
    }

    async fn secure(&self, _: u64) -> Result<bool, StoreError> {
        none()
    }

    async fn withdraw(&self, _: u64) -> Result<bool, StoreError> {
        none()
    }

    async fn lease(&self, _: u32) -> Result<Vec<Waiting>, StoreError> {
        none()
    }

    async fn drive(&self, _: u64, _: &Driven) -> Result<(), StoreError> {
        none()
    }

    async fn look(&self, _: u32) -> Result<u32, StoreError> {
        none()
    }

    async fn losses(&self, _: u64) -> Result<Vec<Loss>, StoreError> {
        none()
    }

    async fn forget_passenger(&self, _: &str, _: &str) -> Result<u32, StoreError> {
        none()
    }

    async fn journal(&self) -> Result<JournalStanding, StoreError> {
        none()
    }
}

impl Breakers for World {
    async fn breakers(&self) -> Result<Vec<(Kind, Row)>, StoreError> {
        none()
    }

    async fn enter_breaker(&self, _: Kind, _: &Change) -> Result<Row, StoreError> {
        none()
    }
}

impl Store for World {
    async fn enter(&self, _: &str, _: &str, _: &Once) -> Result<Entered, StoreError> {
        none()
    }

    async fn add_segments(
        &self,
        _: &str,
        _: &str,
        _: &[Segment],
        _: Option<&Once>,
    ) -> Result<Accumulated, SegmentsError> {
        Ok(none()?)
    }

    async fn segments(&self, _: &str, _: &str) -> Result<Vec<Segment>, StoreError> {
        none()
    }

    async fn put_quote(&self, _: &str, _: &str, _: &str, _: u32) -> Result<(), StoreError> {
        none()
    }

    async fn quote(&self, _: &str, _: &str) -> Result<Option<String>, StoreError> {
        none()
    }

    async fn put_document(&self, _: &str, _: DocumentKind, _: &str, _: &str) -> Result<(), StoreError> {
        none()
    }

    async fn document(&self, _: &str, _: DocumentKind, _: &str) -> Result<Option<String>, StoreError> {
        none()
    }

    async fn post_bill(&self, _: &str, _: &str, _: &NewRevision, _: Option<&Once>) -> Result<Posted, StoreError> {
        none()
    }

    async fn bill(&self, _: &str, _: &str) -> Result<Option<Revision>, StoreError> {
        none()
    }

    async fn revision(&self, _: &str, _: &str, _: u32) -> Result<Option<Revision>, StoreError> {
        none()
    }

    async fn redact_bill(&self, _: &str, _: &str, _: u32, _: &str, _: &str) -> Result<bool, StoreError> {
        none()
    }

    async fn bills_of_day(&self, _: &str, _: &str, _: Option<&str>, _: u32) -> Result<Page<Listed>, StoreError> {
        none()
    }

    async fn due(&self, _: &str, _: Option<&str>, _: u32) -> Result<Page<DueTrip>, StoreError> {
        none()
    }

    async fn top_up(&self, _: &str, _: &str, _: u32) -> Result<Option<TopUp>, StoreError> {
        none()
    }

    async fn take(&self, _: &str, _: &Limit, _: u32) -> Result<Taken, StoreError> {
        none()
    }
}
