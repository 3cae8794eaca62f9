//! The document of keys: read, sealed, opened, changed.
#![allow(clippy::unwrap_used)]

use farebox_access::editing::{NewKey, Unchanged};
use farebox_access::{Document, MOST_SECRETS, MasterKey, MasterKeys, Scope, SealedDocument, SecretText, listing};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

fn secret(byte: u8) -> SecretText {
    SecretText::new(&[byte; 40]).unwrap()
}

fn new(id: &str, scopes: &[Scope], cities: &[&str]) -> NewKey {
    let cities = cities.iter().map(|city| (*city).to_owned()).collect();
    NewKey { id: id.to_owned(), scopes: scopes.to_vec(), cities, note: None }
}

fn master(byte: u8) -> MasterKey {
    MasterKey::new(&[byte; 32])
}

fn two_keys() -> Document {
    let mut document = Document::default();
    let dispatch = NewKey {
        note: Some("Dispatch, in the north".to_owned()),
        ..new("dispatch", &[Scope::Bill, Scope::Meter, Scope::Estimate, Scope::Bill], &["120000", "110000", "120000"])
    };
    document.create(dispatch, secret(1), NOW).unwrap();
    document.create(new("support", &[Scope::ReadDriver], &["*"]), secret(2), NOW + 60).unwrap();
    document
}

/// What is sealed is opened as it was, and says nothing of a secret; who may what is readable.
#[test]
fn sealed_and_opened() {
    let document = two_keys();
    let text = document.seal(&master(7), [9; 24]);
    assert_eq!(Document::open(&text, &MasterKeys::of(master(7))), Ok(document.clone()));
    assert!(!text.contains(&secret(1).reveal()) && !text.contains(&secret(2).reveal()));
    let value: Value = serde_json::from_str(&text).unwrap();
    let dispatch = json!({
        "id": "dispatch",
        "scopes": ["estimate", "meter", "bill"],
        "cities": ["110000", "120000"],
        "secrets": [{"since": "2027-01-15T08:00:00Z"}],
        "note": "Dispatch, in the north",
        "created": "2027-01-15T08:00:00Z",
    });
    assert_eq!(value["keys"][0], dispatch);
    // White space is not what is sealed.
    assert!(Document::open(&value.to_string(), &MasterKeys::of(master(7))).is_ok());
    for secret in [format!("{document:?}"), format!("{:?}", document.keys()), format!("{:?}", master(7))] {
        assert!(!secret.contains("[1, 1") && !secret.contains("AQEB") && !secret.contains("[7, 7"), "{secret}");
    }
}

/// A master key that was before opens what it sealed, and says so; another opens nothing.
#[test]
fn master_keys_take_turns() {
    let text = two_keys().seal(&master(7), [9; 24]);
    let turned = MasterKeys { current: master(8), previous: vec![master(6), master(7)] };
    let opened = Document::open(&text, &turned).unwrap();
    assert!(opened.under_previous);
    let anew = opened.seal(&turned.current, [10; 24]);
    assert!(Document::open(&anew, &MasterKeys::of(master(8))).is_ok_and(|opened| !opened.under_previous));
    let problems = Document::open(&text, &MasterKeys::of(master(8))).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().starts_with("/sealed: does not open"), "{}", problems[0]);
}

/// Nobody gives a key more than it has: whatever is changed in what can be read, the document does not open.
#[test]
fn changes_by_hand_do_not_open() {
    let text = two_keys().seal(&master(7), [9; 24]);
    let value: Value = serde_json::from_str(&text).unwrap();
    let open = |value: &Value| Document::open(&value.to_string(), &MasterKeys::of(master(7)));
    assert!(open(&value).is_ok());
    for (pointer, other) in [
        ("/keys/0/id", json!("other")),
        ("/keys/0/scopes", json!(["estimate", "meter", "bill", "operate"])),
        ("/keys/0/cities", json!(["*"])),
        ("/keys/0/note", json!("")),
        ("/keys/0/created", json!("2027-01-15T08:00:01Z")),
        ("/keys/0/secrets/0", json!({"since": "2027-01-15T08:00:00Z", "until": "2028-01-15T08:00:00Z"})),
        ("/keys/1", value["keys"][0].clone()),
        ("/keys", json!([])),
        ("/keys", json!([value["keys"][1], value["keys"][0]])),
        ("/sealed", json!("")),
        ("/sealed", json!("AAAA")),
    ] {
        let mut changed = value.clone();
        *changed.pointer_mut(pointer).unwrap() = other;
        assert!(open(&changed).is_err(), "{pointer}");
    }
}

