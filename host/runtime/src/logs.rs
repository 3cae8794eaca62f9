//! Logs: ours, and what guests write to their standard output and error.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use clap::ValueEnum;
use tokio::io::AsyncWrite;
use tracing_subscriber::EnvFilter;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

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
    if access_log && let Ok(directive) = format!("{ACCESS}=debug").parse() {
        filter = filter.add_directive(directive);
    }
    let logs =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
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
        tracing::info!(target: "guest", component = &**component, stream, "{}", line.trim_end());
        self.line.clear();
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
