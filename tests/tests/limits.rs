//! Rate limits: the arithmetic of the store held to the model, and the application under more than it lets.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts::{self, farebox, repository};
use farebox_limits::bucket::{State, take};
use farebox_limits::{Limit, LimitsDocument, Window};
use farebox_tests::exchanges;
use farebox_tests::in_process::InProcess;
use farebox_tests::server::{PATIENT, Runtime, Server, spin_is_installed};
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

// The arithmetic.

const SCRIPT: &str = include_str!("../../components/store/src/rate_limits/take.lua");
const STATEMENT: &str = include_str!("../../components/store/src/rate_limits/take.sql");
const SCHEMA: &str = include_str!("../../components/store/src/rate_limits/schema.sql");

/// What a step of one of many limits is given at a moment, and what it answers: tokens, and what is kept.
type Step<'s> = &'s mut dyn FnMut(u32, u64, [u64; 6]) -> [u64; 6];

/// Steps at moments that a test says, each exactly as the model has it: tokens and all that is kept.
fn held_to_the_model(seed: u64, step: Step<'_>) {
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..200 {
        let mut limit = any_limit(&mut random);
        // After the clock of SQLite, whose triggers sweep out what has expired.
        let (mut state, mut now) = (None, 4_102_444_800_000 + random.u64(..100_000));
        for _ in 0..random.u32(1..30) {
            // Mostly a little later, now and then much, or earlier.
            now = match random.u32(..20) {
                0 => now + random.u64(..3_000_000_000),
                1 => now - random.u64(..5_000),
                2 => now,
                _ => now + random.u64(..1_500),
            };
            if random.u32(..15) == 0 {
                limit = any_limit(&mut random);
            }
            let most = if random.bool() { 30 } else { 1_000 };
            let up_to = random.u32(1..=most);
            let (next, granted) = take(state, &limit, up_to, now);
            let window = limit.window.map_or([0, 0], |window| [window.requests.into(), window.ms()]);
            let [requests, window_ms] = window;
            let given =
                [up_to.into(), limit.rate.into(), limit.burst.into(), requests, window_ms, State::kept_ms(&limit)];
            let State { at_ms, level_m, start_ms, current, previous, .. } = next;
            let expected = [granted.into(), at_ms, level_m, start_ms, current, previous];
            assert_eq!(step(round, now, given), expected, "{limit:?} {state:?} {up_to} at {now}");
            state = Some(next);
        }
    }
}

fn any_limit(random: &mut fastrand::Rng) -> Limit {
    let largest = random.u32(..8) == 0;
    let most = |random: &mut fastrand::Rng, few: u32, most: u32| if largest { most } else { random.u32(1..=few) };
    let window =
        random.bool().then(|| Window { requests: most(random, 500, 10_000_000), seconds: most(random, 20, 86_400) });
    Limit { rate: most(random, 200, 100_000), burst: most(random, 400, 1_000_000), window }
}

/// The script in Redis comes to what the model comes to.
#[test]
fn the_script_is_the_model() {
    let server = RedisServer::start().unwrap();
    let mut connection = redis::Client::open(server.url("")).unwrap().get_connection().unwrap();
    let clock = "redis.call('TIME')";
    assert!(SCRIPT.contains(clock));
    let script = SCRIPT.replace(clock, "{ string.sub(ARGV[7], 1, -4), string.sub(ARGV[7], -3) .. '999' }");
    held_to_the_model(1, &mut |round, now, given| {
        let mut command = redis::cmd("EVAL");
        command.arg(&script).arg(1).arg(format!("limit:{round}"));
        given.iter().for_each(|number| _ = command.arg(*number));
        let told: Vec<String> = command.arg(now).query(&mut connection).unwrap();
        let told: Vec<u64> = told.iter().map(|number| number.parse().unwrap()).collect();
        let key = format!("limit:{round}");
        let ttl: u64 = redis::cmd("PTTL").arg(&key).query(&mut connection).unwrap();
        assert!(ttl > given[5] - 1_000 && ttl <= given[5], "{ttl} of {}", given[5]);
        // Time stands still here, and Redis's own does not.
        let () = redis::cmd("PERSIST").arg(&key).query(&mut connection).unwrap();
        told.try_into().unwrap()
    });
}

/// The statement in SQLite comes to what the model comes to.
#[test]
fn the_statement_is_the_model() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.execute_batch(&SCHEMA.replace("\n\n", ";\n\n")).unwrap();
    let clock = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    assert!(STATEMENT.contains(clock));
    let statement = STATEMENT.replace(clock, "?8");
    held_to_the_model(2, &mut |round, now, given| {
        let number = |number: u64| i64::try_from(number).unwrap();
        let [up_to, rate, burst, requests, window, kept] = given.map(number);
        let parameters =
            rusqlite::params![format!("limit:{round}"), up_to, rate, burst, requests, window, kept, number(now)];
        let told: [i64; 6] = database
            .query_row(&statement, parameters, |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?])
            })
            .unwrap();
        told.map(|number| number.try_into().unwrap())
    });
    let count: i64 = database.query_row("SELECT count(*) FROM rate_limit", [], |row| row.get(0)).unwrap();
    assert!((1..=200).contains(&count), "{count}");
}

