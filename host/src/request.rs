//! `farebox request`: asks a server for something, signed.

mod answer;
mod arguments;
mod client;
mod pretty;
mod signing;
mod tls;
mod wire;

pub use self::answer::Answer;
use self::signing::SigningArgs;
use self::tls::TlsArgs;
use self::wire::Wire;
use crate::{duration, input, output};
use anyhow::ensure;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use ureq::http::{HeaderName, HeaderValue, Method, Uri};

/// Ask a server for something, signed with a key
///
/// The body of the answer goes to the standard output; its status, and what is wrong, to the standard error. Exit code 0 for a status of
/// 2xx, 1 for any other. Redirections are not followed.
///
/// The key is named with --key or FAREBOX_KEY; its secret is in a file, or in FAREBOX_KEY_SECRET. Without either nothing is signed.
///
/// Examples:
///
///   farebox request GET /v1/cities
///
///   farebox request POST /v1/trips/ride-1/segments --key dispatch --secret-file dispatch.secret --body-file segments.json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Request {
    /// GET, POST and so on.
    #[arg(value_parser = arguments::method)]
    method: Method,
    /// Path and query, as they are sent: /v1/trips/ride-1/bill?city=110000
    path: String,
    #[command(flatten)]
    server: Server,
    /// The body.
    #[arg(long, value_name = "JSON", conflicts_with = "body_file")]
    body: Option<String>,
    /// The file that the body is in; "-" is the standard input.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    /// Another header. May be given several times. A body is application/json, unless it is said here.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = arguments::header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Print the request as it would be sent, and do not send it.
    #[arg(long)]
    dry_run: bool,
}

/// Whom to ask, and as whom.
#[derive(Debug, Args)]
pub struct Server {
    /// The server: scheme, host and port.
    #[arg(long, default_value = "http://127.0.0.1:3000", value_parser = arguments::server)]
    url: Uri,
    #[command(flatten)]
    signing: SigningArgs,
    /// How long to wait for all of an answer.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration::parse)]
    timeout: u64,
    #[command(flatten)]
    tls: TlsArgs,
}

impl Server {
    /// Asks for something without a body. An answer is one whatever its status.
    ///
    /// # Errors
    ///
    /// There is no answer; or the arguments name what cannot be read.
    pub fn ask(&self, method: Method, path: &str) -> anyhow::Result<Answer> {
        self.send(Wire::new(method, &self.url, path, &[], Vec::new())?)
    }

    fn send(&self, mut wire: Wire) -> anyhow::Result<Answer> {
        self.sign(&mut wire)?;
        let tls = self.tls.read(&self.url)?;
        client::send(&wire, tls, Duration::from_secs(self.timeout))
    }

    fn sign(&self, wire: &mut Wire) -> anyhow::Result<()> {
        self.signing.read()?.map_or(Ok(()), |signer| signer.sign(wire))
    }
}

impl Request {
    /// Sends the request and prints the answer.
    ///
    /// # Errors
    ///
    /// There is no answer, or it cannot be written. One that is not 2xx is an answer: exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut wire = self.wire()?;
        if self.dry_run {
            self.server.sign(&mut wire)?;
            output::print(&wire)?;
            return Ok(ExitCode::SUCCESS);
        }
        let answer = self.server.send(wire)?;
        answer.print()?;
        Ok(if answer.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn wire(&self) -> anyhow::Result<Wire> {
        ensure!(
            !(self.server.signing.is_stdin() && self.body_file.as_deref().is_some_and(input::is_stdin)),
            "--secret-file and --body-file cannot both be the standard input; name a file for one of them"
        );
        let body = match (&self.body, &self.body_file) {
            (Some(body), _) => body.clone().into_bytes(),
            (None, Some(path)) => input::read_text(path)?.into_bytes(),
            (None, None) => Vec::new(),
        };
        Wire::new(self.method.clone(), &self.server.url, &self.path, &self.headers, body)
    }
}
