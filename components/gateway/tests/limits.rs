//! How often somebody may ask: by every route, in which order it is decided, what it costs, and what is done without the store.
#![allow(clippy::unwrap_used)]

mod asking;

use farebox_billing::Billing;
use farebox_billing::ports::Clock as _;
use farebox_kit::access::{self, Asked, EVERYTHING, HOME, MASTER_KEY, Told, plain, signed};
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::cell::Cell;
use std::fs;
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

/// A gateway over a store in memory, with limits.
struct Node {
    folder: TempDir,
    world: World,
    billing: Rc<Billing<World>>,
    nonce: Cell<u64>,
}

impl Node {
    fn new(signatures: &'static str, limits: Option<&Value>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        let world = World::with_config(folder.path().to_owned());
        let beginning = i64::try_from(world.0.now_ms.get() / 1_000).unwrap();
        fs::write(folder.path().join("keys.json"), access::sealed(&access::keys(beginning), 1)).unwrap();
        world.0.variables.borrow_mut().extend([("signatures", signatures), ("master_key", MASTER_KEY)]);
        let node = Self { billing: Billing::new(world.clone()), world, folder, nonce: Cell::default() };
        if let Some(limits) = limits {
            node.put(&limits.to_string());
        }
        node.settle();
        node
    }

    fn off(limits: &Value) -> Self {
        Self::new("off", Some(limits))
    }

    /// Another instance of the same node.
    fn beside(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (world, billing) = (self.world.clone(), Billing::new(self.world.clone()));
        let node = Self { folder, world, billing, nonce: Cell::new(1_000_000) };
        node.settle();
        node
    }

    fn put(&self, limits: &str) {
        fs::write(self.folder.path().join("limits.json"), limits).unwrap();
    }

    fn pass(&self, ms: u64) {
        now(self.world.sleep(Duration::from_millis(ms)));
        self.world.0.now_ms.set(self.world.0.now_ms.get() + ms);
    }

    /// Lets changes of the configuration come into force.
    fn settle(&self) {
        for _ in 0..40 {
            self.answer(&plain("GET", "/readyz".to_owned(), None));
            self.pass(50);
        }
    }

    fn answer(&self, asked: &Asked) -> Told {
        asking::answer(&self.billing, asked, "127.0.0.1:50000")
    }

    fn get(&self, path: &str) -> Told {
        self.answer(&plain("GET", path.to_owned(), None))
    }

    fn cities(&self) -> u16 {
        self.get("/v1/cities").status
    }

    fn signed(&self, key: &str, asked: Asked) -> Told {
        self.nonce.set(self.nonce.get() + 1);
        let at = i64::try_from(self.world.0.now_ms.get() / 1_000).unwrap();
        self.answer(&signed(key, at, self.nonce.get(), asked))
    }

    /// How often each of these was let, of so many times.
    fn lets(&self, times: u32, ask: impl Fn() -> u16) -> u32 {
        (0..times).map(|_| u32::from(ask() != 429)).sum()
    }

    fn events(&self, name: &str) -> Vec<Value> {
        let log = self.world.0.log.borrow();
        let all = log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        all.filter(|event| event["event"] == name).collect()
    }
}

fn header<'t>(told: &'t Told, name: &str) -> &'t str {
    told.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
}

/// One tier for everybody, with a limit for each of these classes.
fn everybody(limits: &[(&str, Value)]) -> Value {
    let mut tier = json!({"name": "all"});
    for (class, limit) in limits {
        tier[*class] = limit.clone();
    }
    json!({"format": "farebox-limits/1", "tiers": [tier], "default": "all"})
}

fn reads(rate: u32, burst: u32) -> Value {
    everybody(&[("read", json!({"rate": rate, "burst": burst}))])
}

