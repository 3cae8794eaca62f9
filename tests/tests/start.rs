//! What `farebox up` says before it serves: whether it could, and what is wrong with how it was asked to.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::server::Server;
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Arguments, what the shell is told before, how it ends, and words that it says.
const STARTS: &[(&str, &str, i32, &str)] = &[
    ("--check", "", 0, "everything is in order"),
    ("--check --listen localhost:0", "", 0, "http://127.0.0.1:"),
    ("--check --listen :0", "", 0, "everything is in order"),
    ("--check --listen 192.0.2.1:1", "", 1, "choose another address with --listen"),
    ("--check --redis redis://127.0.0.1:1", "", 1, "Redis cannot be reached"),
    ("--check --manifest deploy/collector.toml --variable store_backend=sqlite", "", 0, "everything is in order"),
    ("--check --manifest nowhere.toml", "", 1, "cannot read the manifest"),
    ("--check --variable store_backend=none", "", 1, "store_backend must be"),
    ("--check --variable signatures=required", "", 1, "variable master_key does not have 32 bytes"),
    ("--check --variable signatures=on", "", 1, "it has to be off or required"),
    ("--check --variable cors_origins=example.com", "", 1, "is no origin: it has no scheme"),
    (
        "--check --tls-certificate DATA/certificate.pem --tls-key DATA/key.pem",
        "",
        0,
        "could be served at https://127.0.0.1:",
    ),
    (
        "--check --tls-certificate DATA/none.pem --tls-key DATA/key.pem",
        "",
        1,
        "none.pem, which --tls-certificate names",
    ),
    ("--check --tls-certificate DATA/key.pem --tls-key DATA/key.pem", "", 1, "key.pem has no certificate"),
    (
        "--check --tls-certificate DATA/certificate.pem --tls-key DATA/another.pem",
        "",
        1,
        "is not that of the first certificate",
    ),
    ("--check --tls-certificate DATA/certificate.pem --tls-key DATA/traditional.pem", "", 1, "openssl pkey -in"),
    ("--check --tls-certificate DATA/certificate.pem --tls-key /dev/zero", "", 1, "/dev/zero is no regular file"),
    (
        "--check --tls-certificate DATA/expired.pem --tls-key DATA/key.pem",
        "",
        1,
        "not everything is in order: the certificate in DATA/expired.pem has expired on 2001-01-01",
    ),
    (
        "--check --tls-certificate DATA/soon.pem --tls-key DATA/key.pem",
        "",
        0,
        "WARN farebox_runtime::tls: the certificate in DATA/soon.pem expires in 2 days",
    ),
    ("--tls-certificate DATA/certificate.pem", "", 2, "--tls-key"),
    ("--listen localhost", "", 2, "has no port"),
    ("--max-in-flight 0", "", 2, "--max-in-flight"),
    ("--request-timeout-ms 0", "", 2, "--request-timeout-ms"),
    ("--memory-limit 0", "", 2, "--memory-limit"),
    ("--keep-alive 0", "", 2, "--keep-alive"),
    ("--requests-at-once 0", "", 2, "--requests-at-once"),
    ("--memory-budget 50", "", 1, "at least 114 MiB are needed"),
    // The system has less than is wanted: it is served with less, and it is said with how much.
    ("--check", "ulimit -v 2000000000", 0, "no address space for more"),
    ("--check", "ulimit -n 300", 0, "there may be 150 connections instead of 4096"),
    ("--check", "rm -r DATA/cache && touch DATA/cache", 0, "each start compiles anew"),
];

/// Whoever starts it wrongly is told which option is wrong and what would be right; whatever it can do without is said.
#[test]
fn starts() {
    let data = tempfile::tempdir().unwrap();
    let farebox = artifacts::farebox();
    let key = KeyPair::generate().unwrap();
    let certificate = |until: SystemTime| {
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_after = until.into();
        parameters.self_signed(&key).unwrap().pem()
    };
    // The beginning of 2001, two days from now, and in a year.
    let (past, now) = (SystemTime::UNIX_EPOCH + 11_323 * DAY, SystemTime::now());
    let files = [
        ("certificate", certificate(now + 365 * DAY)),
        ("expired", certificate(past)),
        ("soon", certificate(now + 2 * DAY + DAY / 2)),
        ("key", key.serialize_pem()),
        ("another", KeyPair::generate().unwrap().serialize_pem()),
        (
            "traditional",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n-----END RSA PRIVATE KEY-----\n".to_owned(),
        ),
    ];
    for (name, text) in files {
        fs::write(data.path().join(format!("{name}.pem")), text).unwrap();
    }
    for (arguments, before, code, words) in STARTS {
        // An address of our own, unless the row has one.
        let listen = if arguments.contains("--listen") { "" } else { "--listen 127.0.0.1:0" };
        let placed = |text: &str| text.replace("DATA", data.path().to_str().unwrap());
        let (arguments, words) = (placed(arguments), placed(words));
        let before = if before.is_empty() { "true".to_owned() } else { placed(before) };
        let line = format!("{before} && exec {farebox:?} up --data {:?} {listen} {arguments}", data.path());
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(artifacts::repository()).env_remove("RUST_LOG");
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(*code), "{line}: {said}");
        assert!(said.contains(&words), "{line}: {said}");
    }
}

/// The access log says who asked for what, under which trace, and how long the answer was; and no secret.
#[test]
fn requests_are_logged() {
    let server = Server::start(&["--access-log", "--log-format", "json"]);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
    let answer = server.request("GET", "/v1/cities?token=hidden", &[("traceparent", &traceparent)], "");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let line = loop {
        if let Some(line) = server.log().lines().into_iter().find(|line| line.contains(trace)) {
            break line;
        }
        assert!(std::time::Instant::now() < deadline, "{:?}", server.log().lines());
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["method"], &line["path"], &line["query"]),
        (&"GET".into(), &"/v1/cities".into(), &"token=***".into())
    );
    assert_eq!((&line["status"], &line["bytes"]), (&answer.status.into(), &answer.body.len().into()));
    assert!(line["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");
}
