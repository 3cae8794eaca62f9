//! When an instance takes requests, and when it ends. Decides, and does nothing.

use std::time::{Duration, Instant};

use super::instances::Reuse;

/// What an instance has done and has to do.
pub(super) struct Life {
    reuse: Reuse,
    taken: usize,
    /// When the requests that it has began.
    requests: Vec<Instant>,
    /// Since when it has none.
    quiet: Instant,
    /// It has none, and goes on with what an earlier one began.
    in_background: bool,
    /// One of its requests took too long: it takes no more, and ends when the others had their time.
    is_condemned: bool,
    /// It has taken much memory, which it never gives back.
    is_grown: bool,
}

/// What is to be done about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing before this.
    Wait(Instant),
    /// It may take no more requests, and has to be looked at again.
    Condemned,
    /// It is stuck, and to be killed.
    Stuck,
    /// It has had nothing to do for long.
    Idle,
}

impl Life {
    pub(super) fn new(reuse: Reuse, now: Instant) -> Self {
        Self {
            reuse,
            taken: 0,
            requests: Vec::new(),
            quiet: now,
            in_background: false,
            is_condemned: false,
            is_grown: false,
        }
    }

    /// Whether it may ever take a request again.
    pub(super) fn goes_on(&self) -> bool {
        self.taken < self.reuse.requests && !self.is_condemned && !self.is_grown
    }

    /// Whether it is time for the one that comes after it: before it has taken all its requests, so that nobody waits.
    pub(super) fn is_succeeded(&self) -> bool {
        let ahead = self.reuse.at_once.min(self.reuse.requests / 2);
        !self.goes_on() || self.taken >= self.reuse.requests.saturating_sub(ahead).max(1)
    }

    /// Whether it may take a request now.
    pub(super) fn has_room(&self) -> bool {
        self.goes_on() && self.requests.len() < self.reuse.at_once
    }

    /// It takes a request.
    pub(super) fn began(&mut self, now: Instant) {
        self.taken = self.taken.saturating_add(1);
        self.requests.push(now);
    }

    /// It gets ready, which may take as long as a request and is none of those that it takes: one that takes a single request would
    /// be worn out before it came, and so would the one after it.
    pub(super) fn gets_ready(&mut self, now: Instant) {
        self.requests.push(now);
    }

    /// It has answered a request that began then, and has taken much memory or not.
    pub(super) fn ended(&mut self, began: Instant, is_grown: bool, now: Instant) {
        if let Some(at) = self.requests.iter().position(|request| *request == began) {
            self.requests.swap_remove(at);
        }
        self.quiet = now;
        self.in_background = true;
        self.is_grown |= is_grown;
    }

    /// Nothing of what its requests began goes on.
    pub(super) fn is_done(&mut self) {
        self.in_background = false;
    }

    /// What is to be done about it.
    pub(super) fn verdict(&mut self, now: Instant) -> Verdict {
        let Self { reuse, requests, .. } = self;
        let (Some(oldest), Some(youngest)) = (requests.iter().min(), requests.iter().max()) else {
            let (patience, verdict) =
                if self.in_background { (reuse.request, Verdict::Stuck) } else { (reuse.idle, Verdict::Idle) };
            let until = self.quiet + patience;
            return if now < until { Verdict::Wait(until) } else { verdict };
        };
        let (late, last) = (*oldest + reuse.request, *youngest + reuse.request);
        if now >= last {
            Verdict::Stuck
        } else if self.is_condemned {
            Verdict::Wait(last)
        } else if now >= late {
            self.is_condemned = true;
            Verdict::Condemned
        } else {
            Verdict::Wait(late)
        }
    }