/// Every route that needs a key counts in its class, and no other does: with one request for each class, the second is refused, and
/// says so.
#[test]
fn every_route_has_its_class() {
    let one = json!({"rate": 1, "burst": 1});
    let all = ["estimate", "meter", "bill", "read", "operate"].map(|class| (class, one.clone()));
    let estimate = access::estimate(HOME);
    let version = "0a".repeat(32);
    let node = Node::new("required", Some(&everybody(&all)));
    let made = node.signed(EVERYTHING, plain("POST", "/v1/estimates".to_owned(), Some(&estimate))).json();
    let id = made["estimate_id"].as_str().unwrap().to_owned();
    let of_city = json!({"city": HOME});
    let get = |path: &str| plain("GET", path.to_owned(), None);
    for (asked, class, city) in [
        (plain("POST", "/v1/estimates".to_owned(), Some(&estimate)), "estimate", " in 110000"),
        (get(&format!("/v1/estimates/{id}/details/express")), "estimate", " in 110000"),
        (plain("POST", "/v1/trips/t/segments".to_owned(), Some(&of_city)), "meter", " in 110000"),
        (plain("POST", "/v1/trips/t/bill".to_owned(), Some(&of_city)), "bill", " in 110000"),
        (plain("POST", "/v1/commission".to_owned(), Some(&of_city)), "bill", " in 110000"),
        (get("/v1/trips/t/bill?city=110000"), "read", " in 110000"),
        (get("/v1/trips/t/bill/detail?city=110000"), "read", " in 110000"),
        (get(&format!("/v1/cities/110000/rate-cards/{version}")), "read", " in 110000"),
        (get("/v1/trips/t/bill?city=nowhere"), "read", ""),
        (get("/v1/cities"), "read", ""),
        (get("/statusz"), "operate", ""),
    ] {
        node.pass(120_000);
        let first = node.signed(EVERYTHING, asked.clone());
        assert_ne!(first.status, 429, "{asked:?} {first:?}");
        assert_eq!(header(&first, "ratelimit-policy"), format!("\"{class}\";q=1;w=1"), "{asked:?} {first:?}");
        assert_eq!(header(&first, "ratelimit"), format!("\"{class}\";r=0"), "{asked:?}");
        let second = node.signed(EVERYTHING, asked.clone());
        let detail = format!(
            "the key everything may ask 1 times a second, and 1 times at once, of the class `{class}`{city} (tier all); ask again in 1 s"
        );
        assert_eq!((second.status, second.json()["detail"].as_str()), (429, Some(&*detail)), "{asked:?}");
        assert_eq!(second.json()["code"], "rate-limited");
        assert_eq!(
            (header(&second, "retry-after"), header(&second, "ratelimit")),
            ("1", &*format!("\"{class}\";r=0;t=1"))
        );
    }
    for path in [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/rate-card.schema.json",
        "/city.schema.json",
        "/limits.schema.json",
        "/commission-policy.schema.json",
    ] {
        for _ in 0..5 {
            let told = node.get(path);
            assert_eq!((told.status, header(&told, "ratelimit")), (200, ""), "{path}");
        }
    }
    // The machine itself asks for the status without a key, and is a probe.
    let off = Node::off(&everybody(&all));
    assert_eq!(off.lets(5, || off.get("/statusz").status), 5);
    assert_eq!(off.lets(5, || off.cities()), 1);
}

/// It is asked first who it is, then whether they may, and then how often: what is refused before does not count.
#[test]
fn who_then_what_then_how_often() {
    let node = Node::new("required", Some(&everybody(&[("read", json!({"rate": 1, "burst": 3}))])));
    let bill = |city: &str| plain("GET", format!("/v1/trips/t/bill?city={city}"), None);
    for _ in 0..20 {
        assert_eq!(node.answer(&bill(HOME)).status, 401);
        assert_eq!(node.signed("nobody", bill(HOME)).status, 401);
        assert_eq!(node.signed("read", bill(HOME)).status, 403);
        assert_eq!(node.signed("read-driver", bill("120000")).status, 403);
    }
    let asked = || node.signed("read-driver", bill(HOME)).status;
    assert_eq!([asked(), asked(), asked(), asked()], [404, 404, 404, 429]);
    assert_eq!(node.answer(&bill(HOME)).status, 401);
    assert_eq!(node.signed("read", bill(HOME)).status, 403);
    assert_eq!(node.signed("read-driver", bill("120000")).status, 403);
    // Another key is another caller, and another city another limit.
    assert_eq!(node.signed(EVERYTHING, bill(HOME)).status, 404);
    assert_eq!(node.signed(EVERYTHING, bill("120000")).status, 404);
}

