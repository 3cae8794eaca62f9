//! Which component answers which path. The rules are Spin's: an exact route before a wildcard, the longest wildcard
//! before shorter ones.

use std::collections::BTreeMap;

use routefinder::Router;

pub struct Routes {
    router: Router<String>,
}

impl Routes {
    /// Reads routes, each with the identifier of the component it belongs to.
    ///
    /// # Errors
    ///
    /// A sentence for each route that is not one, or is there twice.
    pub fn new<'a>(routes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<String>> {
        let mut router = Router::new();
        let mut errors = Vec::new();
        let mut seen = BTreeMap::new();
        for (route, component) in routes {
            if !route.starts_with('/') {
                errors.push(format!("the route {route:?} has to start with \"/\""));
            } else if let Some(other) = seen.insert(route.trim_end_matches('/'), component) {
                errors.push(format!("the route {route:?} belongs to two triggers, for {other:?} and {component:?}"));
            } else if let Err(error) = router.add(pattern(route), component.to_owned()) {
                errors.push(format!("the route {route:?}: {error}"));
            }
        }
        if errors.is_empty() { Ok(Self { router }) } else { Err(errors) }
    }

    /// The identifier of the component that answers requests to this path.
    #[must_use]
    pub fn component(&self, path: &str) -> Option<&str> {
        self.router.best_match(path).map(|found| found.handler().as_str())
    }
}

/// A route as the router writes it: Spin's "/..." is its "/*".
fn pattern(route: &str) -> String {
    match route.strip_suffix("/...") {
        Some(prefix) => format!("{prefix}/*"),
        None => route.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Routes to components that are called like them.
    fn routes(routes: &[&str]) -> Result<Routes, Vec<String>> {
        Routes::new(routes.iter().map(|route| (*route, *route)))
    }

    /// A path goes to the route Spin sends it to.
    #[test]
    fn finds_the_route_that_spin_finds() {
        let routes = routes(&["/...", "/console/...", "/console/help", "/trips/:id"]).unwrap();
        for (path, expected) in [
            ("/", "/..."),
            ("/healthz", "/..."),
            ("/v1/estimates/x/details/y", "/..."),
            ("/console", "/console/..."),
            ("/console/", "/console/..."),
            ("/console/a/b", "/console/..."),
            ("/console/help", "/console/help"),
            ("/trips/7", "/trips/:id"),
            ("/trips/7/bill", "/..."),
        ] {
            assert_eq!(routes.component(path), Some(expected), "{path}");
        }
        let only = self::routes(&["/a/..."]).unwrap();
        assert_eq!(only.component("/b"), None);
    }

    #[test]
    fn refuses_routes_that_are_none_or_twice() {
        let errors = routes(&["a", "/b", "/b"]).err().unwrap();
        assert_eq!(errors.len(), 2, "{errors:?}");
    }
}
