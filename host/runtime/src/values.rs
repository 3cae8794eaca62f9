//! The values of the application's variables, and where they come from.

use std::collections::BTreeMap;

use crate::manifest::Manifest;
use crate::misfits::Misfits;
use crate::template::Template;

/// Sources of values, the strongest first.
#[derive(Debug, Default)]
pub struct Overrides {
    /// Named on the command line, one by one.
    pub given: BTreeMap<String, String>,
    /// What `--redis` stands for.
    pub redis: Option<RedisUrl>,
    /// From the environment, `SPIN_VARIABLE_NAME`, under their names.
    pub environment: BTreeMap<String, String>,
    /// The signing key of the data directory.
    pub signing_key: Option<String>,
    /// What this run of the host says on its timers.
    pub timers_key: Option<String>,
}

/// The variable that signs what clients bring back.
pub const SIGNING_KEY: &str = "signing_key";

/// The variable that tells components what the host says when it asks on a timer.
pub const TIMERS_KEY: &str = "timers_key";

impl Overrides {
    /// Reads `name=value` pairs.
    ///
    /// # Errors
    ///
    /// A pair without "=".
    pub fn given(pairs: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
        pairs
            .iter()
            .map(|pair| match pair.split_once('=') {
                Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
                None => anyhow::bail!("--variable {pair:?} has to be of the form name=value"),
            })
            .collect()
    }

    /// Reads Spin's `SPIN_VARIABLE_*` out of environment variables.
    pub fn environment(variables: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
        variables
            .filter_map(|(name, value)| Some((name.strip_prefix("SPIN_VARIABLE_")?.to_ascii_lowercase(), value)))
            .collect()
    }

    /// Whether somebody outside has given this variable a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name) || self.environment.contains_key(name)
    }

    fn value(&self, name: &str) -> Option<String> {
        let redis = || {
            let redis = self.redis.as_ref()?;
            match name {
                "store_backend" => Some("redis".to_owned()),
                "redis_address" => Some(redis.address.clone()),
                "redis_credentials" => Some(redis.credentials.clone()),
                _ => None,
            }
        };
        let made = || match name {
            SIGNING_KEY => self.signing_key.clone(),
            TIMERS_KEY => self.timers_key.clone(),
            _ => None,
        };
        self.given.get(name).cloned().or_else(redis).or_else(|| self.environment.get(name).cloned()).or_else(made)
    }
}

/// A Redis URL, in the two parts the application's variables have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisUrl {
    /// `host:port`.
    pub address: String,
    /// Empty, or `user:password@` as it stood in the URL.
    pub credentials: String,
}

impl std::str::FromStr for RedisUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        const EXPECTED: &str = "write redis://[user:password@]host[:port]";
        let Some(rest) = url.strip_prefix("redis://") else {
            return Err(format!("only redis:// is supported; {EXPECTED}"));
        };
        let (credentials, address) = rest.split_at(rest.rfind('@').map_or(0, |at| at + 1));
        let (address, path) = address.split_once('/').unwrap_or((address, ""));
        if !matches!(path, "" | "0") {
            return Err(format!("only database 0 is supported, not {path:?}; {EXPECTED}"));
        }
        let parsed = url::Url::parse(&format!("redis://{address}")).map_err(|error| format!("{error}; {EXPECTED}"))?;
        if address.contains(['?', '#', '{']) || !parsed.has_host() || parsed.host_str().is_none_or(str::is_empty) {
            return Err(format!("it does not name a host; {EXPECTED}"));
        }
        let address = if parsed.port().is_some() { address.to_owned() } else { format!("{address}:6379") };
        Ok(Self { address, credentials: credentials.to_owned() })
    }
}

/// The values of all variables of the application.
#[derive(Debug)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// Gives every variable of the manifest its value, and adds a misfit for each that has none and for each value
    /// given to a variable that is not there.
    pub fn resolve(manifest: &Manifest, overrides: &Overrides, misfits: &mut Misfits) -> Self {
        for name in overrides.given.keys().filter(|name| !manifest.variables.contains_key(*name)) {
            let known = manifest.variables.keys().cloned().collect::<Vec<_>>().join(", ");
            misfits.add(format!("--variable {name}"), format!("the application has no such variable; it has {known}"));
        }
        let mut values = BTreeMap::new();
        for (name, variable) in &manifest.variables {
            match overrides.value(name).or_else(|| variable.default.clone()) {
                Some(value) => _ = values.insert(name.clone(), value),
                None => misfits.add(
                    format!("variable {name:?}"),
                    format!(
                        "it is required and has no value; give it one with --variable {name}=... or \
                         SPIN_VARIABLE_{}",
                        name.to_ascii_uppercase()
                    ),
                ),
            }
        }
        Self(values)
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A template with the values in it. A template of a manifest that has been checked always expands.
    ///
    /// # Errors
    ///
    /// The template is not one, or names a variable that has no value.
    pub fn expand(&self, template: &str) -> Result<String, String> {
        Template::parse(template)?.expand(&self.0).map_err(|name| format!("the variable {name:?} has no value"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// `--redis` says what is wrong with it, and loses nothing of what is right.
    #[test]
    fn reads_redis_urls() {
        for (url, address, credentials) in [
            ("redis://127.0.0.1:6379", "127.0.0.1:6379", ""),
            ("redis://cache", "cache:6379", ""),
            ("redis://cache/", "cache:6379", ""),
            ("redis://cache:7000/0", "cache:7000", ""),
            ("redis://user:p%40ss@cache:7000", "cache:7000", "user:p%40ss@"),
            ("redis://:p@ss@[::1]:7000", "[::1]:7000", ":p@ss@"),
        ] {
            let expected = RedisUrl { address: address.to_owned(), credentials: credentials.to_owned() };
            assert_eq!(url.parse(), Ok(expected), "{url}");
        }
        for (url, why) in [
            ("rediss://cache", "only redis://"),
            ("cache:6379", "only redis://"),
            ("redis://cache/2", "only database 0"),
            ("redis://", "host"),
            ("redis://cache:99999", "port"),
        ] {
            let error = url.parse::<RedisUrl>().unwrap_err();
            assert!(error.contains(why), "{url}: {error}");
        }
    }

    /// What is nearer to the operator wins: the command line, `--redis`, the environment, the kept signing key.
    #[test]
    fn the_nearest_value_wins() {
        let mut overrides = Overrides {
            given: Overrides::given(&["redis_address=given".to_owned(), "a=b=c".to_owned()]).unwrap(),
            redis: Some("redis://u:p@cache".parse().unwrap()),
            environment: Overrides::environment(
                [("SPIN_VARIABLE_STORE_BACKEND", "sqlite"), ("SPIN_VARIABLE_BUCKETS", "4"), ("PATH", "/")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into_iter(),
            ),
            signing_key: Some("kept".to_owned()),
            timers_key: Some("made".to_owned()),
        };
        for (name, expected) in [
            ("redis_address", Some("given")),
            ("a", Some("b=c")),
            ("redis_credentials", Some("u:p@")),
            ("store_backend", Some("redis")),
            ("buckets", Some("4")),
            ("signing_key", Some("kept")),
            ("timers_key", Some("made")),
            ("path", None),
        ] {
            assert_eq!(overrides.value(name).as_deref(), expected, "{name}");
        }
        overrides.given.insert("signing_key".to_owned(), "mine".to_owned());
        assert_eq!(overrides.value("signing_key").as_deref(), Some("mine"));
        assert!(Overrides::given(&["novalue".to_owned()]).is_err());
    }
}
