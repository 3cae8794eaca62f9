//! Who may ask what, asked in earnest: every route, with a key for each scope, in every situation. What is answered is written down
//! as a table that people can read, `tests/cases/access.txt`, and is the same whoever answers.

use farebox_access::editing::NewKey;
use farebox_access::{Document, MasterKey, Scope, SecretText};
use farebox_signatures::{Request, Secret, sign};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The master key of the table, as its variable has it.
pub const MASTER_KEY: &str = "d2hvIG9wZW5zIHRoZSBkb2N1bWVudCBvZiBrZXlzISE=";

/// The city that the keys of the table are for.
pub const HOME: &str = "110000";

/// One that they are not for.
pub const ELSEWHERE: &str = "120000";

/// A key for everything.
pub const EVERYTHING: &str = "everything";

/// The secret of all keys of the table.
const SECRET: &[u8] = b"the secret of every key in the table of who may ask what";

/// One that no key has.
const OTHER_SECRET: &[u8] = b"another secret, which no key in that table has at any time";

/// What the callers of the table may be told of nowhere: the master key, the secrets and the other secret, in all their forms.
pub fn secrets() -> Vec<String> {
    let secret = |bytes: &[u8]| {
        let text = SecretText::new(bytes).expect("it is long enough").reveal();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let url = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        [String::from_utf8_lossy(bytes).into_owned(), text.trim_end_matches('=').to_owned(), url, hex]
    };
    let mut all: Vec<String> = [SECRET, OTHER_SECRET, b"who opens the document of keys!!"].map(secret).concat();
    all.push(MASTER_KEY.to_owned());
    all
}

/// The keys of the table: one for each scope in one city, one that is revoked, and one for everything, everywhere.
///
/// # Panics
///
/// Never: they are good keys.
pub fn keys(now: i64) -> Document {
    let mut document = Document::default();
    let mut create = |id: &str, scopes: &[Scope], city: &str| {
        let new = NewKey { id: id.to_owned(), scopes: scopes.to_vec(), cities: vec![city.to_owned()], note: None };
        document.create(new, SecretText::new(SECRET).expect("it is long enough"), now - 1_000).expect("a good key");
    };
    for scope in Scope::ALL {
        create(&id(*scope), &[*scope], HOME);
    }
    create("revoked", Scope::ALL, HOME);
    create(EVERYTHING, Scope::ALL, "*");
    document.revoke("revoked", now - 500).expect("there is one");
    document
}

/// The document of keys, as it lies in the configuration. `nonce` is another one for each.
///
/// # Panics
///
/// Never: the master key is one.
pub fn sealed(document: &Document, nonce: u8) -> String {
    document.seal(&MasterKey::parse(MASTER_KEY).expect("a master key"), [nonce; 24])
}

fn id(scope: Scope) -> String {
    scope.word().replace(':', "-")
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// Requests have to be signed.
    Required,
    /// They have to be, and there is no document of keys.
    Keyless,
    /// They need not be, and the caller is on the machine itself.
    OffHere,
    /// They need not be, and the caller is elsewhere.
    OffElsewhere,
}

/// A request, as it is sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: &'static str,
    /// The path and the query.
    pub path: String,
    /// The headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there is none.
    pub body: String,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// Headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Told {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The status, and why: as the table has it.
    fn said(&self) -> String {
        let code = self.json()["code"].as_str().unwrap_or_default().to_owned();
        format!("{} {code}", self.status).trim_end().to_owned()
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(other, _)| other == name)
    }
}

/// Whoever answers.
pub trait Answers {
    /// What the clock says there, in seconds since 1970.
    fn now(&self) -> i64;

    /// Answers a request. `None` when it cannot be asked for here: then the table is compared without.
    fn answer(&self, gateway: Gateway, asked: &Asked) -> Option<Told>;
}

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Situation {
    OwnCity,
    OtherCity,
    SentAgain,
    NoKey,
    WrongSecret,
    UnknownKey,
    Revoked,
    Old,
    Ahead,
    Altered,
    Keyless,
    OffHere,
    OffElsewhere,
}

