//! The body of a request: read within limits, or thrown away within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::memory::Taken;
use crate::unanswered::Unanswered;

/// How much of a body is thrown away after the answer, and for how long.
///
/// Closing a connection while its client still sends resets it, and the client may lose the answer. Most bodies that
/// are too large are not larger than this; whoever sends more has seen the answer or does not look.
const DISCARDED: usize = 16 << 20;
const DISCARDING: Duration = Duration::from_secs(2);

pub(super) struct RequestBody {
    incoming: Incoming,
    /// False while the client waits for leave to send it: `expect: 100-continue`.
    is_coming: bool,
}

impl RequestBody {
    pub(super) fn split(request: http::Request<Incoming>) -> (http::request::Parts, Self) {
        let (head, incoming) = request.into_parts();
        let is_coming = !head.headers.contains_key(EXPECT);
        (head, Self { incoming, is_coming })
    }

    /// Waits for the whole body, of at most `limit` bytes, for at most `patience`, and takes memory for what has come of it.
    pub(super) async fn read(
        &mut self,
        limit: usize,
        patience: Duration,
        memory: &mut Taken,
    ) -> Result<Bytes, Unanswered> {
        if self.incoming.is_end_stream() {
            return Ok(Bytes::new());
        }
        if !usize::try_from(self.incoming.size_hint().lower()).is_ok_and(|size| size <= limit) {
            return Err(Unanswered::BodyTooLarge(limit));
        }
        // Asking for the body gives leave to send it.
        self.is_coming = true;
        let read = async {
            let mut first = Bytes::new();
            let mut rest = BytesMut::new();
            while let Some(frame) = self.incoming.frame().await {
                let Ok(frame) = frame else { return Err(Unanswered::BodyUnreadable) };
                let Ok(data) = frame.into_data() else { continue };
                let length = first.len() + rest.len() + data.len();
                if length > limit {
                    return Err(Unanswered::BodyTooLarge(limit));
                }
                memory.comes(length)?;
                // Most bodies come in one piece, which is not copied.
                if first.is_empty() {
                    first = data;
                } else {
                    rest.extend_from_slice(&data);
                }
            }
            if rest.is_empty() {
                return Ok(first);
            }
            Ok([first, rest.freeze()].concat().into())
        };
        timeout(patience, read).await.map_err(|_| Unanswered::BodyTimedOut)?
    }

    /// Throws away what is still to come, in the background. The connection goes on, or ends, when that is done.
    pub(super) fn discard(mut self) {
        if !self.is_coming || self.incoming.is_end_stream() {
            return;
        }
        tokio::spawn(async move {
            let mut left = DISCARDED;
            let discard = async {
                while let Some(Ok(frame)) = self.incoming.frame().await {
                    left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
                    if left == 0 {
                        break;
                    }
                }
            };
            _ = timeout(DISCARDING, discard).await;
        });
    }
}
