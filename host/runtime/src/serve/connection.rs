//! What a connection waits for, and how long it may. Decides, and does nothing.

use std::fmt;
use std::time::{Duration, Instant};

/// How long a connection may wait for its client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the next request to begin.
    pub idle: Duration,
    /// For the head of a request to come, from its first byte; the first one, from when the client connected.
    pub head: Duration,
    /// For the client to take any of an answer.
    pub taken: Duration,
}

/// How long clients may take, when all is to end, for what they have not sent yet. They have no answer to lose, and whoever is
/// sending a request just now needs no more.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Head,
    Body,
    Work,
    Answer,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    phase: Phase,
    since: Instant,
    /// Since when the client has taken nothing of what it is sent.
    blocked: Option<Instant>,
    /// Since when all is to end.
    stops: Option<Instant>,
    /// It is to end, whatever it waits for.
    is_over: bool,
}

impl Connection {
    pub(super) fn new(now: Instant) -> Self {
        Self { phase: Phase::Head, since: now, blocked: None, stops: None, is_over: false }
    }

    /// The client sent something.
    pub(super) fn received(&mut self, now: Instant) {
        if self.phase == Phase::Idle {
            self.enter(Phase::Head, now);
        }
    }

    /// The head of a request is there.
    pub(super) fn asked(&mut self, now: Instant) {
        self.enter(Phase::Body, now);
    }

    /// The request is there, and nobody waits for the client.
    pub(super) fn works(&mut self, now: Instant) {
        self.enter(Phase::Work, now);
    }

    /// The answer is there, to be sent.
    pub(super) fn answers(&mut self, now: Instant) {
        self.enter(Phase::Answer, now);
    }

    /// The client took something.
    pub(super) fn sent(&mut self) {
        self.blocked = None;
    }

    /// The client takes nothing now.
    pub(super) fn blocks(&mut self, now: Instant) {
        self.blocked.get_or_insert(now);
    }

    /// All that there was has been sent.
    pub(super) fn flushed(&mut self, now: Instant) {
        self.blocked = None;
        if self.phase == Phase::Answer {
            self.enter(Phase::Idle, now);
        }
    }

    /// All is to end as soon as what is under way is finished.
    pub(super) fn stops(&mut self, now: Instant) {
        self.stops.get_or_insert(now);
    }

    /// It ends now.
    pub(super) fn ends(&mut self) {
        self.is_over = true;
    }

    fn enter(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.since = now;
    }

    /// Since when it has waited for its client; nothing while its client waits for us.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        match self.phase {
            Phase::Work => self.blocked,
            _ => Some(self.since),
        }
    }

    /// Until when it may go on as it is. The body of a request has a time of its own, after which there is an answer.
    pub(super) fn until(&self, patience: &Patience) -> Option<Instant> {
        if self.is_over {
            return Some(self.since);
        }
        if let Some(blocked) = self.blocked {
            return Some(blocked + patience.taken);
        }
        let patience = match self.phase {
            Phase::Idle => Some(patience.idle),
            Phase::Head => Some(patience.head),
            Phase::Body => None,
            Phase::Work | Phase::Answer => return None,
        };
        let until = patience.map(|patience| self.since + patience);
        let last_words = self.stops.map(|stops| stops.max(self.since) + LAST_WORDS);
        until.into_iter().chain(last_words).min()
    }

    /// How soon, at the earliest, it has to be asked again until when it may go on: nothing that happens meanwhile ends it sooner.
    pub(super) fn look_again(&self, patience: &Patience) -> Duration {
        let soonest = patience.idle.min(patience.head).min(patience.taken);
        if self.stops.is_some() { soonest.min(LAST_WORDS) } else { soonest }
    }
}

