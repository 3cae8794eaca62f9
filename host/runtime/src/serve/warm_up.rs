//! Before the first request comes, the application does once what that request would otherwise wait for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{Place, Server, head};

/// How long a start may be held up.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(20);

impl Server {
    /// Asks the application all that probes ask until everything is in order, but no longer than a second. Then there are
    /// instances, their configuration is read, the database has its tables, and Redis is connected.
    ///
    /// Returns what is missing by then, if anything is. An application that does not know a question is taken to be ready. The
    /// instances that are warmed are not those of probes.
    pub async fn warm_up(&self) -> Option<String> {
        let mut missing = "it does not answer".to_owned();
        let ready = async {
            while let Some(what) = self.missing().await {
                missing = what;
                sleep(PAUSE).await;
            }
        };
        let is_ready = timeout(PATIENCE, ready).await.is_ok();
        (!is_ready).then_some(missing)
    }

    /// What the application needs and does not have.
    async fn missing(&self) -> Option<String> {
        for path in self.probes.keys() {
            let missing = self.missing_by(path).await;
            if missing.is_some() {
                return missing;
            }
        }
        None
    }

    /// What is missing by the answer to one question.
    async fn missing_by(&self, path: &str) -> Option<String> {
        let permit = Arc::clone(&self.in_flight).try_acquire_owned().ok()?;
        let request = head::by_itself(Method::GET, path).body(Bytes::new()).ok()?;
        let component = self.component(request.uri().path()).ok()?;
        let place = Place { _permit: permit, _memory: self.memory.none() };
        let answer = match self.ask(component, request, place).await {
            Ok(answer) => answer,
            Err(why) => return Some(why.kind().title.to_owned()),
        };
        let status = answer.status();
        let document = answer.into_body().collect().await.ok()?.to_bytes();
        let document: Value = serde_json::from_slice(&document).unwrap_or_default();
        if status != StatusCode::SERVICE_UNAVAILABLE && document["status"] != "degraded" {
            return None;
        }
        let failed = document["checks"].as_array().into_iter().flatten().filter(|check| check["ok"] == false);
        let failed = failed.map(|check| {
            let text = |key| check[key].as_str().unwrap_or("?");
            format!("{}: {}", text("name"), text("problem"))
        });
        Some(failed.collect::<Vec<_>>().join("; "))
    }
}
