//! Reading documents, and parts of them, from JSON.

use crate::reader::Reader;
use crate::{Notes, Place, Problem, ProblemCode, Problems, parse_json};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The most times that a part is read again to find what else is wrong with it.
const MOST_PASSES: usize = 64;

/// Reads the text of a document as JSON. That it is not JSON is noted under `pointer`, where the document is, with line and
/// column.
pub fn read_json(text: &str, pointer: &str, problems: &mut Problems) -> Option<Value> {
    let value = parse_json(text.as_bytes());
    value.map_err(|error| problems.add(pointer, "invalid-json", format!("is not JSON: {error}"))).ok()
}

/// Notes it if a document says that it is of another format. That it says nothing, or nothing that is text, is noted when
/// it is read.
pub fn check_format(document: &Value, format: &str, pointer: &str, problems: &mut Problems) {
    if document.get("format").and_then(Value::as_str).is_some_and(|other| other != format) {
        problems.add(format!("{pointer}/format"), ProblemCode::UnknownFormat.word(), format!("has to be {format:?}"));
    }
}

/// Reads the text of a document that is one part and says its format. What is wrong with it is noted; `None` when that is too much to go
/// on with.
pub fn read_document<T: DeserializeOwned>(text: &str, format: &str, problems: &mut Problems) -> Option<(Value, T)> {
    let value = read_json(text, "", problems)?;
    check_format(&value, format, "", problems);
    let document = read_part(&value, "", problems)?;
    Some((value, document))
}

/// Reads the text of a document that is one part.
///
/// # Errors
///
/// Everything that is wrong with it; at least one thing.
pub fn read_text<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Problem>> {
    let mut problems = Problems::default();
    let document = read_json(text, "", &mut problems);
    let document = document.and_then(|value| read_part(&value, "", &mut problems));
    document.filter(|_| problems.is_empty()).ok_or_else(|| problems.into_vec())
}

/// Reads one part of a document. Everything in it that is wrong is noted under `pointer`, where the part is; reading can
/// then go on with the next part.
///
/// A part in which nothing is wrong but fields that nobody knows is answered even so, so that the rest of it can be checked.
pub fn read_part<T: DeserializeOwned>(value: &Value, pointer: &str, problems: &mut Problems) -> Option<T> {
    let reader = Reader { value, at: Place::Root(pointer), notes: None };
    T::deserialize(reader).or_else(|_| explain(reader, problems).ok_or(())).ok()
}

/// Finds everything that is wrong. serde stops at the first error; so what is wrong is passed over, or something stands in
/// for it, until there is no error left.
#[cold]
fn explain<T: DeserializeOwned>(reader: Reader<'_, '_, true>, problems: &mut Problems) -> Option<T> {
    let mut part = None;
    let notes = Notes::default();
    let reader = Reader { notes: Some(&notes), ..reader };
    for _ in 0..MOST_PASSES {
        let before = notes.knowledge();
        part = T::deserialize(reader).ok().filter(|_| notes.is_readable());
        if part.is_some() || notes.is_wrong(reader.value) || notes.knowledge() == before {
            break;
        }
    }
    problems.extend(notes.into_problems());
    part
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "lowercase")]
    #[expect(dead_code, reason = "read and thrown away")]
    struct Part {
        name: String,
        choice: Choice,
        list: Option<Vec<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[expect(dead_code, reason = "read and thrown away")]
    enum Choice {
        Word,
        With(u8),
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read and thrown away")]
    struct Inner {
        number: u8,
    }

    fn check(value: Value, expected: &[&str]) {
        let mut problems = Problems::default();
        let part = read_part::<Part>(&value, "/at", &mut problems);
        let found: Vec<_> =
            problems.into_vec().iter().map(|problem| format!("{} {}", problem.pointer, problem.message)).collect();
        assert_eq!(found.len(), expected.len(), "{value}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{value}: {found}");
        }
        assert_eq!(part.is_some(), expected.is_empty(), "{value}");
    }

    /// Every wrong field is told, once.
    #[test]
    fn all_fields_are_told() {
        check(json!({"name": "a", "choice": "word"}), &[]);
        check(json!({"name": "a", "choice": {"with": 1}, "list": [{"number": 1}]}), &[]);
        check(
            json!({"name": 1, "choice": "other", "list": [{"number": 1}, {"number": "x"}], "more": 1}),
            &[
                r#"/at/more there is no field "more"; known are name, choice, list"#,
                "/at/name is a number; it has to be text",
                r#"/at/choice is "other"; possible are word, with"#,
                "/at/list/1/number is text; it has to be a whole number",
            ],
        );
        check(json!({}), &["/at/name `name` is missing", "/at/choice `choice` is missing"]);
        check(
            json!({"choice": 1, "list": [{"number": 300}, 7, {"number": 1.5, "more": 1}, {}]}),
            &[
                "/at/choice is a number; it has to be one of word, with",
                "/at/list/0/number is 300; 0 to 255 is allowed",
                "/at/list/1 is a number; it has to be an object",
                "/at/list/2/more there is no field",
                "/at/list/2/number is 1.5; it has to be a whole number",
                "/at/list/3/number `number` is missing",
                "/at/name `name` is missing",
            ],
        );
    }

    /// Nothing is taken for something else.
    #[test]
    fn nothing_is_read_by_position() {
        check(json!(["a", "word"]), &["/at is a list; it has to be an object"]);
        check(json!({"name": "a", "choice": "word", "list": [[1]]}), &["/at/list/0 is a list; it has to be an object"]);
        check(
            json!({"name": "a", "choice": {"word": null}}),
            &["/at/choice is an object; it has to be one of word, with"],
        );
        let both = json!({"name": "a", "choice": {"word": null, "with": 1}});
        check(both, &["/at/choice is an object; it has to be one of word, with"]);
        check(
            json!({"name": "a", "choice": {"word": 1}}),
            &["/at/choice is an object; it has to be the word \"word\" alone"],
        );
        check(json!({"name": "a", "choice": "with"}), &["/at/choice is \"with\"; it has to be an object such as"]);
    }
}
