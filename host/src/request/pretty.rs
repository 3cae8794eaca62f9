//! JSON laid out for people. Nothing but white space changes: numbers keep their digits, and fields their order.

use serde::de::IgnoredAny;

/// The text, laid out. `None` when it is not JSON.
pub fn pretty(json: &[u8]) -> Option<String> {
    serde_json::from_slice::<IgnoredAny>(json).ok()?;
    let text = std::str::from_utf8(json).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if in_string {
            out.push(character);
            match character {
                '\\' => out.extend(characters.next()),
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match character {
            '"' => {
                in_string = true;
                out.push(character);
            }
            '{' | '[' => {
                while characters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                out.push(character);
                match characters.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        new_line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out.push('\n');
    Some(out)
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    /// What is laid out says the same, to the digit and in the same order.
    #[test]
    fn laid_out() {
        for (text, expected) in [
            ("{}", "{}\n"),
            (" [ ] ", "[]\n"),
            ("1.10", "1.10\n"),
            (r#""a{,:\"\\""#, "\"a{,:\\\"\\\\\"\n"),
            (
                r#"{"b":1.10,"a":[1,{ "c" : [] }],"京":"\u4eac"}"#,
                "{\n  \"b\": 1.10,\n  \"a\": [\n    1,\n    {\n      \"c\": []\n    }\n  ],\n  \"京\": \"\\u4eac\"\n}\n",
            ),
        ] {
            assert_eq!(pretty(text.as_bytes()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "{", "{} {}", "hello"] {
            assert_eq!(pretty(text.as_bytes()), None, "{text}");
        }
        let value = json!({"a": [[], [1, [2]], {}], "b": {"c": "x, y: {z}", "d": null}});
        let laid_out = pretty(value.to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&laid_out).unwrap(), value);
        assert_eq!(laid_out, format!("{value:#}\n"));
    }
}
