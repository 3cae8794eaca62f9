//! HTTP/1.1 and HTTP/2, with TLS and without: the same answers, over real sockets; and certificates that change meanwhile.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use farebox_tests::server::Server;
use http::{HeaderMap, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Files of a certificate, and who trusts it.
struct Certificate {
    folder: TempDir,
    trusted: RootCertStore,
}

impl Certificate {
    fn new() -> Self {
        let mut this = Self { folder: tempfile::tempdir().unwrap(), trusted: RootCertStore::empty() };
        this.renew();
        this
    }

    /// Another one, which nobody trusts who trusted the one before.
    fn renew(&mut self) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        self.trusted = RootCertStore::empty();
        self.trusted.add(cert.der().clone()).unwrap();
        fs::write(self.file("certificate.pem"), cert.pem()).unwrap();
        fs::write(self.file("key.pem"), KeyPair::serialize_pem(&signing_key)).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, arguments: &[&str]) -> Server {
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| self.file(name));
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let tls = ["--tls-certificate", &text(&certificate), "--tls-key", &text(&key)].map(str::to_owned);
        let tls: Vec<&str> = tls.iter().map(String::as_str).collect();
        Server::start(&[&tls, arguments].concat())
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Connects; with TLS where a certificate is trusted.
async fn connect(
    server: &Server,
    trusted: Option<&RootCertStore>,
    version: Version,
) -> std::io::Result<Box<dyn Stream>> {
    let (_, address) = server.base().split_once("://").unwrap();
    let stream = TcpStream::connect(address).await?;
    let Some(trusted) = trusted else { return Ok(Box::new(stream)) };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(trusted.clone()).with_no_client_auth();
    let protocol = if version == Version::HTTP_2 { "h2" } else { "http/1.1" };
    config.alpn_protocols = vec![protocol.into()];
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
    Ok(Box::new(stream))
}

/// A connection to ask over, again and again.
enum Client {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

#[derive(Debug)]
struct Answer {
    version: Version,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Client {
    async fn new(server: &Server, trusted: Option<&RootCertStore>, version: Version) -> std::io::Result<Self> {
        let stream = TokioIo::new(connect(server, trusted, version).await?);
        if version == Version::HTTP_2 {
            let (client, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            tokio::spawn(connection);
            return Ok(Self::Two(client));
        }
        let (client, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Ok(Self::One(client))
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> hyper::Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("http://localhost{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(body));
        let response = match self {
            Self::One(client) => client.send_request(request.header("host", "localhost").body(body).unwrap()).await?,
            Self::Two(client) => client.send_request(request.body(body).unwrap()).await?,
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { version: head.version, status: head.status, headers: head.headers, body })
    }
}

/// Whatever is spoken, the same is answered: by the application and by the host, whole or the head alone, compressed or not; and
/// what is too large is refused.
#[tokio::test(flavor = "multi_thread")]
async fn every_protocol_gets_the_same_answers() {
    let certificate = Certificate::new();
    let (plain, secure) = (Server::start(&[]), certificate.start(&[]));
    assert!(secure.base().starts_with("https://"), "{}", secure.base());
    let trusted = Some(&certificate.trusted);
    let mut clients = Vec::new();
    for (server, trusted) in [(&plain, None), (&secure, trusted)] {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            clients.push((version, Client::new(server, trusted, version).await.unwrap()));
        }
    }
    let json = ("content-type", "application/json");
    let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let commission = br#"{"city":"110000","product":"express","passenger_total":"30.00","driver_total":"20.00"}"#;
    let large = vec![b' '; 2 << 20];
    for (method, path, headers, body, expected) in [
        (Method::GET, "/healthz", &[trace][..], &b""[..], 200),
        (Method::HEAD, "/openapi.json", &[trace], b"", 200),
        (Method::GET, "/openapi.json", &[trace], b"", 200),
        (Method::GET, "/openapi.json", &[trace, ("accept-encoding", "gzip")], b"", 200),
        (Method::GET, "/v1/cities", &[trace], b"", 200),
        (Method::POST, "/v1/commission", &[trace, json], commission, 200),
        (Method::POST, "/v1/commission", &[trace, json], b"{", 400),
        (Method::GET, "/nowhere", &[trace], b"", 404),
        (Method::DELETE, "/v1/cities", &[trace], b"", 405),
        (Method::POST, "/v1/estimates", &[trace, json], &large, 413),
    ] {
        let mut first: Option<Answer> = None;
        for (version, client) in &mut clients {
            let mut answer = client.ask(method.clone(), path, headers, body).await.unwrap();
            assert_eq!((answer.version, answer.status.as_u16()), (*version, expected), "{method} {path}");
            for name in ["date", "traceparent", "connection"] {
                answer.headers.remove(name);
            }
            if let Some(first) = &first {
                assert_eq!(
                    (&answer.headers, &answer.body),
                    (&first.headers, &first.body),
                    "{version:?} {method} {path}"
                );
            } else {
                assert!(method != Method::HEAD || (answer.body.is_empty() && answer.headers["content-length"] != "0"));
                first = Some(answer);
            }
        }
        // A body that was refused ended the connections of those that cannot say otherwise that they send no more.
        if expected == 413 {
            break;
        }
    }
}

/// Many requests at once over one connection are all answered, each with its own answer.
#[tokio::test(flavor = "multi_thread")]
async fn one_connection_has_many_requests() {
    let server = Server::start(&[]);
    let Client::Two(client) = Client::new(&server, None, Version::HTTP_2).await.unwrap() else { unreachable!() };
    let asked = (0..500_u32).map(|number| {
        let mut client = client.clone();
        async move {
            let driver = format!("{}.{:02}", number / 100, number % 100);
            let body = format!(
                r#"{{"city":"110000","product":"express","passenger_total":"10.00","driver_total":"{driver}"}}"#
            );
            let request = Request::post("http://localhost/v1/commission").header("content-type", "application/json");
            client.ready().await.unwrap();
            let answer = client.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
            assert_eq!(answer.status(), 200);
            let answer: serde_json::Value =
                serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
            let take = 1000 - number;
            assert_eq!(answer["take"], format!("{}.{:02}", take / 100, take % 100));
        }
    });
    futures::future::join_all(asked).await;
}

/// A certificate that is renewed is in force for connections from then on, and ends none; one that cannot be used is not, and that
/// is said once.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed() {
    let mut certificate = Certificate::new();
    let server = certificate.start(&[]);
    let mut before = Client::new(&server, Some(&certificate.trusted), Version::HTTP_2).await.unwrap();
    let mut ask = async || before.ask(Method::GET, "/healthz", &[], b"").await.unwrap().status;
    assert_eq!(ask().await, 200);

    certificate.renew();
    let deadline = Instant::now() + Duration::from_secs(20);
    while Client::new(&server, Some(&certificate.trusted), Version::HTTP_11).await.is_err() {
        assert!(Instant::now() < deadline, "it is not in force: {:?}", server.log().lines());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ask().await, 200, "who was connected stays so");

    let good = certificate.trusted.clone();
    fs::write(certificate.file("key.pem"), "none").unwrap();
    let said = || server.log().lines().iter().filter(|line| line.contains("stays in force")).count();
    while said() == 0 {
        assert!(Instant::now() < deadline, "{:?}", server.log().lines());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(said(), 1, "{:?}", server.log().lines());
    assert!(Client::new(&server, Some(&good), Version::HTTP_2).await.is_ok());
    assert_eq!(ask().await, 200);

    certificate.renew();
    while Client::new(&server, Some(&certificate.trusted), Version::HTTP_2).await.is_err() {
        assert!(Instant::now() < deadline + Duration::from_secs(20), "{:?}", server.log().lines());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Stopping finishes what is under way over HTTP/2 as well, and waits for no connection that has nothing under way.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_does_not_wait_for_idle_connections() {
    let certificate = Certificate::new();
    let server = certificate.start(&[]);
    let mut client = Client::new(&server, Some(&certificate.trusted), Version::HTTP_2).await.unwrap();
    assert_eq!(client.ask(Method::GET, "/healthz", &[], b"").await.unwrap().status, 200);
    // One that has not so much as begun.
    let (_, address) = server.base().split_once("://").unwrap();
    let silent = TcpStream::connect(address).await.unwrap();
    let signalled = Instant::now();
    server.signal("TERM");
    let (code, _) = tokio::task::spawn_blocking(|| server.wait()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(signalled.elapsed() < Duration::from_secs(5), "{:?}", signalled.elapsed());
    drop((client, silent));
}
