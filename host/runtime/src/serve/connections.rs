//! All connections: who is there, who makes room, who has waited too long, and who is left at the end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::time::sleep_until;

use super::connection::{Connection, Patience};
use super::crowd::Crowd;
use super::shed::Shed;
use super::socket::Watched;
use super::untaken::{Untaken, who_leaves_most};

pub(super) struct Connections {
    crowd: Crowd,
    patience: Patience,
    open: Mutex<HashMap<u64, Member>>,
    next: AtomicU64,
    /// What their clients have yet to take.
    untaken: Arc<Untaken>,
    /// Those that ended so that others could begin.
    shed: Shed,
    /// Those that ended because of what they left lying.
    relieved: Shed,
}

struct Member {
    peer: SocketAddr,
    watched: Watched,
}

/// A connection that is open until this is dropped.
pub(super) struct Open {
    connections: Arc<Connections>,
    number: u64,
    pub(super) watched: Watched,
}

impl Connections {
    /// Of which there may be so many, for so long, and whose clients may leave so much of their answers lying.
    pub(super) fn new(crowd: Crowd, patience: Patience, untaken: usize) -> Self {
        let shed = Shed::new(
            "connections were ended that had waited longest for their clients: there are as many as there may be",
        );
        let relieved =
            Shed::new("connections were ended that had left most of their answers lying: there is no memory for more");
        let untaken = Arc::new(Untaken::new(untaken));
        Self { crowd, patience, open: Mutex::default(), next: AtomicU64::new(0), untaken, shed, relieved }
    }

    /// Ends connections whenever clients leave more lying than they may, for ever.
    pub(super) async fn relieve(self: Arc<Self>) {
        let mut leaving: Vec<Watched> = Vec::new();
        loop {
            self.untaken.exceeded().await;
            leaving.retain(|watched| watched.lock().untaken() > 0);
            let going = leaving.iter().map(|watched| watched.lock().untaken()).sum();
            let excess = self.untaken.excess().saturating_sub(going);
            let mut open = self.lock();
            let members = open.iter().map(|(number, member)| (*number, member.watched.lock().untaken()));
            for number in who_leaves_most(excess, members) {
                if let Some(member) = open.remove(&number) {
                    self.relieved.add();
                    member.watched.end(Connection::ends);
                    leaving.push(member.watched);
                }
            }
        }
    }

    /// Counts one more, for which another may have to end.
    pub(super) fn open(self: &Arc<Self>, peer: SocketAddr) -> Open {
        let watched = Watched::new(Arc::clone(&self.untaken));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut open = self.lock();
        // Nobody needs to be looked at while there is room for everybody.
        if open.len() >= self.crowd.all.min(self.crowd.of_peer) {
            let members =
                open.iter().map(|(number, member)| (*number, member.peer.ip(), member.watched.lock().waits_since()));
            if let Some(member) = self.crowd.makes_room(peer.ip(), members).and_then(|number| open.remove(&number)) {
                self.shed.add();
                member.watched.end(Connection::ends);
            }
        }
        open.insert(number, Member { peer, watched: watched.clone() });
        Open { connections: Arc::clone(self), number, watched }
    }

    /// Those that are there: their number, and what some of them wait for.
    pub(super) fn left(&self) -> (usize, Vec<String>) {
        const TOLD: usize = 10;
        let open = self.lock();
        let told = open.values().take(TOLD).map(|member| format!("{} {}", member.peer, member.watched.lock()));
        (open.len(), told.collect())
    }

    /// Tells all that there are that they are to end as soon as what is under way is finished.
    pub(super) fn stop(&self) {
        let now = Instant::now();
        for member in self.lock().values() {
            member.watched.end(|connection| connection.stops(now));
        }
    }

    /// Ends all that there are.
    pub(super) fn end(&self) {
        self.lock().drain().for_each(|(_, member)| member.watched.end(Connection::ends));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Member>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Waits until the connection has to end: it made room for another, its client took too long, or all is to end.
    pub(super) async fn has_to_end(&self) {
        let patience = self.connections.patience;
        loop {
            let now = Instant::now();
            let (until, look_again) = {
                let watched = self.watched.lock();
                // No request resets the alarm.
                (watched.until(&patience), now + watched.look_again(&patience))
            };
            if until.is_some_and(|until| until <= now) {
                return;
            }
            let alarm = until.map_or(look_again, |until| until.min(look_again));
            tokio::select! {
                () = self.watched.told() => {}
                () = sleep_until(alarm.into()) => {}
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.number);
    }
}