// The document.

/// The published schema is the one that is made; the example of the documentation fits it, and is told as what it says.
#[test]
fn the_schema_is_published() {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(farebox());
        let output = command.current_dir(repository()).arg("limits").args(arguments).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    };
    let path = repository().join("docs/limits.schema.json");
    let (schema, code) = run(&["schema"]);
    assert_eq!(code, 0);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &schema).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(schema == published, "{} is out of date; run this test with UPDATE_GOLDEN=1", path.display());

    let docs = fs::read_to_string(repository().join("docs/limits.md")).unwrap();
    let example = docs.split("```json").nth(1).unwrap().split("```").next().unwrap();
    assert!(LimitsDocument::parse(example).is_ok());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limits.json");
    fs::write(&file, example).unwrap();
    let (text, code) = run(&["check", file.to_str().unwrap()]);
    assert!(code == 0 && text.contains("instances take 20 at a time") && text.contains("no problems"), "{text}");
    let shown = docs.split("```console").nth(1).unwrap().split("```").next().unwrap();
    for line in shown.lines().filter(|line| line.starts_with("  ")) {
        assert!(text.contains(line), "docs/limits.md shows {line:?}, and the command says:\n{text}");
    }
    fs::write(&file, "{\"format\": \"farebox-limits/1\", \"tiers\": [], \"default\": \"x\"}").unwrap();
    let (text, code) = run(&["check", file.to_str().unwrap()]);
    assert!(code == 1 && text.contains("problem /default: is \"x\", and there is no such tier"), "{text}");
}

// The application.

/// The application with limits.
struct Limited(TempDir);

impl Limited {
    fn new(limits: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        artifacts::lay_out_application(folder.path());
        assert!(LimitsDocument::parse(&limits.to_string()).is_ok());
        fs::write(folder.path().join("config/limits.json"), limits.to_string()).unwrap();
        Self(folder)
    }

    fn start_on(&self, runtime: Runtime, arguments: &[&str]) -> Server {
        let manifest = self.0.path().join("spin.toml").to_str().unwrap().to_owned();
        let from = if runtime == Runtime::Host { "--manifest" } else { "--from" };
        let arguments = [&[from, &manifest], arguments].concat();
        let server = Server::start_on(runtime, &arguments, tempfile::tempdir().unwrap());
        // A node that has just begun may take a second to have a configuration.
        let deadline = Instant::now() + Duration::from_secs(20);
        while server.get("/readyz").status != 200 {
            assert!(Instant::now() < deadline, "{}", server.get("/readyz").body);
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn start(&self, arguments: &[&str]) -> Server {
        self.start_on(Runtime::Host, arguments)
    }
}

/// Everybody has this limit for reading, and no other.
fn reading(rate: u32, burst: u32) -> Value {
    json!({
        "format": "farebox-limits/1",
        "tiers": [{"name": "all", "read": {"rate": rate, "burst": burst}}],
        "default": "all",
    })
}

/// Those of the exchanges: so many a day, so that what is let does not depend on how fast the machine is.
fn of_a_day() -> Value {
    let of_a_day =
        |requests: u32| json!({"rate": 1, "burst": requests, "window": {"requests": requests, "seconds": 86_400}});
    json!({
        "format": "farebox-limits/1",
        "tiers": [{"name": "few", "bill": of_a_day(5), "estimate": of_a_day(3)}],
        "default": "few",
    })
}

fn exchanged(server: &impl exchanges::Answers) {
    let text = include_str!("../cases/http/9-limits.txt");
    let wrong = exchanges::run(server, "9-limits.txt", text, "t1");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every exchange of `9-limits.txt` is answered as it says: in process.
#[test]
fn exchanges_in_process() {
    let folder = Limited::new(&of_a_day());
    exchanged(&InProcess::with_config(folder.0.path().join("config")));
}

/// The same, by the local host, on the embedded store.
#[test]
fn exchanges_on_the_embedded_store() {
    let limited = Limited::new(&of_a_day());
    exchanged(&limited.start(&PATIENT));
}

/// The same, through `wasi:http`, on a real Redis.
#[test]
fn exchanges_on_redis() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let limited = Limited::new(&of_a_day());
    exchanged(&limited.start(&[&["--wasi-http", "--redis", &url], &PATIENT[..]].concat()));
}

/// The same on Spin, where there is one.
#[test]
#[ignore = "needs Spin 4.1 or later on PATH: cargo test --release -p farebox-tests --test limits -- --ignored"]
fn exchanges_on_spin() {
    assert!(spin_is_installed(), "spin is not on PATH");
    let limited = Limited::new(&of_a_day());
    exchanged(&limited.start_on(Runtime::Spin, &PATIENT));
}

/// Asks for the cities, by so many clients at once, for so long: how many were let, and how many were refused.
fn flood(servers: &[&Server], clients: usize, time: Duration) -> (u32, u32) {
    let (lets, refusals) = (AtomicU32::new(0), AtomicU32::new(0));
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        for client in 0..clients {
            let server = servers[client % servers.len()];
            let (lets, refusals) = (&lets, &refusals);
            scope.spawn(move || {
                while Instant::now() < end {
                    let answer = server.get("/v1/cities");
                    match answer.status {
                        200 => _ = lets.fetch_add(1, Ordering::Relaxed),
                        429 => {
                            assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
                            assert!(answer.header("ratelimit").starts_with("\"read\";r=0;t="), "{:?}", answer.headers);
                            _ = refusals.fetch_add(1, Ordering::Relaxed);
                        }
                        status => panic!("{status}: {}\n{}", answer.body, server.log().lines().join("\n")),
                    }
                }
            });
        }
    });
    (lets.into_inner(), refusals.into_inner())
}

