//! How the jobs of a server stand.

use super::slices::read;
use crate::output;
use crate::request::Server;
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;
use ureq::http::{Method, StatusCode};

/// Say what waits on the node that answers, and which calls of its store are not made
///
/// Needs a key for `operate` where requests have to be signed. Exit code 0 when nothing waits and all calls are made, 1 otherwise.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Status {
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

impl Status {
    /// Asks `/statusz`.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut answer = self.server.ask(Method::GET, "/statusz")?;
        // It tells all the same when it is not ready.
        if answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.kind.starts_with("application/json") {
            answer.status = StatusCode::OK;
        }
        let status: Value = read(&answer)?;
        let document = json!({"journal": status["journal"], "breakers": status["breakers"]});
        output::print(if self.json { output::json(&document)? } else { told(&document) })?;
        Ok(if is_done(&document) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn is_done(document: &Value) -> bool {
    let open = document["breakers"].as_array().into_iter().flatten().any(|breaker| breaker["state"] != "closed");
    document["journal"]["waiting"] == 0 && !open
}

fn told(document: &Value) -> String {
    let journal = &document["journal"];
    let mut text = match journal["waiting"].as_u64() {
        None => "the node does not say what waits: its database does not answer\n".to_owned(),
        Some(waiting) => {
            let since = journal["oldest"].as_str().map(|oldest| format!(" since {oldest}")).unwrap_or_default();
            let (superseded, refused) = (&journal["superseded"], &journal["refused"]);
            format!(
                "{waiting} wait{since}; {superseded} bills gave way to others, {refused} entries were refused, ever\n"
            )
        }
    };
    for breaker in document["breakers"].as_array().into_iter().flatten() {
        let word = |field: &str| breaker[field].as_str().unwrap_or("?");
        if breaker["state"] != "closed" {
            _ = writeln!(text, "no {} are made since {}: {}", word("kind"), word("since"), word("why"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What waits and what is not asked for is said, and decides the exit code.
    #[test]
    fn standings() {
        let closed = json!({"kind": "reads", "state": "closed"});
        let open = json!({"kind": "posts", "state": "open", "since": "2026-11-21T00:00:05Z", "why": "4 timed out"});
        let journal =
            |waiting: u64| json!({"waiting": waiting, "superseded": 1, "refused": 0, "oldest": "2026-11-21T00:00:00Z"});
        for (document, expected, done) in [
            (
                json!({"journal": {"waiting": 0, "superseded": 1, "refused": 0}, "breakers": [closed]}),
                "0 wait; 1 bills gave way to others, 0 entries were refused, ever\n",
                true,
            ),
            (
                json!({"journal": journal(7), "breakers": [closed]}),
                "7 wait since 2026-11-21T00:00:00Z; 1 bills gave way to others, 0 entries were refused, ever\n",
                false,
            ),
            (
                json!({"journal": null, "breakers": [open]}),
                "the node does not say what waits: its database does not answer\n\
                 no posts are made since 2026-11-21T00:00:05Z: 4 timed out\n",
                false,
            ),
        ] {
            assert_eq!((told(&document).as_str(), is_done(&document)), (expected, done));
        }
    }
}
