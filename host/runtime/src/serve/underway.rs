//! One request of a connection: it tells the connection where it stands, until it is over.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::WasiBody;

use super::connection::Stage;
use super::socket::Watched;

/// An answer over HTTP/2 is handed over in pieces of this size: what its client has no window for is not sent, and is known not to
/// be.
const PIECE: usize = 16 * 1024;

/// A request under way. Whoever drops it before there is an answer has called it off.
pub(super) struct Underway {
    watched: Watched,
    stage: Stage,
    has_streams: bool,
    /// The rest is seen on the socket.
    is_handed_over: bool,
    /// What of its answer its client has yet to take.
    untaken: usize,
}

impl Underway {
    /// One whose head is there.
    pub(super) fn begin(watched: &Watched, has_streams: bool) -> Self {
        watched.lock().asked(has_streams, Instant::now());
        Self { watched: watched.clone(), stage: Stage::Body, has_streams, is_handed_over: false, untaken: 0 }
    }

    /// All of it is there.
    pub(super) fn works(&mut self) {
        self.moves(Stage::Work);
    }

    /// Its answer is there: it is over when that has been sent.
    pub(super) fn answers(mut self, response: Response<WasiBody>) -> Response<WasiBody> {
        self.moves(Stage::Answer);
        if self.has_streams {
            return response.map(|body| Pieces::new(body, self).boxed_unsync());
        }
        self.is_handed_over = true;
        response
    }

    fn moves(&mut self, to: Stage) {
        self.watched.lock().moves(self.stage, to, Instant::now());
        self.stage = to;
    }

    fn has_to_take(&mut self, bytes: usize) {
        self.untaken += bytes;
        self.watched.has_to_take(bytes);
    }

    /// Hands over a piece of its answer, which counts until it has been written to the socket.
    fn hands_over(&mut self, piece: Bytes) -> Bytes {
        // One whose length nobody knew before counts from now on.
        self.has_to_take(piece.len().saturating_sub(self.untaken));
        self.untaken -= piece.len();
        Bytes::from_owner(Piece { bytes: piece, watched: self.watched.clone() })
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if self.is_handed_over {
            return;
        }
        self.watched.took(self.untaken);
        let (now, stage) = (Instant::now(), self.stage);
        self.watched.tell(|connection| connection.done(stage, now));
    }
}

/// A piece of an answer that was handed over.
struct Piece {
    bytes: Bytes,
    watched: Watched,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.watched.took(self.bytes.len());
    }
}

/// The body of an answer, in pieces, which are asked for as the client has windows for them.
struct Pieces {
    body: WasiBody,
    rest: Bytes,
    underway: Underway,
}

impl Pieces {
    fn new(body: WasiBody, mut underway: Underway) -> Self {
        if let Some(length) = body.size_hint().exact().and_then(|length| usize::try_from(length).ok()) {
            underway.has_to_take(length);
        }
        Self { body, rest: Bytes::new(), underway }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = <WasiBody as Body>::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return other,
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(this.underway.hands_over(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let of_body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower().saturating_add(rest));
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::serve::lane::whole;
    use crate::serve::untaken::Untaken;
    use std::sync::Arc;
    use std::time::Duration;

    /// However large an answer is, it is handed over in pieces, all of it; and its request is over when its last piece is, or when
    /// nobody wants it any more.
    #[tokio::test]
    async fn answers_are_handed_over_in_pieces() {
        let patience = super::super::Patience {
            idle: Duration::from_secs(75),
            head: Duration::from_secs(30),
            taken: Duration::from_secs(10),
        };
        let left = |watched: &Watched| {
            let until = watched.lock().until(&patience).unwrap();
            until.saturating_duration_since(Instant::now()) > Duration::from_secs(20)
        };
        for length in [0, 1, PIECE, PIECE + 1, 5 * PIECE] {
            for is_called_off in [false, true] {
                let untaken = Arc::new(Untaken::new(length));
                let watched = Watched::new(Arc::clone(&untaken));
                let mut underway = Underway::begin(&watched, true);
                underway.works();
                let text = b"0123456789abcdef".repeat(length / 16 + 1)[..length].to_vec();
                let response = underway.answers(Response::new(whole(text.clone().into())));
                let mut body = response.into_body();
                assert!(!left(&watched), "its client has ten seconds to take some of it");
                assert_eq!(body.size_hint().exact(), Some(length as u64));
                let mut read = Vec::new();
                while !is_called_off && !body.is_end_stream() {
                    let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
                    assert!(piece.len() <= PIECE);
                    read.extend_from_slice(&piece);
                }
                assert!(is_called_off || read == text, "{length}");
                drop(body);
                assert!(left(&watched), "it is idle");
                untaken.add(length);
                assert_eq!(untaken.excess(), 0, "nothing of {length} is counted any more");
            }
        }
    }
}