/// The most instances of a node: as many as processors, and as many again where requests wait or one is replaced.
fn instances() -> u32 {
    2 * u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap()
}

/// How often the store was asked for tokens.
fn steps(redis: &RedisServer) -> u32 {
    let stats: String = redis.run("INFO commandstats").unwrap();
    let calls = |name: &str| {
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    };
    calls("evalsha")
}

/// Two nodes on one Redis, sixteen clients: what is let is within the bound of decision 25, and all that there is is let. Most of the
/// flood is refused without a call of the store.
#[test]
fn a_flood_on_two_nodes_is_let_what_there_is() {
    const RATE: u32 = 100;
    const BURST: u32 = 200;
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let application = Limited::new(&reading(RATE, BURST));
    let servers = [(); 2].map(|()| application.start(&[&["--redis", &url], &PATIENT[..]].concat()));
    let begun = Instant::now();
    let (lets, refusals) = flood(&servers.each_ref(), 16, Duration::from_secs(4));
    let seconds = u32::try_from(begun.elapsed().as_millis()).unwrap() / 1_000 + 1;
    // Instances, each with a batch and a batch on credit; and clients who ask at once.
    let instances = 2 * instances();
    let batch = Limit { rate: RATE, burst: BURST, window: None }.batch();
    let most = BURST + RATE * seconds + instances * 2 * batch + 16 * batch;
    assert!(lets <= most, "{lets} were let of {most}");
    assert!(lets >= BURST + RATE * 2, "{lets} were let");
    assert!(refusals > lets, "{refusals} were refused");
    let steps = steps(&redis);
    assert!(steps > 0 && steps <= (lets + refusals) / 20 + 16 * 2, "{steps} calls for {lets} and {refusals}");
}

/// Ordinary traffic costs at most one call of the store for twenty requests; without a document of limits it costs none.
#[test]
fn ordinary_traffic_costs_one_call_in_twenty() {
    const REQUESTS: u32 = 1_000;
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let arguments = [&["--redis", &url], &PATIENT[..]].concat();
    let limited = Limited::new(&reading(10_000, 10_000));
    let server = limited.start(&arguments);
    let () = redis.run("CONFIG RESETSTAT").unwrap();
    for _ in 0..REQUESTS {
        let answer = server.get("/v1/cities");
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("ratelimit-policy"), "\"read\";q=10000;w=1");
    }
    let calls = steps(&redis);
    assert!((1..=REQUESTS / 20).contains(&calls), "{calls}");

    let server = Server::start(&arguments);
    let () = redis.run("CONFIG RESETSTAT").unwrap();
    for _ in 0..100 {
        let answer = server.get("/v1/cities");
        assert_eq!((answer.status, answer.header("ratelimit")), (200, ""));
    }
    assert_eq!(steps(&redis), 0);
}

/// A store that is gone refuses nobody: each instance keeps the limits alone, and says so; and when it is back, it counts again.
#[test]
fn without_the_store_limits_are_local() {
    let mut redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let limited = Limited::new(&reading(1, 30));
    let server = limited.start(&["--redis", &url]);
    redis.kill().unwrap();
    let (lets, refusals) = flood(&[&server], 8, Duration::from_secs(3));
    let instances = instances();
    assert!((30..=instances * (30 + 5 + 3)).contains(&lets), "{lets} on {instances} instances");
    assert!(refusals > 0);
    let told = |name: &str| server.log().events().iter().filter(|event| event["event"] == name).count();
    let deadline = Instant::now() + Duration::from_secs(10);
    while told("limits-local") == 0 || told("caller-limited") == 0 {
        assert!(Instant::now() < deadline, "{:?}", server.log().events());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(told("limits-local") <= instances as usize * 2, "{}", told("limits-local"));
    assert!(told("caller-limited") <= instances as usize * 2, "{}", told("caller-limited"));

    redis.restart().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while steps(&redis) == 0 {
        server.get("/v1/cities");
        assert!(Instant::now() < deadline, "the store is not asked again");
        std::thread::sleep(Duration::from_millis(100));
    }
}
