//! `farebox request`: what is sent verifies, whatever it is, and what is answered is told.
#![allow(clippy::unwrap_used)]

use farebox_access::editing::NewKey;
use farebox_access::{Document, Keys, MasterKey, MasterKeys, Scope, SecretText, identify};
use farebox_kit::artifacts::{farebox, repository};
use farebox_signatures::Request;
use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, IsCa, KeyPair, generate_simple_self_signed};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// 32 bytes in base64, made up.
const MASTER: &str = "bWFzdGVyLW1hc3Rlci1tYXN0ZXItbWFzdGVyLW1hc3Q=";

/// A key, and its secret.
struct Caller {
    folder: TempDir,
    secret: String,
}

impl Caller {
    /// Made with `farebox keys create`.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(farebox());
        command.args(["keys", "create", "dispatch", "--scope", "bill", "--city", "*", "--config"]);
        let output = command.arg(folder.path()).env("FAREBOX_MASTER_KEY", MASTER).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let secret = String::from_utf8(output.stdout).unwrap();
        std::fs::write(folder.path().join("secret"), &secret).unwrap();
        Self { folder, secret: secret.trim().to_owned() }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What servers read.
    fn keys(&self) -> Keys {
        let text = std::fs::read_to_string(self.folder.path().join("keys.json")).unwrap();
        Document::open(&text, &MasterKeys::of(MasterKey::parse(MASTER).unwrap())).unwrap().keys()
    }
}

/// A request, as it was on the wire.
#[derive(Clone, Debug, Default)]
struct Heard {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Heard {
    fn read(stream: impl Read) -> Self {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut heard = Self { method: words.next().unwrap(), target: words.next().unwrap(), ..Self::default() };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            heard.headers.push((name.to_lowercase(), value.as_bytes().to_vec()));
        }
        let length = heard.header("content-length").map_or(0, |length| length.parse().unwrap());
        heard.body = vec![0; length];
        reader.read_exact(&mut heard.body).unwrap();
        heard
    }

    fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| other == name);
        header.map(|(_, value)| std::str::from_utf8(value).unwrap())
    }

    /// As a server looks at it: who sent it and with which nonce, or why that is not known.
    fn verified(&self, keys: &Keys) -> Result<(String, String), String> {
        let request = Request::new(&self.method, &self.target, &self.headers, &self.body);
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap();
        match identify(keys, &request, now, 300) {
            Ok(found) => Ok((found.key.id.clone(), found.nonce)),
            Err(denied) => Err(format!("{}: {denied}", denied.code().word())),
        }
    }
}

/// Answers whoever signs, and tells everybody else why not, as `application/problem+json`.
struct Server {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Server {
    fn start(keys: Keys, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                match &tls {
                    None => answer(stream, &keys, &all),
                    Some(tls) => {
                        let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
                        let mut stream = StreamOwned::new(connection, stream);
                        // Whoever does not trust this server leaves.
                        if stream.conn.complete_io(&mut stream.sock).is_ok() {
                            answer(stream, &keys, &all);
                        }
                    }
                }
            }
        });
        Self { url, heard }
    }

    fn last(&self) -> Heard {
        self.heard.lock().unwrap().last().unwrap().clone()
    }
}

fn answer(mut stream: impl Read + Write, keys: &Keys, all: &Mutex<Vec<Heard>>) {
    let heard = Heard::read(&mut stream);
    let (status, kind, body) = match heard.verified(keys) {
        _ if heard.target == "/moved" => ("302 Found\r\nlocation: /elsewhere", "text/plain", "elsewhere".to_owned()),
        Ok((key, _)) => ("200 OK", "application/json", format!("{{\"b\": 1.10, \"a\": \"{key}\"}}")),
        Err(why) => {
            let (code, why) = why.split_once(": ").unwrap();
            let problem = serde_json::json!({ "status": 401, "code": code, "detail": why });
            ("401 Unauthorized", "application/problem+json", problem.to_string())
        }
    };
    all.lock().unwrap().push(heard);
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    stream.flush().unwrap();
}

struct Said {
    code: i32,
    out: String,
    error: String,
}