/// All that is wrong is told at once, each with its place and what would be right.
#[test]
fn problems() {
    let good = json!({
        "id": "a", "scopes": ["read"], "cities": ["*"], "created": "2026-11-26T08:00:00Z",
        "secrets": [{"since": "2026-11-26T08:00:00Z"}],
    });
    let with = |changes: Value| {
        let mut key = good.clone();
        for (name, value) in changes.as_object().unwrap() {
            key[name] = value.clone();
        }
        json!({ "format": "farebox-keys/1", "keys": [key], "sealed": "" })
    };
    for (document, expected) in [
        (json!({}), "/format: `format` is missing\n/keys: `keys` is missing\n/sealed: `sealed` is missing"),
        (json!({"format": "farebox-keys/2", "keys": [], "sealed": ""}), "/format: has to be \"farebox-keys/1\""),
        (with(json!({"id": "a b"})), "/keys/0/id: is \"a b\"; a key is named by 1 to 32 letters"),
        (with(json!({"scopes": []})), "/keys/0/scopes: is empty"),
        (
            with(json!({"scopes": ["read", "write", "read"]})),
            "/keys/0/scopes/1: is \"write\"; possible are estimate, meter, bill, read, read:driver, operate, jobs, site",
        ),
        (with(json!({"scopes": ["read", "read"]})), "/keys/0/scopes/1: read stands there already"),
        (with(json!({"cities": []})), "/keys/0/cities: is empty"),
        (with(json!({"cities": "*"})), "/keys/0/cities: is text; it has to be a list"),
        (
            with(json!({"cities": ["110000", "*", "a b", "110000"]})),
            "/keys/0/cities/3: 110000 stands there already\n/keys/0/cities/1: \"*\" stands for all cities, and alone\n\
             /keys/0/cities/2: is \"a b\"; a city has 1 to 32 letters",
        ),
        (with(json!({"created": "yesterday"})), "/keys/0/created: is \"yesterday\"; write RFC 3339"),
        (with(json!({"revoked": "2026-11-26"})), "/keys/0/revoked: is \"2026-11-26\"; write RFC 3339"),
        (with(json!({"note": "x".repeat(257)})), "/keys/0/note: at most 256 characters are allowed"),
        (with(json!({"secrets": []})), "/keys/0/secrets: has 0 items; 1 to 2 are allowed"),
        (with(json!({"secrets": [{}, {}, {}]})), "/keys/0/secrets: has 3 items; 0 to 2 are allowed"),
        (
            with(
                json!({"secrets": [{"since": "2026-11-26T08:00:00Z", "until": "2026-11-26T07:59:59Z"}, {"until": "x"}]}),
            ),
            "/keys/0/secrets/1/since: `since` is missing",
        ),
        (
            with(json!({"secrets": [{"since": "2026-11-26T08:00:00Z", "until": "2026-11-26T07:59:59Z"}]})),
            "/keys/0/secrets/0/until: is before `since`; it cannot end before it begins",
        ),
        (with(json!({"colour": "red"})), "/keys/0/colour: there is no field \"colour\""),
        (json!({"format": "farebox-keys/1", "keys": [good, good], "sealed": ""}), "/keys/1/id: there is another key a"),
    ] {
        let problems = SealedDocument::parse(&document.to_string()).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), expected.lines().count(), "{document}: {told:#?}");
        for (told, expected) in told.iter().zip(expected.lines()) {
            assert!(told.starts_with(expected), "{document}:\n{told}\n{expected}");
        }
    }
}

