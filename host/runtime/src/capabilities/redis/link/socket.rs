//! The socket of a connection, and a second view of it that tells whether the other end has closed it.

use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

use redis::io::tcp::socket2::{self, SockRef, TcpKeepalive};
use redis::{ConnectionAddr, ErrorKind, RedisError};
use tokio::net::TcpStream;

/// How long the other end may leave sent bytes unacknowledged.
const USER_TIMEOUT: Duration = Duration::from_secs(3);
const KEEPALIVE: Duration = Duration::from_secs(5);

/// A view of a socket that somebody else reads and writes.
pub(crate) struct Socket(socket2::Socket);

impl Socket {
    /// Whether the other end has closed the connection, as far as this machine knows at this moment.
    pub(super) fn is_closed(&self) -> bool {
        match self.0.peek(&mut [MaybeUninit::uninit()]) {
            Ok(received) => received == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

/// Connects to an address over TCP.
pub(crate) async fn connect(address: &ConnectionAddr) -> Result<(TcpStream, Socket), RedisError> {
    let ConnectionAddr::Tcp(host, port) = address else {
        return Err((ErrorKind::InvalidClientConfig, "only redis://host:port is supported").into());
    };
    let stream = TcpStream::connect((host.as_str(), *port)).await?;
    let socket = SockRef::from(&stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE))?;
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    let view = Socket(socket.try_clone()?);
    Ok((stream, view))
}
