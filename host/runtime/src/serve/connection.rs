//! What a connection waits for, and how long it may. Decides, and does nothing.
//!
//! Over HTTP/1.1 a connection has one request at a time, and what its client sends while it has none is the next one. Over HTTP/2 it
//! has many, and its client has other things to send as well.

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

/// As much of its answers as a client of HTTP/2 may leave lying, in bytes. It has windows in which to say that it takes nothing, and
/// could ask for more all the while.
const MOST_UNTAKEN: usize = 2 << 20;

/// How long a client of HTTP/2 may take to hear that a connection ends which it has not used for long. It may be asking just now, and
/// learns whether that counts.
const FAREWELL: Duration = Duration::from_secs(1);

/// How many more requests than it lets be answered a client of HTTP/2 may call off: each is work for nothing.
const MOST_CALLED_OFF: u32 = 100;

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its head is there.
    Body,
    /// All of it is there, and nobody waits for the client.
    Work,
    /// The answer is there, to be sent.
    Answer,
}

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
    /// How many requests stand at each stage.
    bodies: u32,
    works: u32,
    answers: u32,
    /// The client has begun to send a head, or has yet to send its first one.
    has_begun: bool,
    /// Whether it is HTTP/2.
    has_streams: bool,
    /// What the connection as a whole waits for, and since when.
    phase: Phase,
    since: Instant,
    /// Since when the client has taken nothing of what it is sent.
    blocked: Option<Instant>,
    /// What there is of answers that the client has no window for, in bytes.
    untaken: usize,
    /// How many more requests were called off than answered.
    called_off: u32,
    /// Since when all is to end.
    stops: Option<Instant>,
    /// It is to end, whatever it waits for.
    is_over: bool,
}

