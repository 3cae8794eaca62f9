//! Logs: ours, and what guests write to their standard output and error.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use clap::ValueEnum;
use serde::Deserialize;
use tokio::io::AsyncWrite;
use tracing::Level;
use tracing_subscriber::EnvFilter;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use crate::output;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to standard error. `RUST_LOG` chooses what is logged; without it, warnings and what guests write.
pub fn start(format: LogFormat, access_log: bool) {
    let mut filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,farebox=info,guest=info"));
    // Whatever is chosen, nothing of it is lost without a word.
    let mut always = vec![format!("{}=warn", output::LOSS)];
    if access_log {
        always.push(format!("{ACCESS}=debug"));
    }
    for directive in always.iter().filter_map(|directive| directive.parse().ok()) {
        filter = filter.add_directive(directive);
    }
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(output::Log)
        .with_ansi(output::is_coloured())
        // It would write of them to the standard error itself.
        .log_internal_errors(false);
    // A second start, in tests, is no reason to fail.
    _ = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}

/// The target of the line that is logged for each request.
pub const ACCESS: &str = "access";

/// The longest line of a guest that is logged in one piece, in bytes.
const MAX_LINE: usize = 8 * 1024;

/// A guest's standard output or error: each line becomes a log line.
#[derive(Clone)]
pub struct GuestOutput {
    pub component: std::sync::Arc<str>,
    /// "stdout" or "stderr".
    pub stream: &'static str,
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines { output: self.clone(), line: Vec::new() })
    }
}

struct Lines {
    output: GuestOutput,
    line: Vec<u8>,
}

impl Lines {
    fn log(&mut self) {
        let GuestOutput { component, stream } = &self.output;
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim_end();
        // The level of a log line is fixed where it is written.
        match level(line) {
            Level::ERROR => tracing::error!(target: "guest", component = &**component, stream, "{line}"),
            Level::WARN => tracing::warn!(target: "guest", component = &**component, stream, "{line}"),
            _ => tracing::info!(target: "guest", component = &**component, stream, "{line}"),
        }
        self.line.clear();
    }
}

/// How much a line of a guest matters: what its severity says when it is an object of JSON that has one, and else nothing in
/// particular.
fn level(line: &str) -> Level {
    #[derive(Deserialize)]
    struct Event {
        severity: Severity,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Severity {
        Warn,
        Error,
    }
    // Lists could stand for objects.
    let event = line.starts_with('{').then(|| serde_json::from_str::<Event>(line));
    match event {
        Some(Ok(Event { severity: Severity::Error })) => Level::ERROR,
        Some(Ok(Event { severity: Severity::Warn })) => Level::WARN,
        _ => Level::INFO,
    }
}

impl AsyncWrite for Lines {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n').flat_map(|piece| piece.chunks(MAX_LINE)) {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() >= MAX_LINE {
                self.log();
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.log();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an operator has to see is logged as such, and nothing else is.
    #[test]
    fn levels() {
        let table = [
            (r#"{"event":"bill-mocked","severity":"warn","trace_id":"1"}"#, Level::WARN),
            (r#"{"severity":"error"}"#, Level::ERROR),
            (r#" {"severity":"error"}"#, Level::INFO),
            (r#"{"severity":"info"}"#, Level::INFO),
            (r#"{"severity":"fatal"}"#, Level::INFO),
            (r#"{"severity":2}"#, Level::INFO),
            (r#"{"severity":null}"#, Level::INFO),
            (r#"{"severity":"warn","severity":"error"}"#, Level::INFO),
            (r#"{"inner":{"severity":"error"}}"#, Level::INFO),
            (r#"{"severity":"error"} and more"#, Level::INFO),
            (r#"{"severity":"error""#, Level::INFO),
            (r#"["error"]"#, Level::INFO),
            ("severity: error", Level::INFO),
            ("{}", Level::INFO),
            ("", Level::INFO),
        ];
        for (line, expected) in table {
            assert_eq!(level(line), expected, "{line}");
        }
    }
}
