//! Sending a request, and reading all of its answer.

use super::answer::Answer;
use super::wire::Wire;
use anyhow::Context as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;
use ureq::http::{self, Method, Uri, header};
use ureq::tls::TlsConfig;
use ureq::{Agent, Error, SendBody};

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 64 << 20;

/// Sends a request once, and nothing else: no redirection is followed, since what it leads to was not signed.
///
/// # Errors
///
/// There is no answer.
pub fn send(wire: &Wire, tls: Option<TlsConfig>, timeout: Duration) -> anyhow::Result<Answer> {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(timeout));
    if is_this_machine(&wire.uri) {
        config = config.proxy(None);
    }
    if let Some(tls) = tls {
        config = config.tls_config(tls);
    }
    let agent: Agent = config.build().into();
    let mut request = http::Request::builder().method(wire.method.clone()).uri(wire.uri.clone());
    for (name, value) in &wire.headers {
        request = request.header(name, value);
    }
    let is_sent = !wire.body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&wire.method);
    let none = "is a request that cannot be sent";
    let answer = if is_sent {
        agent.run(request.body(wire.body.as_slice()).context(none)?)
    } else {
        agent.run(request.body(SendBody::none()).context(none)?)
    };
    let mut answer = answer.map_err(|error| trouble(wire, timeout, error))?;
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let body = answer.body_mut().with_config().limit(LONGEST).read_to_vec();
    let body = body.map_err(|error| trouble(wire, timeout, error))?;
    Ok(Answer { status: answer.status(), kind, body })
}

/// Nothing between a machine and itself is asked for the way.
fn is_this_machine(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn trouble(wire: &Wire, timeout: Duration, error: Error) -> anyhow::Error {
    let server = format!(
        "{}://{}",
        wire.uri.scheme_str().unwrap_or_default(),
        wire.uri.authority().map(|authority| authority.as_str()).unwrap_or_default()
    );
    if let Some(why) = distrust(&error) {
        return anyhow::anyhow!("{server} is not trusted: {}", distrusted(why));
    }
    match error {
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            anyhow::anyhow!("nobody listens at {server}: start a server, or name another with --url")
        }
        Error::HostNotFound => anyhow::anyhow!("there is no host of the name in {server}; name another with --url"),
        Error::Timeout(_) => anyhow::anyhow!(
            "{server} has not answered within {} s, and may have done what was asked; --timeout waits longer",
            timeout.as_secs()
        ),
        Error::BodyExceedsLimit(most) => anyhow::anyhow!("the answer of {server} has more than {most} bytes"),
        error => anyhow::Error::new(error).context(format!("{server} does not answer")),
    }
}

/// Why a server is not trusted, and what to do.
fn distrusted(why: &rustls::Error) -> String {
    let why = why.to_string();
    // What `openssl req -x509` makes unless it is told otherwise.
    if why.contains("CaUsedAsEndEntity") {
        return "its certificate is one of an authority (CA:TRUE), and a server needs one of its own, which --ca may name as well: \
                `openssl req -x509 -addext basicConstraints=critical,CA:FALSE` makes one"
            .to_owned();
    }
    format!("{why}. --ca names a file with the certificate that its own is signed with")
}

/// Why a server is not trusted, when that is what is wrong.
fn distrust(error: &Error) -> Option<&rustls::Error> {
    match error {
        Error::Rustls(why) => Some(why),
        Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is on the machine itself is asked without a proxy.
    #[test]
    fn this_machine() {
        for (uri, is) in [
            ("http://127.0.0.1:3000", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:3000/a", true),
            ("https://localhost", true),
            ("http://127.0.0.1.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_this_machine(&uri.parse().unwrap()), is, "{uri}");
        }
    }
}