impl Connection {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            bodies: 0,
            works: 0,
            answers: 0,
            has_begun: true,
            has_streams: false,
            phase: Phase::Head,
            since: now,
            blocked: None,
            untaken: 0,
            called_off: 0,
            stops: None,
            is_over: false,
        }
    }

    /// The client sent something.
    pub(super) fn received(&mut self, now: Instant) {
        if self.phase == Phase::Idle && !self.has_streams {
            self.has_begun = true;
            self.look(now);
        }
    }

    /// The head of a request is there: of a stream, when it is HTTP/2.
    pub(super) fn asked(&mut self, has_streams: bool, now: Instant) {
        self.has_streams |= has_streams;
        if !self.has_streams {
            (self.bodies, self.works, self.answers) = (0, 0, 0);
        }
        self.has_begun = false;
        self.bodies += 1;
        self.look(now);
    }

    /// A request goes from one stage to another.
    pub(super) fn moves(&mut self, from: Stage, to: Stage, now: Instant) {
        self.has_begun = false;
        self.leave(from);
        *self.at(to) += 1;
        self.look(now);
    }

    /// A request is over: its answer was handed over, or its client called it off.
    pub(super) fn done(&mut self, at: Stage, now: Instant) {
        self.leave(at);
        self.called_off = match at {
            Stage::Answer => self.called_off.saturating_sub(1),
            Stage::Body | Stage::Work => self.called_off.saturating_add(1),
        };
        self.look(now);
    }

    /// So much of an answer is there, to be handed over as the client takes it.
    pub(super) fn has_to_take(&mut self, bytes: usize) {
        self.untaken = self.untaken.saturating_add(bytes);
    }

    /// So much of it was handed over, or is not to be handed over any more.
    pub(super) fn took(&mut self, bytes: usize, now: Instant) {
        self.untaken = self.untaken.saturating_sub(bytes);
        if self.phase == Phase::Answer {
            self.since = now;
        }
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
        if self.phase == Phase::Answer && !self.has_streams {
            self.answers = 0;
            self.look(now);
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

    fn at(&mut self, stage: Stage) -> &mut u32 {
        match stage {
            Stage::Body => &mut self.bodies,
            Stage::Work => &mut self.works,
            Stage::Answer => &mut self.answers,
        }
    }

    fn leave(&mut self, stage: Stage) {
        let count = self.at(stage);
        *count = count.saturating_sub(1);
    }

    /// Nobody waits for a client that waits for us, whatever else it has to send or to take.
    fn look(&mut self, now: Instant) {
        let phase = match self {
            Self { works: 1.., .. } => Phase::Work,
            Self { bodies: 1.., .. } => Phase::Body,
            Self { answers: 1.., .. } => Phase::Answer,
            Self { has_begun: true, .. } => Phase::Head,
            _ => Phase::Idle,
        };
        if phase != self.phase {
            (self.phase, self.since) = (phase, now);
        }
    }

    /// Whether its client asks for more than anybody may.
    pub(super) fn is_too_much(&self) -> bool {
        self.untaken > MOST_UNTAKEN || self.called_off > MOST_CALLED_OFF
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
        if self.is_over || self.is_too_much() {
            return Some(self.since);
        }
        if let Some(blocked) = self.blocked {
            return Some(blocked + patience.taken);
        }
        let patience = match self.phase {
            Phase::Idle => Some(patience.idle),
            Phase::Head => Some(patience.head),
            Phase::Body => None,
            // Whoever has no window takes nothing, and blocks nothing.
            Phase::Answer if self.has_streams => return Some(self.since + patience.taken),
            Phase::Work | Phase::Answer => return None,
        };
        let until = patience.map(|patience| self.since + patience);
        let last_words = self.stops.map(|stops| stops.max(self.since) + LAST_WORDS);
        until.into_iter().chain(last_words).min()
    }

    /// What of its answers its client has yet to take, in bytes.
    pub(super) fn untaken(&self) -> usize {
        self.untaken
    }

    /// How long its client may take to hear that it ends. Whoever makes room, or took too long, is told as far as it takes no time.
    pub(super) fn farewell(&self) -> Duration {
        let has_nothing_to_lose = self.has_streams && self.phase == Phase::Idle && self.blocked.is_none();
        if has_nothing_to_lose && !self.is_over && !self.is_too_much() { FAREWELL } else { Duration::ZERO }
    }

    /// How soon, at the earliest, it has to be asked again until when it may go on: nothing that happens meanwhile ends it sooner,
    /// but what it is told of.
    pub(super) fn look_again(&self, patience: &Patience) -> Duration {
        let soonest = patience.idle.min(patience.head).min(patience.taken);
        if self.stops.is_some() { soonest.min(LAST_WORDS) } else { soonest }
    }
}

/// For logs: what it waits for.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.phase {
            _ if self.untaken > MOST_UNTAKEN => "takes too little of its answers",
            _ if self.called_off > MOST_CALLED_OFF => "calls off what it asks",
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
            (
                "many streams, of which one is idle only when all are",
                &[
                    "1 stream: for ever, since 1",
                    "2 stream: for ever, since 1",
                    "3 works: for ever, not waited for",
                    "4 works: for ever, not waited for",
                    "5 answers: for ever, not waited for",
                    "6 flushed: for ever, not waited for",
                    "7 answered: for ever, not waited for",
                    "8 answers: until 18, since 8",
                    "9 answered: until 84, since 9",
                    "20 received: until 84, since 9",
                    "21 stream: for ever, since 21",
                ],
            ),
            (
                "has no window for its answer",
                &[
                    "1 stream: for ever, since 1",
                    "1 works: for ever, not waited for",
                    "2 answers: until 12, since 2",
                    "2 has-a-page: until 12, since 2",
                    "2 flushed: until 12, since 2",
                    "9 received: until 12, since 2",
                    "9 took-some: until 19, since 9",
                ],
            ),
            ("leaves too much lying", &["1 stream: for ever, since 1", "2 has-too-much: until 1, since 1"]),
            (
                "calls off some of what it asks",
                &[
                    "1 stream: for ever, since 1",
                    "1 works: for ever, not waited for",
                    "2 called-off: until 77, since 2",
                ],
            ),
            ("calls off all that it asks", &["1 stream: for ever, since 1", "1 called-off-often: until 1, since 1"]),
            (
                "has an idle connection with streams when all is to end",
                &[
                    "1 stream: for ever, since 1",
                    "1 works: for ever, not waited for",
                    "2 answers: until 12, since 2",
                    "3 answered: until 78, since 3",
                    "9 stops: until 10, since 3",
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
                    "asked" => connection.asked(false, now),
                    "works" => connection.moves(Stage::Body, Stage::Work, now),
                    "answers" => connection.moves(Stage::Work, Stage::Answer, now),
                    "stream" => connection.asked(true, now),
                    "answered" => connection.done(Stage::Answer, now),
                    "called-off" => connection.done(Stage::Work, now),
                    "called-off-often" => (0..=MOST_CALLED_OFF).for_each(|_| connection.done(Stage::Work, now)),
                    "has-a-page" => connection.has_to_take(4000),
                    "has-too-much" => connection.has_to_take(MOST_UNTAKEN + 1),
                    "took-some" => connection.took(1000, now),
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
    /// Who is told in time that its connection ends, and who only as far as that takes no time.
    #[test]
    fn farewells() {
        let now = Instant::now();
        for (why, has_streams, events, expected) in [
            ("has asked nothing more", true, &["answered"][..], FAREWELL),
            ("has one request at a time", false, &["answered"], Duration::ZERO),
            ("waits for its answer", true, &[], Duration::ZERO),
            ("makes room", true, &["answered", "ends"], Duration::ZERO),
            ("takes nothing", true, &["answered", "blocks"], Duration::ZERO),
        ] {
            let mut connection = Connection::new(now);
            connection.asked(has_streams, now);
            connection.moves(Stage::Body, Stage::Work, now);
            for event in events {
                match *event {
                    "answered" => {
                        connection.moves(Stage::Work, Stage::Answer, now);
                        connection.done(Stage::Answer, now);
                    }
                    "ends" => connection.ends(),
                    _ => connection.blocks(now),
                }
            }
            assert_eq!(connection.farewell(), expected, "{why}");
        }
    }
}
