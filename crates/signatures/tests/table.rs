//! Which signatures count, and what is said of those that do not: every line of the table.
#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use farebox_signatures::{Claim, Key, Keys, Request, Secret, content_digest, verify};
use std::fs;
use std::path::Path;

/// A key of the table.
struct Dispatch([Secret; 2]);

impl Key for Dispatch {
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }
}

impl Keys for Dispatch {
    type Key = Self;

    fn key(&self, id: &str) -> Option<&Self> {
        (id == "dispatch").then_some(self)
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(&text.repeat(32).as_bytes()[..32]).unwrap()
}

const NOW: i64 = 1_800_000_000;

/// What the table shortens.
fn written_out(cell: &str) -> String {
    let rest = format!(r#";created={NOW};nonce="0123456789abcdef";keyid="dispatch""#);
    cell.replace("(three)", r#"("@method" "@path" "@query")"#)
        .replace("(four)", r#"("@method" "@path" "@query" "content-digest")"#)
        .replace("...", &rest)
        .replace("now", &NOW.to_string())
}

fn outcome(cells: &[&str]) -> String {
    let [first_line, body, others, input, signature] = cells else { panic!("{cells:?}") };
    let (method, path) = first_line.split_once(' ').unwrap();
    let path = if path == "(nothing)" { "" } else { &*path.replace("\\xe9", "\u{e9}") };
    let mut headers = Vec::new();
    let mut add = |name: &str, value: String| {
        // A value stands in the table as Rust writes bytes.
        let value = value.replace("\\xe9", "\u{e9}");
        headers.push((name.to_owned(), value.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()));
    };
    for header in others.split(" & ").filter(|header| !header.is_empty()) {
        match header.split_once(": ") {
            Some((name, value)) => add(name, value.to_owned()),
            None if header == "its digest" => add("content-digest", content_digest(body.as_bytes())),
            None => add("content-digest", content_digest(header.strip_prefix("digest of ").unwrap().as_bytes())),
        }
    }
    for line in input.split(" & ").filter(|line| !line.is_empty()) {
        add("signature-input", written_out(line));
    }
    let request = Request::new(method, path, &headers, body.as_bytes());
    // What is signed, whatever becomes of it.
    let base = Claim::read(&request).map(|claim| claim.base).unwrap_or_default();
    let of = |key: &str| match key {
        "the secret" => secret("a").mac(&base).to_vec(),
        "the next secret" => secret("b").mac(&base).to_vec(),
        "another secret" => secret("c").mac(&base).to_vec(),
        "half of it" => secret("a").mac(&base)[..16].to_vec(),
        other => panic!("{other}"),
    };
    let written = match *signature {
        "" => None,
        literal if literal.contains('=') => Some(literal.to_owned()),
        key => Some(format!("sig=:{}:", STANDARD.encode(of(key)))),
    };
    if let Some(written) = written {
        headers.push(("signature".to_owned(), written.into_bytes()));
    }
    let request = Request::new(method, path, &headers, body.as_bytes());
    let keys = Dispatch([secret("a"), secret("b")]);
    match verify(&keys, &request, NOW, 300) {
        Ok(signed) => format!("good, by secret {}", signed.secret + 1),
        Err(refusal) => format!("{}: {refusal}", refusal.code().word()),
    }
}

/// Every line comes out as it says. `UPDATE_GOLDEN=1` writes what comes out, to be read before it is kept.
#[test]
fn the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/table.txt");
    let text = fs::read_to_string(&file).unwrap();
    let (mut written, mut lines) = (String::new(), 0);
    for line in text.lines() {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        match cells.split_last() {
            Some((_, asked)) if asked.len() == 5 && asked[0] != "the request" => {
                lines += 1;
                let kept = line.rsplit_once(" | ").unwrap().0;
                written.push_str(&format!("{kept} | {}\n", outcome(asked)));
            }
            _ => written.push_str(&format!("{line}\n")),
        }
    }
    assert!(lines > 40, "there are only {lines} lines");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(file, written).unwrap();
    }
    for (is, should) in written.lines().zip(text.lines()) {
        assert_eq!(is, should);
    }
}
