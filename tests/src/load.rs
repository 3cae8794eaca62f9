//! A load generator: keep-alive connections that each send a request again and again.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Answers a second.
    pub per_second: f64,
    /// The middle of all latencies.
    pub median: Duration,
    /// 99 of 100 latencies were at most this.
    pub p99: Duration,
    /// The size of an answer's body, in bytes.
    pub body: usize,
    /// What the server's processors had to do for a request, if its process is known.
    pub processor: Option<Duration>,
}

/// How often there was load in this process: no two runs send the same word.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// POSTs a JSON body to `http://host:port` + path, in which `{n}` is another word each time, over some connections for some time, after a tenth of it to warm up: as fast as
/// answers come, or at so many requests a second, whether the server keeps up or not, when what it is late by counts. Then each
/// connection has its turn, so that requests do not come in bursts of as many as there are connections.
///
/// # Panics
///
/// When an answer is not 201.
pub fn post(
    base: &str,
    process: u32,
    path: &str,
    body: &str,
    connections: usize,
    time: Duration,
    per_second: Option<f64>,
) -> Load {
    let address = base.strip_prefix("http://").expect("an http:// address");
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let rest = format!(
        " HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    #[allow(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "a rate for people, not money")]
    let every = per_second.map(|per_second| Duration::from_secs_f64(connections as f64 / per_second));
    let begun = Instant::now();
    let warm = begun + time / 10;
    let end = warm + time;
    let before = processor_time(process);
    let outcomes: Vec<(Vec<Duration>, u32, usize)> = std::thread::scope(|scope| {
        let rest = &rest;
        let count = u32::try_from(connections).expect("fewer than four billion connections");
        let workers: Vec<_> = (0..count)
            .map(|turn| {
                let pace = every.map(|every| Pace { every, first: begun + every * turn / count });
                let request = move |number: u32| {
                    let path = path.replace("{n}", &format!("{run}-{turn}-{number}"));
                    format!("POST {path}{rest}")
                };
                scope.spawn(move || work(address, request, pace, warm, end).expect("the server keeps answering"))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    let spent = processor_time(process).zip(before).map(|(after, before)| after.saturating_sub(before));
    let answers: u32 = outcomes.iter().map(|(_, answers, _)| *answers).sum();
    let outcomes = outcomes.into_iter().map(|(latencies, _, body)| (latencies, body)).collect::<Vec<_>>();
    let body = outcomes.first().map_or(0, |(_, body)| *body);
    let mut latencies: Vec<Duration> = outcomes.into_iter().flat_map(|(latencies, _)| latencies).collect();
    latencies.sort_unstable();
    let at = |hundredth: usize| latencies.get(latencies.len() * hundredth / 100).copied().unwrap_or_default();
    let count = u32::try_from(latencies.len()).expect("fewer than four billion requests");
    #[allow(clippy::float_arithmetic, reason = "a rate for people, not money")]
    let per_second = f64::from(count) / time.as_secs_f64();
    Load { per_second, median: at(50), p99: at(99), body, processor: spent.map(|spent| spent / answers.max(1)) }
}

/// When a connection sends.
#[derive(Clone, Copy)]
struct Pace {
    every: Duration,
    first: Instant,
}

fn work(
    address: &str,
    request: impl Fn(u32) -> String,
    pace: Option<Pace>,
    warm: Instant,
    end: Instant,
) -> io::Result<(Vec<Duration>, u32, usize)> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut latencies = Vec::new();
    let mut answers = 0;
    let mut body = Vec::new();
    let mut due = pace.map(|pace| pace.first);
    loop {
        let start = due.unwrap_or_else(Instant::now);
        std::thread::sleep(start.saturating_duration_since(Instant::now()));
        if start >= end {
            return Ok((latencies, answers, body.len()));
        }
        writer.write_all(request(answers).as_bytes())?;
        read_answer(&mut reader, &mut body)?;
        answers += 1;
        if start >= warm {
            latencies.push(start.elapsed());
        }
        due = due.zip(pace).map(|(due, pace)| due + pace.every);
    }
}

/// What the processors have done for a process so far.
fn processor_time(process: u32) -> Option<Duration> {
    /// Of a second, in which Linux tells it.
    const TICKS: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may have spaces in it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS))
}

fn read_answer(reader: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    assert!(line.starts_with("HTTP/1.1 201"), "{line}");
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    body.resize(length, 0);
    reader.read_exact(body)
}
