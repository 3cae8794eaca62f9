//! Who may ask what: every operation, by every scope, in every situation.
#![allow(clippy::unwrap_used)]

use farebox_access::editing::NewKey;
use farebox_access::{Asked, Denied, Document, Enforcement, Keys, Operation, Scope, SecretText, Who, identify, may};
use farebox_signatures::{Request, Secret, sign};
use std::fs;
use std::path::Path;

const NOW: i64 = 1_800_000_000;
const WINDOW_S: u32 = 300;
const HOME: &str = "110000";

fn secret(byte: u8) -> SecretText {
    SecretText::new(&[byte; 32]).unwrap()
}

fn new(id: &str, scopes: &[Scope], city: &str) -> NewKey {
    NewKey { id: id.to_owned(), scopes: scopes.to_vec(), cities: vec![city.to_owned()], note: None }
}

/// A key for each scope, named after it; one for all of them; one for all cities; and one that is revoked.
fn keys() -> Document {
    let mut document = Document::default();
    for scope in Scope::ALL {
        document.create(new(&scope.word().replace(':', "-"), &[*scope], HOME), secret(1), NOW - 1_000).unwrap();
    }
    document.create(new("all", Scope::ALL, HOME), secret(1), NOW - 1_000).unwrap();
    document.create(new("everywhere", Scope::ALL, "*"), secret(1), NOW - 1_000).unwrap();
    document.create(new("revoked", Scope::ALL, HOME), secret(1), NOW - 1_000).unwrap();
    document.revoke("revoked", NOW - 500).unwrap();
    document
}

/// A request that is asked, and by whom.
#[derive(Clone, Copy)]
struct Case<'a> {
    operation: Operation,
    driver_side: bool,
    key: Option<&'a str>,
    secret: u8,
    city: &'a str,
    enforcement: Enforcement,
    loopback: bool,
    timer: bool,
}

/// What a gateway does: it finds out who asks, if that is asked for, and then whether they may.
fn decide(keys: &Keys, case: Case<'_>) -> Result<(), Denied> {
    let secret = Secret::new(secret(case.secret).bytes()).unwrap();
    let request = Request::new("POST", "/any", &[], b"{}");
    let signature = case.key.map(|key| sign(key, &secret, &request, NOW, "0123456789abcdef").unwrap());
    let headers: Vec<(String, Vec<u8>)> = signature
        .iter()
        .flat_map(|signature| signature.headers())
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let request = Request { headers: &headers, ..request };
    let Case { operation, driver_side, enforcement, loopback, timer, .. } = case;
    let key = match operation.asks_who(enforcement) && !timer {
        true => Some(identify(keys, &request, NOW, WINDOW_S)?.key),
        false => None,
    };
    let asked = Asked { operation, city: operation.is_of_a_city().then_some(case.city), driver_side };
    may(Who { key, loopback, timer }, asked, enforcement)
}

fn cell(keys: &Keys, case: Case<'_>) -> String {
    match decide(keys, case) {
        Ok(()) => "yes".to_owned(),
        Err(denied) => format!("{} {}", denied.code().status(), denied.code().word()),
    }
}

fn row(keys: &Keys, operation: Operation, driver_side: bool) -> Vec<String> {
    let plain = Case {
        operation,
        driver_side,
        key: Some("all"),
        secret: 1,
        city: HOME,
        enforcement: Enforcement::On,
        loopback: true,
        timer: false,
    };
    let mut cells = vec![format!("{operation:?}{}", if driver_side { ", driver's side" } else { "" })];
    // Who asks is all that differs, so a yes and a no are enough of these.
    let with = |scope: &Scope| match cell(keys, Case { key: Some(&scope.word().replace(':', "-")), ..plain }) {
        yes if yes == "yes" => yes,
        no if no == "403 scope-missing" => "-".to_owned(),
        other => other,
    };
    cells.extend(Scope::ALL.iter().map(with));
    let off = Case { enforcement: Enforcement::Off, ..plain };
    cells.extend(
        [
            Case { city: "120000", ..plain },
            Case { city: "120000", key: Some("everywhere"), ..plain },
            Case { key: None, ..plain },
            Case { secret: 2, ..plain },
            Case { key: Some("nobody"), ..plain },
            Case { key: Some("revoked"), ..plain },
            Case { key: None, ..off },
            Case { key: None, loopback: false, ..off },
            Case { loopback: false, ..off },
            Case { key: None, timer: true, ..plain },
        ]
        .map(|case| cell(keys, case)),
    );
    cells
}

const HEAD: &str = "\
Who may ask what.

A request is signed with a key for one scope, and is about a city that the key is for: \"yes\", or \"-\" for 403 scope-missing. Then with
a key for all scopes, about another city than the key's; with a key for all scopes and all cities; unsigned, from the machine itself;
signed with another secret; with a key that there is not; with one that is revoked. At last where requests need not be signed: unsigned
from the machine itself and from elsewhere, and signed from elsewhere; and, where they have to be signed, what the host asks on a timer.

