//! When a command that goes on for ever is told to end.

use anyhow::Context as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Is told by SIGTERM and SIGINT. The second one ends the process at once.
pub struct Stop(Receiver<()>);

impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// The system does not let it.
    pub fn listen() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut terminate, mut interrupt) = {
            let _within = runtime.enter();
            let of = |kind| signal(kind).context("cannot be told to stop");
            (of(SignalKind::terminate())?, of(SignalKind::interrupt())?)
        };
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let mut next = || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = terminate.recv() => {}
                        _ = interrupt.recv() => {}
                    }
                });
            };
            next();
            _ = tell.send(());
            next();
            std::process::exit(130);
        });
        Ok(Self(told))
    }

    /// Waits for so long; whether it was told meanwhile.
    pub fn within(&self, wait: Duration) -> bool {
        !matches!(self.0.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
    }
}
