//! The socket of a connection, which tells the connection what its client does.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use super::connection::Connection;
use super::untaken::Untaken;

/// A connection, for all who tell it something.
#[derive(Clone)]
pub(super) struct Watched(Arc<Shared>);

struct Shared {
    connection: Mutex<Connection>,
    /// Something happened for which it may have to end sooner.
    told: Notify,
    /// What clients have yet to take, over all connections.
    untaken: Arc<Untaken>,
}

impl Watched {
    pub(super) fn new(untaken: Arc<Untaken>) -> Self {
        let connection = Mutex::new(Connection::new(Instant::now()));
        Self(Arc::new(Shared { connection, told: Notify::new(), untaken }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells it what may be too much.
    pub(super) fn tell(&self, change: impl FnOnce(&mut Connection)) {
        let mut connection = self.lock();
        change(&mut connection);
        let is_too_much = connection.is_too_much();
        drop(connection);
        if is_too_much {
            self.0.told.notify_one();
        }
    }

    /// There is so much of an answer that its client has to take.
    pub(super) fn has_to_take(&self, bytes: usize) {
        if bytes > 0 {
            self.0.untaken.add(bytes);
            self.tell(|connection| connection.has_to_take(bytes));
        }
    }

    /// Its client took so much of it, or nobody keeps it any more.
    pub(super) fn took(&self, bytes: usize) {
        if bytes > 0 {
            self.lock().took(bytes, Instant::now());
            self.0.untaken.remove(bytes);
        }
    }

    /// Tells it what may end it.
    pub(super) fn end(&self, change: impl FnOnce(&mut Connection)) {
        change(&mut self.lock());
        self.0.told.notify_one();
    }

    /// Waits until it is told something of that kind.
    pub(super) async fn told(&self) {
        self.0.told.notified().await;
    }
}

pub(super) struct Socket<S> {
    stream: S,
    watched: Watched,
    /// Whether the client takes nothing, as far as the connection was told. Not to be told again for each write.
    is_blocked: bool,
    /// Whether anything was written since all was sent.
    has_written: bool,
}

impl<S> Socket<S> {
    pub(super) fn new(stream: S, watched: Watched) -> Self {
        Self { stream, watched, is_blocked: false, has_written: false }
    }

    fn wrote(&mut self, wrote: &Poll<io::Result<usize>>) {
        self.has_written = true;
        if wrote.is_pending() == self.is_blocked {
            return;
        }
        self.is_blocked = wrote.is_pending();
        match wrote {
            Poll::Ready(_) => self.watched.lock().sent(),
            Poll::Pending => self.watched.lock().blocks(Instant::now()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.watched.lock().received(Instant::now());
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(&wrote);
        wrote
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(&wrote);
        wrote
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() && self.has_written {
            (self.has_written, self.is_blocked) = (false, false);
            self.watched.lock().flushed(Instant::now());
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
