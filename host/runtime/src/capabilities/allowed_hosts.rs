//! Which addresses `allowed_outbound_hosts` lets a component reach. The rules are Spin's.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use anyhow::Context as _;
use ipnet::IpNet;
use url::{Host, Url};

use crate::manifest::Component;
use crate::manifest::check::Checked;
use crate::values::Values;

/// Adds what is wrong with the templates of the addresses. What they expand to is looked at when they are granted.
pub fn check(checked: &mut Checked<'_>) {
    for template in &checked.component.allowed_outbound_hosts {
        checked.template("allowed_outbound_hosts", template);
    }
}

/// The addresses that the manifest lets a component reach.
///
/// # Errors
///
/// An entry is none once the variables in it have their values.
pub fn grant(component: &Component, values: &Values) -> anyhow::Result<AllowedHosts> {
    let mut allowed = AllowedHosts::default();
    for template in &component.allowed_outbound_hosts {
        let entry = values.expand(template).map_err(anyhow::Error::msg)?;
        allowed
            .add(&entry)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("the entry {template:?} of `allowed_outbound_hosts`"))?;
    }
    Ok(allowed)
}

/// The expanded `allowed_outbound_hosts` of one component.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts(Vec<AllowedHost>);

impl AllowedHosts {
    /// Adds an entry of the form `scheme://host[:port]`, each part possibly `*`, the host possibly `*.example.com` or
    /// a network such as `10.0.0.0/8`, the port possibly a range such as `6379..6400` whose end is not in it. A scheme
    /// with a well-known port (`redis`, `http` ...) needs none. An empty entry grants nothing: that is what a template
    /// over an empty variable expands to.
    ///
    /// # Errors
    ///
    /// A sentence saying what is wrong with the entry.
    pub fn add(&mut self, entry: &str) -> Result<(), String> {
        if !matches!(entry, "" | "http://" | "https://") {
            self.0.push(AllowedHost::parse(entry.trim())?);
        }
        Ok(())
    }

    /// Whether `address` may be reached. It may be a URL or, as in Spin, `host:port` to be reached with `scheme`.
    #[must_use]
    pub fn allows(&self, address: &str, scheme: &str) -> bool {
        let Some(target) = Target::parse(address, scheme) else { return false };
        self.0.iter().any(|allowed| allowed.allows(&target))
    }
}

/// The entry that would allow `address`, for telling an operator. Without credentials, and without the address's
/// text when it is no address.
#[must_use]
pub fn entry_for(address: &str, scheme: &str) -> Option<String> {
    let target = Target::parse(address, scheme)?;
    let port = target.port.map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("{}://{}{port}", target.scheme, target.host))
}

#[derive(Clone, Debug)]
struct AllowedHost {
    /// Any when absent.
    scheme: Option<String>,
    host: HostRule,
    ports: RangeInclusive<u16>,
}

#[derive(Clone, Debug)]
enum HostRule {
    Any,
    /// Any host that ends in this; it starts with a dot.
    Under(String),
    /// The application itself, for requests by relative URL. No address is that.
    Itself,
    Is(Host),
    In(IpNet),
}

struct Target {
    scheme: String,
    host: Host,
    port: Option<u16>,
}

impl AllowedHost {
    fn parse(entry: &str) -> Result<Self, String> {
        let expected = "write scheme://host:port, for example redis://127.0.0.1:6379";
        let (scheme, rest) =
            entry.split_once("://").ok_or_else(|| format!("{entry:?} does not have a scheme; {expected}"))?;
        if scheme != "*" && (scheme.is_empty() || !scheme.chars().all(char::is_alphabetic)) {
            return Err(format!("{entry:?} has the scheme {scheme:?}, which is not letters or \"*\"; {expected}"));
        }
        let (host, port) = match rest.rsplit_once(':') {
            // Colons may also belong to an IPv6 address that has no port after it.
            Some(_) if HostRule::parse(rest).is_ok() => (rest, ""),
            Some((host, port)) => (host, port.strip_suffix('/').unwrap_or(port)),
            None => (rest, ""),
        };
        let host = HostRule::parse(host).map_err(|why| format!("{entry:?}: {why}; {expected}"))?;
        let ports = ports(port, scheme).ok_or_else(|| format!("{entry:?} does not have a valid port; {expected}"))?;
        Ok(Self { scheme: (scheme != "*").then(|| scheme.to_owned()), host, ports })
    }

    fn allows(&self, target: &Target) -> bool {
        self.scheme.as_ref().is_none_or(|scheme| *scheme == target.scheme)
            && self.host.allows(&target.host)
            && match target.port.or_else(|| well_known_port(&target.scheme)) {
                Some(port) => self.ports.contains(&port),
                None => self.ports == ANY_PORT,
            }
    }
}