/// Keys have tiers, and other ones in cities.
#[test]
fn tiers() {
    let limits = json!({
        "format": "farebox-limits/1",
        "tiers": [{"name": "one", "read": {"rate": 1, "burst": 1}}, {"name": "four", "read": {"rate": 1, "burst": 4}}, {"name": "free"}],
        "default": "one",
        "keys": [{"key": "everything", "tier": "four"}],
        "cities": [{"city": "120000", "keys": [{"key": "everything", "tier": "free"}]}],
    });
    let node = Node::new("required", Some(&limits));
    let lets = |key: &str, path: &str| node.lets(8, || node.signed(key, plain("GET", path.to_owned(), None)).status);
    assert_eq!(lets("read-driver", "/v1/trips/t/bill?city=110000"), 1);
    assert_eq!(lets("everything", "/v1/trips/t/bill?city=110000"), 4);
    assert_eq!(lets("everything", "/v1/trips/t/bill?city=120000"), 8);
    assert_eq!(lets("everything", "/v1/cities"), 4);
    let free = node.signed("everything", plain("GET", "/v1/trips/t/bill?city=120000".to_owned(), None));
    assert_eq!((free.status, header(&free, "ratelimit")), (404, ""));
}

/// Whoever makes cities up is let no more for it, and makes the store keep no more.
#[test]
fn cities_that_are_made_up_are_one() {
    let node = Node::off(&reads(1, 5));
    let next = Cell::new(0);
    let lets = node.lets(50, || {
        next.set(next.get() + 1);
        node.get(&format!("/v1/trips/t/bill?city=c{}", next.get())).status
    });
    assert_eq!((lets, node.world.0.limits.borrow().len()), (5, 1));
    assert_eq!(node.lets(1, || node.get("/v1/trips/t/bill?city=110000").status), 1);
}

/// Ordinary traffic costs one call of the store for twenty requests, a flood none but one for each batch that comes, and a
/// configuration without limits none at all.
#[test]
fn calls_of_the_store() {
    let node = Node::off(&reads(100, 200));
    let calls = || node.world.0.called("take");
    let lets = node.lets(1_000, || {
        node.pass(20);
        node.cities()
    });
    assert_eq!(lets, 1_000);
    assert!((1..=50).contains(&calls()), "more than one in twenty");

    let before = node.lets(5_000, || node.cities());
    let first = calls();
    assert!((180..=220).contains(&before) && first <= 12, "{before} let, {first} calls");
    assert_eq!(node.lets(5_000, || node.cities()), 0);
    assert_eq!(calls(), 0, "a flood is refused by the instance alone");

    let node = Node::new("off", None);
    assert_eq!(node.lets(300, || node.cities()), 300);
    assert_eq!(node.world.0.called("take"), 0);
    assert_eq!(header(&node.get("/v1/cities"), "ratelimit"), "");
}

/// Instances share what there is: all that are let are within what the limit says.
#[test]
fn instances_share() {
    let node = Node::off(&reads(1, 100));
    let others = [(); 3].map(|()| node.beside());
    let lets: u32 = others.iter().chain([&node]).map(|node| node.lets(60, || node.cities())).sum();
    assert_eq!(lets, 100);
}

