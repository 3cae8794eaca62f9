//! The address to listen on, as it is given.

use std::str::FromStr;

use anyhow::Context as _;
use tokio::net::{TcpListener, lookup_host};

use crate::serve::listen;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenAddress {
    host: String,
    port: u16,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write an address and a port, such as 127.0.0.1:3000, [::1]:3000, localhost:3000 or :3000";
        let (host, port) = text.rsplit_once(':').ok_or_else(|| format!("it has no port; {example}"))?;
        let port = port.parse().map_err(|_| format!("{port:?} is no port, 0 to 65535; {example}"))?;
        let host = match host {
            // All addresses of this machine, of both families where the system has both.
            "" => "::",
            host => match host.strip_prefix('[') {
                Some(host) => host.strip_suffix(']').ok_or_else(|| format!("a bracket is missing; {example}"))?,
                None if host.contains(':') => return Err(format!("an address of IPv6 stands in brackets; {example}")),
                None => host,
            },
        };
        Ok(Self { host: host.to_owned(), port })
    }
}

impl ListenAddress {
    /// Listens on the first of its addresses that can be listened on.
    ///
    /// # Errors
    ///
    /// The name has no address, or none can be listened on: it is in use, or not one of this machine.
    pub(super) async fn bind(&self) -> anyhow::Result<TcpListener> {
        let Self { host, port } = self;
        let addresses = lookup_host((host.as_str(), *port)).await;
        let addresses = addresses.with_context(|| format!("{host:?} has no address; choose another with --listen"))?;
        let mut failed = anyhow::anyhow!("{host:?} has no address; choose another with --listen");
        for address in addresses {
            match listen(address) {
                Ok(listener) => return Ok(listener),
                Err(error) => failed = error,
            }
        }
        if host == "::" {
            // A machine without IPv6.
            return listen(([0, 0, 0, 0], *port).into());
        }
        Err(failed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What people write is understood, and what is not says what would be.
    #[test]
    fn addresses() {
        for (text, expected) in [
            ("127.0.0.1:3000", Ok(("127.0.0.1", 3000))),
            ("localhost:0", Ok(("localhost", 0))),
            (":3000", Ok(("::", 3000))),
            ("[::1]:80", Ok(("::1", 80))),
            ("3000", Err("has no port")),
            ("localhost:", Err("is no port")),
            ("localhost:70000", Err("is no port")),
            ("::1:80", Err("in brackets")),
            ("[::1:80", Err("bracket is missing")),
        ] {
            match (text.parse::<ListenAddress>(), expected) {
                (Ok(address), Ok((host, port))) => assert_eq!((address.host.as_str(), address.port), (host, port)),
                (Err(error), Err(why)) => assert!(error.contains(why) && error.contains("127.0.0.1:3000"), "{error}"),
                (parsed, _) => panic!("{text}: {parsed:?}"),
            }
        }
    }

    /// Names and all addresses can be listened on; an address of somebody else cannot, and it is said which option says so.
    #[tokio::test]
    async fn listening() {
        for text in ["localhost:0", ":0", "127.0.0.1:0"] {
            text.parse::<ListenAddress>().unwrap().bind().await.unwrap();
        }
        let error = "192.0.2.1:0".parse::<ListenAddress>().unwrap().bind().await.unwrap_err();
        assert!(format!("{error:#}").contains("--listen"), "{error:#}");
    }
}