fn command(url: &str) -> Command {
    let mut command = Command::new(farebox());
    command.args(["request", "--url", url]).env_remove("FAREBOX_KEY").env_remove("FAREBOX_KEY_SECRET");
    // Nothing on the machine itself goes through a proxy.
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
    command
}

fn run(command: &mut Command, stdin: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who is refused before reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), error: text(output.stderr) }
}

/// Every method, path, query and body that can be sent is signed as it is sent, and answers are told as they came.
#[test]
fn what_is_sent_verifies() {
    let caller = Caller::new();
    let server = Server::start(caller.keys(), None);
    let body = caller.file("body.json", "{\"city\": \"110000\", \"名\": []}\n");
    let body = body.to_str().unwrap();
    let secret = caller.folder.path().join("secret");
    let mut nonces = BTreeSet::new();
    let cases: [(&[&str], &str, &str); 9] = [
        (&["GET", "/v1/cities"], "", ""),
        (&["get", "/v1/trips/a/bill?city=110000&scene=receipt"], "", ""),
        (&["GET", "/a?"], "", ""),
        (&["GET", "/a%2Fb//c/../d?x=%E4%BA%AC&y=a+b&z=/?"], "", ""),
        (&["POST", "/v1/estimates", "--body", "{}"], "", "{}"),
        (&["POST", "/v1/estimates", "--body-file", body], "", "{\"city\": \"110000\", \"名\": []}\n"),
        (&["PUT", "/v1/estimates?a", "--body-file", "-"], "[1.10]", "[1.10]"),
        (&["POST", "/v1/empty"], "", ""),
        (&["DELETE", "/v1/x", "--body", "1", "--header", "Content-Type: text/plain"], "", "1"),
    ];
    for (arguments, stdin, sent) in cases {
        let mut signed = command(&server.url);
        signed.args(arguments).args(["--key", "dispatch", "--secret-file"]).arg(&secret);
        let said = run(&mut signed, stdin);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.error);
        assert_eq!((&*said.out, &*said.error), ("{\"b\": 1.10, \"a\": \"dispatch\"}", "200 OK\n"), "{arguments:?}");
        let heard = server.last();
        assert_eq!((&*heard.target, &*heard.body), (arguments[1], sent.as_bytes()));
        assert_eq!(heard.method, arguments[0].to_uppercase());
        let kind = match arguments.last() {
            _ if sent.is_empty() => None,
            Some(&"Content-Type: text/plain") => Some("text/plain"),
            _ => Some("application/json"),
        };
        assert_eq!(heard.header("content-type"), kind, "{arguments:?}");
        assert_eq!(heard.headers.iter().filter(|(name, _)| name == "host").count(), 1);
        assert!(nonces.insert(heard.verified(&caller.keys()).unwrap().1));
    }
    // From variables as well.
    let mut signed = command(&server.url);
    signed.args(["GET", "/v1/cities"]).env("FAREBOX_KEY", "dispatch").env("FAREBOX_KEY_SECRET", &caller.secret);
    assert_eq!(run(&mut signed, "").code, 0);
}

/// What `docs/api.md` shows is signed as a server wants it.
#[test]
fn examples() {
    let docs = std::fs::read_to_string(repository().join("docs/api.md")).unwrap();
    let section = docs.split("\n## ").find(|section| section.starts_with("Signing a request\n")).unwrap();
    let shown = section.split_once("```console\n").unwrap().1.split_once("```").unwrap().0;
    let mut document = Document::default();
    let new = NewKey { id: "dispatch".to_owned(), scopes: vec![Scope::Read], cities: vec!["*".to_owned()], note: None };
    document.create(new, SecretText::parse("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYyE=").unwrap(), 0).unwrap();
    let server = Server::start(document.keys(), None);
    let lines = shown.lines().map(|line| line.strip_prefix("$ ").unwrap());
    let script: Vec<String> =
        lines.map(|line| line.replace("farebox request", &format!("\"$0\" request --url {}", server.url))).collect();
    let said = run(Command::new("sh").args(["-ec", &script.join("\n")]).arg(farebox()), "");
    assert_eq!((said.code, &*said.error), (0, "200 OK\n200 OK\n"));
    let heard: Vec<(String, String)> =
        server.heard.lock().unwrap().iter().map(|heard| (heard.method.clone(), heard.target.clone())).collect();
    let sent = [("GET", "/v1/cities"), ("POST", "/v1/trips/ride-1/segments")];
    assert_eq!(heard, sent.map(|(method, target)| (method.to_owned(), target.to_owned())));
    assert!(said.out.contains("GET /v1/trips/ride-1/bill?city=370100 HTTP/1.1\n"), "{}", said.out);
}