    /// No verdict changes sooner than so long from any moment, whatever begins after it.
    pub(super) fn soonest(&self) -> Duration {
        self.reuse.request.min(self.reuse.idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An instance that takes 4 requests, 2 at once, each for 10 s at most, and may have nothing to do for 30 s.
    fn life(start: Instant) -> Life {
        let reuse = Reuse { requests: 4, at_once: 2, idle: Duration::from_secs(30), request: Duration::from_secs(10) };
        Life::new(reuse, start)
    }

    /// Step by step: what happens when, in seconds, and what is decided then.
    #[test]
    fn lives() {
        // "wait N" is until second N. After it: has room, goes on, is to be succeeded.
        for (name, steps) in [
            ("idle", &["0 look: wait 30, room on", "29 look: wait 30, room on", "30 look: idle, room on"][..]),
            (
                "worn out",
                &[
                    "0 begin: wait 10, room on",
                    "1 begin: wait 10, on succeeded",
                    "2 end 0: wait 11, room on succeeded",
                    "3 begin: wait 11, on succeeded",
                    "4 end 1: wait 13, room on succeeded",
                    "5 begin: wait 13, succeeded",
                    "6 end 3: wait 15, succeeded",
                    "6 end 5: wait 16, succeeded",
                    "6 done: wait 36, succeeded",
                ],
            ),
            (
                "getting ready is no request",
                &[
                    "0 prepare: wait 10, room on",
                    "1 end 0: wait 11, room on",
                    "1 done: wait 31, room on",
                    "2 begin: wait 12, room on",
                    "2 begin: wait 12, on succeeded",
                ],
            ),
            ("never ready", &["0 prepare: wait 10, room on", "10 look: stuck, room on"]),
            ("stuck alone", &["0 begin: wait 10, room on", "9 look: wait 10, room on", "10 look: stuck, room on"]),
            (
                "stuck beside another",
                &[
                    "0 begin: wait 10, room on",
                    "4 begin: wait 10, on succeeded",
                    "10 look: condemned, succeeded",
                    "10 look: wait 14, succeeded",
                    "11 end 4: stuck, succeeded",
                ],
            ),
            (
                "one that is late",
                &[
                    "0 begin: wait 10, room on",
                    "4 begin: wait 10, on succeeded",
                    "10 look: condemned, succeeded",
                    "11 end 0: wait 14, succeeded",
                    "12 end 4: wait 22, succeeded",
                    "12 done: wait 42, succeeded",
                ],
            ),
            (
                "one that took much memory",
                &["0 begin: wait 10, room on", "1 begin: wait 10, on succeeded", "2 grown 0: wait 11, succeeded"],
            ),
            (
                "what an answer left to be done",
                &[
                    "0 begin: wait 10, room on",
                    "2 end 0: wait 12, room on",
                    "3 begin: wait 13, room on succeeded",
                    "4 end 3: wait 14, room on succeeded",
                    "14 look: stuck, room on succeeded",
                ],
            ),
        ] {
            let start = Instant::now();
            let at = |second: &str| start + Duration::from_secs(second.parse().expect("a second"));
            let mut life = life(start);
            for step in steps {
                let (event, expected) = step.split_once(": ").expect("an event and what is decided");
                let words: Vec<&str> = event.split(' ').collect();
                let now = at(words[0]);
                match words[1..] {
                    ["look"] => {}
                    ["begin"] => life.began(now),
                    ["prepare"] => life.gets_ready(now),
                    ["end", began] => life.ended(at(began), false, now),
                    ["grown", began] => life.ended(at(began), true, now),
                    ["done"] => life.is_done(),
                    _ => panic!("{event}"),
                }
                let verdict = match life.verdict(now) {
                    Verdict::Wait(until) => format!("wait {}", (until - start).as_secs()),
                    other => format!("{other:?}").to_lowercase(),
                };
                let flags = [(life.has_room(), "room"), (life.goes_on(), "on"), (life.is_succeeded(), "succeeded")];
                let flags: Vec<_> = flags.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word).collect();
                assert_eq!(format!("{verdict}, {}", flags.join(" ")), expected, "{name}: {step}");
            }
        }
    }
}