/// A store that is away, or silent, refuses nobody. Each instance keeps the limit alone, asks again after five seconds, and waits for a
/// silent one once in that time.
#[test]
fn without_the_store() {
    for failure in [Failure::Unavailable, Failure::Refused, Failure::Silent, Failure::Late] {
        let node = Node::off(&reads(1, 30));
        node.world.0.failures.borrow_mut().insert("take", failure);
        let begun = node.world.elapsed();
        assert_eq!(node.lets(100, || node.cities()), 30, "{failure:?}");
        assert_eq!(node.world.0.called("take"), 1, "{failure:?}");
        let waited = node.world.elapsed() - begun;
        // And for a moment in which the instance looks whether it is late.
        assert!(waited <= Duration::from_millis(80), "{failure:?} {waited:?}");
        let other = node.beside();
        assert_eq!(other.lets(100, || other.cities()), 30, "each instance is alone");
        _ = node.world.0.called("take");
        node.pass(5_000);
        assert!((5..=7).contains(&node.lets(100, || node.cities())), "{failure:?}");
        assert_eq!(node.world.0.called("take"), 1, "{failure:?}");
        let told = node.events("limits-local");
        assert_eq!((told.len(), &told[0]["severity"]), (2, &json!("warn")), "once by each instance: {told:?}");
        // It is back.
        node.world.0.failures.borrow_mut().clear();
        node.pass(40_000);
        let (lets, takes) = (node.lets(100, || node.cities()), node.world.0.called("take"));
        assert!((25..=36).contains(&lets) && takes > 5, "{failure:?}: {lets} let, {takes} calls");
    }
}

/// That callers are refused is told once a minute, with how many requests it were.
#[test]
fn events() {
    let node = Node::off(&reads(1, 5));
    node.lets(25, || node.cities());
    node.pass(60_000);
    node.lets(25, || node.cities());
    let told = node.events("caller-limited");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["refused"], &told[1]["refused"]), (&json!(1), &json!(20)));
    assert_eq!((&told[0]["class"], &told[0]["city"], &told[0]["key"]), (&json!("read"), &json!(""), &json!("")));
    assert_eq!(told[0]["severity"], "warn");
}

/// A change counts for the first request that follows it, on a node that nobody asked for a while, and goes on counting when it is in
/// force; a broken one changes nothing.
#[test]
fn a_change_counts_at_once() {
    let node = Node::off(&reads(1, 5));
    assert_eq!(node.lets(50, || node.cities()), 5);
    node.pass(60_000);
    node.put(&reads(1, 8).to_string());
    assert_eq!(node.lets(50, || node.cities()), 8);
    node.settle();
    let lets = node.lets(50, || node.cities());
    assert!((1..=3).contains(&lets), "two seconds have passed: {lets}");
    node.pass(60_000);
    node.put("{");
    assert_eq!(node.lets(50, || node.cities()), 8);

    let node = Node::new("off", None);
    node.pass(60_000);
    node.put(&reads(1, 5).to_string());
    assert_eq!(node.lets(50, || node.cities()), 5);
}

/// The document is one of the configuration: a change is in force without a restart, a broken successor leaves the last good one, and
/// one that is deleted limits nobody. What is broken is told.
#[test]
fn the_document_is_configuration() {
    let node = Node::off(&reads(1, 5));
    assert_eq!(node.lets(50, || node.cities()), 5);
    node.put(&reads(1, 8).to_string());
    node.settle();
    node.pass(60_000);
    assert_eq!(node.lets(50, || node.cities()), 8);
    for broken in [
        "{",
        "{}",
        &reads(0, 8).to_string(),
        &reads(1, 8).to_string().replace("\"default\":\"all\"", "\"default\":\"x\""),
    ] {
        node.put(broken);
        node.settle();
        node.pass(60_000);
        assert_eq!(node.lets(50, || node.cities()), 8, "{broken}");
        let status = node.get("/statusz").json();
        let told = &status["configuration"]["broken"][0];
        assert_eq!((told["path"].as_str(), told["last_good"].as_bool()), (Some("limits.json"), Some(true)), "{status}");
    }
    fs::remove_file(node.folder.path().join("limits.json")).unwrap();
    node.settle();
    assert_eq!(node.lets(50, || node.cities()), 50);
    assert_eq!(node.get("/statusz").json()["configuration"]["broken"], json!([]));

    // One that was never good limits nobody, and is told.
    let node = Node::new("off", Some(&json!({"format": "farebox-limits/1"})));
    assert_eq!(node.lets(50, || node.cities()), 50);
    let told = node.get("/statusz").json()["configuration"]["broken"][0].clone();
    assert_eq!((told["path"].as_str(), told["last_good"].as_bool()), (Some("limits.json"), Some(false)));
}
