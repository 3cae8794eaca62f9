//! Spin's templates: text with `{{ variable }}` in it.

use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// An opening `{{` without its `}}`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else {
                return Err(format!("{text:?} has a \"{{{{\" without its \"}}}}\""));
            };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// The names of the variables in it, in order, repeats included.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every variable replaced by its value, or the name of the first variable that has none.
    pub fn expand(&self, values: &BTreeMap<String, String>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.0 {
            text.push_str(match part {
                Part::Text(part) => part,
                Part::Variable(name) => values.get(name).ok_or_else(|| name.clone())?,
            });
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A template expands as Spin expands it.
    #[test]
    fn expands() {
        let values = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
        for (template, expected) in [
            ("", Ok("")),
            ("plain", Ok("plain")),
            ("{{ a }}", Ok("1")),
            ("{{a}}{{ b }}{{  a}}", Ok("11")),
            ("redis://{{ b }}host:{{ a }}/", Ok("redis://host:1/")),
            ("} {{ a }} }}", Ok("} 1 }}")),
            ("{{ missing }}", Err("missing")),
        ] {
            let expanded = Template::parse(template).unwrap().expand(&values);
            assert_eq!(expanded.as_deref().map_err(String::as_str), expected, "{template:?}");
        }
        assert!(Template::parse("{{ a").unwrap_err().contains("without"));
    }
}
