//! Reads TOML into a type and reports every key the type does not have, with its line.

use serde::de::DeserializeOwned;
use serde_ignored::Path;
use toml::de::{DeTable, DeValue};

use crate::misfits::Misfits;

/// Deserializes, and adds a misfit for each key that `T` does not have.
///
/// # Errors
///
/// Not TOML, or not of `T`'s shape. The error shows the line.
pub fn deserialize<T: DeserializeOwned>(text: &str, misfits: &mut Misfits) -> Result<T, toml::de::Error> {
    let mut unknown = Vec::new();
    let value = serde_ignored::deserialize(toml::Deserializer::parse(text)?, |path| unknown.push(steps(&path)))?;
    let document = DeTable::parse(text)?;
    for path in unknown {
        let place = match offset(DeValue::Table(document.get_ref().clone()), &path) {
            Some(offset) => format!("line {}", 1 + text[..offset].matches('\n').count()),
            None => "somewhere".to_owned(),
        };
        let key = path.iter().map(Step::to_string).collect::<Vec<_>>().join(".");
        let remedy = remedy(&path);
        misfits.add(place, format!("the local host does not support the key `{key}`; {remedy}"));
    }
    Ok(value)
}

fn remedy(path: &[Step]) -> &'static str {
    match path {
        [Step::Key(application), Step::Key(tool), ..] if application == "application" && tool == "tool" => {
            "its own table has `probes` and `timers`, and nothing else; remove it, or, if another tool reads it, give it a table of its own"
        }
        [Step::Key(application), Step::Key(trigger), ..] if application == "application" && trigger == "trigger" => {
            "remove it"
        }
        // Where a table for a program of one's own is written by mistake.
        [Step::Key(key), ..] if matches!(key.as_str(), "application" | "tool") => {
            "remove it, or, if a tool of yours reads it, put it under [application.tool.<name>]"
        }
        _ => "remove it",
    }
}

enum Step {
    Key(String),
    Index(usize),
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) if key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) => {
                f.write_str(key)
            }
            Self::Key(key) => write!(f, "{key:?}"),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

fn steps(path: &Path<'_>) -> Vec<Step> {
    match path {
        Path::Root => Vec::new(),
        Path::Map { parent, key } => {
            let mut steps = steps(parent);
            steps.push(Step::Key(key.clone()));
            steps
        }
        Path::Seq { parent, index } => {
            let mut steps = steps(parent);
            steps.push(Step::Index(*index));
            steps
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => steps(parent),
    }
}

/// Where in the text the last key of the path is.
fn offset(root: DeValue<'_>, path: &[Step]) -> Option<usize> {
    let mut value = root;
    let mut offset = None;
    for step in path {
        value = match (step, value) {
            (Step::Key(key), DeValue::Table(table)) => {
                let (name, value) = table.into_iter().find(|(name, _)| name.get_ref() == key)?;
                offset = Some(name.span().start);
                value.into_inner()
            }
            (Step::Index(index), DeValue::Array(array)) => array.into_iter().nth(*index)?.into_inner(),
            _ => return None,
        };
    }
    offset
}
