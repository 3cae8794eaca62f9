//! The parameters in the query of a request.

use crate::problem::ProblemDetails;

/// The parameters of a query, all of them known and none given twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(&'static str, String)>);

impl Query {
    /// Reads a query string that may have the parameters `known`.
    ///
    /// # Errors
    ///
    /// `invalid-parameter`, naming what is unknown or repeated.
    pub fn parse(query: Option<&str>, known: &[&'static str]) -> Result<Self, ProblemDetails> {
        let mut parameters: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(name) = known.iter().copied().find(|known| *known == name) else {
                let name: String = name.chars().take(64).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(ProblemDetails::parameter(
                    name,
                    format!("is not a query parameter of this path; known: {known}"),
                ));
            };
            if parameters.iter().any(|(other, _)| *other == name) {
                return Err(ProblemDetails::parameter(name, "is given more than once"));
            }
            parameters.push((name, value.into_owned()));
        }
        Ok(Self(parameters))
    }

    /// A parameter, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// A misspelt parameter is an error, not a default.
    #[test]
    fn queries() {
        let known = ["scene", "locale"];
        let query = Query::parse(Some("locale=zh%2DCN&scene=receipt"), &known).unwrap();
        assert_eq!((query.get("scene"), query.get("locale")), (Some("receipt"), Some("zh-CN")));
        assert_eq!(Query::parse(None, &known).unwrap().get("scene"), None);
        let unknown = |query, known| Query::parse(Some(query), known).unwrap_err().errors.remove(0);
        assert_eq!(unknown("scen=x", &known).parameter.as_deref(), Some("scen"));
        assert_eq!(Query::parse(Some("scene=a&scene=b"), &known).unwrap_err().kind.code, "invalid-parameter");
        assert!(unknown("scene=a", &[]).message.contains("known: none"));
    }

    proptest! {
        /// No query breaks the reader.
        #[test]
        fn any_query_is_survived(query in ".{0,60}") {
            let _ = Query::parse(Some(&query), &["scene"]);
        }
    }
}
