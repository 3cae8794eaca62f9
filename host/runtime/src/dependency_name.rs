//! The keys of `[component.x.dependencies]`: which imports a dependency is for.

use std::fmt;
use std::str::FromStr;

use semver::Version;

/// The left-hand side of a dependency, in the forms Spin takes: `ns:package`, `ns:package@1.0.0`,
/// `ns:package/interface`, `ns:package/interface@1.0.0`, or the plain name of an import, `some-name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DependencyName {
    /// The plain name of an import.
    Plain(String),
    /// All interfaces of a WIT package, or one of them.
    Package {
        /// Namespace and name: `farebox:pricing`.
        package: String,
        /// One interface; all when absent.
        interface: Option<String>,
        /// One version, to the letter; any when absent.
        version: Option<Version>,
    },
}

impl DependencyName {
    /// The name Spin registers the dependency under when it composes. Two dependencies of one component cannot share
    /// it, not even with different versions or interfaces.
    #[must_use]
    pub fn registered_as(&self) -> &str {
        match self {
            Self::Plain(name) => name,
            Self::Package { package, .. } => package,
        }
    }

    /// Whether it names a whole package rather than one interface.
    #[must_use]
    pub fn is_whole_package(&self) -> bool {
        matches!(self, Self::Package { interface: None, .. })
    }

    /// Whether a component's import of this name is one the dependency is for.
    #[must_use]
    pub fn matches(&self, import: &str) -> bool {
        match (self, import.parse::<Self>()) {
            (Self::Plain(name), _) => name == import,
            (
                Self::Package { package, interface, version },
                Ok(Self::Package { package: of, interface: Some(imported), version: at }),
            ) => {
                *package == of
                    && interface.as_ref().is_none_or(|interface| *interface == imported)
                    && (version.is_none() || *version == at)
            }
            _ => false,
        }
    }
}

impl FromStr for DependencyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains([':', '/']) {
            return if is_kebab(text) {
                Ok(Self::Plain(text.to_owned()))
            } else {
                Err(format!("{text:?} is not a kebab-case name"))
            };
        }
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => {
                let version = Version::parse(version).map_err(|error| format!("the version of {text:?}: {error}"))?;
                (name, Some(version))
            }
            None => (text, None),
        };
        let (package, interface) = match name.split_once('/') {
            Some((package, interface)) => (package, Some(interface)),
            None => (name, None),
        };
        let package_is_valid =
            package.split_once(':').is_some_and(|(namespace, name)| is_kebab(namespace) && is_kebab(name));
        if !package_is_valid || !interface.is_none_or(is_kebab) {
            return Err(format!("{text:?} is not of the form \"namespace:package/interface@version\""));
        }
        Ok(Self::Package { package: package.to_owned(), interface: interface.map(str::to_owned), version })
    }
}

impl fmt::Display for DependencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::Package { package, interface, version } => {
                f.write_str(package)?;
                if let Some(interface) = interface {
                    write!(f, "/{interface}")?;
                }
                if let Some(version) = version {
                    write!(f, "@{version}")?;
                }
                Ok(())
            }
        }
    }
}

/// Whether these are lower-case words, each starting with a letter, with `-` between them: a component's id, say.
#[must_use]
pub fn is_kebab(text: &str) -> bool {
    words(text, '-')
}

/// Whether these are lower-case words, each starting with a letter, with `_` between them: a variable's name, say.
#[must_use]
pub fn is_snake(text: &str) -> bool {
    words(text, '_')
}

fn words(text: &str, between: char) -> bool {
    text.split(between).all(|word| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A dependency is for the imports Spin says it is for, and for no others.
    #[test]
    fn matches_the_imports_that_spin_matches() {
        for (name, import, expected) in [
            ("farebox:pricing/pricing@0.1.0", "farebox:pricing/pricing@0.1.0", true),
            ("farebox:pricing/pricing", "farebox:pricing/pricing@0.1.0", true),
            ("farebox:pricing/pricing", "farebox:pricing/pricing", true),
            ("farebox:pricing@0.1.0", "farebox:pricing/pricing@0.1.0", true),
            ("farebox:pricing", "farebox:pricing/other@9.0.0", true),
            ("some-name", "some-name", true),
            ("farebox:pricing/pricing@0.1.0", "farebox:pricing/pricing", false),
            ("farebox:pricing@0.1.0", "farebox:pricing/pricing@0.1.1", false),
            ("farebox:pricing@0.1.0", "farebox:pricing/pricing", false),
            ("farebox:pricing/pricing", "farebox:pricing/other@0.1.0", false),
            ("farebox:pricing", "farebox:types/types@0.1.0", false),
            ("some-name", "other-name", false),
            ("some-name", "some:name/name", false),
        ] {
            let parsed: DependencyName = name.parse().unwrap();
            assert_eq!(parsed.matches(import), expected, "{name} for {import}");
            assert_eq!(parsed.to_string(), name);
        }
    }

    #[test]
    fn refuses_what_is_not_a_name() {
        for text in ["", "Farebox", "some_name", "farebox:", ":pricing", "farebox:pricing@1", "farebox:pricing/", "a/b"]
        {
            assert!(text.parse::<DependencyName>().is_err(), "{text:?}");
        }
    }
}