";

/// The table is what it was. `UPDATE_GOLDEN=1` writes it, to be read before it is kept.
#[test]
fn the_table() {
    let keys = keys().keys();
    let mut rows = vec![vec!["asked for".to_owned()]];
    rows[0].extend(Scope::WORDS.iter().map(|word| (*word).to_owned()));
    rows[0].extend(
        [
            "other city",
            "all cities",
            "unsigned",
            "other secret",
            "no such key",
            "revoked",
            "off, here",
            "off, elsewhere",
            "off, signed",
            "on a timer",
        ]
        .map(str::to_owned),
    );
    for operation in Operation::ALL {
        rows.push(row(&keys, operation, false));
        if operation.need(true) != operation.need(false) {
            rows.push(row(&keys, operation, true));
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().enumerate().map(|(at, cell)| format!("{cell:0$}", width(at))).collect();
        format!("{}\n", cells.join(" | ").trim_end())
    };
    let table = format!("{HEAD}{}", rows.iter().map(line).collect::<String>());
    golden("decision.txt", &table);
}

fn golden(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(file).unwrap());
}

/// A secret counts from its time to that of the one that takes its place, and a while longer; whoever signs with one that is over is
/// told, and whoever has none is told nothing.
#[test]
fn secrets_take_turns() {
    let mut document = Document::default();
    document.create(new("a", &[Scope::Read], "*"), secret(1), NOW - 1_000).unwrap();
    document.rotate("a", secret(2), NOW - 100, 200).unwrap();
    let keys = document.keys();
    let at = |now: i64, byte: u8| {
        let secret = Secret::new(secret(byte).bytes()).unwrap();
        let request = Request::new("GET", "/v1/cities", &[], &[]);
        let signature = sign("a", &secret, &request, now, "0123456789abcdef").unwrap();
        let headers: Vec<_> =
            signature.headers().map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
        let identified = identify(&keys, &Request { headers: &headers, ..request }, now, WINDOW_S);
        identified.map(|identified| identified.nonce).map_err(|denied| denied.code().word())
    };
    let good = Ok("0123456789abcdef".to_owned());
    for (now, old, new) in [
        // The clock of whoever made it may be ahead of ours, by no more than that of a caller.
        (NOW - 1_301, Err("secret-not-in-force"), Err("secret-not-in-force")),
        (NOW - 1_300, good.clone(), Err("secret-not-in-force")),
        (NOW - 401, good.clone(), Err("secret-not-in-force")),
        (NOW - 400, good.clone(), good.clone()),
        (NOW + 99, good.clone(), good.clone()),
        (NOW + 100, Err("secret-not-in-force"), good.clone()),
    ] {
        assert_eq!((at(now, 1), at(now, 2)), (old, new), "at {}", now - NOW);
        assert_eq!(at(now, 3), Err("signature-wrong"));
    }
}

/// What is denied says what would be right, and has a status that fits.
#[test]
fn sentences() {
    let has = vec![Scope::Estimate, Scope::Meter];
    for (denied, expected) in [
        (
            Denied::Scope { needed: Scope::Bill, has },
            "403 scope-missing: this needs a key for `bill`; the key is for estimate, meter",
        ),
        (
            Denied::Replayed,
            "401 signature-replayed: a request with this nonce was carried out before, and one that writes counts once; to ask \
             again, sign anew with another nonce",
        ),
        (
            Denied::City { city: "120000".to_owned() },
            "403 city-not-allowed: the key is not for the city \"120000\"; ask for one that is",
        ),
        (Denied::Revoked { at: NOW }, "401 key-revoked: the key was revoked at 2027-01-15T08:00:00Z; ask for another"),
        (
            Denied::Secret { since: NOW - 60, until: Some(NOW) },
            "401 secret-not-in-force: the secret that this was signed with counts from 2027-01-15T07:59:00Z to \
             2027-01-15T08:00:00Z; sign with the one that took its place",
        ),
        (
            Denied::LocalOnly,
            "403 local-only: requests need not be signed here, so only the machine itself is answered, at 127.0.0.1 or [::1]; for \
             others, turn signatures on",
        ),
    ] {
        let code = denied.code();
        assert_eq!(format!("{} {}: {denied}", code.status(), code.word()), expected);
    }
}

/// Every refusal of a signature has the same word here.
#[test]
fn words_are_the_same() {
    use farebox_access::Code;
    use farebox_signatures::Code as Of;
    assert!(Of::WORDS.iter().zip(Code::WORDS).all(|(one, other)| one == other));
    assert!(Code::ALL.iter().all(|code| !code.title().is_empty()));
}
