//! Asking a store that may not answer: what became of calls is heard, and told to the other instances of this node, after answers.
//!
//! What is decided stands in `farebox-resilience`, and what an instance knows in `Breaking`.

use crate::billing::Billing;
use crate::config::Snapshot;
use crate::event::Event;
use crate::patience::{Deadlines, Patience};
use crate::ports::{CallError, Overdue, Ports, StoreError, ms};
use crate::requests::Tariffs as _;
use farebox_resilience::breaker::{Change, Heard, Kind, LOOK_MS, Pass, Row};
use farebox_resilience::shedding::{self, Borne};
use std::rc::Rc;
use std::time::Duration;

/// How long the node's database is waited for, when an instance begins, and after answers.
const LOOK: Duration = Duration::from_millis(100);
const ENTRY: Duration = Duration::from_millis(500);

/// How long an instance waits to see whether it is late.
const HEARTBEAT: Duration = Duration::from_millis(10);

/// A call that was not waited for as long as this says nothing about who was asked: its request had no time left.
const LONG_ENOUGH: Duration = Duration::from_millis(100);

/// An outage of so many milliseconds is worth saying how much happened in it that was not told.
const LASTED_MS: u64 = 5_000;

/// The quote that stands for all others when the store is tried. Those of estimates have longer names.
pub(crate) const PROBE: &str = "statusz";

/// What is written into the store to see whether it can be, and for how long it is kept, in seconds.
pub(crate) const WRITTEN: &str = "what /statusz writes";
pub(crate) const KEPT_S: u32 = 60;

/// What was waited for: only a wait that is worth something says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// As long as such a call may take.
    Fully,
    /// Only as long as somebody was willing to who can do without.
    Briefly,
}

impl<P: Ports> Billing<P> {
    /// Lets a call through, or refuses it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: it would not be answered, as far as is known.
    pub(crate) fn admit(self: &Rc<Self>, kind: Kind) -> Result<Pass, StoreError> {
        let mut breaker = self.breaking.of(kind).borrow_mut();
        // As long as it is closed nobody asks what time it is.
        if !breaker.row().is_open {
            return breaker.admit(0).map_err(|why| not_asked(kind, why));
        }
        let now_ms = self.ports().now_ms();
        let admitted = breaker.admit(now_ms).map_err(|why| not_asked(kind, why));
        let change = breaker.probe(self.ports().unique(), now_ms);
        drop(breaker);
        self.probe_if(kind, change);
        admitted
    }

    /// Tries whether the store answers again, after the answer, if this instance is to.
    fn probe_if(self: &Rc<Self>, kind: Kind, change: Option<Change>) {
        if let Some(change) = change {
            let billing = Rc::clone(self);
            self.ports().spawn(Box::pin(async move { billing.probe(kind, change).await }));
        }
    }

    /// Hears what became of a call that was let through.
    pub(crate) fn hear<T, E: CallError>(
        self: &Rc<Self>,
        kind: Kind,
        pass: Pass,
        waited: Waited,
        (allowed, deadlines): (Duration, Deadlines),
        answer: &Result<Result<T, E>, Overdue>,
    ) {
        if let Err(Overdue { late }) = answer {
            let (late_ms, borne) = (ms(*late), borne(deadlines));
            self.breaking.lateness.borrow_mut().timer(late_ms, borne, self.ports().elapsed_ms());
            // Whoever is late says nothing about others; nor does whoever did not wait.
            if !shedding::is_on_time(late_ms) || waited == Waited::Briefly || allowed < LONG_ENOUGH {
                return;
            }
        }
        if !self.breaking.is_shared.get() {
            return;
        }
        let (mut breaker, heard) = (self.breaking.of(kind).borrow_mut(), heard(answer));
        if heard == Heard::Answered && !breaker.row().is_open {
            // Nobody needs to know when.
            _ = breaker.heard(pass, heard, 0);
            return;
        }
        let now_ms = self.ports().now_ms();
        let before = (breaker.row().clone(), breaker.refused());
        let Some(change) = breaker.heard(pass, heard, now_ms) else { return };
        drop(breaker);
        let billing = Rc::clone(self);
        self.ports().spawn(Box::pin(async move { billing.enter(kind, change, before).await }));
    }

    /// Looks at what the other instances of this node know, and whether this one is late: waited for when an instance begins, and
    /// otherwise after answers, now and then.
    pub(crate) async fn look_at_breakers(self: &Rc<Self>) {
        let now = self.ports().elapsed();
        let breaking = &self.breaking;
        if breaking.looked.get().is_some_and(|looked| now.saturating_sub(looked) < Duration::from_millis(LOOK_MS)) {
            return;
        }
        if breaking.looked.replace(Some(now)).is_none() {
            let backend = self.ports().variable("store_backend").await;
            breaking.is_shared.set(backend.as_deref() == Ok("redis"));
            return self.learn(LOOK).await;
        }
        let billing = Rc::clone(self);
        self.ports().spawn(Box::pin(async move {
            let began = billing.ports().elapsed();
            billing.ports().sleep(HEARTBEAT).await;
            let ended = billing.ports().elapsed();
            let late = ended.saturating_sub(began).saturating_sub(HEARTBEAT);
            if let Ok(settings) = billing.settings().await {
                billing.breaking.lateness.borrow_mut().timer(ms(late), borne(settings.deadlines), ms(ended));
            }
            billing.learn(ENTRY).await;
        }));
    }

