//! What is answered before there is an application: compiling it takes half a minute on a busy machine. Whoever asks is told to come back,
//! and whoever looks whether the process is alive that it is: one that is killed for compiling would begin again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use wasmtime_wasi_http::WasiBody;

use crate::serve::{protocols, refuse};
use crate::tls::Tls;
use crate::unanswered::Unanswered;

/// The most connections at once. More wait to be accepted.
const CONNECTIONS: usize = 64;

/// How long a connection may take for its request, and to hear that it ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers every request with 503 `starting`, but for those to `liveness`, the path at which it is looked whether the process is alive. It
/// never ends by itself; when it is dropped, connections that were accepted go on for as long as they may.
pub async fn answer_meanwhile(listener: Arc<TcpListener>, tls: Option<Tls>, liveness: Option<String>) {
    let liveness: Option<Arc<str>> = liveness.map(Into::into);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // It passes when connections end.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let tls = tls.as_ref().map(Tls::acceptor);
        let liveness = liveness.clone();
        tokio::spawn(async move {
            connection(stream, tls, liveness.as_deref()).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, liveness: Option<&str>) {
    let Some(tls) = tls else { return serve(stream, liveness).await };
    if let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await {
        serve(stream, liveness).await;
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, liveness: Option<&str>) {
    let answer = service_fn(|request: Request<Incoming>| {
        let (head, mut body) = request.into_parts();
        let response = if liveness == Some(head.uri.path()) {
            is_alive()
        } else {
            refuse(Unanswered::Starting, head.headers.get("traceparent"))
        };
        async move {
            // A client that is still sending would not see an answer before which the connection is reset.
            while let Some(Ok(_)) = body.frame().await {}
            Ok::<_, Infallible>(response)
        }
    });
    let mut protocols = protocols();
    protocols.http1().keep_alive(false);
    let mut connection = std::pin::pin!(protocols.serve_connection(TokioIo::new(stream), answer));
    if timeout(PATIENCE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        _ = timeout(PATIENCE, connection).await;
    }
}

/// As an application says it.
fn is_alive() -> Response<WasiBody> {
    let body = Full::new(Bytes::from_static(br#"{"status":"ok"}"#)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::serve::listen;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn is_told(answer: &str) -> bool {
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"code\":\"starting\"")
    }

    /// While there is no application whoever asks is told at once to come back, however much they send, and a prober that the process is alive.
    /// Who says nothing keeps nobody out.
    #[tokio::test(flavor = "multi_thread")]
    async fn before_there_is_an_application() {
        let listener = Arc::new(listen("127.0.0.1:0".parse().unwrap()).unwrap());
        let address = listener.local_addr().unwrap();
        let meanwhile = tokio::spawn(answer_meanwhile(Arc::clone(&listener), None, Some("/alive".to_owned())));
        let send = async |request: String| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let silent: Vec<TcpStream> = futures::future::join_all((0..100).map(|_| TcpStream::connect(address)))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        for path in ["/", "/alive/", "/ok"] {
            let answer = send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
            assert!(
                is_told(&answer) && answer.contains("retry-after: 1\r\n") && answer.contains("connection: close\r\n"),
                "{answer}"
            );
        }
        let alive = send("GET /alive HTTP/1.1\r\nhost: test\r\n\r\n".to_owned()).await;
        assert!(alive.starts_with("HTTP/1.1 200 OK") && alive.ends_with("{\"status\":\"ok\"}"), "{alive}");
        let body = "x".repeat(12 << 20);
        let answer =
            send(format!("POST /ok HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await;
        assert!(is_told(&answer), "{answer}");
        drop(silent);
        meanwhile.abort();
        _ = meanwhile.await;
        assert!(Arc::into_inner(listener).is_some(), "the address is for the application then");
    }
}