/// An answer that is not 2xx ends the command with 1: its body is the answer all the same, and what is wrong is said beside it.
#[test]
fn refusals_are_told() {
    let caller = Caller::new();
    let server = Server::start(caller.keys(), None);
    let said = run(command(&server.url).args(["GET", "/v1/cities"]), "");
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("{\"code\":\"signature-missing\""), "{}", said.out);
    assert!(
        said.error.starts_with("401 Unauthorized\n") && said.error.contains("[signature-missing]"),
        "{}",
        said.error
    );
    assert!(server.last().header("signature").is_none());
    for (key, secret) in [("nobody", &*caller.secret), ("dispatch", MASTER)] {
        let mut signed = command(&server.url);
        signed.args(["GET", "/v1/cities", "--key", key]).env("FAREBOX_KEY_SECRET", secret);
        let said = run(&mut signed, "");
        assert!(said.code == 1 && said.error.contains("[signature-wrong]"), "{}", said.error);
    }
    for method in ["GET", "POST"] {
        let said = run(command(&server.url).args([method, "/moved"]), "");
        assert_eq!((said.code, &*said.out, &*said.error), (1, "elsewhere", "302 Found\n"));
        assert_eq!(server.last().target, "/moved", "it is not followed");
    }
}

/// `--dry-run` sends nothing, and what it prints verifies. The secret is in none of it.
#[test]
fn a_dry_run_sends_nothing() {
    let caller = Caller::new();
    let server = Server::start(caller.keys(), None);
    let mut signed = command(&server.url);
    signed.args(["POST", "/v1/estimates?a=b", "--dry-run", "--body", "{\"a\":1}", "--header", "Accept-Language: en"]);
    let said = run(signed.env("FAREBOX_KEY", "dispatch").env("FAREBOX_KEY_SECRET", &caller.secret), "");
    assert!(said.code == 0 && said.error.is_empty(), "{}", said.error);
    let heard = Heard::read(said.out.as_bytes());
    assert_eq!(heard.verified(&caller.keys()).unwrap().0, "dispatch", "{}", said.out);
    assert_eq!((heard.header("accept-language"), &*heard.body), (Some("en"), &b"{\"a\":1}"[..]));
    assert!(server.heard.lock().unwrap().is_empty());
    assert!(!said.out.contains(&caller.secret));
    let said = run(command(&server.url).args(["GET", "/v1/cities", "--dry-run"]), "");
    let authority = server.url.strip_prefix("http://").unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected =
        format!("GET /v1/cities HTTP/1.1\nhost: {authority}\nuser-agent: farebox/{version}\naccept: */*\n\n");
    assert_eq!((said.code, said.out), (0, expected));
}

fn speaks(certificate: &CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate.clone()], key).unwrap())
}

/// What `openssl req -x509` makes is a certificate of an authority, and none of a server: whoever uses it is told what to do.
#[test]
fn a_certificate_of_an_authority() {
    let caller = Caller::new();
    let key = KeyPair::generate().unwrap();
    let mut certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = certificate.self_signed(&key).unwrap();
    let server = Server::start(caller.keys(), Some(speaks(certificate.der(), &key)));
    let ca = caller.file("ca.pem", &certificate.pem());
    let said = run(command(&server.url).args(["GET", "/v1/cities", "--ca", ca.to_str().unwrap()]), "");
    assert!(said.code == 1 && said.error.contains("basicConstraints=critical,CA:FALSE"), "{}", said.error);
}