impl Situation {
    const ALL: [(Self, &'static str); 13] = [
        (Self::OwnCity, "own city"),
        (Self::OtherCity, "other city"),
        (Self::SentAgain, "sent again"),
        (Self::NoKey, "no key"),
        (Self::WrongSecret, "wrong secret"),
        (Self::UnknownKey, "unknown key"),
        (Self::Revoked, "revoked key"),
        (Self::Old, "signed 330 s ago"),
        (Self::Ahead, "clock 330 s ahead"),
        (Self::Altered, "altered"),
        (Self::Keyless, "no keys.json"),
        (Self::OffHere, "off, on the machine"),
        (Self::OffElsewhere, "off, from elsewhere"),
    ];

    const fn gateway(self) -> Gateway {
        match self {
            Self::Keyless => Gateway::Keyless,
            Self::OffHere => Gateway::OffHere,
            Self::OffElsewhere => Gateway::OffElsewhere,
            _ => Gateway::Required,
        }
    }

    /// Whether it is the same whatever the key is for.
    const fn is_the_same_for_all(self) -> bool {
        !matches!(self, Self::OwnCity | Self::OtherCity | Self::SentAgain)
    }
}

/// Signs a request with a key of the table.
///
/// # Panics
///
/// When it cannot be signed.
pub fn signed(key: &str, created: i64, nonce: u64, mut asked: Asked) -> Asked {
    sign_with(SECRET, key, created, nonce, &mut asked);
    asked
}

fn sign_with(secret: &[u8], key: &str, created: i64, nonce: u64, asked: &mut Asked) {
    let secret = Secret::new(secret).expect("it is long enough");
    let request = Request::new(asked.method, &asked.path, &[], asked.body.as_bytes());
    let signature = sign(key, &secret, &request, created, &format!("nonce-{nonce:020}")).expect("it can be signed");
    asked.headers.extend(signature.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// What there is in a city: an estimate, two rate cards, and a trip that is billed.
struct Fixture {
    estimate: String,
    passenger: String,
    driver: String,
}

/// A request without anything that says who asks. JSON is said to be JSON.
pub fn plain(method: &'static str, path: String, body: Option<&Value>) -> Asked {
    let headers = body.map(|_| ("content-type".to_owned(), "application/json".to_owned())).into_iter().collect();
    Asked { method, path, headers, body: body.map(Value::to_string).unwrap_or_default() }
}

/// An estimate of a ride in a city.
pub fn estimate(city: &str) -> Value {
    json!({
        "city": city, "products": ["express"], "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.95, "lng": 116.45},
        "distance_m": 9_000, "duration_s": 1_200, "depart_at": "2026-11-21T08:00:00+08:00",
    })
}

fn segments(city: &str) -> Value {
    let segment =
        json!({"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 9_000, "duration_s": 1_200});
    json!({"city": city, "segments": [segment]})
}

fn batch(city: &str) -> Value {
    json!({"city": city, "trips": [{"trip_id": format!("access-batch-{city}"), "segments": segments(city)["segments"]}]})
}

fn bill(city: &str) -> Value {
    json!({
        "city": city, "product": "express", "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
        "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.95, "lng": 116.45},
    })
}

/// Every route, by what the table calls it. Those of no city are the same for all.
fn routes(city: &str, there: &Fixture) -> Vec<(&'static str, Asked)> {
    let get = |path: String| plain("GET", path, None);
    let commission = json!({"city": city, "product": "express", "passenger_total": "30.00", "driver_total": "20.00"});
    let Fixture { estimate: id, passenger, driver } = there;
    let card = |version: &str| get(format!("/v1/cities/{city}/rate-cards/{version}"));
    vec![
        ("POST /v1/estimates", plain("POST", "/v1/estimates".to_owned(), Some(&estimate(city)))),
        ("GET  /v1/estimates/{id}/details/{product}", get(format!("/v1/estimates/{id}/details/express"))),
        (
            "POST /v1/trips/{id}/segments",
            plain("POST", format!("/v1/trips/access-{city}/segments"), Some(&segments(city))),
        ),
        ("POST /v1/segments", plain("POST", "/v1/segments".to_owned(), Some(&batch(city)))),
        ("POST /v1/trips/{id}/bill", plain("POST", format!("/v1/trips/access-{city}/bill"), Some(&bill(city)))),
        ("GET  /v1/trips/{id}/bill", get(format!("/v1/trips/access-{city}/bill?city={city}"))),
        ("GET  /v1/trips/{id}/bill/detail", get(format!("/v1/trips/access-{city}/bill/detail?city={city}"))),
        (
            "GET  /v1/trips/{id}/bill/detail?scene=driver",
            get(format!("/v1/trips/access-{city}/bill/detail?city={city}&scene=driver")),
        ),
        ("GET  /v1/trips/{id}/bill, of a trip that there is not", get(format!("/v1/trips/nowhere/bill?city={city}"))),
        ("GET  /v1/trips/{id}/bill/history", get(format!("/v1/trips/access-{city}/bill/history?city={city}"))),
        (
            "POST /v1/trips/{id}/bill/repair",
            plain("POST", format!("/v1/trips/access-{city}/bill/repair?city={city}"), None),
        ),
        ("POST /internal/jobs/drain", plain("POST", "/internal/jobs/drain".to_owned(), None)),
        ("POST /internal/jobs/repair", plain("POST", format!("/internal/jobs/repair?city={city}"), None)),
        ("POST /internal/jobs/sweep", plain("POST", format!("/internal/jobs/sweep?city={city}"), None)),
        (
            "DELETE /v1/trips/{id}/passenger",
            plain("DELETE", format!("/v1/trips/access-{city}/passenger?city={city}"), None),
        ),
        ("POST /v1/commission", plain("POST", "/v1/commission".to_owned(), Some(&commission))),
        ("GET  /v1/cities/{city}/bills", get(format!("/v1/cities/{city}/bills"))),
        ("GET  /v1/cities/{city}/top-ups", get(format!("/v1/cities/{city}/top-ups?day=2026-11-21"))),
        ("GET  /v1/cities/{city}/rate-cards/{version}, the passenger's", card(passenger)),
        ("GET  /v1/cities/{city}/rate-cards/{version}, the driver's", card(driver)),
        ("GET  /v1/cities", get("/v1/cities".to_owned())),
        ("GET  /statusz", get("/statusz".to_owned())),
        ("GET  /healthz", get("/healthz".to_owned())),
        ("GET  /readyz", get("/readyz".to_owned())),
        ("GET  /openapi.json", get("/openapi.json".to_owned())),
        ("GET  /rate-card.schema.json", get("/rate-card.schema.json".to_owned())),
        ("GET  /city.schema.json", get("/city.schema.json".to_owned())),
        ("GET  /limits.schema.json", get("/limits.schema.json".to_owned())),
        ("GET  /commission-policy.schema.json", get("/commission-policy.schema.json".to_owned())),
    ]
}

/// Whoever asks all of it.
struct Asker<'a> {
    answers: &'a dyn Answers,
    nonce: u64,
}

impl Asker<'_> {
    /// Sees to it that there is something to ask about, with a key for everything where one is needed.
    fn make(&mut self, gateway: Gateway, city: &str) -> Option<Fixture> {
        let bodies = [
            ("/v1/estimates".to_owned(), estimate(city)),
            (format!("/v1/trips/access-{city}/segments"), segments(city)),
            (format!("/v1/trips/access-{city}/bill"), bill(city)),
        ];
        let [estimate, ..] = bodies.map(|(path, body)| self.as_everything(gateway, plain("POST", path, Some(&body))));
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let cities = self.as_everything(gateway, plain("GET", "/v1/cities".to_owned(), None))?.json();
        let there = cities["cities"].as_array().expect("cities").iter().find(|there| there["city"] == city)?;
        let product = there["products"].as_array().expect("products").iter().find(|it| it["product"] == "express")?;
        Some(Fixture {
            estimate: text(&estimate?.json()["estimate_id"]),
            passenger: text(&product["rate_card"]),
            driver: text(&product["driver_rate_card"]),
        })
    }

    fn as_everything(&mut self, gateway: Gateway, mut asked: Asked) -> Option<Told> {
        self.nonce += 1;
        if gateway == Gateway::Required {
            asked = signed(EVERYTHING, self.answers.now(), self.nonce, asked);
        }
        let path = asked.path.clone();
        let told = self.answers.answer(gateway, &asked)?;
        assert!(told.status < 300, "{path}: {told:?}");
        Some(told)
    }

    /// What is said when a request is made in a situation; with a key for this.
    fn said(&mut self, situation: Situation, scope: Scope, mut asked: Asked) -> Option<String> {
        self.nonce += 1;
        let (now, nonce, own) = (self.answers.now(), self.nonce, id(scope));
        let mut sign = |secret, key: &str, created| sign_with(secret, key, created, nonce, &mut asked);
        match situation {
            Situation::NoKey | Situation::OffHere | Situation::OffElsewhere => {}
            Situation::WrongSecret => sign(OTHER_SECRET, &own, now),
            Situation::UnknownKey => sign(SECRET, "unknown", now),
            Situation::Revoked => sign(SECRET, "revoked", now),
            Situation::Old => sign(SECRET, &own, now - 330),
            Situation::Ahead => sign(SECRET, &own, now + 330),
            _ => sign(SECRET, &own, now),
        }
        if situation == Situation::Altered {
            let has_body = !asked.body.is_empty();
            let altered = if has_body { &mut asked.body } else { &mut asked.path };
            altered.push_str(match (has_body, altered.contains('?')) {
                (true, _) => " ",
                (false, true) => "&x=1",
                (false, false) => "?x=1",
            });
        }
        if situation == Situation::SentAgain {
            self.answers.answer(situation.gateway(), &asked)?;
        }
        // A clock of the machine itself may go on between signing and answering.
        let told = self.answers.answer(situation.gateway(), &asked)?;
        let challenged = told.has("www-authenticate") && told.has("accept-signature");
        assert_eq!(told.status == 401, challenged, "{situation:?} {asked:?}: {told:?}");
        Some(told.said())
    }
}

/// Asks everything, and writes down what is said. What cannot be asked for here is not in it.
///
/// # Panics
///
/// When there is nothing to ask about.
pub fn table(answers: &dyn Answers) -> String {
    let mut asker = Asker { answers, nonce: 0 };
    let mut text = String::new();
    let fixtures = [Gateway::Required, Gateway::OffHere]
        .map(|gateway| [HOME, ELSEWHERE].map(|city| asker.make(gateway, city).expect("there is something")));
    let fixture = |situation: Situation| match situation.gateway() {
        Gateway::Required | Gateway::Keyless => &fixtures[0],
        Gateway::OffHere | Gateway::OffElsewhere => &fixtures[1],
    };
    for (number, (name, _)) in routes(HOME, &fixtures[0][0]).iter().enumerate() {
        let _ = writeln!(text, "\n{name}\n");
        for (situation, called) in Situation::ALL {
            let [home, elsewhere] = fixture(situation);
            let (city, there) = if situation == Situation::OtherCity { (ELSEWHERE, elsewhere) } else { (HOME, home) };
            let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
            for scope in Scope::ALL {
                let (_, asked) = routes(city, there).swap_remove(number);
                let Some(said) = asker.said(situation, *scope, asked) else { continue };
                match groups.iter_mut().find(|(other, _)| *other == said) {
                    Some((_, scopes)) => scopes.push(scope.word()),
                    None => groups.push((said, vec![scope.word()])),
                }
            }
            groups.sort();
            let alone = groups.len() == 1;
            assert!(alone || groups.is_empty() || !situation.is_the_same_for_all(), "{name} {called}: {groups:?}");
            for (said, scopes) in groups {
                let whose = if alone { "any scope".to_owned() } else { scopes.join(", ") };
                let _ = writeln!(text, "  {called:19}  {said:28}  {whose}");
            }
        }
    }
    text
}

/// What of a text that has the whole table is of these situations: without what cannot be asked for elsewhere.
pub fn without(table: &str, called: &[&str]) -> String {
    let line = |line: &&str| !called.iter().any(|called| line.trim_start().starts_with(called));
    table.lines().filter(line).fold(String::new(), |text, line| text + line + "\n")
}