    async fn learn(&self, patience: Duration) {
        if !self.breaking.is_shared.get() {
            return;
        }
        // Where it cannot be looked up, an instance goes by itself.
        let Ok(Ok(rows)) = self.ports().within(patience, self.ports().breakers()).await else { return };
        for (kind, row) in rows {
            let mut breaker = self.breaking.of(kind).borrow_mut();
            let open_since_ms = breaker.row().is_open.then(|| breaker.row().since_ms);
            let has_closed = breaker.learn(row) && !breaker.row().is_open;
            let now_ms = breaker.row().since_ms;
            drop(breaker);
            if has_closed && open_since_ms.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) >= LASTED_MS) {
                self.tell_the_rest();
            }
        }
    }

    /// Tries whether the store answers again, unless another instance does.
    async fn probe(self: Rc<Self>, kind: Kind, change: Change) {
        if !self.settle(kind, &change).await {
            return;
        }
        let (Ok(settings), Ok(config)) = (self.settings().await, self.config().await) else { return };
        let Some(city) = first_city(&config) else { return };
        let (ports, deadlines) = (self.ports(), settings.deadlines);
        let answer = match kind {
            Kind::Reads => {
                let patience = deadlines.of_a_read(Patience::Long, Duration::ZERO);
                ports.timed(patience, ports.quote(&city, PROBE)).await.map(|answer| answer.map(drop))
            }
            Kind::MeterWrites | Kind::Posts => {
                ports.timed(deadlines.write, ports.put_quote(&city, PROBE, WRITTEN, KEPT_S)).await
            }
        };
        let (changed, before) = {
            let mut breaker = self.breaking.of(kind).borrow_mut();
            let before = (breaker.row().clone(), breaker.refused());
            (breaker.probed(&change.row, heard(&answer), self.ports().now_ms()), before)
        };
        if let Some(change) = changed {
            self.enter(kind, change, before).await;
        }
    }

    /// Enters a change for the other instances. Whether it is the one that counts: where it cannot be entered, an instance goes by itself.
    async fn settle(&self, kind: Kind, change: &Change) -> bool {
        let kept = self.ports().within(ENTRY, self.ports().enter_breaker(kind, change)).await;
        let mut breaker = self.breaking.of(kind).borrow_mut();
        match kept {
            Ok(Ok(kept)) => breaker.settled(change, kept),
            _ => {
                breaker.unsettled(change);
                true
            }
        }
    }

    /// Tells the other instances of a change, and operators when it is one that they should know of.
    async fn enter(self: &Rc<Self>, kind: Kind, change: Change, (before, refused): (Row, u64)) {
        if !self.settle(kind, &change).await || before.is_open == change.row.is_open {
            return;
        }
        if !change.row.is_open {
            self.try_the_others();
        }
        let (kind, Row { is_open, why, since_ms, opened, .. }) = (kind.word(), change.row);
        let event = if is_open {
            Event::BreakerOpened { kind, opened, why }
        } else {
            Event::BreakerClosed { kind, open_ms: since_ms.saturating_sub(before.since_ms), refused, why }
        };
        let lasted = !is_open && since_ms.saturating_sub(before.since_ms) >= LASTED_MS;
        self.tell("", &event);
        if lasted {
            self.tell_the_rest();
        }
    }

    /// One kind of call is answered again: perhaps the others are, and need not wait for their time.
    fn try_the_others(self: &Rc<Self>) {
        for kind in Kind::ALL {
            let mut breaker = self.breaking.of(kind).borrow_mut();
            let change = breaker.probe_at_once(self.ports().unique(), self.ports().now_ms());
            drop(breaker);
            self.probe_if(kind, change);
        }
    }

    /// Tells how often what was told seldom has happened since.
    fn tell_the_rest(&self) {
        for (of, times) in self.breaking.tally.borrow_mut().rest() {
            self.ports().tell("", &Event::Repeated { of, times });
        }
    }
}

/// How late this node may be: what a page waits for the store, and what a write does. Who is later than that answers them too late,
/// whatever the store does.
fn borne(deadlines: Deadlines) -> Borne {
    Borne { late_ms: ms(deadlines.read), very_late_ms: ms(deadlines.write) }
}

/// The city under which the store is tried.
fn first_city<E: crate::engines::Engines>(config: &Snapshot<E>) -> Option<String> {
    config.cities().first().map(|city| (*city).to_owned())
}

fn not_asked(kind: Kind, why: &str) -> StoreError {
    StoreError::Unavailable(format!("not asked, since it does not answer ({}): {why}", kind.word()))
}

/// What became of a call: an answer is one, be it a refusal.
fn heard<T, E: CallError>(answer: &Result<Result<T, E>, Overdue>) -> Heard<'_> {
    match answer {
        Ok(Ok(_)) => Heard::Answered,
        Ok(Err(error)) => match error.of_store() {
            Some(StoreError::Unavailable(why)) => Heard::Failed(why),
            _ => Heard::Answered,
        },
        Err(Overdue { .. }) => Heard::Failed("there was no answer in time"),
    }
}
