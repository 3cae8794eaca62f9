//! Asking the application for its jobs, when it is time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::time::sleep;

use super::timers::{KEY, Next, Timers};
use super::{Place, Server, head};

/// Why a slice was not done.
enum NotDone {
    /// There are as many requests under way as may be: callers come first.
    Busy,
    /// What was answered.
    Failed(String),
}

impl Server {
    /// Has the application asked for jobs on these timers, for as long as it is served.
    #[must_use]
    pub fn with_timers(mut self, timers: Timers) -> Self {
        self.timers = timers;
        self
    }

    /// Asks for a job every so often. That it fails is told once, and that it does not any more.
    pub(super) async fn on_time(self: Arc<Self>, path: String, every: Duration) {
        let mut fails = false;
        loop {
            sleep(every).await;
            match self.whole(&path).await {
                Ok(()) | Err(NotDone::Busy) if !fails => {}
                Ok(()) => tracing::info!("{path} is done again"),
                Err(NotDone::Busy) => continue,
                Err(NotDone::Failed(_)) if fails => continue,
                Err(NotDone::Failed(why)) => {
                    tracing::warn!("{path} is not done, and is asked for every {every:?}: {why}");
                    fails = true;
                    continue;
                }
            }
            fails = false;
        }
    }

    /// Asks for slice after slice of a job, until all of it is done.
    async fn whole(&self, path: &str) -> Result<(), NotDone> {
        let mut asked = path.to_owned();
        loop {
            asked = match self.slice(&asked).await? {
                Next::Nothing => return Ok(()),
                Next::Again => asked,
                Next::From(cursor) => format!("{path}?cursor={}", utf8_percent_encode(&cursor, NON_ALPHANUMERIC)),
            };
        }
    }

    async fn slice(&self, asked: &str) -> Result<Next, NotDone> {
        let failed = |why: String| NotDone::Failed(why);
        let permit = Arc::clone(&self.in_flight).try_acquire_owned().map_err(|_| NotDone::Busy)?;
        let mut request = head::by_itself(Method::POST, asked);
        if let Some(key) = &self.timers.key {
            request = request.header(KEY, key);
        }
        let request = request.body(Bytes::new()).map_err(|error| failed(error.to_string()))?;
        let component = self.component(request.uri().path()).map_err(|why| failed(why.kind().title.to_owned()))?;
        let place = Place { _permit: permit, _memory: self.memory.none() };
        let answer = self.ask(component, request, place).await.map_err(|why| failed(why.kind().title.to_owned()))?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| failed(format!("{error:?}")))?.to_bytes();
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status != StatusCode::OK {
            let said = |field: &str| document[field].as_str().unwrap_or("?").to_owned();
            return Err(failed(format!("{status}, {}: {}", said("code"), said("detail"))));
        }
        Ok(Next::after(&document))
    }
}
