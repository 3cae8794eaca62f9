//! Who may ask what, held against the one way that all requests go.
#![allow(clippy::unwrap_used)]

mod asking;

use farebox_access::{Document, Scope, SecretText};
use farebox_billing::Billing;
use farebox_kit::access::{self, Answers, Asked, EVERYTHING, Gateway, HOME, MASTER_KEY, Told, plain, signed};
use farebox_kit::artifacts::{copy_configuration, repository};
use farebox_kit::memory::{Failure, World};
use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use tempfile::TempDir;

const HERE: &str = "127.0.0.1:50000";
const ELSEWHERE: &str = "10.0.0.7:50000";

/// A gateway over a store in memory, with a configuration of its own.
struct Node {
    folder: TempDir,
    world: World,
    billing: Rc<Billing<World>>,
}

impl Node {
    fn new(signatures: &'static str, keys: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        if let Some(keys) = keys {
            fs::write(folder.path().join("keys.json"), keys).unwrap();
        }
        let world = World::with_config(folder.path().to_owned());
        world.0.variables.borrow_mut().extend([("signatures", signatures), ("master_key", MASTER_KEY)]);
        let node = Self { folder, billing: Billing::new(world.clone()), world };
        node.pass(1_200);
        node
    }

    fn required() -> Self {
        let keys = access::keys(Self::beginning());
        Self::new("required", Some(&access::sealed(&keys, 1)))
    }

    /// What the clock says when a node begins.
    fn beginning() -> i64 {
        i64::try_from(World::default().0.now_ms.get() / 1000).unwrap()
    }

    fn now(&self) -> i64 {
        i64::try_from(self.world.0.now_ms.get() / 1000).unwrap()
    }

    fn answer(&self, asked: &Asked, peer: &str) -> Told {
        asking::answer(&self.billing, asked, peer)
    }

    /// What somebody on the machine itself is told who is not asked for a key.
    fn get(&self, path: &str) -> Told {
        self.answer(&plain("GET", path.to_owned(), None), HERE)
    }

    /// What is said to somebody who signs: the status and the code.
    fn said(&self, key: &str, asked: Asked) -> String {
        let told = self.answer(&signed(key, self.now(), 0, asked), ELSEWHERE);
        format!("{} {}", told.status, told.json()["code"].as_str().unwrap_or_default()).trim_end().to_owned()
    }

    fn cities(&self, key: &str) -> String {
        self.said(key, plain("GET", "/v1/cities".to_owned(), None))
    }

    /// How everything stands, as a key for everything is told.
    fn status(&self) -> serde_json::Value {
        let asked = plain("GET", "/statusz".to_owned(), None);
        self.answer(&signed(EVERYTHING, self.now(), 0, asked), ELSEWHERE).json()
    }

    /// Lets time pass, with a request every 50 ms.
    fn pass(&self, ms: u64) {
        for _ in 0..ms / 50 {
            self.get("/readyz");
            self.world.0.now_ms.set(self.world.0.now_ms.get() + 50);
        }
    }

    fn put_keys(&self, text: &str) {
        fs::write(self.folder.path().join("keys.json"), text).unwrap();
    }
}

/// The gateways of the table.
struct Nodes {
    required: Node,
    keyless: Node,
    off: Node,
    /// Everything that was answered.
    told: Cell<Vec<String>>,
}

impl Nodes {
    fn new() -> Self {
        let keys = access::sealed(&access::keys(Node::beginning()), 1);
        let off = Node::new("off", Some(&keys));
        Self { required: Node::required(), keyless: Node::new("required", None), off, told: Cell::default() }
    }

    fn all(&self) -> [&Node; 3] {
        [&self.required, &self.keyless, &self.off]
    }
}

impl Answers for Nodes {
    fn now(&self) -> i64 {
        self.required.now()
    }

    fn answer(&self, gateway: Gateway, asked: &Asked) -> Option<Told> {
        let told = match gateway {
            Gateway::Required => self.required.answer(asked, ELSEWHERE),
            Gateway::Keyless => self.keyless.answer(asked, HERE),
            Gateway::OffHere => self.off.answer(asked, HERE),
            Gateway::OffElsewhere => self.off.answer(asked, ELSEWHERE),
        };
        let mut all = self.told.take();
        all.push(format!("{told:?}"));
        self.told.set(all);
        Some(told)
    }
}

fn table_file() -> PathBuf {
    repository().join("tests/cases/access.txt")
}