/// Over TLS a server is trusted when its certificate is, and otherwise gets nothing of a request.
#[test]
fn servers_that_speak_tls() {
    let caller = Caller::new();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let server = Server::start(caller.keys(), Some(speaks(cert.der(), &signing_key)));
    let ca = caller.file("ca.pem", &cert.pem());
    let other = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let other = caller.file("other.pem", &other.cert.pem());
    let ask = |arguments: &[&str]| {
        let mut signed = command(&server.url);
        signed.args(["GET", "/v1/cities", "--key", "dispatch"]).args(arguments);
        run(signed.env("FAREBOX_KEY_SECRET", &caller.secret), "")
    };
    for trusted in [&["--ca", ca.to_str().unwrap()][..], &["--insecure"]] {
        let said = ask(trusted);
        assert_eq!((said.code, &*said.error), (0, "200 OK\n"));
    }
    let before = server.heard.lock().unwrap().len();
    let said = ask(&["--ca", other.to_str().unwrap()]);
    assert!(said.code == 1 && said.error.contains("is not trusted: ") && said.error.contains("--ca"), "{}", said.error);
    // Whatever this system trusts, it is not that.
    let said = ask(&[]);
    assert!(said.code == 1 && said.error.contains("--ca"), "{}", said.error);
    assert_eq!(server.heard.lock().unwrap().len(), before);
    let said = ask(&["--ca", caller.file("no.pem", "nothing").to_str().unwrap()]);
    assert!(said.error.contains("has no certificate"), "{}", said.error);
}

/// A server that never answers is left when the time is over.
#[test]
fn servers_that_do_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let begun = Instant::now();
    let said = run(command(&url).args(["GET", "/v1/cities", "--timeout", "1s"]), "");
    assert!(said.code == 1 && said.error.contains("has not answered within 1 s"), "{}", said.error);
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(listener);
    assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err());
    let said = run(command(&url).args(["GET", "/v1/cities"]), "");
    assert!(said.code == 1 && said.error.contains("nobody listens at http://127.0.0.1:"), "{}", said.error);
}

/// A mistake is answered with what would be right, before anything is sent.
#[test]
fn mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    secret("good", MASTER);
    secret("bad", "hunter2");
    let ask = |arguments: &[&str]| {
        let said = run(command("http://127.0.0.1:1").args(arguments).current_dir(folder.path()), "");
        assert!(said.code != 0 && said.out.is_empty());
        assert!(!said.error.contains("hunter2") && !said.error.contains(MASTER), "{}", said.error);
        format!("$ farebox request {}\n{}", arguments.join(" "), said.error)
    };
    let mistakes: [&[&str]; 15] = [
        &["GET", "v1/cities"],
        &["GET", "/v1/a b"],
        &["G T", "/v1/cities"],
        &["GET", "/v1/cities", "--key", "dispatch"],
        &["GET", "/v1/cities", "--secret-file", "good"],
        &["GET", "/v1/cities", "--key", "dispatch", "--secret-file", "bad"],
        &["GET", "/v1/cities", "--key", "dispatch", "--secret-file", "nowhere"],
        &["GET", "/v1/cities", "--key", "京", "--secret-file", "good"],
        &["POST", "/v1/cities", "--key", "dispatch", "--secret-file", "-", "--body-file", "-"],
        &["POST", "/v1/cities", "--body", "{}", "--body-file", "-"],
        &["GET", "/v1/cities", "--header", "Accept"],
        &["GET", "/v1/cities", "--header", "Signature: sig=:AAAA:"],
        &["GET", "/v1/cities", "--timeout", "soon"],
        &["GET", "/v1/cities", "--ca", "good"],
        &["GET", "/v1/cities"],
    ];
    let mut told: Vec<String> = mistakes.iter().map(|arguments| ask(arguments)).collect();
    for url in ["127.0.0.1:3000", "http://127.0.0.1:3000/v1"] {
        let mut wrong = Command::new(farebox());
        let said = run(wrong.args(["request", "GET", "/v1/cities", "--url", url]), "");
        told.push(format!("$ farebox request GET /v1/cities --url {url}\n{}", said.error));
    }
    insta::assert_snapshot!(told.join("\n"));
}
