//! A load generator: keep-alive connections that each send the same request again and again.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
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
}

/// POSTs a JSON body to `http://host:port` + path over some connections for some time, after a tenth of it to warm up.
///
/// # Panics
///
/// When an answer is not 201.
pub fn post(base: &str, path: &str, body: &str, connections: usize, time: Duration) -> Load {
    let address = base.strip_prefix("http://").expect("an http:// address");
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let warm = Instant::now() + time / 10;
    let end = warm + time;
    let outcomes: Vec<(Vec<Duration>, usize)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| work(address, request.as_bytes(), warm, end).expect("the server keeps answering")))
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    let body = outcomes.first().map_or(0, |(_, body)| *body);
    let mut latencies: Vec<Duration> = outcomes.into_iter().flat_map(|(latencies, _)| latencies).collect();
    latencies.sort_unstable();
    let at = |hundredth: usize| latencies.get(latencies.len() * hundredth / 100).copied().unwrap_or_default();
    let count = u32::try_from(latencies.len()).expect("fewer than four billion requests");
    #[allow(clippy::float_arithmetic, reason = "a rate for people, not money")]
    let per_second = f64::from(count) / time.as_secs_f64();
    Load { per_second, median: at(50), p99: at(99), body }
}

fn work(address: &str, request: &[u8], warm: Instant, end: Instant) -> io::Result<(Vec<Duration>, usize)> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut latencies = Vec::new();
    let mut body = Vec::new();
    loop {
        let start = Instant::now();
        if start >= end {
            return Ok((latencies, body.len()));
        }
        writer.write_all(request)?;
        read_answer(&mut reader, &mut body)?;
        if start >= warm {
            latencies.push(start.elapsed());
        }
    }
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