/// Every route answers every key in every situation as the table says; and nothing that is answered or logged has a secret in it.
#[test]
fn who_may_ask_what() {
    let nodes = Nodes::new();
    let table = access::table(&nodes);
    let file = fs::read_to_string(table_file()).unwrap_or_default();
    let (about, expected) = file.split_once("\n\n").unwrap_or_default();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(table_file(), format!("{about}\n{table}")).unwrap();
    } else {
        assert!(
            table.trim_start() == expected.trim_start(),
            "tests/cases/access.txt is another table; UPDATE_GOLDEN=1 writes it anew"
        );
    }
    let mut said = nodes.told.take();
    for node in nodes.all() {
        said.extend(node.world.0.log.take());
        said.push(format!("{:?}", node.status()));
    }
    assert!(said.len() > 1_000);
    for secret in access::secrets() {
        let found = said.iter().find(|said| said.contains(&secret));
        assert_eq!(found, None, "there is a secret in it");
    }
}

/// A key that is withdrawn is good for nothing within half a second, and others stay what they are. So it is for the first request
/// to a node that nobody asked for a while, and after a restart, before the change is in force.
#[test]
fn revoking() {
    for (name, quiet_ms, restarts) in [("busy", 0, false), ("quiet", 60_000, false), ("restarted", 0, true)] {
        let node = Node::required();
        let mut keys = access::keys(Node::beginning());
        assert_eq!((&*node.cities("read"), &*node.cities("bill")), ("200", "200"));
        keys.revoke("read", node.now()).unwrap();
        let revoked = access::sealed(&keys, 2);
        node.put_keys(&revoked);
        node.world.0.now_ms.set(node.world.0.now_ms.get() + quiet_ms);
        if quiet_ms == 0 && !restarts {
            node.pass(500);
        }
        let billing = if restarts { Billing::new(node.world.clone()) } else { Rc::clone(&node.billing) };
        let node = Node { billing, ..node };
        let said = ("401 key-revoked", "200");
        assert_eq!((&*node.cities("read"), &*node.cities("bill")), said, "{name}");
        node.pass(2_000);
        assert_eq!((&*node.cities("read"), &*node.cities("bill")), said, "{name}, when it is in force");
        node.put_keys("{");
        node.pass(2_000);
        assert_eq!((&*node.cities("read"), &*node.cities("bill")), said, "{name}, when the next one is broken");
    }
}

/// A new key counts at once, too: whoever was given it need not wait.
#[test]
fn a_new_secret_without_an_overlap() {
    let node = Node::required();
    let mut keys = access::keys(Node::beginning());
    keys.rotate("read", SecretText::new(&[9; 32]).unwrap(), node.now(), 0).unwrap();
    node.put_keys(&access::sealed(&keys, 2));
    node.world.0.now_ms.set(node.world.0.now_ms.get() + 60_000);
    assert_eq!(node.cities("read"), "401 signature-wrong");
}

/// A new secret counts beside the old one, in one document, within two seconds.
#[test]
fn rotating() {
    let node = Node::required();
    let mut keys = access::keys(Node::beginning());
    keys.rotate("read", SecretText::new(&[9; 32]).unwrap(), node.now(), 60).unwrap();
    node.put_keys(&access::sealed(&keys, 2));
    node.pass(2_000);
    assert_eq!(node.cities("read"), "200");
    node.world.0.now_ms.set(node.world.0.now_ms.get() + 60_000);
    assert_eq!(node.cities("read"), "401 secret-not-in-force");
}

/// What does not open is told, and the last good document stays in force, whatever was written into the new one.
#[test]
fn a_document_that_was_changed_by_hand() {
    let node = Node::required();
    let sealed = access::sealed(&access::keys(Node::beginning()), 1);
    let ready = "required: there are 10 keys";
    assert_eq!((node.status()["signatures"].as_str(), node.status()["status"].as_str()), (Some(ready), Some("ready")));
    for wrong in
        [sealed.replacen("110000", "*", 1), sealed.replacen("\"meter\"", "\"bill\"", 1), "{".to_owned(), String::new()]
    {
        assert_ne!(wrong, sealed);
        node.put_keys(&wrong);
        node.pass(2_000);
        assert_eq!((&*node.cities("read"), &*node.cities("revoked")), ("200", "401 key-revoked"), "{wrong}");
        let status = node.status();
        let broken = &status["configuration"]["broken"][0];
        assert_eq!(
            (broken["path"].as_str(), broken["last_good"].as_bool()),
            (Some("keys.json"), Some(true)),
            "{status}"
        );
        assert_eq!(
            (status["signatures"].as_str(), status["status"].as_str()),
            (Some(ready), Some("degraded")),
            "{status}"
        );
    }
    assert!(node.world.0.events.borrow().iter().any(|event| event == "document-refused"));
    node.put_keys(&sealed);
    node.pass(2_000);
    assert_eq!(node.status()["status"], "ready");
}