impl HostRule {
    fn parse(host: &str) -> Result<Self, String> {
        match host {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::Itself),
            _ => {}
        }
        if let Ok(network) = host.parse::<IpNet>() {
            return Ok(Self::In(network.trunc()));
        }
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains('/') {
            return Err("a path is not allowed".to_owned());
        }
        if let Some(domain) = host.strip_prefix("*.") {
            return match Host::parse(domain) {
                Ok(Host::Domain(domain)) if !domain.contains('*') => Ok(Self::Under(format!(".{domain}"))),
                _ => Err(format!("{host:?} has to be \"*.\" and a domain")),
            };
        }
        if host.contains('*') {
            return Err("\"*\" may stand for the whole host or for what is before a domain".to_owned());
        }
        Host::parse(host).map(Self::Is).map_err(|error| format!("the host {host:?}: {error}"))
    }

    fn allows(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Is(this), host) => this == host,
            (Self::Under(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::In(network), Host::Ipv4(address)) => network.contains(&IpAddr::V4(*address)),
            (Self::In(network), Host::Ipv6(address)) => network.contains(&IpAddr::V6(*address)),
            (Self::Itself | Self::Under(_) | Self::In(_), _) => false,
        }
    }
}

impl Target {
    fn parse(address: &str, scheme: &str) -> Option<Self> {
        let address = without_credentials(address);
        let url = match Url::parse(&address) {
            Ok(url) if url.has_host() => url,
            _ => Url::parse(&format!("{scheme}://{address}")).ok()?,
        };
        Some(Self { scheme: url.scheme().to_owned(), host: Host::parse(url.host_str()?).ok()?, port: url.port() })
    }
}

/// Credentials decide nothing here, and may hold characters that a URL may not.
fn without_credentials(address: &str) -> String {
    let start = address.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = address.split_at(start);
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rfind('@') {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => address.to_owned(),
    }
}

const ANY_PORT: RangeInclusive<u16> = 0..=u16::MAX;

fn ports(port: &str, scheme: &str) -> Option<RangeInclusive<u16>> {
    if port.is_empty() {
        return well_known_port(scheme).map(|port| port..=port);
    }
    if port == "*" {
        return Some(ANY_PORT);
    }
    match port.split_once("..") {
        Some((start, end)) => {
            let (start, end) = (start.parse().ok()?, end.parse::<u16>().ok()?);
            Some(start..=end.checked_sub(1)?)
        }
        None => port.parse().ok().map(|port| port..=port),
    }
}

fn well_known_port(scheme: &str) -> Option<u16> {
    match scheme {
        "redis" => Some(6379),
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "mqtt" => Some(1883),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(entry: &str, address: &str, expected: bool) {
        let mut hosts = AllowedHosts::default();
        hosts.add(entry).unwrap();
        assert_eq!(hosts.allows(address, "redis"), expected, "{entry} for {address}");
    }

    /// An address is reached exactly when Spin would let it be reached.
    #[test]
    fn allows_what_spin_allows() {
        for (entry, address) in [
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379"),
            ("redis://127.0.0.1:6379", "redis://127.0.0.1"),
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379/2"),
            ("redis://127.0.0.1:6379", "redis://user:pass@127.0.0.1:6379"),
            ("redis://127.0.0.1:6379", "redis://user:p@ss#?@127.0.0.1:6379"),
            ("redis://127.0.0.1", "127.0.0.1:6379"),
            ("redis://localhost:*", "redis://localhost:7000"),
            ("redis://cache.example.com/", "redis://cache.example.com"),
            ("redis://*.example.com", "redis://a.b.example.com"),
            ("redis://*", "redis://anything"),
            ("*://*:*", "redis://anything:1"),
            ("*://10.0.0.0/8:*", "redis://10.1.2.3:7000"),
            ("redis://[::1]", "redis://[::1]:6379"),
            ("redis://localhost:7000..7003", "redis://localhost:7002"),
        ] {
            check(entry, address, true);
        }
        for (entry, address) in [
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6380"),
            ("redis://127.0.0.1:6379", "redis://127.0.0.2:6379"),
            ("redis://127.0.0.1:6379", "http://127.0.0.1:6379"),
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379@elsewhere:6379"),
            ("redis://localhost:6379", "redis://127.0.0.1:6379"),
            ("redis://*.example.com", "redis://example.com"),
            ("redis://*.example.com", "redis://10.0.0.1"),
            ("redis://localhost:7000..7003", "redis://localhost:7003"),
            ("redis://self", "redis://self"),
            ("redis://10.0.0.0/8", "redis://localhost"),
            ("", "redis://localhost"),
            ("redis://*", "no address at all"),
        ] {
            check(entry, address, false);
        }
    }

    #[test]
    fn refuses_what_is_not_an_entry() {
        for entry in [
            "*",
            "localhost",
            "localhost:6379",
            "redis://",
            "redis://a/b",
            "tcp://localhost",
            "redis://a:99999",
            "redis://a*b",
        ] {
            assert!(AllowedHosts::default().add(entry).is_err(), "{entry:?}");
        }
    }

    /// A log line that names the remedy gives no password away.
    #[test]
    fn the_entry_to_add_holds_no_credentials() {
        assert_eq!(entry_for("redis://user:secret@host:1/3", "redis").unwrap(), "redis://host:1");
        assert_eq!(entry_for("host", "redis").unwrap(), "redis://host");
    }
}