/// Keys are made once, rotated with an overlap or at once, and withdrawn for good.
#[test]
fn editing() {
    let mut document = two_keys();
    let told = |changed: Result<(), Unchanged>| changed.map_err(|unchanged| unchanged.to_string());
    let err = |text: &str| Err(text.to_owned());
    assert_eq!(
        told(document.create(new("support", &[Scope::Read], &["*"]), secret(3), NOW)),
        err("there is a key \"support\" already; rotate it, or give the new one another name")
    );
    for (wrong, expected) in [
        (new("a b", &[Scope::Read], &["*"]), "\"a b\" cannot name a key: 1 to 32 letters, digits, `_` and `-`"),
        (
            new("c", &[], &["*"]),
            "say what the key is for: any of estimate, meter, bill, read, read:driver, operate, jobs, site",
        ),
        (new("c", &[Scope::Read], &[]), "say which cities the key is for: some, or \"*\" alone for all"),
        (new("c", &[Scope::Read], &["*", "1"]), "say which cities the key is for: some, or \"*\" alone for all"),
        (
            NewKey { note: Some("x".repeat(257)), ..new("c", &[Scope::Read], &["*"]) },
            "the note is too long; at most 256 characters are allowed",
        ),
        (new("c", &[Scope::Read], &["a/b"]), "\"a/b\" cannot be a city: 1 to 32 letters, digits, `_` and `-`"),
    ] {
        assert_eq!(told(document.create(wrong, secret(3), NOW)), err(expected));
    }
    let spans = |document: &Document, id: &str| {
        let entry = document.entries.iter().find(|entry| entry.id == id).unwrap();
        entry.secrets.iter().map(|held| (held.since - NOW, held.until.map(|until| until - NOW))).collect::<Vec<_>>()
    };
    assert_eq!(document.rotate("dispatch", secret(3), NOW + 1_000, 500), Ok(()));
    assert_eq!(spans(&document, "dispatch"), [(0, Some(1_500)), (1_000, None)]);
    assert_eq!(
        told(document.rotate("dispatch", secret(4), NOW + 1_499, 500)),
        err(
            "the key \"dispatch\" has 2 secrets already, until 2027-01-15T08:25:00Z; an overlap of 0 ends both at once"
        )
    );
    assert_eq!(document.rotate("dispatch", secret(4), NOW + 1_500, 500), Ok(()));
    assert_eq!(spans(&document, "dispatch"), [(1_000, Some(2_000)), (1_500, None)]);
    assert_eq!(document.rotate("dispatch", secret(5), NOW + 1_600, 0), Ok(()));
    assert_eq!(spans(&document, "dispatch"), [(1_600, None)]);
    assert_eq!(told(document.rotate("nobody", secret(6), NOW, 0)), err("there is no key \"nobody\""));
    assert_eq!(document.revoke("dispatch", NOW + 2_000), Ok(()));
    let revoked = err("the key \"dispatch\" is revoked, which is for good; create another");
    assert_eq!(told(document.revoke("dispatch", NOW + 2_001)), revoked);
    assert_eq!(told(document.rotate("dispatch", secret(6), NOW + 2_001, 0)), revoked);
    assert_eq!(MOST_SECRETS, 2);
}