/// A document that is taken away takes all keys with it; without keys nothing is ready, and that is said.
#[test]
fn without_keys() {
    let node = Node::required();
    fs::remove_file(node.folder.path().join("keys.json")).unwrap();
    node.pass(2_000);
    assert_eq!((&*node.cities("read"), &*node.cities(EVERYTHING)), ("401 signature-wrong", "401 signature-wrong"));
    let ready = node.get("/readyz");
    assert_eq!(ready.status, 503);
    let said =
        "{\"name\":\"keys\",\"ok\":false,\"problem\":\"keys.json: is not there; make keys with farebox keys create\"}";
    assert!(ready.body.contains(said), "{}", ready.body);

    let empty = Node::new("required", Some(&access::sealed(&Document::default(), 1)));
    assert_eq!(empty.cities(EVERYTHING), "401 signature-wrong");
    assert!(empty.get("/readyz").body.contains("has no keys"), "{:?}", empty.get("/readyz"));

    let never_opened = Node::new("required", Some("{}"));
    assert_eq!(never_opened.cities(EVERYTHING), "401 signature-wrong");
    assert!(never_opened.get("/readyz").body.contains("keys.json: "), "{:?}", never_opened.get("/readyz"));
}

/// A document that a previous master key sealed opens, and it is said that it did.
#[test]
fn a_previous_master_key() {
    let keys = access::keys(Node::beginning());
    let node = Node::new("off", Some(&access::sealed(&keys, 1)));
    let world = World::with_config(node.folder.path().to_owned());
    world.0.variables.borrow_mut().extend([
        ("signatures", "required"),
        ("master_key", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="),
        ("previous_master_keys", MASTER_KEY),
    ]);
    let node = Node { billing: Billing::new(world.clone()), world, ..node };
    node.pass(1_200);
    assert_eq!(node.cities("read"), "200");
    let said =
        "required: there are 10 keys, sealed under a previous master key: change any key before that is given up";
    assert_eq!(node.status()["signatures"], said);
}

/// Where signatures are off it is said wherever operators look, once a day and not more often; and nobody has to have a key.
#[test]
fn off() {
    let node = Node::new("off", None);
    let status = node.get("/statusz").json();
    let said = "off: only callers on this machine are answered; behind a proxy on it, that is everybody";
    assert_eq!((status["signatures"].as_str(), status["status"].as_str()), (Some(said), Some("ready")));
    let told = || node.world.0.log.borrow().iter().filter(|line| line.contains("\"event\":\"signatures-off\"")).count();
    assert_eq!(told(), 1);
    assert!(node.world.0.log.borrow().iter().any(|line| line.contains("\"severity\":\"warn\"")));
    let another = Node {
        billing: Billing::new(node.world.clone()),
        world: node.world.clone(),
        folder: tempfile::tempdir().unwrap(),
    };
    assert_eq!(another.get("/v1/cities").status, 200);
    assert_eq!(told(), 1);
    node.world.0.now_ms.set(node.world.0.now_ms.get() + 86_400_000);
    let tomorrow = Node { billing: Billing::new(node.world.clone()), ..another };
    assert_eq!(tomorrow.get("/v1/cities").status, 200);
    assert_eq!(told(), 2);
}

/// Where variables are wrong nobody is let in, and the machine itself is told why.
#[test]
fn variables_are_wrong() {
    let node = Node::required();
    node.world.0.variables.borrow_mut().insert("master_key", "hunter2");
    let node = Node { billing: Billing::new(node.world.clone()), ..node };
    assert_eq!(node.cities(EVERYTHING), "500 config-invalid");
    let detail = node.get("/v1/cities").json()["detail"].clone();
    let said = "the service is misconfigured; operators find what is wrong in the log and under /statusz";
    assert_eq!(detail, said, "callers learn that it is not their request, and no more");
    let told = node.world.0.log.borrow();
    assert!(told.iter().any(|line| line.contains("variable master_key is not base64")), "{told:?}");
    drop(told);
    let status = node.get("/statusz");
    assert_eq!(status.status, 200);
    assert!(
        status.body.contains("variable master_key is not base64") && !status.body.contains("hunter2"),
        "{status:?}"
    );
    assert_eq!(node.answer(&plain("GET", "/statusz".to_owned(), None), ELSEWHERE).status, 403);
}

/// A host that makes an instance ready asks without a key, before anything else is asked: it is told nothing, and the instance is
/// ready for whoever comes next.
#[test]
fn hosts_make_instances_ready() {
    let node = Node::required();
    let node = Node { billing: Billing::new(node.world.clone()), ..node };
    for _ in 0..2 {
        let told = node.get("/statusz");
        assert_eq!((told.status, told.json()["code"].as_str()), (401, Some("signature-missing")));
    }
    node.world.0.failures.borrow_mut().insert("generations", Failure::Unavailable);
    assert_eq!(node.cities("read"), "200");
}

/// A browser that asks before a page may has no key, and is answered.
#[test]
fn preflights_need_no_key() {
    let node = Node::required();
    node.world.0.variables.borrow_mut().insert("cors_origins", "https://a.example");
    let node = Node { billing: Billing::new(node.world.clone()), ..node };
    let mut asked = plain("OPTIONS", "/v1/estimates".to_owned(), None);
    for (name, value) in [("origin", "https://a.example"), ("access-control-request-method", "POST")] {
        asked.headers.push((name.to_owned(), value.to_owned()));
    }
    let told = node.answer(&asked, ELSEWHERE);
    assert_eq!(told.status, 204);
    let allowed = told.headers.iter().find(|(name, _)| name == "access-control-allow-headers").unwrap();
    for name in ["content-digest", "signature", "signature-input"] {
        assert!(allowed.1.split(", ").any(|allowed| allowed == name), "{allowed:?}");
    }
}

/// The host that says the key of its timers may ask for jobs, from wherever it seems to come, and for nothing else; whoever says another
/// one has to sign. Where there is no key, nobody is let in by saying one, not even by saying none.
#[test]
fn timers() {
    const KEY: &str = "what the host says on its timers, and nobody else";
    let node = Node::required();
    let said = |node: &Node, path: &str, key: &str| {
        let mut asked = plain("POST", path.to_owned(), None);
        asked.headers.push(("farebox-timers-key".to_owned(), key.to_owned()));
        node.answer(&asked, ELSEWHERE).status
    };
    for key in ["", KEY] {
        assert_eq!(said(&node, "/internal/jobs/drain", key), 401, "there is none, and {key:?} is said");
    }
    node.world.0.variables.borrow_mut().insert("timers_key", KEY);
    let node = Node { billing: Billing::new(node.world.clone()), ..node };
    for job in ["drain", "repair"] {
        let path = format!("/internal/jobs/{job}");
        assert_eq!(said(&node, &path, KEY), 200, "{job}");
        for other in ["", "another key that somebody has made up for this", &KEY.to_uppercase(), &KEY[1..]] {
            assert_eq!(said(&node, &path, other), 401, "{job}: {other:?}");
        }
    }
    for path in ["/v1/estimates", "/v1/trips/t/segments", "/v1/trips/t/bill", "/v1/trips/t/bill/repair?city=110000"] {
        assert_eq!(said(&node, path, KEY), 401, "{path}");
    }
}

/// Nobody is told before they have signed that a body is bad; and a key is asked for what it is for before that as well.
#[test]
fn bodies_are_read_last() {
    let node = Node::required();
    let mut asked = plain("POST", "/v1/estimates".to_owned(), None);
    asked.body = "{".to_owned();
    asked.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    assert_eq!(node.answer(&asked, HERE).status, 401);
    assert_eq!(node.said("read", asked.clone()), "403 scope-missing");
    assert_eq!(node.said("estimate", asked.clone()), "400 invalid-json");
    // A city that is not served is not told from one that is, to whom it is none of their business.
    for city in ["120000", "999999"] {
        asked.body = access::estimate(city).to_string();
        assert_eq!(node.said("estimate", asked.clone()), "403 city-not-allowed");
    }
    for body in ["{}", "{\"city\": 110000}", "{\"city\": null}", "[]", "{\"city\": \"\"}"] {
        asked.body = body.to_owned();
        let said = node.said("estimate", asked.clone());
        assert!(said.starts_with("422 ") || said == "403 city-not-allowed", "{body}: {said}");
    }
    asked.body = access::estimate(HOME).to_string();
    assert_eq!(node.said("estimate", asked), "201");
    assert_eq!(Scope::ALL.len(), 8);
}