/// For logs: what it waits for.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.phase {
            _ if self.blocked.is_some() => "does not take its answer",
            Phase::Idle => "has asked nothing more",
            Phase::Head => "has not sent the head of its request",
            Phase::Body => "has not sent the body of its request",
            Phase::Work => "waits for its answer",
            Phase::Answer => "is sent its answer",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Step by step: what happens at which second, until when the connection may go on, and since when its client is waited
    /// for. Idle may be 75 s, a head 30 s, an answer 10 s without progress, and what is not sent at the end 1 s more.
    #[test]
    fn connections() {
        let patience =
            Patience { idle: Duration::from_secs(75), head: Duration::from_secs(30), taken: Duration::from_secs(10) };
        for (name, steps) in [
            ("says nothing", &["0 looked: until 30, since 0"][..]),
            ("a head byte by byte", &["5 received: until 30, since 0", "29 received: until 30, since 0"]),
            (
                "one request, and half of another",
                &[
                    "1 received: until 30, since 0",
                    "1 asked: for ever, since 1",
                    "2 received: for ever, since 1",
                    "3 works: for ever, not waited for",
                    "4 answers: for ever, since 4",
                    "4 sent: for ever, since 4",
                    "4 flushed: until 79, since 4",
                    "70 received: until 100, since 70",
                    "90 received: until 100, since 70",
                ],
            ),
            (
                "does not read its answer",
                &[
                    "1 asked: for ever, since 1",
                    "1 works: for ever, not waited for",
                    "2 answers: for ever, since 2",
                    "2 blocks: until 12, since 2",
                    "8 blocks: until 12, since 2",
                ],
            ),
            (
                "reads its answer slowly",
                &[
                    "1 answers: for ever, since 1",
                    "2 blocks: until 12, since 1",
                    "9 sent: for ever, since 1",
                    "9 blocks: until 19, since 1",
                    "18 flushed: until 93, since 18",
                ],
            ),
            (
                "does not read what an instance goes on to make",
                &[
                    "1 works: for ever, not waited for",
                    "2 blocks: until 12, since 2",
                    "5 sent: for ever, not waited for",
                ],
            ),
            (
                "sends the next request before it reads",
                &["1 works: for ever, not waited for", "1 received: for ever, not waited for"],
            ),
            (
                "has sent half a head when all is to end",
                &["5 received: until 30, since 0", "9 stops: until 10, since 0"],
            ),
            ("has almost waited too long then", &["29 stops: until 30, since 0"]),
            (
                "has sent half a body",
                &["1 asked: for ever, since 1", "9 stops: until 10, since 1", "9 works: for ever, not waited for"],
            ),
            (
                "has its answer to come",
                &[
                    "1 works: for ever, not waited for",
                    "9 stops: for ever, not waited for",
                    "20 answers: for ever, since 20",
                    "20 blocks: until 30, since 20",
                    "21 flushed: until 22, since 21",
                ],
            ),
            ("makes room for another", &["1 works: for ever, not waited for", "2 ends: until 1, not waited for"]),
        ] {
            let start = Instant::now();
            let mut connection = Connection::new(start);
            let seconds = |moment: Instant| (moment - start).as_secs();
            for step in steps {
                let (event, expected) = step.split_once(": ").expect("an event and what is decided");
                let (second, event) = event.split_once(' ').expect("a second and an event");
                let now = start + Duration::from_secs(second.parse().expect("a second"));
                match event {
                    "looked" => {}
                    "received" => connection.received(now),
                    "asked" => connection.asked(now),
                    "works" => connection.works(now),
                    "answers" => connection.answers(now),
                    "sent" => connection.sent(),
                    "blocks" => connection.blocks(now),
                    "flushed" => connection.flushed(now),
                    "stops" => connection.stops(now),
                    "ends" => connection.ends(),
                    _ => panic!("{event}"),
                }
                let until =
                    connection.until(&patience).map_or("for ever".to_owned(), |at| format!("until {}", seconds(at)));
                let since =
                    connection.waits_since().map_or("not waited for".to_owned(), |at| format!("since {}", seconds(at)));
                assert_eq!(format!("{until}, {since}"), *expected, "{name}: {step}");
            }
        }
    }
}