/// People see who may what, for how long, and nothing of a secret.
#[test]
fn the_list() {
    let mut document = two_keys();
    document.rotate("support", secret(3), NOW + 120, 3_600).unwrap();
    document.create(new("old", &[Scope::Operate], &["*"]), secret(4), NOW).unwrap();
    document.revoke("old", NOW + 200).unwrap();
    let sealed = SealedDocument::parse(&document.seal(&master(7), [9; 24])).unwrap();
    let expected = "\
key       scopes               cities         since                 until                 state                         note
dispatch  estimate meter bill  110000 120000  2027-01-15T08:00:00Z  -                     in-force                      Dispatch, in the north
support   read:driver          *              2027-01-15T08:01:00Z  2027-01-15T09:02:00Z  over
                                              2027-01-15T08:02:00Z  -                     in-force
old       operate              *              2027-01-15T08:00:00Z  -                     revoked 2027-01-15T08:03:20Z
";
    let at = |now| listing::keys(&sealed, now);
    assert_eq!(listing::table(&at(NOW + 3_720)), expected);
    let states = |now| -> Vec<Vec<&str>> {
        let words = |key: &listing::Listed<'_>| {
            let secrets = key.secrets.iter().map(|secret| secret.state.word());
            std::iter::once(key.state.word()).chain(secrets).collect()
        };
        at(now).iter().map(words).collect()
    };
    let revoked = vec!["revoked"; 2];
    for (now, support) in [
        (NOW + 59, ["not-yet", "not-yet", "not-yet"]),
        (NOW + 60, ["in-force", "in-force", "not-yet"]),
        (NOW + 120, ["in-force", "in-force", "in-force"]),
        (NOW + 3_719, ["in-force", "in-force", "in-force"]),
        (NOW + 3_720, ["in-force", "over", "in-force"]),
    ] {
        assert_eq!(states(now), [vec!["in-force"; 2], support.to_vec(), revoked.clone()], "{now}");
    }
    let value = serde_json::to_value(at(NOW + 3_720)).unwrap();
    let support = json!({
        "id": "support", "scopes": ["read:driver"], "cities": ["*"], "state": "in-force", "created": "2027-01-15T08:01:00Z",
        "secrets": [
            {"since": "2027-01-15T08:01:00Z", "until": "2027-01-15T09:02:00Z", "state": "over"},
            {"since": "2027-01-15T08:02:00Z", "state": "in-force"},
        ],
    });
    assert_eq!(value[1], support);
    let noted = NewKey { note: Some("\u{1b}[2Jgone\n".to_owned()), ..new("noted", &[Scope::Read], &["*"]) };
    document.create(noted, secret(5), NOW).unwrap();
    let sealed = SealedDocument::parse(&document.seal(&master(7), [9; 24])).unwrap();
    let table = listing::table(&listing::keys(&sealed, NOW));
    assert!(table.ends_with("\u{fffd}[2Jgone\u{fffd}\n"), "{table}");
}

/// The schema is the one that is published, and a document that is written here has what it asks for.
#[test]
fn schema() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/keys.schema.json");
    let text = format!("{:#}\n", SealedDocument::schema());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(file).unwrap(), "UPDATE_GOLDEN=1 writes it anew");
    assert_eq!(farebox_document::without_limit(&SealedDocument::schema(), ""), Vec::<String>::new());
}

proptest! {
    /// Whatever is altered in a sealed document, it does not open, or it is the same; and nothing makes the reader fail otherwise.
    #[test]
    fn altered_documents(at in any::<proptest::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let document = two_keys();
        let text = document.seal(&master(7), [9; 24]);
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at); } else { bytes[at] = byte; }
        if let Ok(text) = String::from_utf8(bytes) {
            let opened = Document::open(&text, &MasterKeys::of(master(7)));
            prop_assert!(opened.is_err() || opened == Ok(document));
        }
    }

    /// Any keys are read as they were written.
    #[test]
    fn any_keys(
        ids in proptest::collection::btree_set("[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}", 0..6),
        note in proptest::option::of(".{0,40}"),
        bytes in proptest::collection::vec(any::<u8>(), 32..=128),
        nonce in any::<[u8; 24]>(),
        overlap in 0_u32..1_000_000,
        revoke in any::<bool>(),
    ) {
        let mut document = Document::default();
        let secret = SecretText::new(&bytes).unwrap();
        for (number, id) in ids.iter().enumerate() {
            let key = NewKey { note: note.clone(), ..new(id, &[Scope::ALL[number % 8]], &["*"]) };
            document.create(key, secret.clone(), NOW).unwrap();
            document.rotate(id, secret.clone(), NOW + 1, overlap).unwrap();
            if revoke { document.revoke(id, NOW + 2).unwrap(); }
        }
        let text = document.seal(&master(1), nonce);
        prop_assert_eq!(Document::open(&text, &MasterKeys::of(master(1))), Ok(document.clone()));
        prop_assert_eq!(document.keys().len(), ids.len());
    }

    /// No text makes the reader fail in any other way than saying what is wrong.
    #[test]
    fn any_text(text in ".{0,200}") {
        prop_assert!(Document::open(&text, &MasterKeys::of(master(1))).is_err_and(|problems| !problems.is_empty()));
    }
}
