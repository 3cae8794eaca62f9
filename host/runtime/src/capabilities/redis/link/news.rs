//! What an operator is told of a connection: changes, and how often they happened; not every attempt.

use std::time::Instant;

use farebox_resilience::Tally;
use redis::ConnectionAddr;

use super::probe::Purpose;

/// What is known of a connection, and was told.
pub(super) struct News {
    /// Without a password.
    address: String,
    purpose: Purpose,
    began: Instant,
    /// Since when there has been none, and how often it was tried.
    down: Option<Down>,
    told: Tally,
}

struct Down {
    since: Instant,
    attempts: u32,
    refused: bool,
}

impl News {
    pub(super) fn new(address: &ConnectionAddr, purpose: Purpose) -> Self {
        Self { address: address.to_string(), purpose, began: Instant::now(), down: None, told: Tally::default() }
    }

    /// There is a connection.
    pub(super) fn up(&mut self) {
        if let Some(Down { since, attempts, .. }) = self.down.take()
            && let Some(untold) = self.happened("up")
        {
            let (address, purpose, after) = (&self.address, self.purpose.word(), since.elapsed());
            tracing::info!(
                untold,
                "Redis at {address} can be asked {purpose} again, after {after:.1?} and {attempts} attempts"
            );
        }
    }

    /// The connection is of no use any more.
    pub(super) fn lost(&mut self, is_silent: bool) {
        if let Some(untold) = self.happened("lost") {
            let why = if is_silent { "it does not answer" } else { "it was closed" };
            let (address, purpose) = (&self.address, self.purpose.word());
            tracing::warn!(untold, "a connection to Redis at {address} {purpose} was lost: {why}; connecting again");
        }
        self.down = Some(Down { since: Instant::now(), attempts: 0, refused: false });
    }

    /// An attempt failed.
    pub(super) fn down(&mut self, why: &str) {
        let refused = is_an_operators(why);
        let was = self.down.as_ref().map(|down| (down.attempts > 0, down.refused));
        let down = self.down.get_or_insert_with(|| Down { since: Instant::now(), attempts: 0, refused });
        down.attempts = down.attempts.saturating_add(1);
        down.refused = refused;
        // What goes on is not news.
        if was == Some((true, refused)) {
            return;
        }
        let kind = if refused { "refused" } else { "down" };
        let Some(untold) = self.happened(kind) else { return };
        let (address, purpose) = (&self.address, self.purpose.word());
        if refused {
            tracing::error!(
                untold,
                "Redis at {address} refuses to be asked {purpose}: {why}; check the user and the password in its address, and what its \
                 ACL permits that user. It is tried again until it works, and not told again until then"
            );
        } else {
            tracing::warn!(
                untold,
                "Redis at {address} cannot be asked {purpose}: {why}; it is tried again until it can"
            );
        }
    }

    fn happened(&mut self, what: &str) -> Option<u64> {
        self.told.happened(what, u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// Whether a reason does not go away until somebody does something.
pub(crate) fn is_an_operators(why: &str) -> bool {
    ["AuthenticationFailed", "WRONGPASS", "NOAUTH", "NOPERM"].iter().any(|word| why.contains(word))
}
