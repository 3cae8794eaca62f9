//! The programs of docs/api.md sign requests that are verified here. Each is run where there is what it is written in.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod dispatch;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dispatch::Dispatch;
use farebox_signatures::{Request, Secret, verify};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// A request, as it came.
struct Sent {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// Takes one request, and answers it.
fn take(listener: &TcpListener) -> Sent {
    let (connection, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(&connection);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let [method, target, _] = first.split(' ').collect::<Vec<_>>()[..] else { panic!("{first}") };
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let header = line();
        let Some((name, value)) = header.split_once(':') else { break };
        let (name, value) = (name.to_lowercase(), value.trim());
        if name == "content-length" {
            length = value.parse().unwrap();
        }
        headers.push((name, value.as_bytes().to_vec()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (&connection).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").unwrap();
    Sent { method: method.to_owned(), target: target.to_owned(), headers, body }
}

/// Runs the program of `docs/api.md` in `language`, and verifies the request that it sends.
fn check(language: &str, tools: &[&str], command: &[&str], expected: (&str, &str)) {
    let has = |tool: &&str| {
        let mut found = Command::new(tool);
        let found = found.arg(if *tool == "openssl" { "version" } else { "--version" });
        found.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if let Some(missing) = tools.iter().find(|tool| !has(tool)) {
        return println!("no {missing} here: the program in {language} is not run");
    }
    let docs = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md")).unwrap();
    let section = docs.split("\n## ").find(|section| section.starts_with("Signing a request\n")).unwrap();
    let program = section.split_once(&format!("```{language}\n")).unwrap().1.split_once("```").unwrap().0;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let program = program.replace("localhost:3000", &address);
    let server = thread::spawn(move || take(&listener));
    let mut run = Command::new(command[0]);
    run.args(&command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).env("NO_PROXY", "*").env("no_proxy", "*");
    let mut run = run.spawn().unwrap();
    run.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    // One that failed may have sent nothing, which would be waited for.
    assert!(output.status.success(), "{language}: {}", output.status);
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "{}", "{language}");
    let sent = server.join().unwrap();
    assert_eq!((&*sent.method, &*sent.target), expected);
    let secret = STANDARD.decode("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYyE=").unwrap();
    let keys = Dispatch(Secret::new(&secret).unwrap());
    let request = Request::new(&sent.method, &sent.target, &sent.headers, &sent.body);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let verified = verify(&keys, &request, now, 300).map(drop);
    assert_eq!(verified, Ok(()), "{language}");
    let altered = Request { body: b"{}", ..request };
    assert!(verify(&keys, &altered, now, 300).is_err());
}

#[test]
fn shell() {
    check("sh", &["openssl", "curl"], &["sh"], ("POST", "/v1/trips/ride-1/segments"));
}

#[test]
fn python() {
    let target = "/v1/trips/ride-1/bill/detail?city=370100&scene=receipt";
    check("python", &["python3"], &["python3", "-"], ("GET", target));
}

#[test]
fn javascript() {
    let command = ["node", "--input-type=module", "-"];
    check("javascript", &["node"], &command, ("POST", "/v1/trips/ride-1/segments"));
}
