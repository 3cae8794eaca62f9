//! What a server has answered.

use super::pretty::pretty;
use crate::output;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use ureq::http::StatusCode;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its `Content-Type`.
    pub kind: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Prints the body, and says what the status is.
    ///
    /// # Errors
    ///
    /// When the body cannot be written.
    pub fn print(&self) -> anyhow::Result<()> {
        output::say(self.said());
        let laid_out = io::stdout().is_terminal().then(|| pretty(&self.body)).flatten();
        output::print_with(|| io::stdout().write_all(laid_out.as_deref().map_or(&*self.body, str::as_bytes)))
    }

    /// The status, and what a refusal says of itself.
    pub fn said(&self) -> String {
        let mut said = self.status.to_string();
        if !self.kind.starts_with("application/problem+json") {
            return said;
        }
        let Ok(problem) = serde_json::from_slice::<Value>(&self.body) else { return said };
        let text = |of: &Value, name: &str| of[name].as_str().map(shown);
        if let Some(detail) = text(&problem, "detail").or_else(|| text(&problem, "title")) {
            let _ = write!(said, "\n{detail}");
        }
        if let Some(code) = text(&problem, "code") {
            let _ = write!(said, " [{code}]");
        }
        for error in problem["errors"].as_array().into_iter().flatten() {
            let place = text(error, "pointer").or_else(|| text(error, "parameter")).unwrap_or_default();
            let (message, code) = (text(error, "message").unwrap_or_default(), text(error, "code").unwrap_or_default());
            let _ = write!(said, "\n  {place}: {message} [{code}]");
        }
        said
    }
}

/// What others wrote, on a terminal: nothing in it moves the cursor.
fn shown(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// What is wrong is said in full; what is no problem, with its status.
    #[test]
    fn said() {
        let problem = json!({
            "title": "The request is not valid", "status": 422, "detail": "1 thing is wrong", "code": "invalid-request",
            "errors": [{"pointer": "/a", "code": "unknown-field", "message": "there is no \u{1b}field"},
                       {"parameter": "city", "code": "missing", "message": "is missing"}],
        });
        let answer = |status: u16, kind: &str, body: String| {
            let status = StatusCode::from_u16(status).unwrap();
            Answer { status, kind: kind.to_owned(), body: body.into_bytes() }.said()
        };
        assert_eq!(
            answer(422, "application/problem+json", problem.to_string()),
            "422 Unprocessable Entity\n1 thing is wrong [invalid-request]\n  /a: there is no \u{fffd}field [unknown-field]\n  \
             city: is missing [missing]"
        );
        assert_eq!(answer(200, "application/json", problem.to_string()), "200 OK");
        assert_eq!(answer(502, "application/problem+json", "<html>".to_owned()), "502 Bad Gateway");
        assert_eq!(answer(299, "", String::new()), "299 <unknown status code>");
    }
}
