//! Sends what is due when it is due, however late answers are.

use crate::load::{Due, Schedule, What, shape};
use crate::rides::{self, CITY};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

/// How long an answer is waited for: longer than a host lets any request take.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long after a refusal segments are sent again, as the refusal says, and how often at most.
const AGAIN: Duration = Duration::from_secs(1);
const MOST_TIMES: u32 = 3;

/// A host to ask, over as many connections as it takes.
#[derive(Default)]
pub struct Target {
    address: Mutex<Option<SocketAddr>>,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

impl Target {
    /// It is here from now on, or nowhere.
    pub fn set(&self, address: Option<SocketAddr>) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Asks it for something.
    ///
    /// # Errors
    ///
    /// Why there is no whole answer.
    pub async fn ask(&self, method: Method, path: &str, body: String) -> Result<(u16, String), String> {
        match timeout(PATIENCE, self.ask_patiently(method, path, body)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {PATIENCE:?}")),
        }
    }

    async fn ask_patiently(&self, method: Method, path: &str, body: String) -> Result<(u16, String), String> {
        let error = |error: hyper::Error| error.to_string();
        let mut connection = self.connection().await?;
        let request = Request::builder().method(method).uri(path).header("host", "faults");
        let request = request.header("content-type", "application/json").body(Full::from(body));
        let answer = connection.send_request(request.map_err(|error| error.to_string())?).await.map_err(error)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(error)?.to_bytes();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok((head.status.as_u16(), String::from_utf8_lossy(&body).into_owned()))
    }

    async fn connection(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut connection) = idle else { break };
            if connection.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        let address = *self.address.lock().unwrap_or_else(PoisonError::into_inner);
        let address = address.ok_or("there is no host")?;
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(driver);
        Ok(connection)
    }
}

/// A request that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Of which ride.
    pub ride: usize,
    /// What was asked.
    pub what: What,
    /// When it was due, counted from the beginning.
    pub due: Duration,
    /// When it was sent.
    pub sent: Duration,
    /// When the answer was there, or it was given up.
    pub heard: Duration,
    /// Status and body; or why there are none.
    pub answer: Result<(u16, String), String>,
}

/// The name of a trip.
pub fn trip(ride: usize) -> String {
    format!("ride-{ride}")
}

/// What requests of one ride have in common.
#[derive(Default)]
struct Ride {
    estimate_id: OnceLock<String>,
    /// What is posted for its bill. Whoever is first decides whether its estimate is known by then.
    bill: OnceLock<String>,
}

/// Sends all of a schedule, from a moment on; answers what became of each request, in order of sending.
pub async fn drive(schedule: Arc<Schedule>, targets: Arc<[Target]>, begin: Instant, end: Duration) -> Vec<Sent> {
    let rides: Arc<Vec<Ride>> = Arc::new(std::iter::repeat_with(Ride::default).take(schedule.rides).collect());
    let mut under_way = JoinSet::new();
    let mut all = Vec::new();
    for due in &schedule.dues {
        sleep_until((begin + due.at).into()).await;
        under_way.spawn(carry_out(*due, Arc::clone(&rides), Arc::clone(&targets), begin, end));
        while let Some(sent) = under_way.try_join_next() {
            all.extend(sent.unwrap_or_default());
        }
    }
    while let Some(sent) = under_way.join_next().await {
        all.extend(sent.unwrap_or_default());
    }
    all.sort_by_key(|sent| sent.sent);
    all
}

async fn carry_out(
    due: Due,
    rides: Arc<Vec<Ride>>,
    targets: Arc<[Target]>,
    begin: Instant,
    end: Duration,
) -> Vec<Sent> {
    let Due { at, ride, what, host } = due;
    let (Some(of_ride), Some(target)) = (rides.get(ride), targets.get(host)) else { return Vec::new() };
    let trip = format!("/v1/trips/{}", trip(ride));
    let (method, path, body) = match what {
        What::Estimate => (Method::POST, "/v1/estimates".to_owned(), rides::estimate(shape(ride))),
        What::Segments(batch) => (Method::POST, format!("{trip}/segments"), rides::segments(shape(ride), batch, false)),
        What::Bill | What::Repeat => {
            let estimate = of_ride.estimate_id.get().map(String::as_str);
            let body = of_ride.bill.get_or_init(|| rides::bill(estimate, false)).clone();
            (Method::POST, format!("{trip}/bill"), body)
        }
        What::Other => (Method::POST, format!("{trip}/bill"), rides::bill(None, true)),
        What::Read => (Method::GET, format!("{trip}/bill?city={CITY}"), String::new()),
    };
    let mut all = Vec::new();
    let mut at = at;
    for _ in 0..MOST_TIMES {
        sleep_until((begin + at).into()).await;
        let sent = begin.elapsed();
        let answer = target.ask(method.clone(), &path, body.clone()).await;
        let heard = begin.elapsed();
        let is_refused = answer.as_ref().map_or(true, |(status, _)| *status == 503);
        if let (What::Estimate, Ok((201, body))) = (what, &answer) {
            let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            _ = body["estimate_id"].as_str().map(|id| of_ride.estimate_id.set(id.to_owned()));
        }
        all.push(Sent { ride, what, due: at, sent, heard, answer });
        at = heard + AGAIN;
        if !is_refused || !matches!(what, What::Segments(_)) || at >= end {
            break;
        }
    }
    all
}
